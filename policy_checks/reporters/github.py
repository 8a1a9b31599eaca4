"""Annotations of GitHub Actions: workflow commands, escaped as the runner reads them.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from collections.abc import Iterator

from policy_checks.reporters import Report, details, printable, region, summary
from policy_checks.rule import Finding, Severity

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_SHOWN = 10  # GitHub shows so many annotations of each level in a step

# The runner's own table (escapeData and escapeProperty of @actions/core).
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(report: Report) -> Iterator[str]:
    """One command per finding that counts, the most severe first, and a plain summary line."""
    levels = list(Severity)
    for finding in sorted(report.counted, key=lambda finding: levels.index(finding.severity)):
        yield _annotation(finding, report.subject == "commits")
    yield summary(report)
    if len(report.counted) > _SHOWN:
        yield f"GitHub shows the first {_SHOWN} annotations of each level; all {len(report.counted):,} are in this log"


def _annotation(finding: Finding, of_commit: bool) -> str:
    problem = finding.problem
    title, path = f"{finding.code} {finding.name}", problem.place.file.path
    # A commit is no file of the tree that an annotation could be attached to.
    properties = {"title": title} if of_commit else {"file": path, **_position(finding), "title": title}
    message = f"{path}: {problem.message}" if of_commit else problem.message
    listed = ",".join(f"{key}={_clean(value).translate(_PROPERTY)}" for key, value in properties.items())
    data = "\n".join(map(_clean, [message, *details(problem)])).translate(_DATA)
    return f"::{_COMMAND[finding.severity]} {listed}::{data}"


def _position(finding: Finding) -> dict[str, str]:
    """Lines, and columns where there is one line: GitHub refuses columns across lines."""
    span = region(finding.problem.place)
    lines = {"line": str(span.line), "endLine": str(span.end_line)}
    one_line = span.line == span.end_line
    return lines | {"col": str(span.column), "endColumn": str(span.end_column)} if one_line else lines


def _clean(text: str) -> str:
    """What has no escape of its own must not reach a log raw: the runner would obey terminal codes in it."""
    return text if text.isprintable() else "".join(char if char in "\r\n" else printable(char) for char in text)
