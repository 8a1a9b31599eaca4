"""The screen, as people see it."""

from policy_checks.reporters import Screen
from policy_checks.rule import Severity
from policy_checks.source import Place, Span
from tests.reporters.reports import finding, lines, pinned, place, report, source, suppressed, text

SCRIPT = "set -e\nRUN pip install torch && true\n"


def test_a_finding_shows_its_place_its_source_and_how_to_mend_it() -> None:
    bare = finding(place(source("docker/build.sh", SCRIPT), "pip install torch"), "`pip install` bypasses uv.lock; write `uv add torch`")
    assert text("text", report(bare, pinned())) == """\
docker/build.sh:2:5: PIP001 bare-pip-install: `pip install` bypasses uv.lock; write `uv add torch`
    2 | RUN pip install torch && true
      |     ^^^^^^^^^^^^^^^^^

pyproject.toml:2:42: SRC001 unpinned-git-source: mla follows the branch main; pin `rev`
    2 | mla = { git = "https://git.example/mla", branch = "main" }
      |                                          ^^^^^^^^^^^^^^^
      = uv.lock:2:8: locked here at 0a1b2c
      = fix: pin the locked commit (--fix)

2 findings (1 fixable with --fix) in 3,136 files (0.8 s)
"""


def test_in_sixty_columns_it_is_wrapped_and_clipped_but_no_command_is_broken() -> None:
    message = "`pip install` bypasses uv.lock; write `uv add --group test --optional x torch==2.8.0 numpy`"
    script = source("docker/build.sh", "x" * 100 + " pip install torch " + "y" * 100)
    shown = lines("text", report(finding(place(script, "pip install torch"), message), suppressed(pinned())), Screen(width=60))
    assert "\n".join(shown) == """\
docker/build.sh:1:102: PIP001 bare-pip-install:
    `pip install` bypasses uv.lock; write
    `uv add --group test --optional x torch==2.8.0 numpy`
    1 | …xxxxxxxxxxxxxxxxxxxxx pip install torch yyyyyyyyyy…
      |                        ^^^^^^^^^^^^^^^^^

1 finding, 1 suppressed, in 3,136 files (0.8 s)"""
    assert max(map(len, shown)) <= 60


def test_nothing_found() -> None:
    assert lines("text", report()) == ["clean: no findings in 3,136 files (0.8 s)"]


def test_suppressed_findings_are_shown_on_demand_with_their_reason() -> None:
    what = report(suppressed(pinned()))
    assert lines("text", what) == ["clean: no findings, 1 suppressed, in 3,136 files (0.8 s)"]
    assert "      = suppressed (waiver): the base image has no uv yet" in lines("text", what, Screen(show_suppressed=True))


def test_colour_paints_and_changes_nothing_else() -> None:
    what = report(pinned(), suppressed(pinned()))
    painted = "\n".join(lines("text", what, Screen(color=True, width=80)))
    assert "\x1b[1;31mSRC001 unpinned-git-source:\x1b[0m" in painted
    for style in ("1", "2", "32", "1;31", "1;32", "0"):
        painted = painted.replace(f"\x1b[{style}m", "")
    assert painted.split("\n") == lines("text", what, Screen(width=80))


def test_many_findings_are_also_counted_by_rule() -> None:
    bare = finding(place(source("a.sh", SCRIPT), "pip"))
    shown = lines("text", report(*[bare] * 10, pinned()))
    assert shown[-5:-3] == ["   10  PIP001 bare-pip-install", "    1  SRC001 unpinned-git-source"]
    assert "`policy-checks rule PIP001`" in shown[-3]


def _source(line: str, marked: str, width: int = 60) -> list[str]:
    """The source line and the carets below it."""
    shown = lines("text", report(finding(place(source("a.sh", line), marked), "m")), Screen(width=width))
    return [line[8:] for line in shown if line[6:7] == "|"]


def test_carets_stand_below_wide_combining_and_escaped_characters() -> None:
    assert _source("日本 e\u0301 pip 日本\n", "pip") == ["日本 e\u0301 pip 日本", "       ^^^"]
    assert _source("x 日本 y\n", "日本") == ["x 日本 y", "  ^^^^"]
    assert _source("\techo \x1b[0m pip\n", "pip") == ["    echo \\x1b[0m pip", " " * 17 + "^^^"]
    assert _source("a\u202epip\u200bx\n", "pip\u200b") == [r"a\u202epip\u200bx", "       ^^^^^^^^^"]


def test_wide_characters_are_clipped_by_their_columns() -> None:
    assert _source("日" * 50 + " pip " + "本" * 50 + "\n", "pip", 40) == ["…日日日日日日日日 pip 本本本本…", " " * 18 + "^^^"]


def test_line_ends_are_not_part_of_the_line() -> None:
    assert _source("RUN pip\r\nnext\r\n", "pip") == ["RUN pip", "    ^^^"]
    assert _source("RUN pip", "pip") == ["RUN pip", "    ^^^"]


def test_a_span_over_several_lines_says_where_it_ends() -> None:
    assert _source("a [\n  b\n]\n", "[\n  b\n]") == ["a [", "  ^ to line 3"]


def test_an_empty_span_is_one_caret_and_a_blank_line_is_not_shown() -> None:
    file = source("a.toml", "key = 1\n\n")
    end = lines("text", report(finding(Place(file, Span(7, 7)), "m")))
    assert end[1:3] == ["    1 | key = 1", "      |        ^"]
    assert lines("text", report(finding(Place(file, Span(8, 8)), "m")))[:2] == ["a.toml:2:1: PIP001 bare-pip-install: m", ""]


def test_a_commit_is_counted_as_one() -> None:
    what = report(finding(place(source("0" * 40, "tree 1\n"), "tree"), "unsigned", Severity.WARNING))
    assert lines("text", type(what)(what.findings, 1, 0.0, subject="commits"))[-1] == "1 finding in 1 commit (0.0 s)"
