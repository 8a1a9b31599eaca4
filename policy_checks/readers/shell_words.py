"""How words are spelled in a shell: quotes, escapes, and expansions whose value the script tells."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
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
_DEFAULT = re.compile(r"\$\{(\w+):=([^}$`]+)\}")  # `: "${PIP:=pip}"` sets what is not set
_PARAMETER = re.compile(r"\$(?:([@*1-9])|\{([@*1-9])(?::([1-9]))?\})")  # what a function or a script is given
_LOOP = "for "  # before the name of a loop's variable
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

        self._defaults = dict(_DEFAULT.findall(self.text)) if ":=" in self.text else {}
        self._call: Sequence[Word] = ()

    def inside(self, call: Sequence[Word]) -> "Spelling":
        """The spelling inside of a function that is called so: what the function itself says stands where its name does."""
        found = copy(self)
        found._call = call  # noqa: SLF001
        return found

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
        if self._call:
            yield from self._given(node)
            return
        if node.type == "word" and "\\" not in text:  # nine of ten
            yield Word(text, True, source, start, end)
            return
        value = self._value(node) if node.type in _EXPANSIONS or text.endswith(('[@]}"', '"$@"', '"${@}"')) else None
        if value is not None:
            for part in value.words if len(value.words) != 1 else value.words[0].split():
                yield Word(part, value.known or _says_itself(part, value), source, start, end, ((part, start, end),))
            return
        unknown: list[Node] = []
        pieces = tuple(self.decode(node, unknown))
        yield Word("".join(piece[0] for piece in pieces), not unknown, source, start, end, pieces)

    def _given(self, node: "Node") -> Iterator[Word]:
        """The words of a node inside of a call."""
        start, end = self.range(node)
        text = self.text[start:end]
        name = self._call[0]
        parameters = self._parameters(node)
        if parameters is not None and text != '"$*"':
            for word in parameters:
                yield from [word] if text[0] == '"' else _split(word)
            return
        unknown: list[Node] = []
        pieces = tuple(
            (piece, name.start, name.end) if start <= first and last <= end else (piece, first, last)
            for piece, first, last in self.decode(node, unknown)
        )
        value = "".join(piece[0] for piece in pieces)
        yield Word(value, not unknown, self.source, name.start, name.end, pieces)

    def _parameters(self, node: "Node") -> Sequence[Word] | None:
        """What a call gives for `"$@"`, `$1`, or a variable that keeps them (`command=("$@")`); None for another node."""
        text = self.cut(node).strip('"')
        found = _PARAMETER.fullmatch(text)
        if found is None and (expansion := _EXPANSION.fullmatch(text)):
            value = self.variable(expansion[1] or expansion[2], self._character(node.start_byte))
            found = _PARAMETER.fullmatch(value.words[0]) if value is not None and len(value.words) == 1 else None
        if found is None:
            return None
        which = found[1] or found[2]
        first = int(found[3] or 1)
        return self._call[first:] if which in "@*" else self._call[int(which) : int(which) + 1]

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
            case "simple_expansion" | "expansion" if self._call and (parameters := self._parameters(node)) is not None:
                for index, word in enumerate(parameters):
                    yield " " if index else "", word.start, word.start
                    yield from word.pieces
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
        if self.text.startswith("+=", self._character(name.end_byte)):
            before = self.variable(self.cut(name), self._character(node.start_byte)) or Value((), known=False)
            words, known = [*before.words], before.known
        joined = words.pop() if words and value.type != "array" else ""
        for part in value.named_children if value.type == "array" else [value]:
            unknown: list[Node] = []
            words.append(joined + "".join(piece[0] for piece in self.decode(part, unknown)))
            known = known and not unknown
        self._set(self.cut(name), node, Value(tuple(words), known))

    def _set(self, name: str, node: "Node", value: Value) -> None:
        if sum(map(len, value.words)) <= MAX_VALUE:
            self._variables.setdefault(name, []).append((self._character(node.end_byte), value))

    def loop(self, node: "Node") -> None:
        """Notes the first value of a `for` loop's variable; it stands for all where it names a command."""
        name, value = node.child_by_field_name("variable"), node.child_by_field_name("value")
        if name is not None and value is not None:
            unknown: list[Node] = []
            first = "".join(piece[0] for piece in self.decode(value, unknown))
            if not unknown:
                self._set(_LOOP + self.cut(name), value, Value((first,), known=False))

    def set_parameters(self, node: "Node") -> None:
        """Notes what `set -- …` makes of `"$@"`."""
        words = [word for child in node.children[2:] for word in self.words(child)]
        self._set(_scope(node), node, Value(tuple(word.value for word in words), all(word.known for word in words)))

    def _value(self, node: "Node") -> Value | None:
        """What an expansion stands for: the assignment before it, its default, or the program that `$(which …)` names."""
        text = self.cut(node).strip('"')
        if text in ("$@", "${@}", "$*"):
            return self.variable(_scope(node), self._character(node.start_byte))
        if which := _WHICH.fullmatch(text):
            return Value((which[1],), known=True)
        expansion = _EXPANSION.fullmatch(text)
        if expansion is None:
            return None
        name, at = expansion[1] or expansion[2], self._character(node.start_byte)
        found = self.variable(name, at)
        if found is None and _names_command(node):
            found = self.variable(_LOOP + name, at)
        if found is not None:
            return found
        default = expansion[3] or self._defaults.get(name)
        return Value((default.strip("'\""),), known=True) if default else None

    def variable(self, name: str, at: int) -> Value | None:
        """The last value before an offset; without one the first (it may stand in a function), or that of the text around."""
        if values := self._variables.get(name):
            return values[max(bisect_right(values, at, key=lambda assigned: assigned[0]) - 1, 0)][1]
        if isinstance(self._around, Spelling):
            return None if name.startswith("@") else self._around.variable(name, len(self._around.text))
        value = self._around.get(name)
        return None if value is None else Value((value,), "$" not in value)


def _says_itself(part: str, value: Value) -> bool:
    """Whether a word of a value is known though others are not: in `pip install $FLAGS` all but the last."""
    return "$" not in part and not any("(" in word or "`" in word for word in value.words)


def _names_command(node: "Node") -> bool:
    parent = node.parent.parent if node.parent is not None and node.parent.type == "string" else node.parent
    return parent is not None and parent.type == "command_name"


def _scope(node: "Node") -> str:
    """The name under which `"$@"` is kept: each function has its own."""
    around = node.parent
    while around is not None and around.type != "function_definition":
        around = around.parent
    return f"@{around.start_byte}" if around is not None else "@"


def _split(word: Word) -> Iterator[Word]:
    """The words that an unquoted expansion makes of one."""
    parts = word.value.split()
    for part in [word.value] if len(parts) < 2 else parts:
        yield Word(part, word.known, word.source, word.start, word.end, word.pieces if len(parts) < 2 else ((part, word.start, word.end),))
