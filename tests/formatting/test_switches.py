"""What the environment says, beside what the command line says."""

import os
import subprocess
from pathlib import Path

import pytest

from policy_checks.commands.format import switch
from policy_checks.failure import Failure
from tests.formatting.conftest import BAD, Format, commit

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("value", "meant"),
    [(yes, True) for yes in ("1", "true", "yes", "on", "TRUE", "Yes", "oN", " true ")]
    + [(no, False) for no in ("0", "false", "no", "off", "FALSE", "No", "", " ")],
)
def test_yes_and_no(value: str, meant: bool) -> None:
    assert switch({"CHECK_ONLY": value}, "CHECK_ONLY") is meant
    assert switch({}, "CHECK_ONLY") is False


@pytest.mark.parametrize("value", ["maybe", "2", "y", "t", "truee", "--check", "ja", "\n1\n2"])
def test_anything_else_is_an_error(value: str) -> None:
    with pytest.raises(Failure, match=r"SKIP_DOCS=.* is neither yes"):
        switch({"SKIP_DOCS": value}, "SKIP_DOCS")


@pytest.mark.parametrize("name", ["CHECK_ONLY", "SKIP_DOCS"])
def test_a_wrong_variable_is_told_whatever_the_options_say(
    repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, capsys: Capture, name: str
) -> None:
    (repo / "bad.py").write_text(BAD)
    monkeypatch.setenv(name, "maybe")
    assert run_format("--check", "--skip-docs", "--tools=black") == 2
    assert f"{name}='maybe'" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "1"])
def test_an_option_is_a_yes_whatever_its_variable_says(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    (repo / "bad.py").write_text(BAD)
    monkeypatch.setenv("CHECK_ONLY", value)
    assert run_format("--check", "--tools=black") == 1
    assert (repo / "bad.py").read_text() == BAD


def test_the_base(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The option before the variable, the variable before `main`; an empty variable is none, an empty option is a mistake."""
    (repo / "new.py").write_text("x = 1\n")
    commit(repo)
    subprocess.run(["git", "branch", "other"], cwd=repo, check=True)
    for value, arguments, base in (
        ("", [], "main"),
        ("other", [], "other"),
        ("nope", ["--base=main"], "main"),
        ("nope", ["--all"], "an empty tree"),
    ):
        monkeypatch.setenv("BASE_REF", value)
        assert run_format("--tools=black", *arguments) == 0
        assert f"from {base}" in capsys.readouterr().out
    assert run_format("--base=") == 2
    assert "--base names nothing" in capsys.readouterr().err
    monkeypatch.setenv("BASE_REF", "nope")
    assert run_format() == 2


def test_tools_run_in_their_own_order_and_each_once(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "new.py").write_text("x = 1\n")
    assert run_format("--tools=black, isort,black") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:3]] == ["isort", "black"]
    for names in ("black,flake8", "Black", "black isort"):
        assert run_format(f"--tools={names}") == 2
        assert "(there are ruff, isort, black, pylint, mypy)" in capsys.readouterr().err


def test_the_script_that_people_call_has_the_same_words() -> None:
    """`autoformat.sh --help` names the variables and what stands for yes and no."""
    script = Path(__file__).parents[2] / "autoformat.sh"
    said = subprocess.run([str(script), "--help"], capture_output=True, text=True, check=True, env=os.environ).stdout
    for word in ("BASE_REF=main", "CHECK_ONLY=false", "SKIP_DOCS=false", "1, true, yes and on stand for yes, 0, false, no and off for no"):
        assert word in said
