"""How a run is told."""

import json
import os
from pathlib import Path

import pytest

from policy_checks.commands import format_summary
from policy_checks.formatting.outcome import Message, Outcome, Report, Row
from policy_checks.formatting.policy import Tool
from policy_checks.reporters import Screen
from tests.formatting.conftest import BAD, Format, install

FOUND = Outcome((Message("a\x1b[31m.py", 3, 4, "E501", "line-too-long", "too\nlong"),), seconds=0.5)
REPORT = Report(
    True,
    3,
    (
        Row(Tool.RUFF, 3, FOUND),
        Row(Tool.BLACK, 3, Outcome(), {"b.py": (b"x=1\r\n", b"x = 1\r\n")}),
        Row(Tool.MYPY, 3, Outcome(failure="crashed", output="one\ntwo\n")),
    ),
    seconds=1.0,
)


def lines(report: Report = REPORT, width: int | None = None, *, color: bool = False, verbose: bool = False) -> list[str]:
    return list(format_summary.text(report, "main (merge base 0123456789)", Screen(color=color, width=width), verbose=verbose))


def test_the_text() -> None:
    assert lines() == [
        r"a\x1b[31m.py:3:4: ruff E501 line-too-long: too",
        "    long",
        "b.py: black would change it",
        "--- a/b.py",
        "+++ b/b.py",
        "@@ -1 +1 @@",
        r"-x=1\r",
        r"+x = 1\r",
        "mypy failed: crashed",
        "  one",
        "  two",
        "",
        "tool     files  result            seconds",
        "ruff         3  1 message            0.50",
        "black        3  1 file to change     0.00",
        "mypy         3  failed               0.00",
        "mypy failed, 1 file to change, 1 message: 3 Python files that differ from main (merge base 0123456789) (1.0 s); `policy-checks format` makes the changes",
    ]


@pytest.mark.parametrize("width", [10, 20, 30, 200])
def test_a_narrow_terminal_gets_no_table_that_does_not_fit(width: int) -> None:
    start = lines(width=width).index("") + 1
    table = lines(width=width)[start:-1]
    assert (len(table) == 4) == (width == 200)
    assert table[-1].startswith("mypy")


def test_the_table_says_what_an_earlier_run_has_left() -> None:
    report = Report(False, 83, (Row(Tool.RUFF, 83, Outcome(seconds=0.25)), Row(Tool.PYLINT, 83, Outcome(seconds=61.5), known=81)))
    assert lines(report) == [
        "tool     files   known  result  seconds",
        "ruff        83       0  ok         0.25",
        "pylint      83      81  ok        61.50",
        "clean: 83 Python files that differ from main (merge base 0123456789) (0.0 s)",
    ]
    assert lines(report, 40)[1] == "ruff        83       0  ok         0.25"
    assert lines(report, 30)[1] == "pylint: ok (61.50 s)"


def test_long_differences_end_and_say_how_to_see_the_rest() -> None:
    changed = {f"{number}.py": (b"x=1\n" * 90, b"x = 1\n" * 90) for number in range(9)}
    report = Report(True, 9, (Row(Tool.BLACK, 9, Outcome(), changed),))
    shown = lines(report)
    assert sum("black would change it" in line for line in shown) == 9
    assert "  … 66 lines more (--verbose shows them)" in shown
    assert "  … the differences of 7 files are not shown (--verbose shows them)" in shown
    assert sum(line.startswith("+x") for line in lines(report, verbose=True)) == 9 * 90


def test_what_its_settings_let_pass_is_shown_when_asked_for() -> None:
    report = Report(True, 1, (Row(Tool.PYLINT, 1, Outcome(FOUND.messages, accepted=True)),))
    assert not any("E501" in line for line in lines(report))
    assert any("E501" in line for line in lines(report, verbose=True))


def test_github_gets_the_most_severe_first(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "a.py").write_text(BAD)
    (repo / "b.py").write_text('import yaml\n\nyaml.load("")\n')
    assert run_format("--check", "--output-format=github", "--tools=ruff,black,pylint") == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(" ")[0] for line in said if line.startswith("::")] == ["::error", "::warning", "::warning", "::warning"]
    assert "title=S506 ruff::ruff: " in said[0]


def test_colour_only_where_it_is_wanted() -> None:
    assert not any("\x1b" in line for line in lines())
    assert any("\x1b[1;31m" in line for line in lines(color=True))


def test_a_run_is_worth_its_worst_part() -> None:
    clean = Row(Tool.RUFF, 1, Outcome())
    assert Report(True, 1, (clean,)).exit_code == 0
    assert Report(False, 1, (Row(Tool.BLACK, 1, Outcome(), {"a.py": (b"", b"x")}),)).exit_code == 0
    assert Report(True, 1, (Row(Tool.BLACK, 1, Outcome(), {"a.py": (b"", b"x")}),)).exit_code == 1
    assert Report(True, 1, (clean,), messages=FOUND.messages).exit_code == 1
    assert Report(True, 1, (clean,), failures=("a.py: cannot be read",)).exit_code == 2
    assert REPORT.exit_code == 2


def test_findings_for_programs(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "new.py").write_text(f"\n{BAD}")
    assert run_format("--check", "--output-format=json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["version"] == 1
    assert {(one["code"], one["path"], one["line"]) for one in told["findings"]} == {
        ("black", "new.py", 1), ("isort", "new.py", 2), ("W0611", "new.py", 2),
    }  # fmt: skip
    assert run_format("--check", "--output-format=github", "--tools=black") == 1
    assert capsys.readouterr().out.startswith("::warning file=new.py,line=1,")


def test_a_failure_is_told_in_every_format(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / "new.py").touch()
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "mypy", "#!/bin/sh\necho ouch >&2; exit 3\n")))
    for name in ("json", "sarif", "github", "gitlab", "junit", "html", "text"):
        assert run_format("--tools=mypy", f"--output-format={name}") == 2
        said = capsys.readouterr()
        assert "ouch" in said.out
        assert name == "text" or "policy-checks: mypy: ouch" in said.err


@pytest.mark.parametrize("arguments", [["--tools=flake8"], ["--tools="], ["../elsewhere"], ["--base", "nope"], ["nothing/here.py"]])
def test_what_cannot_be_meant_is_one_line(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    (repo.parent / "elsewhere").mkdir()
    assert run_format(*arguments) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_settings_that_are_wrong_are_told_with_their_place(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "policy-checks.toml").write_text('[format]\ntools = ["blcak"]\nexlude = []\n[format.arguments]\nflake8 = []\n')
    assert run_format() == 2
    said = capsys.readouterr().err
    assert "blcak" in said
    assert "exlude" in said
    assert os.fspath(repo) not in said
