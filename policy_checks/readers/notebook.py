"""Jupyter notebooks: shell lines, magics and Python calls of their code cells."""

import json
import re
from collections.abc import Iterator
from typing import Any

from policy_checks.readers import python_calls
from policy_checks.readers.embedded import Embedded, Piece, unescaped, whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.wrappers import SHELLS, command_name
from policy_checks.source import SourceFile, Span, Unreadable

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
# `!cmd`, `!!cmd`, `x = !cmd`, `%sx cmd`: IPython gives the rest of the line to a shell. `%pip` and `%conda` are commands by name,
# and with automagic (on by default) `pip install x` alone on a line is `%pip install x`.
_LINE = re.compile(
    r"^[ \t]*(?:[\w, ]+=[ \t]*)?(?:!!?|%(?:sx|system|time[ \t]+!)[ \t]+|%(?=(?:pip|conda|mamba|micromamba|uv)\b)|(?=pip3?[ \t]+install\b))"
    r"((?:[^\n\\]|\\.|\\\n)*)",
    re.MULTILINE,
)
_MAGIC = re.compile(r"^[ \t]*(?:[\w, ]+=[ \t]*)?[%!?][^\n]*|^[^\n]*\?[ \t]*$", re.MULTILINE)
_CELL = re.compile(r"\s*%%(\w+)[ \t]*([^\n]*)\n")
_EXPRESSION = re.compile(r"(?<![${])\{[^{}\n]{2,}\}")  # `{sys.executable}`: a value of Python


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with every key, so that its strings can be counted."""


def is_notebook(path: str) -> bool:
    """Whether a file is a notebook by its suffix."""
    return path.endswith(".ipynb")


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """What the code cells run; raises Unreadable for a file that is no JSON, and after the rest for a cell that is no Python."""
    fault = None
    for source in _cells(file):
        try:
            yield from _cell(source, needles)
        except Unreadable as error:
            fault = fault or error
    if fault:
        raise fault


def _cell(source: Embedded, needles: Needles) -> Iterator[Script]:
    magic = _CELL.match(source.text)
    if magic and magic[1] not in ("time", "timeit", "capture", "prun"):
        named = command_name(magic[2].partition(" ")[0]) if magic[1] == "script" else magic[1]
        if named in SHELLS or named in ("sx", "system", "cmd"):
            yield Script(source.cut(magic.end(), len(source.text)), Context.SCRIPT)
        return
    for line in _LINE.finditer(source.text):
        text = source.cut(*line.span(1))
        yield Script(text.masked(_EXPRESSION, lambda found: "${" + "_" * (len(found[0]) - 3) + "}"), Context.SCRIPT)
    if python_calls.may_run(source.text, needles):
        code = source.masked(_LINE, _blank).masked(_MAGIC, _blank)
        yield from python_calls.calls(code, Context.SCRIPT)


def _blank(found: re.Match[str]) -> str:
    """Blanks in the place of a line; a name, so that a block that holds nothing else stays a block."""
    text = found[0]
    indent = len(text) - len(text.lstrip(" \t"))
    return text[:indent] + re.sub(r"[^\n]", " ", text[indent:]).replace(" ", "_", 1)


def _cells(file: SourceFile) -> Iterator[Embedded]:
    """The source of each code cell of a kernel that speaks Python, or of one that says nothing."""
    text = file.text.removeprefix("\ufeff")
    try:
        data = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        at = error.pos if isinstance(error, json.JSONDecodeError) else 0
        raise Unreadable(file, Span(at, min(at + 1, len(file.text))), f"not JSON: {error}") from None
    if not isinstance(data, _Pairs) or _language(data) not in ("", "python", "ipython"):
        return
    places = [found.span() for found in _STRING.finditer(file.text)]
    for first, last in _sources(data):
        pieces: list[Piece] = []
        for start, end in places[first:last]:
            pieces.extend(unescaped(file.text, start + 1, end - 1))
        yield _unindented(whole(file).rewrite(pieces))


def _unindented(source: Embedded) -> Embedded:
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


def _language(data: _Pairs) -> str:
    value: Any = data
    for key in ("metadata", "kernelspec", "language"):
        value = dict(value).get(key, "") if isinstance(value, _Pairs) else ""
    return str(value).lower()


def _sources(data: _Pairs) -> Iterator[tuple[int, int]]:
    """The source of each code cell: which of the file's strings it is, counted from the start (nbformat 4)."""
    count = 0
    for key, value in data:
        count += 1
        if key != "cells" or not isinstance(value, list):
            count += _strings(value)
            continue
        for cell in value:
            source, code = None, False
            for name, part in cell if isinstance(cell, _Pairs) else ():
                count += 1
                strings = _strings(part)
                if name == "source":
                    source = count, count + strings
                code |= name == "cell_type" and part == "code"
                count += strings
            if source and code:
                yield source


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
