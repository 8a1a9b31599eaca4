"""A formatting run for programs: everything that fails it is a finding."""

import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

from policy_checks import reporters
from policy_checks.formatting.outcome import Message, Report, Row
from policy_checks.formatting.policy import Tool
from policy_checks.reporters import printable
from policy_checks.rule import Finding, Problem, Severity
from policy_checks.source import Place, SourceFile, Span

_STYLE = ("C", "R", "W")  # pylint's codes for what is no error: GitHub shows ten annotations of each level


def findings(report: Report, root: Path, version: str) -> reporters.Report:
    """What a run found, in order of place."""
    files: dict[str, SourceFile] = {}

    def source(path: str) -> SourceFile:
        if path not in files:
            files[path] = SourceFile(path, _as_utf8(report.judged[path] if path in report.judged else _on_disk(root / path)))
        return files[path]

    found = [_finding("format", message, source(message.path)) for message in report.messages]
    for row in report.rows:
        found += [_finding(row.tool, message, source(message.path)) for message in row.counted]
        found += [_finding(row.tool, _would_change(row, path), source(path)) for path in row.changed if report.check]
    found += [_finding("format", Message(".", 0, 0, "failed", "", failure), source(".")) for failure in failures(report)]
    found.sort(key=lambda one: (one.problem.place.file.path, one.problem.place.span, one.code))
    return reporters.Report(tuple(found), report.files, report.seconds, tool_version=version)


def failures(report: Report) -> Iterator[str]:
    """Why there is no verdict; for standard error, where a format has no place for it."""
    yield from (printable(failure) for failure in report.failures)
    yield from (f"{row.tool}: {printable(row.outcome.failure)}" for row in report.rows if row.outcome.failure)


def _finding(tool: str, message: Message, file: SourceFile) -> Finding:
    start = file.offset(message.line, max(message.column, 1)) if message.line else 0
    end = max(start, file.line_span(message.line).end if message.line else 0)
    text = message.text if tool == message.code or message.text.startswith(f"{tool} ") else f"{tool}: {message.text}"
    return Finding(message.code, message.name or tool, _severity(tool, message), Problem(Place(file, Span(start, end)), text))


def _severity(tool: str, message: Message) -> Severity:
    is_style = message.code == tool or (tool == Tool.PYLINT and message.code.startswith(_STYLE))
    return Severity.WARNING if is_style else Severity.ERROR


def _would_change(row: Row, path: str) -> Message:
    before, after = (data.decode(errors="backslashreplace").splitlines(keepends=True) for data in row.changed[path])
    line = next(
        (number for number, pair in enumerate(zip(before, after, strict=False), 1) if pair[0] != pair[1]), min(len(before), len(after))
    )
    return Message(path, max(line, 1), 1, row.tool, "formatting", "would change this file; `policy-checks format` does it")


def _on_disk(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # a message about no file: about the settings, about the tool itself
        return b""


def _as_utf8(data: bytes) -> bytes:
    try:
        encoding, _first = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data if encoding == "utf-8" and data.decode() else data.decode(encoding).encode()
    except (SyntaxError, UnicodeDecodeError):
        return data.decode(errors="replace").encode()
