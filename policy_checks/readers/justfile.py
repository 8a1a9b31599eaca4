"""Justfiles: the lines of their recipes, and recipes that are a script."""

import re
from collections.abc import Iterator

from policy_checks.readers import python_calls
from policy_checks.readers.embedded import Embedded, Piece, whole
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.python_command import is_python
from policy_checks.readers.script import interpreter
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.wrappers import SHELLS, command_name
from policy_checks.source import SourceFile

_NAME = re.compile(r"(?:^|/)\.?[Jj]ustfile$|\.just$")
# The just manual: a recipe's body is indented, and blank lines do not end it.
_BODY = re.compile(r"(?:^[ \t]+\S[^\n]*(?:\n|\Z)(?:[ \t\r]*\n(?=(?:[ \t\r]*\n)*[ \t]+\S))*)+", re.MULTILINE)
_LINE = re.compile(r"[ \t]*[@-]*((?:[^\n\\]|\\.|\\\n)+)", re.DOTALL)
_VARIABLE = re.compile(r"^(?:export[ \t]+)?([\w-]+)[ \t]*:=[ \t]*(['\"])(.*?)\2[ \t]*(?:#.*)?$", re.MULTILINE)
_SCRIPT = re.compile(r"\[script\(['\"]([^'\"]+)['\"]")
_EXPRESSION = re.compile(r"\{\{\{\{|\{\{\s*(\w+)\s*\}\}|\{\{.*?\}\}")


def is_justfile(path: str) -> bool:
    """Whether a file goes by one of just's names."""
    return path.endswith(("ustfile", ".just")) and _NAME.search(path) is not None


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The lines of recipes, each for a shell of its own, and recipes with a shebang line; `{{name}}` as a variable of the shell."""
    variables = {name: value for name, _quote, value in _VARIABLE.findall(file.text)}
    text = whole(file)
    for body in _BODY.finditer(file.text):
        named = interpreter(body[0].lstrip().encode())
        if not named:
            for line in _LINE.finditer(file.text, *body.span()):
                yield Script(text.rewrite(_expanded(file.text, *line.span(1))), Context.SCRIPT, variables=variables)
            continue
        source = text.rewrite(_unindented(file.text, *body.span()))
        if command_name(named) in SHELLS:
            yield Script(source.rewrite(_expanded(source.text, 0, len(source.text))), Context.SCRIPT, variables=variables)
        elif is_python(named) and holds(source.text, needles):
            yield from _python(source.masked(_EXPRESSION, lambda found: "_" * len(found[0])), needles)


def _python(source: Embedded, needles: Needles) -> Iterator[Script]:
    if python_calls.may_run(source.text, needles):
        yield from python_calls.calls(source, Context.SCRIPT)


def _unindented(text: str, start: int, end: int) -> Iterator[Piece]:
    indent = len(text[start:end]) - len(text[start:end].lstrip(" \t"))
    while start < end:
        line_end = text.find("\n", start, end) + 1 or end
        skip = min(indent, len(text[start:line_end]) - len(text[start:line_end].lstrip(" \t")))
        yield text[start + skip : line_end], start + skip, line_end
        start = line_end


def _expanded(text: str, start: int, end: int) -> Iterator[Piece]:
    for found in _EXPRESSION.finditer(text, start, end):
        yield text[start : found.start()], start, found.start()
        yield (f"${{{found[1]}}}" if found[1] else "{{" if found[0] == "{{{{" else "${_}"), found.start(), found.end()
        start = found.end()
    yield text[start:end], start, end
