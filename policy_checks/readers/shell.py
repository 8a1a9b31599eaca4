"""Shell text as the commands it runs, wherever it stands: one subject for every rule about commands."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache, cached_property
from typing import TYPE_CHECKING

from policy_checks.readers.embedded import Embedded, Piece, unescaped
from policy_checks.readers.wrappers import Started, command_name, in_container, started
from policy_checks.source import Place, Span, Unreadable, character_offsets

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

MAX_DEPTH = 64  # commands inside commands inside …; the deepest that people write is about five
MAX_SCRIPT = 10_000_000  # characters; a generated script of that size takes half a minute
MAX_LENGTH = 1_000_000  # characters of one command line
MAX_VALUE = 4096  # characters of a variable or an expansion that are followed: `A=$A$A` doubles with every line


class Context(StrEnum):
    """Where shell text stands, and so where it runs."""

    SCRIPT = "script"
    IMAGE = "image"  # while a container image is built, or when it starts
    WORKFLOW = "workflow"  # a CI job
    DOCUMENTATION = "documentation"  # it does not run: a reader is told to run it


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """Shell text with its place in a file; `stage` is the build stage it belongs to, by name or number."""

    source: Embedded
    context: Context
    stage: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """A word of a command line after quote removal; an expansion that is not known stands in `value` as it is written."""

    value: str
    known: bool
    source: Embedded = field(repr=False)  # the script's text; start and end are offsets in it, quotes included
    start: int
    end: int
    spelled: tuple[Piece, ...] | None = field(default=None, repr=False)  # None: as it is written

    @property
    def span(self) -> Span:
        """Where it stands in the file, quotes included."""
        return self.source.span(self.start, self.end)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """How the value is spelled in the script."""
        return ((self.value, self.start, self.end),) if self.spelled is None else self.spelled


@dataclass(frozen=True, slots=True, eq=False)
class ShellCommand:
    """A simple command. `outer` is the one that starts it: `sudo`, `bash -c`, `docker run`; each is a command of its own."""

    script: Script
    words: tuple[Word, ...]
    outer: "ShellCommand | None" = None
    stdin: Embedded | None = field(default=None, repr=False)  # its here-document, or what `echo` or `cat` pipes into it
    depth: int = 0

    @property
    def name(self) -> str:
        """The command's name without folder and `.exe`."""
        return command_name(self.words[0].value)

    @property
    def place(self) -> Place:
        """All of its words, as they stand in the file."""
        return self.part(0, -1)

    def part(self, first: int, last: int) -> Place:
        """From one word to another (inclusive, by index), as they stand in the file."""
        return Place(self.script.source.file, Span(self.words[first].span.start, self.words[last].span.end))

    def written(self, word: Word) -> str:
        """A word as it stands in the file, quotes included."""
        return self.script.source.file.cut(word.span)

    @property
    def in_container(self) -> bool:
        """Whether it runs inside a container: in an image's build, or started there from outside."""
        if self.script.context is Context.IMAGE:
            return True
        outer = self.outer
        while outer is not None and not in_container([word.value for word in outer.words]):
            outer = outer.outer
        return outer is not None


def commands(script: Script, needles: tuple[str, ...] = ()) -> Iterator[ShellCommand | Unreadable]:
    """Every command that a script runs, and those that they start in turn, to any depth that anybody writes.

    With needles, commands that are plain words and hold none of them are left out. Raises Unreadable for a text beyond all measure.
    """
    if len(script.source.text) > MAX_SCRIPT:
        raise Unreadable(script.source.file, script.source.span(0, 1), f"a script of more than {MAX_SCRIPT} characters is not read")
    reading = _Reading(script, {}, None)
    waiting = [(found, reading) for found in reading.commands(needles)][::-1]  # a stack: python's recursion limit is never met
    seen: set[tuple[int, int]] = set()
    budget = 8 * len(script.source.text) + 100_000
    while waiting:
        command, reading = waiting.pop()
        if isinstance(command, Unreadable):
            yield command
            continue
        # `bash -c "$(pip install x)"` shows what is substituted twice: outside, and inside the text.
        key = command.words[0].span.start, command.words[-1].span.end
        if key in seen:
            continue
        seen.add(key)
        yield command
        if command.outer is not None:
            budget -= sum(word.end - word.start for word in command.words)
        if command.depth >= MAX_DEPTH or budget < 0:
            yield Unreadable(command.place.file, command.place.span, "commands nested this deeply in others are not followed")
            if budget < 0:
                return
        else:
            waiting.extend([*_inner(command, reading, needles)][::-1])


