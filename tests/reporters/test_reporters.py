"""What holds for every format."""

import re
import subprocess
import sys

import pytest

from policy_checks.reporters import REPORTERS, Screen, count, printable, render, summary
from policy_checks.rule import Severity, Suppressed
from policy_checks.source import Place, SourceFile, Span
from tests.reporters.reports import finding, hostile, lines, pinned, place, report, source, suppressed


def test_the_formats_are_the_contract() -> None:
    assert list(REPORTERS) == ["text", "json", "sarif", "github", "gitlab", "junit", "html"]


@pytest.mark.parametrize("name", REPORTERS)
@pytest.mark.parametrize("screen", [Screen(), Screen(width=60, show_suppressed=True), Screen(width=1)])
def test_hostile_content_stays_inside_its_line(name: str, screen: Screen) -> None:
    for line in render(name, hostile(), screen):
        line.encode()  # no surrogate is left
        assert line.isprintable(), line


@pytest.mark.parametrize("name", REPORTERS)
def test_a_file_without_text_has_a_first_line(name: str) -> None:
    unreadable = finding(Place(SourceFile("gone.sh", b""), Span(0, 0)), "cannot be read: Permission denied")
    assert "gone.sh" in "".join(lines(name, report(unreadable)))


@pytest.mark.parametrize("name", ["json", "sarif", "gitlab", "junit", "html"])
def test_what_programs_read_is_ascii(name: str) -> None:
    script = source("é.sh", "pip install ラーメン …\n")
    assert "".join(lines(name, report(finding(place(script, "ラーメン"), "ラーメン")))).isascii()


def test_only_the_format_asked_for_is_imported() -> None:
    code = "import sys, policy_checks.reporters as r; list(r.render('text', r.Report((), 0, 0.0))); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "policy_checks.reporters.text" in loaded
    assert not {"json", "html", "policy_checks.reporters.json", "rich"} & set(loaded)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain é 日", "plain é 日"),
        ("a\nb\r\t", r"a\nb\r\t"),
        ("\x1b[31m\x00", r"\x1b[31m\x00"),
        ("\u202e\u200b", r"\u202e\u200b"),
        ("\udcff", r"\xff"),
    ],
)
def test_printable(raw: str, shown: str) -> None:
    assert printable(raw) == shown


def test_numbers_agree_with_their_nouns() -> None:
    assert [count(number, "files") for number in (0, 1, 2, 3136)] == ["0 files", "1 file", "2 files", "3,136 files"]


def test_the_summary_counts_what_fails_what_can_be_mended_and_what_was_forgiven() -> None:
    bare = finding(place(source("a.sh", "pip install x\n"), "pip install"), severity=Severity.NOTE)
    assert summary(report()) == "clean: no findings in 3,136 files (0.8 s)"
    assert summary(report(bare)) == "1 finding in 3,136 files (0.8 s)"
    assert summary(report(suppressed(bare))) == "clean: no findings, 1 suppressed, in 3,136 files (0.8 s)"
    known = suppressed(bare, Suppressed("baseline", "there before the policy"))
    assert summary(report(suppressed(bare), known)) == "clean: no findings, 2 suppressed (1 in the baseline), in 3,136 files (0.8 s)"
    assert (
        summary(report(bare, pinned(), suppressed(pinned()))) == "2 findings (1 fixable with --fix), 1 suppressed, in 3,136 files (0.8 s)"
    )
    assert re.match(r"\d+ findings \(\d+ with --fix --unsafe-fixes\), 1 suppressed, in", summary(hostile()))
