"""Makefiles and justfiles: the lines of their recipes."""

import re
from collections.abc import Iterator, Mapping

from policy_checks.readers.embedded import Embedded, Piece, whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.shell_words import MAX_VALUE
from policy_checks.source import SourceFile

_NAME = re.compile(r"(?:^|/)(?:GNU)?[Mm]akefile(?:[._-][^/]*)?$|\.(?:mk|mak|make)$")
# A recipe's line begins with a tab (GNU make manual, "Rule Syntax") and goes on after a backslash; `target: ; command` is rare.
_RECIPE = re.compile(r"^\t[ \t]*[@+-]*[ \t]*((?:[^\n\\]|\\.|\\\n)+)", re.MULTILINE)
_VARIABLE = re.compile(r"^(?:export[ ]+|override[ ]+)*([\w.-]+)[ ]*(?::{0,3}|\?)=[ ]*([^\n#]*?)[ ]*(?:#.*)?$", re.MULTILINE)
_DEPTH = 10  # variables in variables that are followed
_REFERENCE = re.compile(r"\$\((\w+)\)|\$\$|\$\(shell\s")


_JUST_NAME = re.compile(r"(?:^|/)\.?[Jj]ustfile$|\.just$")
_JUST_RECIPE = re.compile(r"^[ \t]+[@-]*((?:[^\n\\]|\\.|\\\n)+)", re.MULTILINE)
_JUST_EXPRESSION = re.compile(r"\{\{.*?\}\}")


def is_justfile(path: str) -> bool:
    """Whether a file goes by one of just's names."""
    return _JUST_NAME.search(path) is not None


def just_scripts(file: SourceFile, _needles: Needles = ()) -> Iterator[Script]:
    """Each line of each recipe of a justfile, `{{ … }}` as an unknown expansion of the same length."""
    text = whole(file).masked(_JUST_EXPRESSION, lambda found: "${" + "_" * (len(found[0]) - 3) + "}")
    for recipe in _JUST_RECIPE.finditer(text.text):
        yield Script(text.cut(*recipe.span(1)), Context.SCRIPT)


def is_makefile(path: str) -> bool:
    """Whether a file goes by one of make's usual names."""
    return _NAME.search(path) is not None


def scripts(file: SourceFile, _needles: Needles = ()) -> Iterator[Script]:
    """Each line of each recipe: make gives it to a shell of its own."""
    text = whole(file)
    set_to = dict(_VARIABLE.findall(file.text))
    variables = {name: _value(name, set_to) for name in set_to}
    for recipe in _RECIPE.finditer(file.text):
        yield Script(text.rewrite(_expanded(text, *recipe.span(1))), Context.SCRIPT, variables=variables)


def _value(name: str, set_to: Mapping[str, str]) -> str:
    """A variable's value with the variables in it; one that is not set, or beyond all measure, stands as the shell's."""
    value = set_to[name]
    for _ in range(_DEPTH):
        longer = _REFERENCE.sub(lambda found: set_to.get(found[1] or "", _braced(found)), value)
        if longer == value or len(longer) > MAX_VALUE:
            break
        value = longer
    return _REFERENCE.sub(_braced, value)


def _expanded(text: Embedded, start: int, end: int) -> Iterator[Piece]:
    """A recipe as the shell reads it: `$$` is `$`, and a variable of make one of the shell's with the same name."""
    for found in _REFERENCE.finditer(text.text, start, end):
        yield text.text[start : found.start()], start, found.start()
        yield _braced(found), found.start(), found.end()
        start = found.end()
    yield text.text[start:end], start, end


def _braced(found: re.Match[str]) -> str:
    if found[1]:
        return f"${{{found[1]}}}"
    return "$" if found[0] == "$$" else "$("
