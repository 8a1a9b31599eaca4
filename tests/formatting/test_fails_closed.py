"""The guide's own driver says "all good" in each of these cases, or rewrites what it was told to leave (docs/autoformat.md)."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.formatting.conftest import BAD, Format, commit, install

Capture = pytest.CaptureFixture[str]
TOOLS = ("ruff", "isort", "black", "pylint", "mypy")
WORSE = f'{BAD}import yaml\nyaml.load("")\ny: int = ""\n'  # each of the five has something to say

FOUND = {
    "ruff": [{"filename": "new.py", "location": {"row": 1, "column": 1}, "code": "X1", "message": "ruff speaks"}],
    "pylint": [{"path": "new.py", "line": 1, "column": 0, "message-id": "C0001", "symbol": "name", "message": "pylint speaks"}],
    "mypy": {"file": "new.py", "line": 1, "column": 0, "message": "mypy speaks", "hint": None, "code": "x", "severity": "error"},
}
# Five tools that answer at once, each with one finding or change.
SPEAKING = {
    "ruff": f"case $* in *' --fix '*) exit 0 ;; esac; echo '{json.dumps(FOUND['ruff'])}'; exit 1",
    "isort": "grep -q '# isort speaks' new.py || echo '# isort speaks' >> new.py",
    "black": "grep -q '# black speaks' new.py || echo '# black speaks' >> new.py",
    "pylint": f"echo '{json.dumps(FOUND['pylint'])}'; exit 16",
    "mypy": f"echo '{json.dumps(FOUND['mypy'])}'; exit 1",
}
WORDS = {
    "ruff": "ruff X1: ruff speaks",
    "isort": "new.py: isort ",
    "black": "new.py: black ",
    "pylint": "pylint C0001 name: pylint speaks",
    "mypy": "mypy x: mypy speaks",
}
BROKEN = {
    "killed": "kill -9 $$",
    "ends_with_137": "exit 137",
    "refuses_an_option": "echo 'no such option: --fix' >&2; exit 2",
    "crashes": "echo 'Traceback (most recent call last):' >&2; echo 'KeyError: 1' >&2; exit 32",
    "is_silent": "exit 1",
    "says_garbage": "echo '\\001\\377 garbage'; exit 1",
    "says_half_of_it": 'printf \'[{"path": "new.py", "li\'; exit 1',
    "says_something_else": "echo '[1]'; exit 1",
    "says_too_little": 'echo \'[{"path": "new.py", "filename": "new.py"}]\'; exit 4',
    "says_nothing_well": "",  # a linter answers with a list, be it an empty one
}
READ_BY_EXIT_CODE = ("isort", "black", "mypy")  # exit code 0 is all they say when all is well


def test_a_shallow_clone(repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    (repo / "bad.py").write_text(BAD)
    commit(repo)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", "--branch=feature", f"file://{repo}", str(clone)], check=True)
    monkeypatch.chdir(clone)
    assert run_format("--check") == 2
    mend = capsys.readouterr().err.split("`")[1]
    assert mend.startswith("git fetch --unshallow origin main")
    subprocess.run(mend.split(), cwd=clone, check=True, capture_output=True)
    assert run_format("--check", "--tools=black") == 1


def test_b_from_a_subfolder(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "bad.py").write_text(BAD)
    (repo / "tools").mkdir()
    monkeypatch.chdir(repo / "tools")
    assert run_format("--check", "--tools=black") == 1


def test_c_a_folder_that_is_not_there(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "bad.py").write_text(BAD)
    assert run_format("--check", "--tools=black", "tests/") == 2
    assert "tests: there is no such file or folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("new.py", id="d_untracked"),
        pytest.param("training/bad.py", id="e_in_another_folder"),
        pytest.param("tools/bad.py", id="e_among_the_tools"),
        pytest.param("é.py", id="f_not_ascii"),
        pytest.param("sp ace.py", id="g_a_space"),
        pytest.param("stub.pyi", id="h_a_stub"),
    ],
)
def test_every_python_file_is_looked_at(repo: Path, run_format: Format, name: str) -> None:
    (repo / name).parent.mkdir(exist_ok=True)
    (repo / name).write_text(BAD)
    assert run_format("--check", "--tools=black") == 1
    assert run_format("--tools=black") == 0
    assert (repo / name).read_text() != BAD


@pytest.fixture
def speaking(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Installs the five tools that answer at once, some of them replaced or (None) left out; the new file is theirs."""
    (repo / "new.py").write_text("x = 1\n")
    git = os.path.dirname(shutil.which("git") or "")

    def with_these(**others: str | None) -> Path:
        environment = tmp_path / "environment"
        shutil.rmtree(environment, ignore_errors=True)
        for name, script in (SPEAKING | others).items():
            if script is not None:
                install(environment, name, f"#!/bin/sh\n{script}\n")
        monkeypatch.setenv("VIRTUAL_ENV", str(environment))
        monkeypatch.setenv("PATH", f"{git}:/usr/bin:/bin")
        return environment

    return with_these


