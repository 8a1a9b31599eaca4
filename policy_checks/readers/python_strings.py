"""Python source as text with positions: where a node stands, and how a string is spelled there."""

import ast
import re
from collections.abc import Iterator, Sequence

from policy_checks.readers.embedded import Embedded, Piece, unescaped
from policy_checks.source import character_offsets

UNKNOWN = "${_}"  # a value that the source does not tell, as the shell's expansion

_LITERAL = re.compile(
    r"""([rRuUbBfF]{0,2})(?:(\'{3}|\"{3})((?:\\.|[^\\])*?)\2|(['"])((?:\\.|(?!\4)[^\\\n])*)\4)(?:\s|\\\r?\n|\#[^\n]*)*""", re.DOTALL
)
# Inside an f-string: a brace that is doubled, and an expression (whose own braces and quotes may nest once).
_FIELD = re.compile(r"""\{\{|\}\}|\{(?:[^{}'"]|'[^'\n]*'|"[^"\n]*"|\{[^{}]*\})*\}""")
_PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[-+ #0]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]|%%")
_BRACES = re.compile(r"\{\{|\}\}|\{[^{}]*\}")


class Strings:
    """The nodes of one source."""

    def __init__(self, source: Embedded) -> None:
        self._text = source.text
        data = source.text.encode()
        # ast counts lines by \n and \r\n (a form feed or \v parts none), columns in UTF-8 bytes.
        self._lines = [0, *(found.end() for found in re.finditer(rb"\n|\r(?!\n)", data))]
        self._character = character_offsets(source.text)

    def range(self, node: ast.expr) -> tuple[int, int]:
        """The offsets of a node."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None  # both are there in a tree that was parsed
        return (
            self._character(self._lines[node.lineno - 1] + node.col_offset),
            self._character(self._lines[node.end_lineno - 1] + node.end_col_offset),
        )

    def unknown(self, node: ast.expr) -> list[Piece]:
        """An expression whose value is not known."""
        return [(UNKNOWN, *self.range(node))]

    def spelled(self, node: ast.Constant | ast.JoinedStr) -> list[Piece]:
        """A string as it is written, also in several parts; as a whole where that is not understood."""
        start, end = self.range(node)
        value, at = "".join(_parts(node)), start
        pieces: list[Piece] = []
        while at < end and (literal := _LITERAL.match(self._text, at, end)):
            pieces += self._decoded(literal.span(3) if literal[2] else literal.span(5), literal[1].lower())
            at = literal.end()
        return pieces if at == end and "".join(piece[0] for piece in pieces) == value else [(value, start, end)]

    def _decoded(self, inner: tuple[int, int], prefix: str) -> list[Piece]:
        pieces: list[Piece] = []
        start = inner[0]
        for field in _FIELD.finditer(self._text, *inner) if "f" in prefix else ():
            pieces += self._plain(start, field.start(), prefix)
            pieces.append((field[0][0] if field[0] in ("{{", "}}") else UNKNOWN, *field.span()))
            start = field.end()
        return pieces + self._plain(start, inner[1], prefix)

    def _plain(self, start: int, end: int, prefix: str) -> list[Piece]:
        return [(self._text[start:end], start, end)] if "r" in prefix else [*unescaped(self._text, start, end)]


def _parts(node: ast.Constant | ast.JoinedStr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    return [str(part.value) if isinstance(part, ast.Constant) else UNKNOWN for part in node.values]


def filled(pieces: Sequence[Piece], *, percent: bool) -> Iterator[Piece]:
    """A text after `%` or `.format`: every placeholder as an unknown value."""
    for text, start, end in pieces:
        exact, at = end - start == len(text), 0
        for found in (_PLACEHOLDER if percent else _BRACES).finditer(text):
            first, last = (start + found.start(), start + found.end()) if exact else (start, end)
            yield text[at : found.start()], start + at if exact else start, first
            yield (found[0][0] if found[0] in ("%%", "{{", "}}") else UNKNOWN), first, last
            at = found.end()
        yield text[at:], start + at if exact else start, end


def is_text(node: ast.expr | None) -> bool:
    """Whether an expression is written as a string."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
