"""How a formatting run is told to people: what is wrong, tool by tool, one table, and one line that sums it up."""

import difflib
from collections.abc import Iterator

from policy_checks.formatting import versions
from policy_checks.formatting.outcome import Message, Report, Row
from policy_checks.reporters import Screen, count, printable

_STYLES = {"failed": "1;31", "found": "1;33", "ok": "32", "place": "1", "removed": "31", "added": "32", "hunk": "36"}
_SHOWN, _LENGTH = 20, 500  # lines of a failed tool's output, and characters of each
_DIFFERENCES = 300  # lines of difference per tool: more than anyone reads, less than a log can bear


def text(report: Report, compared: str, screen: Screen, *, verbose: bool = False) -> Iterator[str]:
    """The lines of a whole run; `verbose` shows everything that the tools wrote, and every difference."""
    if not report.files:
        yield f"clean: no Python files differ from {compared}; --all looks at every file"
        return
    said = False
    for line in _said(report, screen, verbose):
        said = True
        yield line
    yield from [""] * said
    yield from _table(report, screen)
    yield from (f"note: {printable(note)}" for note in report.notes)
    for failure in report.failures:
        yield _paint(f"failed: {printable(failure)}", "failed", screen)
    yield _paint(_conclusion(report, compared), ("ok", "found", "failed")[report.exit_code], screen)


def _said(report: Report, screen: Screen, verbose: bool) -> Iterator[str]:
    for message in report.messages:
        yield from _message("format", message, screen)
    for row in report.rows:
        yield from _row(row, report.check, screen, verbose)


def _row(row: Row, check: bool, screen: Screen, verbose: bool) -> Iterator[str]:
    for message in row.outcome.messages if verbose or not row.outcome.accepted else ():
        yield from _message(row.tool, message, screen)
    if check:
        yield from _differences(row, screen, verbose)
    else:
        yield from (_paint(f"{printable(path)}: {row.tool} changed it", "ok", screen) for path in row.changed)
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
    code = "" if message.code == versions.CODE else " ".join(filter(None, (tool, message.code, message.name))) + ": "
    first, *more = message.text.splitlines() or [""]
    place = _paint(f"{where}:", "place", screen) + " " if message.path else ""
    yield f"{place}{code}{'note: ' if message.is_note else ''}{printable(first)}"
    yield from (f"    {printable(line)}" for line in more)


def _differences(row: Row, screen: Screen, verbose: bool) -> Iterator[str]:
    """What a fixer would change, file by file; when the lines that are left run out, the rest is only named."""
    left, untold = _DIFFERENCES, 0
    for path, (before, after) in row.changed.items():
        yield _paint(f"{printable(path)}: {row.tool} would change it", "found", screen)
        if left <= 0 and not verbose:
            untold += 1
            continue
        lines = _diff(printable(path), before, after)
        shown = lines if verbose else lines[:left]
        left -= len(shown)
        yield from (_painted(line, screen) for line in shown)
        if len(lines) > len(shown):
            yield f"  … {count(len(lines) - len(shown), 'lines')} more (--verbose shows them)"
    if untold:
        yield f"  … the differences of {count(untold, 'files')} are not shown (--verbose shows them)"


def _diff(name: str, before: bytes, after: bytes) -> list[str]:
    return list(difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}", lineterm=""))


def _lines(data: bytes) -> list[str]:
    return data.decode(errors="backslashreplace").splitlines(keepends=True)


def _painted(line: str, screen: Screen) -> str:
    style = {"-": "removed", "+": "added", "@": "hunk"}.get(line[0])
    # A line end that is about to change has to be seen: printable() writes it out.
    shown = printable(line.removesuffix("\n").replace("\t", "    "))
    return _paint(shown, style, screen) if style else shown


def _table(report: Report, screen: Screen) -> Iterator[str]:
    """The tools in columns, or each on a line of its own where the columns do not fit."""
    told = [(row, *_result(row, report.check)) for row in report.rows]
    known = any(row.known for row in report.rows)
    width = max([len("result"), *(len(result) for _row, result, _style in told)])
    head = f"{'tool':6}  {'files':>6}{'   known' * known}  {'result':{width}}  seconds"
    if screen.width is not None and len(head) > screen.width:
        for row, result, style in told:
            yield f"{row.tool}: {_paint(result, style, screen)} ({_seconds(row)} s)"
        return
    yield head
    for row, result, style in told:
        left = f"{row.tool:6}  {row.files:>6,}" + (f"  {row.known:>6,}" if known else "")
        yield f"{left}  {_paint(f'{result:{width}}', style, screen)}  {_seconds(row):>7}"


def _seconds(row: Row) -> str:
    return f"{row.outcome.seconds:.2f}"


def _result(row: Row, check: bool) -> tuple[str, str]:
    if row.outcome.failure:
        return "failed", "failed"
    if any(message.code == versions.CODE for message in row.counted):
        return "not run", "found"
    told = [f"{count(len(row.changed), 'files')} {'to change' if check else 'changed'}"] * bool(row.changed)
    told += [count(len(row.counted), "messages")] * bool(row.counted)
    if row.outcome.accepted and row.outcome.messages:
        told.append(f"{count(len(row.outcome.messages), 'messages')}, let pass by its settings")
    return ", ".join(told) or "ok", "found" if row.counted or (check and row.changed) else "ok"


def _conclusion(report: Report, compared: str) -> str:
    subject = f"{count(report.files, 'Python files')} that differ{'s' * (report.files == 1)} from {compared}"
    changed = any(row.changed for row in report.rows)
    mend = "; `policy-checks format` makes the changes" if report.check and changed else ""
    return f"{', '.join(_sums(report)) or ('failed' if report.failures else 'clean')}: {subject} ({report.seconds:.1f} s){mend}"


def _sums(report: Report) -> Iterator[str]:
    refused = [row for row in report.rows if any(message.code == versions.CODE for message in row.counted)]
    for word, rows in {"failed": [row for row in report.rows if row.outcome.failure], "not run": refused}.items():
        if rows:
            yield f"{', '.join(str(row.tool) for row in rows)} {word}"
    if changed := {path for row in report.rows for path in row.changed}:
        yield f"{count(len(changed), 'files')} {'to change' if report.check else 'changed'}"
    if messages := sum(len(row.counted) for row in report.rows if row not in refused) + len(report.messages):
        yield count(messages, "messages")


def _paint(shown: str, style: str, screen: Screen) -> str:
    return f"\x1b[{_STYLES[style]}m{shown}\x1b[0m" if screen.color else shown
