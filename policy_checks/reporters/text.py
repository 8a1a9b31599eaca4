"""For people: a line that grep and editors understand, the source below it, and how to mend it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from policy_checks.reporters import PLAIN, Report, Screen, fix_line, printable, summary, where
from policy_checks.reporters.excerpt import columns, excerpt
from policy_checks.rule import Finding

_STYLES = {"error": "1;31", "warning": "1;33", "note": "1;36", "place": "1", "quiet": "2", "good": "32", "clean": "1;32"}
_GUTTER = "      "  # a line number and a space
_UNBOUNDED = 100  # columns of source where the screen has no width
_NARROW = 24  # less room than this beside the head of a finding: the message starts on the next line
_TALLY = 10  # more findings than this are also counted by rule

# A word, or a command between backquotes: it stays on one line, so that it can be copied.
_WORD = re.compile(r"(?:`[^`]*`|\S)+")

Paint = Callable[[str, str], str]


def render(report: Report, screen: Screen = PLAIN) -> Iterator[str]:
    """The findings, a count by rule when there are many, and the summary line."""
    paint = _colored if screen.color else _plain
    shown = report.findings if screen.show_suppressed else report.counted
    for finding in shown:
        yield from _finding(finding, screen.width, paint)
        yield ""
    if len(report.counted) > _TALLY:
        yield from _tally(report.counted, paint)
    for line in _wrapped("", 0, "    ", summary(report), screen.width):
        yield paint(line, "place" if report.counted else "clean")


def _colored(text: str, style: str) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def _plain(text: str, _style: str) -> str:
    return text


def _finding(finding: Finding, width: int | None, paint: Paint) -> Iterator[str]:
    problem = finding.problem
    style = "quiet" if finding.suppressed else finding.severity.value
    place, rule = where(problem.place), f"{finding.code} {finding.name}:"
    head = f"{paint(place + ':', 'place')} {paint(rule, style)} "
    if width is None:
        yield head + printable(problem.message)
    else:
        yield from _wrapped(head, columns(place) + len(rule) + 3, "    ", problem.message, width)
    yield from _source(finding, width, paint, style)
    for related in problem.related:
        yield from _note(f"{where(related.place)}: {related.message}", width, paint)
    if problem.fix:
        yield from _note(fix_line(problem.fix), width, paint, "good")
    if finding.suppressed:
        yield from _note(f"suppressed ({finding.suppressed.by}): {finding.suppressed.reason}", width, paint)


def _source(finding: Finding, width: int | None, paint: Paint, style: str) -> Iterator[str]:
    room = max((width or _UNBOUNDED) - len(_GUTTER) - 2, 20)
    line = excerpt(finding.problem.place, room)
    if line is None:
        return
    bar = paint("|", "quiet")
    yield f"{paint(f'{line.line:>5}', 'quiet')} {bar} {line.before}{paint(line.marked, style) if line.marked else ''}{line.after}"
    more = f" to line {line.last_line}" if line.last_line > line.line else ""
    yield f"{_GUTTER}{bar} {' ' * columns(line.before)}{paint('^' * max(columns(line.marked), 1) + more, style)}"


def _note(text: str, width: int | None, paint: Paint, style: str = "") -> Iterator[str]:
    for number, line in enumerate(_wrapped("", 0, "", text, width and max(width - len(_GUTTER) - 2, 20))):
        yield f"{_GUTTER}{' ' if number else paint('=', 'quiet')} {paint(line, style) if style else line}"


def _wrapped(head: str, used: int, indent: str, text: str, width: int | None) -> Iterator[str]:
    """The head, which takes `used` columns, and the text behind it in lines of `width` columns, the later ones indented."""
    text = printable(text)
    if width is None or used + columns(text) <= width:
        yield head + text
        return
    if head and width - used < _NARROW:
        yield head.rstrip()
        head, used = indent, len(indent)
    line = ""
    for word in _WORD.findall(text):
        if line and used + columns(line) + 1 + columns(word) > width:
            yield head + line
            head, used, line = indent, len(indent), ""
        line = f"{line} {word}" if line else word
    yield head + line


def _tally(findings: tuple[Finding, ...], paint: Paint) -> Iterator[str]:
    counts = Counter((finding.code, finding.name, finding.severity.value) for finding in findings)
    for (code, name, severity), number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{number:>5,}  {paint(f'{code} {name}', severity)}"
    code = findings[0].code
    yield paint(f"       `policy-checks rule {code}` tells why {code} exists and how to mend it", "quiet")
    yield ""
