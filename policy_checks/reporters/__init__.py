"""Reports of a run, one module per format: `render(report) -> Iterator[str]` yields lines without line ends.

The modules are imported only when their format is asked for.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module

from policy_checks.record import made, record
from policy_checks.rule import Finding, Fix, Problem
from policy_checks.source import Place

REPORTERS: Mapping[str, str] = {
    "text": "policy_checks.reporters.text",
    "json": "policy_checks.reporters.json",
    "sarif": "policy_checks.reporters.sarif",
    "github": "policy_checks.reporters.github",
    "gitlab": "policy_checks.reporters.gitlab",
    "junit": "policy_checks.reporters.junit",
    "html": "policy_checks.reporters.html",
}


@record
class Report:
    """What a run found, sorted by path, line, column and code; suppressed findings are among them."""

    findings: tuple[Finding, ...]
    files: int  # how many files (or commits) were looked at
    seconds: float
    subject: str = "files"  # or "commits": then a finding's path is the commit id
    tool_version: str = "0"
    fixed: int = 0  # findings that this run mended; they are not among `findings`
    help: Mapping[str, str] = made(default_factory=dict)  # the rules' documentation by code

    @property
    def counted(self) -> tuple[Finding, ...]:
        """The findings that fail the run."""
        return tuple(finding for finding in self.findings if finding.suppressed is None)

    @property
    def suppressed(self) -> tuple[Finding, ...]:
        """The findings that were given a reason not to fail the run."""
        return tuple(finding for finding in self.findings if finding.suppressed is not None)


@record
class Screen:
    """What a text report is written to; without a width (a pipe, a file) no message is wrapped."""

    color: bool = False
    width: int | None = None
    show_suppressed: bool = False


PLAIN = Screen()


@record
class Region:
    """A place as other programs count: 1-based, columns in characters, the end column exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


def render(name: str, report: Report, screen: Screen = PLAIN) -> Iterator[str]:
    """The lines of a report in one of the formats of REPORTERS; only text looks at the screen."""
    module = import_module(REPORTERS[name])
    lines: Iterator[str] = module.render(report, screen) if name == "text" else module.render(report)
    return lines


def region(place: Place) -> Region:
    """Where a place starts and ends."""
    return Region(*place.file.location(place.span.start), *place.file.location(place.span.end))


def printable(text: str) -> str:
    r"""The text with everything escaped that would move a cursor, hide or reorder text, or end a line.

    A byte of a path that is not UTF-8 (PEP 383) shows as that byte: `\xff`.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def raw_path(path: str) -> bytes:
    """A path as the bytes that git and the file system hold."""
    return path.encode(errors="surrogateescape")


def where(place: Place) -> str:
    """A place as people and editors write it: `path:line:column`."""
    line, column = place.file.location(place.span.start)
    return f"{printable(place.file.path)}:{line}:{column}"


def fix_line(fix: Fix) -> str:
    """What the fix does and the options that apply it."""
    return f"fix: {fix.title} ({'--fix' if fix.safe else '--fix --unsafe-fixes'})"


def details(problem: Problem) -> list[str]:
    """What stands below a message where a format has no place of its own for it."""
    lines = [f"{where(related.place)}: {related.message}" for related in problem.related]
    return [*lines, fix_line(problem.fix)] if problem.fix else lines


def count(number: int, noun: str) -> str:
    """A number with its noun (given in the plural): `1 file`, `3,136 files`."""
    return f"{number:,} {noun if number != 1 else noun.removesuffix('s')}"


def summary(report: Report) -> str:
    """One line: what was found, what can be mended, what was suppressed, among how much, how fast."""
    found = report.counted
    safe = sum(finding.problem.fix is not None and finding.problem.fix.safe for finding in found)
    unsafe = sum(finding.problem.fix is not None and not finding.problem.fix.safe for finding in found)
    mend = [f"{safe:,} fixable with --fix"] * bool(safe) + [f"{unsafe:,} with --fix --unsafe-fixes"] * bool(unsafe)
    parts = [count(len(found), "findings") + (f" ({', '.join(mend)})" if mend else "") if found else "clean: no findings"]
    parts += [f"{report.fixed:,} fixed"] * bool(report.fixed)
    known = sum(finding.suppressed.by == "baseline" for finding in report.suppressed if finding.suppressed)
    inside = f" ({known:,} in the baseline)" if known else ""
    parts += [f"{len(report.suppressed):,} suppressed{inside}"] * bool(report.suppressed)
    separator = ", " if len(parts) > 1 else " "
    return f"{', '.join(parts)}{separator}in {count(report.files, report.subject)} ({report.seconds:.1f} s)"
