"""`policy-checks baseline` as its users call it."""

import json
import os
from pathlib import Path

import pytest

from policy_checks import cli
from tests.conftest import Git

PATH = ".policy-checks-baseline.json"


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.sh").write_text("pip install x\n")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What a command prints that must end with a code."""
    assert cli.main(arguments) == code
    printed = capsys.readouterr()
    return printed.out + printed.err


def test_an_old_repository_adopts_the_policy_today(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "check", code=1)
    assert run(capsys, "baseline") == f"{PATH}: recorded 1 finding (1 PIP001); commit it\n"
    assert "clean: no findings, 1 suppressed (1 in the baseline), in" in run(capsys, "check")
    report = json.loads(run(capsys, "check", "--output-format", "json"))
    assert report["findings"][0]["suppressed"] == {"by": "baseline", "reason": "there before the policy"}
    run(capsys, "check", "--isolated", code=1)
    git("add", "-A")
    git("commit", "-qm", "one")
    (tmp_path / PATH).unlink()
    run(capsys, "check", code=1)
    run(capsys, "check", "--staged")
    run(capsys, "check", "--rev", "HEAD")


def test_it_only_shrinks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.sh").write_text("pip install x\n")
    run(capsys, "baseline")
    before = (tmp_path / PATH).read_bytes()
    assert run(capsys, "baseline") == f"{PATH}: nothing to take out; it holds 2 findings\n"
    (tmp_path / "b.sh").write_text("pip install y\n")
    assert "does not grow: 1 finding (1 PIP001) not in it" in run(capsys, "baseline", code=1)
    assert (tmp_path / PATH).read_bytes() == before
    assert "POL008" in run(capsys, "check", code=1)
    assert run(capsys, "baseline", "--prune") == f"{PATH}: 1 mended and taken out; it holds 1 finding\n"
    assert "POL008" not in run(capsys, "check", code=1)
    assert run(capsys, "baseline", "--grow", "moved") == f"{PATH}: 1 finding (1 PIP001) added; it holds 2 findings\n"
    assert "suppressed (baseline): moved" in run(capsys, "check", "--show-suppressed")
    (tmp_path / "a.sh").write_text("uv sync --locked\n")
    assert run(capsys, "baseline") == f"{PATH}: 1 mended and taken out; it holds 1 finding\n"


def test_the_fix_is_what_prune_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.sh").write_text("pip install x\n")
    run(capsys, "baseline")
    before = (tmp_path / PATH).read_bytes()
    (tmp_path / "b.sh").unlink()
    run(capsys, "check", "--fix", code=1)
    fixed = (tmp_path / PATH).read_bytes()
    (tmp_path / PATH).write_bytes(before)
    run(capsys, "baseline", "--prune")
    assert (tmp_path / PATH).read_bytes() == fixed
    run(capsys, "check")


def test_entries_of_rules_that_do_not_run_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "baseline")
    (tmp_path / "a.sh").unlink()
    assert "nothing to take out" in run(capsys, "baseline", "--select", "LCK", "--prune")
    assert "1 mended" in run(capsys, "baseline", "--select", "PIP")


def test_its_place_is_a_setting(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy-checks.toml").write_text('baseline = "ci/known.json"\nexclude = ["ci"]\n')
    run(capsys, "baseline")
    assert not (tmp_path / PATH).exists()
    assert (tmp_path / "ci/known.json").stat().st_mode & 0o777 == 0o666 & ~_umask()
    run(capsys, "check")
    (tmp_path / "ci/known.json").chmod(0o640)
    (tmp_path / "a.sh").unlink()
    run(capsys, "baseline", "--prune")
    assert (tmp_path / "ci/known.json").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path / "ci")) == ["known.json"]
    (tmp_path / "policy-checks.toml").write_text('baseline = ""\n')
    assert "wants none" in run(capsys, "baseline", code=2)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_what_is_said_of_the_policy_is_left_to_be_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.sh").write_text("echo  # policy: ignore[PIP001] nothing here\n")
    assert "1 finding (1 POL003) about the policy itself are not recorded: mend them" in run(capsys, "baseline", code=1)
    assert run(capsys, "check", code=1).count("POL003") == 1


def test_nothing_found_is_nothing_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.sh").unlink()
    assert run(capsys, "baseline") == "nothing to record: no findings\n"
    assert not (tmp_path / PATH).exists()


def test_what_cannot_be_is_one_line(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no baseline" in run(capsys, "baseline", "--prune", code=2)
    assert "say why" in run(capsys, "baseline", "--grow", " ", code=2)
    (tmp_path / ".gitignore").write_text("*.json\n")
    assert "git ignores it" in run(capsys, "baseline", code=2)
    (tmp_path / ".gitignore").unlink()
    (tmp_path / PATH).write_text("[\n<<<<<<< ours\n")
    assert f"{PATH}:2:1: a conflict is not resolved" in run(capsys, "baseline", code=2)
    assert f"{PATH}:2:1: a conflict is not resolved" in run(capsys, "check", code=2)
    (tmp_path / PATH).unlink()
    (tmp_path / PATH).symlink_to("elsewhere.json")
    assert "symbolic link" in run(capsys, "baseline", code=2)


def test_two_branches_that_mend_merge(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "bcde":
        (tmp_path / f"{name}.sh").write_text("pip install x\n")
    run(capsys, "baseline")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("switch", "-qc", "other")
    (tmp_path / "e.sh").unlink()
    run(capsys, "baseline")
    git("commit", "-qam", "two")
    git("switch", "-q", "main")
    (tmp_path / "a.sh").unlink()
    run(capsys, "baseline")
    git("commit", "-qam", "three")
    git("merge", "-q", "other")
    run(capsys, "check")
    assert "nothing to take out; it holds 3 findings" in run(capsys, "baseline")
