"""Where a lock is written otherwise than uv writes it, line by line."""

import re
from collections.abc import Iterator

from policy_checks.lock.integrity import canonical
from policy_checks.readers.uv_lock import Lock
from policy_checks.record import record
from policy_checks.source import Place, Span

_HEADER = re.compile(r"^\[\[package\]\]$", re.MULTILINE)
_WIDTH = 100  # of a line in a message


@record
class Deviation:
    """The first line of a package (or of the head) that uv would not write so."""

    place: Place
    told: str


def deviations(lock: Lock) -> Iterator[Deviation]:
    """One for the head and one for each package that differs; nothing for a lock that uv wrote.

    Line ends are git's business (`core.autocrlf`) as long as all are the same.
    """
    text = lock.file.text
    if text.startswith("\ufeff"):
        yield Deviation(Place(lock.file, Span(0, 1)), "a byte order mark, which uv never writes")
        text = text[1:]
    if "\r" in text:
        text = text.replace("\r\n", "\n") if text.count("\n") == text.count("\r\n") else text
    expected = list(canonical.parts(lock))
    if text == "".join(expected):
        return
    actual = _split(text)
    if len(actual) != len(expected):
        actual, expected = [text], ["".join(expected)]
    line = 1
    for mine, uvs in zip(actual, expected, strict=True):
        if mine != uvs:
            yield _first(lock, line, mine.splitlines(keepends=True), uvs.splitlines(keepends=True))
        line += mine.count("\n")


def _split(text: str) -> list[str]:
    """The head and the packages, each with the empty line above it."""
    starts = [match.start() - 1 for match in _HEADER.finditer(text)]
    return [text[start:end] for start, end in zip([0, *starts], [*starts, len(text)], strict=True)]


def _first(lock: Lock, line: int, mine: list[str], uvs: list[str]) -> Deviation:
    number = next((index for index, (left, right) in enumerate(zip(mine, uvs, strict=False)) if left != right), min(len(mine), len(uvs)))
    written = mine[number] if number < len(mine) else ""
    wanted = uvs[number] if number < len(uvs) else ""
    if not written:
        number -= 1
    span = lock.file.line_span(line + number)
    text = lock.file.cut(span)
    indented = len(text) - len(text.lstrip())
    return Deviation(
        Place(lock.file, Span(span.start + (indented if indented < len(text) else 0), span.end)), _told(written, wanted, uvs, mine)
    )


def _told(written: str, wanted: str, uvs: list[str], mine: list[str]) -> str:
    """What is other about a line, in the words that fit best."""
    line, expected = written.rstrip("\r\n"), wanted.rstrip("\n")
    if not line.strip():
        return "an empty line that uv does not write" if written else f"uv writes `{_shown(expected)}` after this line"
    if line == expected:
        return "the line does not end as uv ends lines"
    if line.strip().startswith("#") and not expected.startswith("#"):
        return "a comment, which uv does not keep"
    if "".join(line.split()) == "".join(expected.split()):
        return f"spacing: uv writes `{_shown(expected)}`"
    if sorted(uvs) == sorted(mine):
        return f"the order: uv writes `{_shown(expected)}` here"
    return f"uv writes `{_shown(expected)}` here" if expected.strip() else "uv ends the table before this line"


def _shown(line: str) -> str:
    line = line.strip()
    return line if len(line) <= _WIDTH else line[:_WIDTH] + "…"
