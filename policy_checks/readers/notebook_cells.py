"""Where the cells of a notebook stand in its JSON (nbformat 3 and 4)."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from policy_checks.readers.embedded import Embedded, Piece, unescaped, whole
from policy_checks.readers.needles import Needles, holds
from policy_checks.source import SourceFile, Span, Unreadable

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"')  # possessive: an output of megabytes leaves no trail of alternatives
_KERNELS = {"ir": "r", "bash": "bash", "calysto_bash": "bash"}  # of those that say no language


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with every key, so that its strings can be counted."""

    def value(self, *path: str) -> Any:
        """The last value at a path of keys, None where there is none."""
        value: Any = self
        for key in path:
            value = dict(value).get(key) if isinstance(value, _Pairs) else None
        return value


def cells(file: SourceFile, kind: str, needles: Needles = ()) -> Iterator[tuple[str, Embedded]]:
    """The kernel's language (lower case; empty when it is not said) and source of each cell of a kind that holds a needle.

    Kinds are `code` and `markdown`. Raises Unreadable for what is no JSON.
    """
    text = file.text.removeprefix("\ufeff")
    try:
        data = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        at = error.pos if isinstance(error, json.JSONDecodeError) else 0
        raise Unreadable(file, Span(at, min(at + 1, len(file.text))), f"not JSON: {error}") from None
    if not isinstance(data, _Pairs):
        return
    language = str(
        data.value("metadata", "kernelspec", "language")
        or data.value("metadata", "language_info", "name")
        or _KERNELS.get(str(data.value("metadata", "kernelspec", "name")), "")
    ).lower()
    strings, at = _STRING.finditer(file.text), 0
    for first, last, source in _sources(data, kind):
        if holds(source, needles):
            pieces: list[Piece] = []
            for string in islice(strings, first - at, last - at):
                pieces.extend(unescaped(file.text, string.start() + 1, string.end() - 1))
            at = last
            yield language, whole(file).rewrite(pieces)


def unindented(source: Embedded) -> Embedded:
    """A cell without the indentation of its first line, as IPython reads it."""
    indent = re.match(r"[ \t]*", source.text)
    if not indent or not indent[0]:
        return source
    pieces: list[Piece] = []
    at = 0
    for line in source.text.splitlines(keepends=True):
        skip = len(indent[0]) if line.startswith(indent[0]) else 0
        pieces.append((line[skip:], at + skip, at + len(line)))
        at += len(line)
    return source.rewrite(pieces)


def _sources(data: _Pairs, kind: str) -> Iterator[tuple[int, int, str]]:
    """The source of each cell of a kind: which of the file's strings it is, counted from the start, and its text."""
    count = 0
    for key, value in data:
        count += 1
        if key == "worksheets" and isinstance(value, list):
            for sheet in value:
                for found, last, source in _sources(sheet, kind) if isinstance(sheet, _Pairs) else ():
                    yield count + found, count + last, source
                count += _strings(sheet)
            continue
        if key != "cells" or not isinstance(value, list):
            count += _strings(value)
            continue
        for cell in value:
            mine = _source(cell, count, kind) if isinstance(cell, _Pairs) else None
            if mine:
                yield mine
            count += _strings(cell)


def _source(cell: _Pairs, count: int, kind: str) -> tuple[int, int, str] | None:
    """The source of a cell of that kind; `count` strings stand before it."""
    found = None
    for name, part in cell:
        count += 1
        strings = _strings(part)
        if name in ("source", "input"):
            found = count, count + strings, "".join(map(str, part)) if isinstance(part, list) else str(part)
        count += strings
    return found if cell.value("cell_type") == kind else None


def _strings(value: Any) -> int:
    """How many strings a JSON value holds, keys included."""
    count, waiting = 0, [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            count += 1
        elif isinstance(found, _Pairs):
            count += len(found)
            waiting.extend(part for _, part in found)
        elif isinstance(found, list):
            waiting.extend(found)
    return count
