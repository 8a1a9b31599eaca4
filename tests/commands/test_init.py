"""`policy-checks init`: one line in .gitattributes, and nothing in git's own configuration."""

import argparse
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policy_checks.commands import init
from policy_checks.failure import Failure
from tests.conftest import Git

LINE = "uv.lock merge=uv-lock"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    init.configure(parser)
    return init.run(parser.parse_args(arguments))


@pytest.fixture
def attributes(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path / ".gitattributes"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"uv.lock merge=uv-lock\n"),
        (b"* text=auto", b"* text=auto\nuv.lock merge=uv-lock\n"),
        (b"* text=auto\r\n*.png binary\r\n", b"* text=auto\r\n*.png binary\r\nuv.lock merge=uv-lock\r\n"),
        (b"uv.lock merge=binary\n", b"uv.lock merge=binary\nuv.lock merge=uv-lock\n"),
        (b"uv.lock merge=uv-lock\nuv.lock -merge\n", b"uv.lock merge=uv-lock\nuv.lock -merge\nuv.lock merge=uv-lock\n"),
        (b"# uv.lock merge=uv-lock\n", b"# uv.lock merge=uv-lock\nuv.lock merge=uv-lock\n"),
        (b"uv.lock linguist-generated merge=uv-lock\n", b"uv.lock linguist-generated merge=uv-lock\n"),
    ],
)
def test_the_line_is_added_once(attributes: Path, git: Git, before: bytes, after: bytes) -> None:
    attributes.write_bytes(before)
    assert run("--merge-driver") == 0
    assert attributes.read_bytes() == after
    assert run("--merge-driver") == 0
    assert attributes.read_bytes() == after
    assert git("check-attr", "merge", "uv.lock") == "uv.lock: merge: uv-lock\n"


def test_gits_configuration_is_told_not_changed(attributes: Path, git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    before = git("config", "--list", "--local")
    run("--merge-driver")
    assert capsys.readouterr().out.splitlines()[-1] == "  git config merge.uv-lock.driver 'policy-checks lock merge-driver %O %A %B %P'"
    assert git("config", "--list", "--local") == before


def test_nothing_asked_for(attributes: Path) -> None:
    with pytest.raises(Failure, match="--merge-driver"):
        run()


def test_a_link_is_not_followed(attributes: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    attributes.symlink_to("elsewhere")
    with pytest.raises(Failure, match="symbolic link"):
        run("--merge-driver")
    assert (tmp_path / "elsewhere").read_bytes() == b""


@given(st.binary(max_size=60))
def test_every_other_byte_is_kept(data: bytes) -> None:
    assert init.with_driver(data).startswith(data)