def _inner(
    command: ShellCommand, reading: "_Reading", needles: tuple[str, ...]
) -> "Iterator[tuple[ShellCommand | Unreadable, _Reading]]":
    values = [word.value for word in command.words]
    for start in (*started(values), *reading.through_function(values)):
        if start.how == "command":
            words = tuple(command.words[index] for index in start.words)
            yield ShellCommand(command.script, words, command, command.stdin, command.depth + 1), reading
            continue
        text = command.stdin if start.how == "stdin" else _text(command, start)
        if text is not None:
            nested = _Reading(replace(command.script, source=text), reading.variables, command)
            yield from ((found, nested) for found in nested.commands(needles))


def _text(command: ShellCommand, start: Started) -> Embedded:
    """The words of a command that are a script, joined by blanks as `eval` and `ssh` do."""
    pieces: list[Piece] = []
    for index in start.words:
        word = command.words[index]
        if pieces:
            pieces.append((" ", pieces[-1][2], word.start))
        pieces.extend(word.pieces)
    text = command.script.source.rewrite(pieces)
    return text.cut(start.skip, len(text.text)) if start.skip else text


@cache
def _grammar() -> "tuple[Parser, Query]":
    import tree_sitter_bash
    from tree_sitter import Language, Parser, Query

    language = Language(tree_sitter_bash.language())
    wanted = "(command) @command (redirected_statement) @redirected (pipeline) @pipeline (variable_assignment) @assignment (function_definition) @function"
    return Parser(language), Query(language, wanted)


# What the grammar (tree-sitter-bash 0.25) trips over: the `\r` of Windows line ends becomes part of a word, and a line that
# begins with a backslash (`\pip`, past an alias) becomes part of the command before it.
_MASKED = re.compile(r"\\\r\n|\r\n|(?<=\n)[ \t]*\\(?=\w)")


def _mask(found: re.Match[str]) -> str:
    return {"\\\r\n": " \\\n", "\r\n": " \n"}.get(found[0], " " * len(found[0]))


_DOUBLE_QUOTED = re.compile(r'\\([$`"\\]|\n)')
_HEREDOC = re.compile(r"\\([$`\\]|\n)")
_UNQUOTED = re.compile(r"\\(.|\n)")
_EXPANSION = re.compile(r"\$(?:(\w+)|\{(\w+)(?:\[[@*]\])?(?::?[-=]([^}$`]*))?\})")
_WHICH = re.compile(r"(?:\$\(|`)\s*(?:which|command -v|type -[pP])\s+([\w./+-]+)\s*[)`]")

_SPELLED = re.compile(r"[$`'\"\\]")  # a word that may say something else than it shows

_NO_WORDS = ("variable_assignment", "heredoc_redirect", "herestring_redirect", "comment")
_EXPANSIONS = ("simple_expansion", "expansion", "command_substitution")


def _position(node: "Node") -> tuple[int, int]:
    return node.start_byte, -node.end_byte


@dataclass(frozen=True, slots=True)
class _Value:
    """A variable's value: one text, or the words of an array."""

    words: tuple[str, ...]
    known: bool


_Variables = Mapping[str, list[tuple[int, _Value]]]
"""Each variable's assignments: the offset from which it holds, and the value."""


