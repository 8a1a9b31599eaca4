"""How words are spelled in a shell: quotes, escapes, and expansions whose value the script tells."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from policy_checks.readers.embedded import Embedded, Piece, unescaped
from policy_checks.readers.shell import Word
from policy_checks.record import record
from policy_checks.source import character_offsets

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_VALUE = 4096  # characters of a variable or an expansion that are followed: `A=$A$A` doubles with every line

# What a backslash escapes: inside double quotes, in a here-document, and outside of quotes (POSIX shell, 2.2 and 2.7.4).
_DOUBLE_QUOTED = re.compile(r'\\([$`"\\]|\n)')
HEREDOC = re.compile(r"\\([$`\\]|\n)")
_UNQUOTED = re.compile(r"\\(.|\n)")

_EXPANSIONS = ("simple_expansion", "expansion", "command_substitution")
_EXPANSION = re.compile(r"\$(?:(\w+)|\{(\w+)(?:\[[@*]\])?(?::?[-=]([^}$`]*))?\})")
_WHICH = re.compile(r"(?:\$\(|`)\s*(?:which|command -v|type -[pP])\s+([\w./+-]+)\s*[)`]")


@record
class Value:
    """A variable's value: one text, or the words of an array."""

    words: tuple[str, ...]
    known: bool


class Spelling:
    """The words of one text, and the variables that it sets; those of the text around it hold, too."""

    def __init__(self, source: Embedded, around: "Spelling | Mapping[str, str]") -> None:
        self.source, self.text = source, source.text
        self._character = character_offsets(self.text)
        self._around = around
        self._variables: dict[str, list[tuple[int, Value]]] = {}  # assignments in order: the offset from which they hold, the value

    def range(self, node: "Node") -> tuple[int, int]:
        """The offsets of a node in the text."""
        return self._character(node.start_byte), self._character(node.end_byte)

    def cut(self, node: "Node") -> str:
        """A node's text as it is written."""
        start, end = self.range(node)
        return self.text[start:end]

    def words(self, node: "Node") -> Iterator[Word]:
        """The words that a node of the tree expands to: one, or those of a variable's value."""
        start, end = self.range(node)
        source, text = self.source, self.text[start:end]
        if node.type == "word" and "\\" not in text:  # nine of ten
            yield Word(text, True, source, start, end)
            return
        value = self._value(node) if node.type in _EXPANSIONS or text.endswith('[@]}"') else None
        if value is not None:
            for part in value.words if len(value.words) != 1 else value.words[0].split():
                yield Word(part, value.known, source, start, end, ((part, start, end),))
            return
        unknown: list[Node] = []
        pieces = tuple(self.decode(node, unknown))
        yield Word("".join(piece[0] for piece in pieces), not unknown, source, start, end, pieces)

    def decode(self, node: "Node", unknown: "list[Node]") -> Iterator[Piece]:
        """How a node is spelled after quote removal; nodes whose value is not known are added to the list."""
        start, end = self.range(node)
        match node.type:
            case "string":
                yield from self.quoted(node, start + 1, end - 1, _DOUBLE_QUOTED, unknown)
            case "raw_string":
                yield self.text[start + 1 : end - 1], start + 1, end - 1
            case "ansi_c_string":
                yield from unescaped(self.text, start + 2, end - 1)
            case "concatenation" | "translated_string":
                for child in node.named_children or [node]:
                    yield from self.decode(child, unknown)
            case "simple_expansion" | "expansion" | "command_substitution" | "process_substitution":
                value = self._value(node)
                if value is None or not value.known:
                    unknown.append(node)
                yield (" ".join(value.words) if value else self.text[start : min(end, start + MAX_VALUE)]), start, end
            case _:
                yield from self._unescaped(start, end, _UNQUOTED)

    def quoted(self, node: "Node", start: int, end: int, escape: re.Pattern[str], unknown: "list[Node]") -> Iterator[Piece]:
        """Text with expansions in it, from start to end."""
        for child in node.named_children:
            if child.type in _EXPANSIONS:
                first, last = self.range(child)
                yield from self._unescaped(start, first, escape)
                yield from self.decode(child, unknown)
                start = last
        yield from self._unescaped(start, end, escape)

    def _unescaped(self, start: int, end: int, escape: re.Pattern[str]) -> Iterator[Piece]:
        for match in escape.finditer(self.text, start, end):
            yield self.text[start : match.start()], start, match.start()
            yield ("" if match[1] == "\n" else match[1]), match.start(), match.end()
            start = match.end()
        yield self.text[start:end], start, end

    def assign(self, node: "Node") -> None:
        """Notes what a variable is set to."""
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None or name.type != "variable_name":
            return
        words, known = [], True
        for part in value.named_children if value.type == "array" else [value]:
            unknown: list[Node] = []
            words.append("".join(piece[0] for piece in self.decode(part, unknown)))
            known = known and not unknown
        if sum(map(len, words)) <= MAX_VALUE:
            self._variables.setdefault(self.cut(name), []).append((self._character(node.end_byte), Value(tuple(words), known)))

    def _value(self, node: "Node") -> Value | None:
        """What an expansion stands for: the assignment before it, its default, or the program that `$(which …)` names."""
        text = self.cut(node).strip('"')
        if which := _WHICH.fullmatch(text):
            return Value((which[1],), known=True)
        expansion = _EXPANSION.fullmatch(text)
        if expansion is None:
            return None
        found = self.variable(expansion[1] or expansion[2], self._character(node.start_byte))
        if found is not None:
            return found
        return Value((expansion[3].strip("'\""),), known=True) if expansion[3] else None

    def variable(self, name: str, at: int) -> Value | None:
        """The last value before an offset; without one the first (it may stand in a function), or that of the text around."""
        if values := self._variables.get(name):
            return values[max(bisect_right(values, at, key=lambda assigned: assigned[0]) - 1, 0)][1]
        if isinstance(self._around, Spelling):
            return self._around.variable(name, len(self._around.text))
        value = self._around.get(name)
        return None if value is None else Value((value,), "$" not in value)
