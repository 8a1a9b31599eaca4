"""The line that a place stands on, cut into what is before, in and after its span."""

import unicodedata
from functools import cache

from policy_checks.record import record
from policy_checks.reporters import printable
from policy_checks.source import Place

_TAB = "    "
_MORE = "…"


@record
class Excerpt:
    """One source line ready to be shown: escaped, and clipped around the span where it was too long."""

    line: int
    before: str
    marked: str
    after: str
    last_line: int  # where the span ends; beyond `line`, only the first line of it is shown


def excerpt(place: Place, room: int) -> Excerpt | None:
    """The line of a place in at most `room` columns; None where it is blank.

    Only the characters near the span are looked at, so that a file of one endless line costs nothing.
    """
    text, start = place.file.text, place.span.start
    line, column = place.file.location(start)
    first = max(start - column + 1, start - room - 1)
    newline = text.find("\n", start, start + 2 * room + 2)
    last = newline if newline >= 0 else min(len(text), start + 2 * room + 2)
    if newline > start and text[newline - 1] == "\r":
        last -= 1
    end = max(start, min(place.span.end, last))
    before, marked, after = _shown(text[first:start]), _shown(text[start:end]), _shown(text[end:last])
    if not (before + marked + after).strip():
        return None
    last_line = line if place.span.end <= last else place.file.location(place.span.end)[0]
    return Excerpt(line, *_fit(before, marked, after, room), last_line)


def columns(text: str) -> int:
    """How many columns of a terminal the text takes: two for a wide character, none for a combining one."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@cache
def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _shown(text: str) -> str:
    return text if text.isprintable() else _TAB.join(map(printable, text.split("\t")))


def _fit(before: str, marked: str, after: str, room: int) -> tuple[str, str, str]:
    """The three parts in `room` columns: the start of the line stays as long as the span is seen whole."""
    if columns(before + marked + after) <= room:
        return before, marked, after
    wide = columns(marked)
    if columns(before) + wide > room:
        before = _last_columns(before, max((room - wide) * 2 // 3, room // 4))
    marked = _first_columns(marked, room - columns(before))
    return before, marked, _first_columns(after, room - columns(before) - columns(marked))


def _first_columns(text: str, room: int) -> str:
    if columns(text) <= room:
        return text
    if text.isascii():
        return text[: room - 1] + _MORE if room > 0 else ""
    taken, end = 0, 0
    while taken + _columns(text[end]) < room:
        taken, end = taken + _columns(text[end]), end + 1
    return text[:end] + _MORE if room > 0 else ""


def _last_columns(text: str, room: int) -> str:
    if columns(text) <= room:
        return text
    taken, start = 0, len(text)
    while start and taken + _columns(text[start - 1]) < room:
        taken, start = taken + _columns(text[start - 1]), start - 1
    return _MORE + text[start:]
