"""Python source: the commands of calls that start a process, as shell text."""

import ast
import re
from collections.abc import Iterator, Sequence

from policy_checks.readers.embedded import Embedded, Piece, unescaped, whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import Context, Script, shell_quoted
from policy_checks.source import SourceFile, Span, Unreadable, character_offsets

# By the last part of a call's name: subprocess, os, asyncio, and the functions that projects wrap around them.
_CALLEE = re.compile(
    r"_?(?:run(?:_\w+)?|\w*_run|(?:\w*_)?call(?:_\w+)?|check_call|check_output|Popen|popen|system|getoutput|getstatusoutput|"
    r"exec[vl]p?e?|spawn[vl]p?e?|create_subprocess_(?:exec|shell)|shell|sh|(?:\w+_)?(?:execute|command|cmd))"
)
_CALL = re.compile(rf"\b{_CALLEE.pattern}\s*\(")
_ARRAY_FIRST = re.compile(r"(?:exec|spawn)[vl]p?e?")  # os.execvp(file, argv), os.spawnl(mode, file, *argv)
_LITERAL = re.compile(r"""([rRuUbB]{0,2})('''|\"{3}|'|")(.*)\2""", re.DOTALL)
_PARENTHESIS = re.compile(r"""[()]|'(?:\\.|[^'\\\n])*(?:'|\Z)|"(?:\\.|[^"\\\n])*(?:"|\Z)""")
_NEAR = 600  # characters of a call's arguments before the word that is looked for


def is_python(path: str) -> bool:
    """Whether a file is Python by its suffix."""
    return path.endswith((".py", ".pyw"))


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The command lines that a file's calls spell out."""
    if may_run(file.text, needles):
        yield from calls(whole(file), Context.SCRIPT)


def may_run(text: str, needles: Needles) -> bool:
    """Whether one of the texts may be among the arguments of a call, as far as a quick look tells: parsing costs a hundred times more."""
    if not needles:
        return _CALL.search(text) is not None
    for needle in needles:
        at = text.find(needle)
        while at >= 0:
            if any(_is_open(text, call.end(), at) for call in _CALL.finditer(text, max(0, at - _NEAR), at)):
                return True
            at = text.find(needle, at + 1)
    return False


def _is_open(text: str, start: int, end: int) -> bool:
    """Whether the parenthesis before `start` is still open at `end`; those inside strings do not count."""
    depth = 1
    for found in _PARENTHESIS.finditer(text, start, end):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth == 0:
            return False
    return True


def calls(source: Embedded, context: Context) -> Iterator[Script]:
    """The command lines of the calls in Python source; raises Unreadable where that is no Python."""
    try:
        tree = ast.parse(source.text)
    except SyntaxError as error:
        at = _offset(source.text, error.lineno or 1, 0)
        raise Unreadable(source.file, source.span(at, at + 1) if source.text else Span(0, 0), f"not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(source.file, source.span(0, 1), f"not Python: {error}") from None
    reading = _Reading(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _CALLEE.fullmatch(_name(node.func)):
            pieces = [*reading.command(node)]
            if pieces:
                yield Script(source.rewrite(pieces), context)


def _name(callee: ast.expr) -> str:
    return callee.attr if isinstance(callee, ast.Attribute) else callee.id if isinstance(callee, ast.Name) else ""


def _offset(text: str, line: int, column: int) -> int:
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    return min(starts[min(line, len(starts)) - 1] + column, max(len(text) - 1, 0))


class _Reading:
    """Where the nodes of one source stand, and how its strings are spelled."""

    def __init__(self, source: Embedded) -> None:
        self._text = source.text
        data = source.text.encode()
        # ast counts lines by \n and \r\n (a form feed or \v parts none), columns in UTF-8 bytes.
        self._lines = [0, *(found.end() for found in re.finditer(rb"\n|\r(?!\n)", data))]
        self._character = character_offsets(source.text)

    def command(self, call: ast.Call) -> Iterator[Piece]:
        """The words of a call's command line; nothing when its arguments do not spell one."""
        arguments = call.args
        if _ARRAY_FIRST.fullmatch(_name(call.func)):
            arguments = arguments[2 if _name(call.func).startswith("spawn") else 1 :]
        if not arguments:
            return
        first = arguments[0]
        if isinstance(first, ast.List | ast.Tuple):
            yield from self._words(first.elts)
        elif len(arguments) > 1 and any(_is_text(argument) for argument in arguments):
            yield from self._words(arguments)
        elif _is_text(first):
            yield from self._spelled(first)

    def _words(self, elements: Sequence[ast.expr]) -> Iterator[Piece]:
        for element in elements:
            start, end = self._range(element)
            yield " ", start, start
            if isinstance(element, ast.Constant) and isinstance(element.value, str):
                yield "'", start, start
                for text, first, last in self._spelled(element):
                    yield from shell_quoted(text, first, last)
                yield "'", end, end
            else:
                yield "${_}", start, end

    def _range(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None  # both are there in a tree that was parsed
        return (
            self._character(self._lines[node.lineno - 1] + node.col_offset),
            self._character(self._lines[node.end_lineno - 1] + node.end_col_offset),
        )

    def _spelled(self, node: ast.expr) -> list[Piece]:
        """A string as it is written; one of several parts, or with values in it, stands as a whole."""
        start, end = self._range(node)
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "${_}" for part in node.values]
            return [("".join(map(str, parts)), start, end)]
        assert isinstance(node, ast.Constant)
        literal = _LITERAL.fullmatch(self._text, start, end)
        if literal:
            inner = literal.span(3)
            raw = "r" in literal[1].lower()
            pieces = [(literal[3], *inner)] if raw else [*unescaped(self._text, *inner)]
            if "".join(piece[0] for piece in pieces) == node.value:
                return pieces
        return [(str(node.value), start, end)]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
