"""`policy-checks check` as its users call it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from policy_checks import cli
from tests.conftest import Git

BARE = "#!/bin/sh\npip install requests\n"


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def check(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> dict[str, Any]:
    """The JSON report of a run that must end with a code."""
    assert cli.main(["check", "--output-format", "json", *arguments]) == code
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def shown(report: dict[str, Any]) -> list[str]:
    return [f"{one['path']}:{one['line']}:{one['column']} {one['code']}" for one in report["findings"]]


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a run that cannot be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        try:
            code = cli.main(["check", *arguments])
        except SystemExit as ended:  # argparse
            code = int(ended.code or 0)
    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    return printed.err.splitlines()[-1]


def test_disk_index_and_revision(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "x.sh"
    script.write_text("echo\n" + BARE)
    git("add", "-A")
    git("commit", "-qm", "one")
    script.write_text(BARE)
    git("add", "-A")
    script.write_text("echo ok\n")
    assert shown(check(capsys, code=0)) == []
    assert shown(check(capsys, "--staged", code=1)) == ["x.sh:2:1 PIP001"]
    assert shown(check(capsys, "--rev", "HEAD", code=1)) == ["x.sh:3:1 PIP001"]


def test_a_folder_without_git(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/x.sh").write_text(BARE)
    report = check(capsys, code=1)
    assert shown(report) == ["deep/x.sh:2:1 PIP001"]
    assert report["summary"]["files"] == 1
    assert report["summary"]["findings"] == 1


def test_paths_narrow_what_is_reported(
    git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/x.sh", "b/x.sh", "ab.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(BARE)
    git("add", "-A")
    assert shown(check(capsys, "a", code=1)) == ["a/x.sh:2:1 PIP001"]
    assert shown(check(capsys, "a/x.sh", "ab.sh", code=1)) == ["a/x.sh:2:1 PIP001", "ab.sh:2:1 PIP001"]
    monkeypatch.chdir(tmp_path / "a")
    assert shown(check(capsys, ".", code=1)) == ["a/x.sh:2:1 PIP001"]
    assert shown(check(capsys, "../b", code=1)) == ["b/x.sh:2:1 PIP001"]
    assert len(shown(check(capsys, code=1))) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonesuch"], "policy-checks: nonesuch: there is no such file or folder"),
        (["/etc/passwd"], "lies outside"),
        (["--select", "PIPP"], "no rule's code starts with 'PIPP'"),
        (["--select", "PIP", "--ignore", "PIP"], "no rule is selected"),
        (["--rev", "nonesuch"], "policy-checks: unknown revision 'nonesuch'"),
        (["--rev", "HEAD", "--staged"], "not allowed with argument"),
        (["--fix", "--staged"], "--fix mends files on disk"),
        (["--config", "nonesuch.toml"], "there is no configuration file 'nonesuch.toml'"),
        (["--output-format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_what_cannot_be_is_one_line(git: Git, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    git("commit", "--allow-empty", "-qm", "one")
    assert said in failure(capsys, *arguments)


def test_select_and_ignore(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.sh").write_text(BARE)
    check(capsys, "--select", "LCK", code=0)
    check(capsys, "--ignore", "PIP001", code=0)
    check(capsys, "--ignore", "PIP", "--select", "PIP001", code=1)


def test_configuration_errors_come_all_at_once(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("commit", "--allow-empty", "-qm", "one")
    (tmp_path / "pyproject.toml").write_text('[tool.policy-checks]\nselct = ["PIP"]\nignore = "PIP"\n')
    assert cli.main(["check"]) == 2
    said = capsys.readouterr().err
    assert "pyproject.toml:2:1: selct: unknown key 'selct', perhaps you meant 'select'" in said
    assert "pyproject.toml:3:10: ignore: expected a list of strings, got a string" in said


def test_suppressions_are_counted_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.sh").write_text(
        "pip install numpy  # policy: ignore[PIP001] the bootstrap\necho  # policy: ignore[PIP001] nothing here\n"
    )
    report = check(capsys, code=1)
    assert shown(report) == ["x.sh:1:1 PIP001", "x.sh:2:9 POL003"]
    assert report["findings"][0]["suppressed"] == {"by": "inline", "reason": "the bootstrap"}
    assert report["summary"]["suppressed"] == 1


MEMBER = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\n\n[tool.uv]\n'


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"pyproject.toml": b"[project\n"}, ("pyproject.toml", 1, "not TOML")),
        ({"pyproject.toml": MEMBER.encode(), "uv.lock": b'version = 1\nrevision = 3\n[[package]]\nname = "x'}, ("uv.lock", 4, "not TOML")),
        ({"pyproject.toml": MEMBER.encode(), "uv.lock": b'version = 2\nrequires-python = ">=3.11"\n'}, ("uv.lock", 1, "version")),
        ({"pyproject.toml": MEMBER.encode(), "uv.lock": b"version = 1\n\0"}, ("uv.lock", 2, "")),
        ({"x.sh": b"\x7fELF\x00\x01\xff\xfepip install"}, ("x.sh", 1, "")),
        ({"x.sh": b"pip install a\n\xff\n"}, ("x.sh", 2, "not UTF-8")),
        ({"x.sh": b"(((((\npip install a\n"}, ("x.sh", 2, "not understood as shell")),
        ({"x.sh": b'echo "x\npip install a\n'}, ("x.sh", 2, "not understood as shell")),
        ({".github/workflows/a.yml": b"jobs: [pip install\n  - :"}, (".github/workflows/a.yml", 2, "")),
    ],
)
def test_what_cannot_be_read_is_a_finding(
    git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, bytes], said: tuple[str, int, str]
) -> None:
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    git("add", "-A")
    report = check(capsys, code=1)
    told = [(one["path"], one["line"]) for one in report["findings"] if one["code"] == "POL001" and said[2] in one["message"]]
    assert told == [said[:2]]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.sh").touch(mode=0)
    assert shown(check(capsys, code=1)) == ["x.sh:1:1 POL001"]


def test_an_internal_error_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_arguments: object) -> int:
        raise ZeroDivisionError("never")

    monkeypatch.setattr("policy_checks.cli.main", broken)
    assert cli._guarded() == 2
    assert capsys.readouterr().err.startswith("policy-checks: internal error: ZeroDivisionError: never")


def test_a_fix_is_shown_then_made(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git("commit", "--allow-empty", "-qm", "one")
    script = tmp_path / "x.sh"
    script.write_text("echo  # policy: ignore[PIP001] nothing here\r\n", newline="")
    assert cli.main(["check", "--diff"]) == 1
    assert "-echo  # policy" in capsys.readouterr().out
    assert "ignore" in script.read_text()
    assert cli.main(["check", "--fix"]) == 1
    assert script.read_bytes() == b"echo\r\n"
    assert cli.main(["check", "--fix"]) == 0


def test_a_diff_says_what_it_does_not_mend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.sh").write_text(BARE)
    assert cli.main(["check", "--diff"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("x.sh:2:1: PIP001")


def test_a_linked_configuration_is_not_passed_over(git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "policy.toml").write_text('ignore = ["PIP"]\n')
    (tmp_path / "policy-checks.toml").symlink_to("policy.toml")
    (tmp_path / "x.sh").write_text(BARE)
    git("add", "-A")
    assert "policy-checks.toml" in failure(capsys)


def test_a_waiver_of_commits_hides_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "abcdef12.sh").write_text(BARE)
    (tmp_path / "policy-checks.toml").write_text('[[waivers]]\ncodes = ["PIP001"]\ncommits = ["abcdef1"]\nreason = "a commit"\n')
    assert "abcdef12.sh:2:1 PIP001" in shown(check(capsys, code=1))


def test_a_fault_that_a_rule_finds_in_the_policy_is_told_once_where_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n[[package]]\nname = "x"\nversion = "1"\nsource = { virtual = "." }\n'
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "pyproject.toml").write_text(MEMBER)
        (tmp_path / folder / "uv.lock").write_text(lock)
    ban = '[[bans]]\npackage = "x"\nenvironments = ["dev", "lst"]\n[environments.dev]\n[environments.lts]\n'
    (tmp_path / "policy.toml").write_text(ban)
    (tmp_path / "policy-checks.toml").write_text('extends = ["policy.toml"]\n')
    report = check(capsys, "--select", "GRP001", code=1)
    assert shown(report) == ["policy.toml:3:24 GRP001"]
    assert report["findings"][0]["message"].endswith("which is not declared; perhaps `lts`")