class _Reading:
    """One parse of one script: its tree, and the variables met so far."""

    def __init__(self, script: Script, inherited: _Variables, outer: ShellCommand | None) -> None:
        from tree_sitter import QueryCursor

        self._script = replace(script, source=script.source.masked(_MASKED, _mask))
        self._outer = outer
        self._text = self._script.source.text
        self._character = character_offsets(self._text)
        parser, query = _grammar()
        self._tree = parser.parse(self._text.encode())
        found = QueryCursor(query).captures(self._tree.root_node)
        self._commands = sorted(found.get("command", []), key=_position)  # a cursor's captures come in no order
        self._redirects = dict(self._redirected(found.get("redirected", [])))
        self._pipelines = found.get("pipeline", [])
        self.variables: dict[str, list[tuple[int, _Value]]] = {name: [(-1, values[-1][1])] for name, values in inherited.items()}
        for node in sorted(found.get("assignment", []), key=_position):
            self._assign(node)
        self._functions = found.get("function", [])

    def commands(self, needles: tuple[str, ...]) -> Iterator[ShellCommand | Unreadable]:
        """The commands that stand in the text itself."""
        depth = self._outer.depth + 1 if self._outer else 0
        feeders = dict(self._feeders())
        for node in self._commands:
            text = self._cut(node)
            if len(text) > MAX_LENGTH:
                span = self._script.source.span(*self._range(node))
                yield Unreadable(self._script.source.file, span, f"a command of more than {MAX_LENGTH} characters is not followed")
                continue
            fed = node.id in feeders or node.id in self._redirects
            if needles and not fed and not _SPELLED.search(text) and not any(needle in text for needle in needles):
                continue
            words = tuple(self._words_of(node))
            if words:
                stdin = self._stdin(node)
                if stdin is None and node.id in feeders:
                    stdin = self._output(feeders[node.id])
                yield ShellCommand(self._script, words, self._outer, stdin, depth)

    # -- commands and what is redirected into them

    def _redirected(self, nodes: "list[Node]") -> "Iterator[tuple[int, list[Node]]]":
        """The redirections of each command by its node's id; a list's or a pipeline's belong to its last command."""
        for node in nodes:
            body = node.child_by_field_name("body")
            while body is not None and body.type in ("list", "pipeline", "negated_command", "redirected_statement"):
                body = body.named_child(body.named_child_count - 1)
            if body is not None and body.type == "command":
                yield body.id, [child for child in node.named_children if child.type.endswith("_redirect")]

    def _redirects_of(self, node: "Node") -> "list[Node]":
        return [*(child for child in node.named_children if child.type.endswith("_redirect")), *self._redirects.get(node.id, ())]

    def _words_of(self, node: "Node") -> Iterator[Word]:
        for child in node.children:
            if child.type == "command_name":
                yield from self._words(child.children[0] if child.children else child)
            elif child.type == "file_redirect":
                yield from self._trailing(child)
            elif child.type not in _NO_WORDS and (child.is_named or child.type in ("==", "=~")):
                yield from self._words(child)
        for redirect in self._redirects.get(node.id, ()):
            yield from self._trailing(redirect)

    def _trailing(self, redirect: "Node") -> Iterator[Word]:
        """The words that the grammar gives to a redirection although the command gets them: `pip 2>log install x`."""
        if redirect.type == "file_redirect":
            for extra in redirect.children_by_field_name("destination")[1:]:
                yield from self._words(extra)
        elif redirect.type == "heredoc_redirect":
            for extra in redirect.children_by_field_name("argument"):
                yield from self._words(extra)

    def _stdin(self, node: "Node") -> Embedded | None:
        for redirect in self._redirects_of(node):
            if redirect.type == "heredoc_redirect":
                return self._heredoc(redirect)
            if redirect.type == "herestring_redirect" and redirect.named_children:
                return self._script.source.rewrite(self._decode(redirect.named_children[0], []))
        return None

    def _heredoc(self, redirect: "Node") -> Embedded | None:
        children = {child.type: child for child in redirect.named_children}
        body, delimiter = children.get("heredoc_body"), children.get("heredoc_start")
        if body is None or delimiter is None:
            return None
        start, end = self._range(body)
        if re.search(r"['\"\\]", self._cut(delimiter)):
            return self._script.source.cut(start, end)
        return self._script.source.rewrite(self._quoted(body, start, end, _HEREDOC, []))

    def _feeders(self) -> "Iterator[tuple[int, Node]]":
        """Which command's output a command reads: `echo … | bash`, `cat <<EOF | bash`."""
        for pipeline in self._pipelines:
            parts = pipeline.named_children
            if pipeline.parent is not None and pipeline.parent.type == "heredoc_redirect" and pipeline.parent.parent is not None:
                body = pipeline.parent.parent.child_by_field_name("body")
                parts = [*([body] if body is not None else []), *parts]
            for left, right in zip(parts, parts[1:], strict=False):
                while right.type in ("list", "redirected_statement", "pipeline") and right.named_children:
                    right = right.named_children[0]
                if left.type == "redirected_statement" and left.named_children:
                    left = left.named_children[0]
                if left.type == right.type == "command":
                    yield right.id, left

    def _output(self, node: "Node") -> Embedded | None:
        """What `cat`, `echo` and `printf` print, as far as the text says."""
        words = [*self._words_of(node)]
        name = command_name(words[0].value) if words else ""
        if name == "cat" and all(word.value == "-" for word in words[1:]):
            return self._stdin(node)
        if name in ("echo", "printf"):
            while len(words) > 1 and (re.fullmatch("-[neE]+", words[1].value) or (name == "printf" and "%" in words[1].value)):
                del words[1]
            return _text(ShellCommand(self._script, tuple(words)), Started("script", tuple(range(1, len(words)))))
        return None

    def through_function(self, values: list[str]) -> Iterator[Started]:
        """The command given to a function of the script that runs its arguments: `retry() { "$@"; }`."""
        if len(values) > 1 and values[0] in self._running_arguments:
            first = 1
            while first < len(values) - 1 and re.fullmatch(r"\d+", values[first]):
                first += 1
            yield Started("command", tuple(range(first, len(values))))

    @cached_property
    def _running_arguments(self) -> set[str]:
        """The script's functions that run what they are given."""
        if not self._functions:
            return set()
        bodies = [node.start_byte for node in self._commands if node.child_count and self._cut(node.children[0]) in ('"$@"', "$@", '"${@}"', "$*")]
        return {
            self._cut(name)
            for function in self._functions
            if (name := function.child_by_field_name("name")) is not None and any(function.start_byte <= at < function.end_byte for at in bodies)
        }

    # -- words

    def _range(self, node: "Node") -> tuple[int, int]:
        return self._character(node.start_byte), self._character(node.end_byte)

    def _cut(self, node: "Node") -> str:
        start, end = self._range(node)
        return self._text[start:end]

    def _words(self, node: "Node") -> Iterator[Word]:
        """The words that a node of the tree expands to: one, or those of a variable's value."""
        start, end = self._range(node)
        source, text = self._script.source, self._text[start:end]
        if node.type == "word" and "\\" not in text:  # nine of ten
            yield Word(text, True, source, start, end)
            return
        value = self._value(node) if node.type in _EXPANSIONS or text.endswith('[@]}"') else None
        if value is not None:
            for part in value.words if len(value.words) != 1 else value.words[0].split():
                yield Word(part, value.known, source, start, end, ((part, start, end),))
            return
        unknown: list[Node] = []
        pieces = tuple(self._decode(node, unknown))
        yield Word("".join(piece[0] for piece in pieces), not unknown, source, start, end, pieces)

    def _decode(self, node: "Node", unknown: "list[Node]") -> Iterator[Piece]:
        """How a node is spelled after quote removal; nodes whose value is not known are added to the list."""
        start, end = self._range(node)
        match node.type:
            case "string":
                yield from self._quoted(node, start + 1, end - 1, _DOUBLE_QUOTED, unknown)
            case "raw_string":
                yield self._text[start + 1 : end - 1], start + 1, end - 1
            case "ansi_c_string":
                yield from unescaped(self._text, start + 2, end - 1)
            case "concatenation" | "translated_string":
                for child in node.named_children or [node]:
                    yield from self._decode(child, unknown)
            case "simple_expansion" | "expansion" | "command_substitution" | "process_substitution":
                value = self._value(node)
                if value is None or not value.known:
                    unknown.append(node)
                yield (" ".join(value.words) if value else self._text[start : min(end, start + MAX_VALUE)]), start, end
            case _:
                yield from self._unescaped(start, end, _UNQUOTED)

    def _quoted(self, node: "Node", start: int, end: int, escape: re.Pattern[str], unknown: "list[Node]") -> Iterator[Piece]:
        """Text with expansions in it, from start to end."""
        for child in node.named_children:
            if child.type in _EXPANSIONS:
                first, last = self._range(child)
                yield from self._unescaped(start, first, escape)
                yield from self._decode(child, unknown)
                start = last
        yield from self._unescaped(start, end, escape)

    def _unescaped(self, start: int, end: int, escape: re.Pattern[str]) -> Iterator[Piece]:
        for match in escape.finditer(self._text, start, end):
            yield self._text[start : match.start()], start, match.start()
            yield ("" if match[1] == "\n" else match[1]), match.start(), match.end()
            start = match.end()
        yield self._text[start:end], start, end

    # -- variables

    def _assign(self, node: "Node") -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None or name.type != "variable_name":
            return
        words, known = [], True
        for part in value.named_children if value.type == "array" else [value]:
            unknown: list[Node] = []
            words.append("".join(piece[0] for piece in self._decode(part, unknown)))
            known = known and not unknown
        if sum(map(len, words)) <= MAX_VALUE:
            self.variables.setdefault(self._cut(name), []).append((self._character(node.end_byte), _Value(tuple(words), known)))

    def _value(self, node: "Node") -> _Value | None:
        """What an expansion stands for: the assignment before it, its default, or the program that `$(which …)` names."""
        text = self._cut(node).strip('"')
        if which := _WHICH.fullmatch(text):
            return _Value((which[1],), known=True)
        expansion = _EXPANSION.fullmatch(text)
        if expansion is None:
            return None
        at = self._character(node.start_byte)
        values = self.variables.get(expansion[1] or expansion[2], [])
        before = [value for offset, value in values if offset <= at]
        if before or values:
            return before[-1] if before else values[0][1]
        return _Value((expansion[3].strip("'\""),), known=True) if expansion[3] else None


def quoted(source: Embedded, strings: Iterable[tuple[int, int]]) -> Embedded:
    """A list of strings in double quotes (offset ranges, with the quotes) as shell text of the same words.

    So the exec form of a Dockerfile and an argument list read like any other command line.
    """
    pieces: list[Piece] = []
    for start, end in strings:
        pieces.append((" '", start, start + 1))
        for text, first, last in unescaped(source.text, start + 1, end - 1):
            pieces.extend(_single_quoted(text, first, last))
        pieces.append(("'", end - 1, end))
    return source.rewrite(pieces)


def _single_quoted(text: str, start: int, end: int) -> Iterator[Piece]:
    if end - start != len(text):  # an escape
        yield text.replace("'", "'\\''"), start, end
        return
    for match in re.finditer(r"'|[^']+", text):
        yield match[0].replace("'", "'\\''"), start + match.start(), start + match.end()
