"""Workflow commands, read back the way the runner does."""

import re

from hypothesis import given, strategies as st

from policy_checks.reporters import Report
from policy_checks.rule import Severity
from policy_checks.source import Place, Span
from tests.reporters.reports import finding, lines, pinned, place, report, source, suppressed

SCRIPT = source("ci/build.sh", "set -e\npip install x\n")
BARE = place(SCRIPT, "pip install")


def _unescaped(text: str) -> str:
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def _read(line: str) -> tuple[str, dict[str, str], str]:
    """Level, properties and message, as ActionCommand.TryParseV2 of actions/runner finds them."""
    level, listed, message = re.fullmatch(r"::(\w+) (.*?)::(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]
    properties = dict(item.split("=", 1) for item in listed.split(","))
    return level, {key: _unescaped(value) for key, value in properties.items()}, _unescaped(message)


def test_an_annotation() -> None:
    assert lines("github", report(finding(BARE, "100 % wrong:\nuse a, b"))) == [
        "::error file=ci/build.sh,line=2,endLine=2,col=1,endColumn=12,title=PIP001 bare-pip-install::100 %25 wrong:%0Ause a, b",
        "1 finding in 3,136 files (0.8 s)",
    ]


def test_related_places_and_the_fix_stand_below_the_message() -> None:
    assert _read(lines("github", report(pinned()))[0])[2].split("\n") == [
        "mla follows the branch main; pin `rev`",
        "uv.lock:2:8: locked here at 0a1b2c",
        "fix: pin the locked commit (--fix)",
    ]


def test_the_most_severe_come_first_and_suppressed_ones_not_at_all() -> None:
    levels = [finding(BARE, severity.value, severity) for severity in reversed(Severity)]
    shown = lines("github", report(*levels, suppressed(levels[0])))
    assert [_read(line)[0] for line in shown[:-1]] == ["error", "warning", "notice"]


def test_columns_are_left_out_across_lines() -> None:
    assert lines("github", report(finding(Place(SCRIPT, Span(0, 10)), "m")))[0].startswith(
        "::error file=ci/build.sh,line=1,endLine=2,title="
    )


def test_beyond_ten_it_says_what_github_leaves_out() -> None:
    shown = lines("github", report(*[finding(BARE)] * 11))
    assert [line.startswith("::error") for line in shown] == [True] * 11 + [False] * 2
    assert shown[-1] == "GitHub shows the first 10 annotations of each level; all 11 are in this log"


def test_a_commit_is_no_file() -> None:
    what = report(finding(place(source("0a1b", "tree 1\n"), "tree"), "is not signed"))
    assert lines("github", Report(what.findings, 1, 0.0, "commits"))[0] == "::error title=PIP001 bare-pip-install::0a1b: is not signed"


@given(st.text(st.sampled_from("%:,=\r\n 0AD25;ab"), min_size=1), st.text(st.sampled_from("%:,=\r\n 0AD25;ab"), min_size=1))
def test_paths_and_messages_come_back_as_they_were(path: str, message: str) -> None:
    line = lines("github", report(finding(place(source(path, "pip"), "pip"), message)))[0]
    assert _read(line)[1]["file"] == path
    assert _read(line)[2] == message
