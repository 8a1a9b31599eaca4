"""Makefiles: the lines of their recipes."""

import re
from collections.abc import Iterator, Mapping

from policy_checks.readers.embedded import Embedded, Piece, whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.shell_words import MAX_VALUE
from policy_checks.source import SourceFile

_NAME = re.compile(r"(?:^|/)(?:GNU)?[Mm]akefile(?:[._-][^/]*)?$|\.(?:mk|mak|make)$")
# A recipe's line begins with a tab (GNU make manual, "Rule Syntax") and goes on after a backslash; `target: ; command` is rare.
_RECIPE = re.compile(r"^\t[ \t]*[@+-]*[ \t]*((?:[^\n\\]|\\.|\\\n)+)", re.MULTILINE | re.DOTALL)
# `target: prerequisites ; command`, `X != command`, `X := $(shell command)`; `define` holds lines of recipes, or text.
_INLINE = re.compile(
    r"^(?![\t#])[^\n=#:;]*:[^\n=#;]*;[ \t]*[@+-]*((?:[^\n\\]|\\.|\\\n)+)|^[\w.-]+[ \t]*!=[ \t]*((?:[^\n\\]|\\.|\\\n)+)",
    re.MULTILINE | re.DOTALL,
)
_SHELL = re.compile(r"^(?![\t#])[^\n#]*?\$\(shell[ \t]+", re.MULTILINE)
_DEFINE = re.compile(r"^define[ \t]+([\w.-]+)[ \t]*(?::{0,3}|\?)?=?[ \t]*\n(.*?)^endef", re.MULTILINE | re.DOTALL)
_DEFINED_LINE = re.compile(r"^(?!\t)[ ]*[@+-]*((?:[^\n\\]|\\.|\\\n)+)", re.MULTILINE | re.DOTALL)
_PREFIX = re.compile(r"^\.RECIPEPREFIX[ \t]*:?=[ \t]*(\S)", re.MULTILINE)
_VARIABLE = re.compile(
    r"^[ ]*(?:export[ ]+|override[ ]+)*([\w.-]+)[ \t]*(?::{0,3}|\?)=[ \t]*((?:[^\n#\\]|\\[^\n]|\\\n)*?)[ \t]*(?:#.*)?$", re.MULTILINE
)
_DEPTH = 10  # variables in variables that are followed
_REFERENCE = re.compile(r"\$\(([\w.-]+)\)|\$\$|\$\(shell\s|\$\{([\w.-]*[.-][\w.-]*)\}")


def is_makefile(path: str) -> bool:
    """Whether a file goes by one of make's usual names."""
    return ("akefile" in path or path.endswith((".mk", ".mak", ".make"))) and _NAME.search(path) is not None


def scripts(file: SourceFile, _needles: Needles = ()) -> Iterator[Script]:
    """Each line of each recipe (make gives it to a shell of its own), and what make itself gives to a shell."""
    text = whole(file)
    set_to = dict(_VARIABLE.findall(file.text))
    variables = {_shell_name(name): _value(name, set_to) for name in set_to}
    for start, end in _lines(file.text):
        yield Script(text.rewrite(_expanded(text, start, end)), Context.SCRIPT, variables=variables)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where the text of each command stands."""
    prefix = _PREFIX.search(text)
    recipe = re.compile(_RECIPE.pattern.replace(r"^\t", f"^{re.escape(prefix[1])}", 1), _RECIPE.flags) if prefix else _RECIPE
    yield from (found.span(1) for found in recipe.finditer(text))
    yield from (found.span(found.lastindex or 0) for found in _INLINE.finditer(text))
    for found in _SHELL.finditer(text):
        yield found.end(), _closed(text, found.end())
    for define in _DEFINE.finditer(text):
        # It is a recipe where a recipe begins with it, otherwise text.
        if re.search(rf"^\t[ \t]*[@+-]*[ \t]*\$[({{](?:call[ \t]+)?{re.escape(define[1])}[,)}}]", text, re.MULTILINE):
            yield from (line.span(1) for line in _DEFINED_LINE.finditer(text, *define.span(2)))


def _closed(text: str, start: int) -> int:
    """The end of what a parenthesis before an offset encloses, on its line."""
    depth = 1
    for found in re.compile(r"[()]|\\\n|\n").finditer(text, start):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0 or found[0] == "\n":
            return found.start()
    return len(text)


def _shell_name(name: str) -> str:
    """A variable of make under a name that the shell's grammar knows."""
    return re.sub(r"\W", "_", name)


def _value(name: str, set_to: Mapping[str, str]) -> str:
    """A variable's value with the variables in it; one that is not set, or beyond all measure, stands as the shell's."""
    value = re.sub(r"\\\r?\n\s*", " ", set_to[name])
    for _ in range(_DEPTH):
        longer = _REFERENCE.sub(lambda found: set_to.get(found[1] or found[2] or "", _braced(found)), value)
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
    if name := found[1] or found[2]:
        return f"${{{_shell_name(name)}}}"
    return "$" if found[0] == "$$" else "$("