YES = ["1", "true", "yes", "on", "True", "TRUE", "YES", "On", "oN", " 1 "]
NO = ["", "0", "false", "no", "off", "False", "NO", "Off"]
UNKNOWN = ["2", "-1", "y", "t", "maybe", "enabled", "truee", "none", "null", "1,0"]


@pytest.mark.parametrize("value", [*YES, *NO])
def test_i_every_yes_is_a_yes_and_every_no_a_no(
    repo: Path, run_format: Format, speaking: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    speaking()
    monkeypatch.setenv("CHECK_ONLY", value)
    is_yes = value in YES
    assert run_format("--tools=black") == (1 if is_yes else 0)
    assert ((repo / "new.py").read_text() == "x = 1\n") == is_yes


@pytest.mark.parametrize("name", ["CHECK_ONLY", "SKIP_DOCS"])
@pytest.mark.parametrize("value", UNKNOWN)
def test_i_what_is_neither_yes_nor_no(
    repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, capsys: Capture, name: str, value: str
) -> None:
    (repo / "bad.py").write_text(BAD)
    monkeypatch.setenv(name, value)
    assert run_format() == 2
    assert f"{name}={value!r}" in capsys.readouterr().err
    assert (repo / "bad.py").read_text() == BAD


@pytest.mark.parametrize("value", ["1", "Yes", "off", ""])
def test_i_documentation_is_asked_for_unless_told_otherwise(
    run_format: Format, speaking: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    speaking(pylint=f"case $* in *--disable=C0115,C0116*) echo '[]' ;; *) {SPEAKING['pylint']} ;; esac")
    monkeypatch.setenv("SKIP_DOCS", value)
    assert run_format("--check", "--tools=pylint") == (0 if value in ("1", "Yes") else 1)


def test_j_in_check_mode_every_tool_speaks(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "bad.py").write_text(WORSE)
    assert run_format("--check") == 1
    said = capsys.readouterr().out
    for part in ("black would change it", "isort would change it", "pylint W0611 unused-import", "ruff S506", "mypy assignment"):
        assert part in said
    assert (repo / "bad.py").read_text() == WORSE


def test_k_in_fix_mode_every_tool_speaks(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "bad.py").write_text(WORSE)
    assert run_format() == 1
    said = capsys.readouterr().out
    for part in ("black changed it", "isort changed it", "pylint W0611 unused-import", "ruff S506", "mypy assignment"):
        assert part in said


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("mode", [["--check"], []], ids=["check", "fix"])
def test_l_a_tool_that_is_not_installed(
    run_format: Format, speaking: Callable[..., Path], capsys: Capture, name: str, mode: list[str]
) -> None:
    speaking(**{name: None})
    assert run_format(*mode) == 2
    said = capsys.readouterr().out
    assert f"{name} failed: is not installed" in said
    assert all(WORDS[other] in said for other in TOOLS if other != name), said


def test_l_beside_the_real_ones(repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    (repo / "new.py").write_text('"""Fine."""\n')
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    for name in ("black", "isort", "pylint", "ruff"):
        (environment / "bin" / name).symlink_to(Path(sys.prefix) / "bin" / name)
    monkeypatch.setenv("VIRTUAL_ENV", str(environment))
    monkeypatch.setenv("PATH", os.path.dirname(shutil.which("git") or ""))
    assert run_format("--check") == 2
    said = capsys.readouterr().out
    assert "mypy failed: is not installed" in said
    assert said.count(" ok ") == 4


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("how", BROKEN)
def test_a_tool_without_a_verdict_is_a_failure_and_hides_no_other(
    run_format: Format, speaking: Callable[..., Path], capsys: Capture, name: str, how: str
) -> None:
    if not BROKEN[how] and name in READ_BY_EXIT_CODE:
        pytest.skip("says nothing when all is well")
    if how.startswith("says_") and name in ("isort", "black") and "exit 1" not in BROKEN[how]:
        pytest.skip("is read by its exit code")
    speaking(**{name: BROKEN[how]})
    for mode in (["--check"], [], ["--check"]):  # an answer that was kept would show in the last
        assert run_format(*mode) == 2, mode
        said = capsys.readouterr().out
        assert f"{name} failed: " in said, mode
        assert all(WORDS[other] in said for other in ("ruff", "pylint", "mypy") if other != name), said


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_that_cannot_be_started(run_format: Format, speaking: Callable[..., Path], capsys: Capture, name: str) -> None:
    environment = speaking()
    (environment / "bin" / name).write_text("#!/nowhere/python\n")
    for mode in (["--check"], []):
        assert run_format(*mode) == 2
        said = capsys.readouterr().out
        assert f"{name} failed: cannot be started: No such file or directory" in said
        assert all(WORDS[other] in said for other in ("ruff", "pylint", "mypy") if other != name), said


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_that_waits_for_an_answer_gets_none(repo: Path, speaking: Callable[..., Path], name: str) -> None:
    speaking(**{name: f"read answer; {SPEAKING[name]}"})
    command = [sys.executable, "-m", "policy_checks", "format", "--check", f"--tools={name}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.wait(timeout=30) == 1, "our own standard input stays open all the while"
        finally:
            process.kill()
        assert process.stdout is not None
        assert WORDS[name] in process.stdout.read()


def break_index(root: Path) -> None:
    (root / ".git/index").write_bytes(b"nonsense")


def break_head(root: Path) -> None:
    (root / ".git/HEAD").write_text("nonsense\n")


def break_branch(root: Path) -> None:
    (root / ".git/refs/heads/feature").write_text(f"{'1' * 40}\n")


def break_base(root: Path) -> None:
    (root / ".git/refs/heads/main").write_text(f"{'1' * 40}\n")


def break_settings(root: Path) -> None:
    (root / ".git/config").write_text("[core\n")


def lose_objects(root: Path) -> None:
    shutil.rmtree(root / ".git/objects")
    (root / ".git/objects").mkdir()


CORRUPTIONS: dict[str, tuple[Callable[[Path], None], str]] = {
    "index": (break_index, "index"),
    "head": (break_head, "not a git repository|no git repository"),
    "branch": (break_branch, "HEAD|feature|1111"),
    "base": (break_base, "main|1111"),
    "settings": (break_settings, "bad config line 1"),
    "objects": (lose_objects, "object|bad revision|HEAD|git fsck"),
}


@pytest.mark.parametrize("what", CORRUPTIONS)
@pytest.mark.parametrize("files", [[], ["--staged"], ["--all"]], ids=["changed", "staged", "all"])
def test_a_repository_that_git_cannot_read(
    repo: Path, run_format: Format, speaking: Callable[..., Path], capsys: Capture, what: str, files: list[str]
) -> None:
    commit(repo)
    speaking()
    (repo / "old.py").write_text("x = 2\n")
    subprocess.run(["git", "add", "old.py"], check=True)
    corrupt, causes = CORRUPTIONS[what]
    corrupt(repo)
    needs_no_commit = (files == ["--all"] and what in ("branch", "base", "objects")) or (files == ["--staged"] and what == "base")
    code = run_format("--check", *files)
    shown = capsys.readouterr()
    if needs_no_commit:
        assert code in (1, 2)
        return
    assert code == 2, shown
    assert "Traceback" not in shown.err
    assert any(cause in shown.err for cause in causes.split("|")), shown.err
    assert len(shown.err.splitlines()) == 1, shown.err


def test_no_git(
    repo: Path, run_format: Format, speaking: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    speaking()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run_format("--check") == 2
    assert "git is not installed or not on PATH" in capsys.readouterr().err


def test_a_repository_of_somebody_else(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    if subprocess.run(["git", "status"], capture_output=True, check=False).returncode == 0:
        pytest.skip("this git does not pretend")
    assert run_format("--check") == 2
    assert "dubious ownership" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"])
def test_a_variable_that_leads_git_astray(
    repo: Path, run_format: Format, speaking: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: Capture, name: str
) -> None:
    speaking()
    monkeypatch.setenv(name, "/nowhere/at/all")
    assert run_format("--check") == 2
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) == 1
    assert "Traceback" not in shown


@pytest.mark.parametrize("base", ["nowhere", "", "-x", "HEAD..main", "main:old.py", "\udcff"])
def test_a_base_that_is_none(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, capsys: Capture, base: str) -> None:
    (repo / "bad.py").write_text(BAD)
    monkeypatch.setenv("BASE_REF", base)
    code = run_format("--check", "--tools=black")
    shown = capsys.readouterr()
    assert code == (2 if base else 1), "an empty one is as good as none, which stands for main"
    assert len(shown.err.splitlines()) == (1 if base else 0)


def test_outside_of_any_repository(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_format() == 2
    assert "there is no git repository here" in capsys.readouterr().err
