"""How a formatting run is told: to people as lines and one table, to programs as findings."""

import difflib
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

from policy_checks import reporters
from policy_checks.formatting.outcome import Message, Report, Row
from policy_checks.reporters import Screen, count, printable
from policy_checks.rule import Finding, Problem, Severity
from policy_checks.source import Place, SourceFile, Span

_STYLES = {"failed": "1;31", "found": "1;33", "ok": "32", "place": "1", "removed": "31", "added": "32", "hunk": "36"}
_SHOWN, _LENGTH = 20, 500  # lines of a failed tool's output, and characters of each
_TABLE = 40  # columns that the table needs beside its results


def text(report: Report, compared: str, screen: Screen, verbose: bool) -> Iterator[str]:
    """What is wrong, tool by tool, one table, and one line that sums it up."""
    if not report.files:
        yield f"clean: no Python files differ from {compared}"
        return
    for message in report.undecodable:
        yield from _message("format", message, screen)
    for row in report.rows:
        yield from _row(row, report.check, screen, verbose)
    yield from _table(report, screen)
    for failure in report.failures:
        yield _paint(f"failed: {printable(failure)}", "failed", screen)
    yield _paint(_conclusion(report, compared), ("ok", "found", "failed")[report.exit_code], screen)


def findings(report: Report, root: Path, version: str) -> reporters.Report:
    """The same for the other formats, in which everything that fails the run is a finding."""
    files: dict[str, SourceFile] = {}

    def source(path: str) -> SourceFile:
        if path not in files:
            files[path] = SourceFile(path, _as_utf8(root / path))
        return files[path]

    found = [_finding("format", message, source(message.path)) for message in report.undecodable]
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


def _row(row: Row, check: bool, screen: Screen, verbose: bool) -> Iterator[str]:
    for message in row.outcome.messages:
        yield from _message(row.tool, message, screen)
    for path in row.changed:
        yield _paint(f"{printable(path)}: {row.tool} {'would change it' if check else 'changed it'}", "found" if check else "ok", screen)
        if check:
            yield from _diff(path, *row.changed[path], screen)
    if row.outcome.failure:
        yield _paint(f"{row.tool} failed: {printable(row.outcome.failure)}", "failed", screen)
    if row.outcome.failure or verbose:
        lines = row.outcome.output.splitlines()
        shown = lines if verbose else lines[-_SHOWN:]
        if len(lines) > len(shown):
            yield f"  … {count(len(lines) - len(shown), 'lines')} before these (--verbose shows them)"
        yield from (f"  {printable(line if verbose else line[:_LENGTH])}" for line in shown)


def _message(tool: str, message: Message, screen: Screen) -> Iterator[str]:
    where = printable(message.path) + (f":{message.line}:{message.column}" if message.line else "")
    code = " ".join(filter(None, (tool, message.code, message.name)))
    first, *more = message.text.splitlines() or [""]
    place = _paint(f"{where}:", "place", screen) + " " if message.path else ""
    yield f"{place}{code}: {'note: ' if message.is_note else ''}{printable(first)}"
    yield from (f"    {printable(line)}" for line in more)


def _diff(path: str, before: bytes, after: bytes, screen: Screen) -> Iterator[str]:
    name = printable(path)
    for line in difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}", lineterm=""):
        style = {"-": "removed", "+": "added", "@": "hunk"}.get(line[0])
        # A line end that is about to change has to be seen: printable() writes it out.
        shown = printable(line.removesuffix("\n").replace("\t", "    "))
        yield _paint(shown, style, screen) if style else shown


def _lines(data: bytes) -> list[str]:
    return data.decode(errors="backslashreplace").splitlines(keepends=True)


def _table(report: Report, screen: Screen) -> Iterator[str]:
    results = [(row, *_result(row, report.check)) for row in report.rows]
    width = max(len(result) for _row, result, _style in results)
    if screen.width is not None and width + _TABLE // 2 > screen.width:
        for row, result, style in results:
            yield f"{row.tool}: {_paint(result, style, screen)} ({row.outcome.seconds:.1f} s)"
        return
    yield f"{'tool':6}  {'files':>6}  {'result':{width}}  seconds"
    for row, result, style in results:
        yield f"{row.tool:6}  {row.files:>6,}  {_paint(f'{result:{width}}', style, screen)}  {row.outcome.seconds:7.2f}"


def _result(row: Row, check: bool) -> tuple[str, str]:
    if row.outcome.failure:
        return "failed", "failed"
    told = [f"{count(len(row.changed), 'files')} {'to change' if check else 'changed'}"] * bool(row.changed)
    told += [count(len(row.counted), "messages")] * bool(row.counted)
    told += [f"{count(len(row.outcome.messages), 'messages')}, let pass by its settings"] * (
        row.outcome.accepted and bool(row.outcome.messages)
    )
    return ", ".join(told) or "ok", "found" if row.counted or (check and row.changed) else "ok"


def _conclusion(report: Report, compared: str) -> str:
    changed = {path for row in report.rows for path in row.changed}
    messages = sum(len(row.counted) for row in report.rows) + len(report.undecodable)
    failed = [str(row.tool) for row in report.rows if row.outcome.failure]
    told = [f"{', '.join(failed)} failed"] * bool(failed)
    told += [f"{count(len(changed), 'files')} {'to change' if report.check else 'changed'}"] * bool(changed)
    told += [count(messages, "messages")] * bool(messages)
    subject = f"{count(report.files, 'Python files')} that differ{'s' * (report.files == 1)} from {compared}"
    return f"{', '.join(told) or ('failed' if report.failures else 'clean')}: {subject} ({report.seconds:.1f} s)"


def _finding(tool: str, message: Message, file: SourceFile) -> Finding:
    start = file.offset(message.line, max(message.column, 1)) if message.line else 0
    end = max(start, file.line_span(message.line).end if message.line else 0)
    return Finding(message.code, message.name or tool, Severity.ERROR, Problem(Place(file, Span(start, end)), f"{tool}: {message.text}"))


def _would_change(row: Row, path: str) -> Message:
    before, after = map(_lines, row.changed[path])
    line = next(
        (number for number, pair in enumerate(zip(before, after, strict=False), 1) if pair[0] != pair[1]), min(len(before), len(after))
    )
    return Message(path, max(line, 1), 1, row.tool, "", "would change this file; `policy-checks format` does it")


def _as_utf8(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        encoding, _first = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data if encoding == "utf-8" and data.decode() else data.decode(encoding).encode()
    except (SyntaxError, UnicodeDecodeError):
        return data.decode(errors="replace").encode()
    except OSError:  # a message about no file: about the settings, about the tool itself
        return b""


def _paint(shown: str, style: str, screen: Screen) -> str:
    return f"\x1b[{_STYLES[style]}m{shown}\x1b[0m" if screen.color else shown
