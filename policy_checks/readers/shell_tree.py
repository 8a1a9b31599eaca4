"""The grammar's tree of one shell text: its commands, and what is redirected or piped into them."""

import re
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from policy_checks.readers.embedded import Embedded
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Script, ShellCommand, Word, words_as_text
from policy_checks.readers.shell_words import HEREDOC, Spelling
from policy_checks.readers.wrappers import Started, command_name
from policy_checks.record import replace
from policy_checks.source import Unreadable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

MAX_LENGTH = 1_000_000  # characters of one command line

_SPELLED = re.compile(r"[$`'\"\\]")  # a word that may say something else than it shows
_READER = re.compile(r"sh\b|\bsu\b|[Pp]y|PY|\$")  # a command line that may end in a program that runs its standard input
# Inside of these a word is where the grammar says it is, whatever surrounds it.
_UNDERSTOOD = ("command", "comment", "string", "raw_string", "heredoc_body", "variable_assignment", "declaration_command", "test_command")
_NO_WORDS = ("variable_assignment", "heredoc_redirect", "herestring_redirect", "comment")


@cache
def _grammar() -> "tuple[Parser, Query]":
    import tree_sitter_bash
    from tree_sitter import Language, Parser, Query

    language = Language(tree_sitter_bash.language())
    wanted = "(command) @command (redirected_statement) @redirected (pipeline) @pipeline (variable_assignment) @assignment (function_definition) @function"
    return Parser(language), Query(language, wanted)


# What the grammar (tree-sitter-bash 0.25) trips over: the `\r` of Windows line ends becomes part of a word, and a line that
# begins with a backslash (`\pip`, past an alias) becomes part of the command before it.
_MASKED = re.compile(r"\\\r\n|\r\n|(?<=\n)[ \t]*\\(?=[A-Za-z])")


def _mask(found: re.Match[str]) -> str:
    return {"\\\r\n": " \\\n", "\r\n": " \n"}.get(found[0], " " * len(found[0]))


def _position(node: "Node") -> tuple[int, int]:
    return node.start_byte, -node.end_byte


class Tree:
    """One parse of one script: its tree, and the variables met so far."""

    def __init__(self, script: Script, around: Spelling | None, outer: ShellCommand | None) -> None:
        from tree_sitter import QueryCursor

        self._script = replace(script, source=script.source.masked(_MASKED, _mask))
        self._outer = outer
        self.spelling = Spelling(self._script.source, script.variables if around is None else around)
        parser, query = _grammar()
        self._root = root = parser.parse(self.spelling.text.encode()).root_node
        found = QueryCursor(query).captures(root)
        self._commands = sorted(found.get("command", []), key=_position)  # a cursor's captures come in no order
        self._redirects = dict(self._redirected(found.get("redirected", [])))
        self._pipelines = found.get("pipeline", [])
        for node in sorted(found.get("assignment", []), key=_position):
            self.spelling.assign(node)
        self._functions = found.get("function", [])

    def commands(self, needles: Needles) -> Iterator[ShellCommand | Unreadable]:
        """The commands that stand in the text itself."""
        depth = self._outer.depth + 1 if self._outer else 0
        feeders = dict(self._feeders())
        for node in self._commands:
            text = self.spelling.cut(node)
            if len(text) > MAX_LENGTH:
                span = self._script.source.span(*self.spelling.range(node))
                yield Unreadable(self._script.source.file, span, f"a command of more than {MAX_LENGTH} characters is not followed")
                continue
            fed = node.id in feeders and _READER.search(text) is not None
            if not (fed or node.id in self._redirects or holds(text, needles) or _SPELLED.search(text)):
                continue
            words = tuple(self._words_of(node))
            if words:
                stdin = self._stdin(node)
                if stdin is None and fed:
                    stdin = self._output(feeders[node.id])
                yield ShellCommand(self._script, words, self._outer, stdin, depth)

    def lost(self, needles: Needles) -> Iterator[Unreadable]:
        """The first place where a needle stands in what the grammar could make no sense of: there a command may hide.

        Only there: the grammar also trips over much that is good shell, and goes on behind it.
        """
        if not needles or not self._root.has_error:
            return
        text = self.spelling.text.encode()
        for found in re.finditer(rb"(?<![\w-])(?:%s)(?![\w-])" % b"|".join(re.escape(needle.encode()) for needle in needles), text):
            if self._is_lost(found.start(), text):
                at = len(text[: found.start()].decode())
                span = self._script.source.span(at, at + len(found[0].decode()))
                yield Unreadable(self._script.source.file, span, "not understood as shell: what is run here is not checked")
                return

    def _is_lost(self, start: int, text: bytes) -> bool:
        node = self._root.descendant_for_byte_range(start, start + 1)  # a word may be torn in two
        while node is not None and node.type not in _UNDERSTOOD and node.type != "ERROR":
            node = node.parent
        if node is None or node.type == "ERROR":
            return node is not None
        # The words before it on its line may be the command's true name.
        before = node.prev_sibling
        return (
            node.type == "command"
            and before is not None
            and before.type == "ERROR"
            and b"\n" not in text[before.end_byte : node.start_byte]
        )

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
                yield from self.spelling.words(child.children[0] if child.children else child)
            elif child.type == "file_redirect":
                yield from self._trailing(child)
            elif child.type not in _NO_WORDS and (child.is_named or child.type in ("==", "=~")):
                yield from self.spelling.words(child)
        for redirect in self._redirects.get(node.id, ()):
            yield from self._trailing(redirect)

    def _trailing(self, redirect: "Node") -> Iterator[Word]:
        """The words that the grammar gives to a redirection although the command gets them: `pip 2>log install x`."""
        if redirect.type == "file_redirect":
            for extra in redirect.children_by_field_name("destination")[1:]:
                yield from self.spelling.words(extra)
        elif redirect.type == "heredoc_redirect":
            for extra in redirect.children_by_field_name("argument"):
                yield from self.spelling.words(extra)

    def _stdin(self, node: "Node") -> Embedded | None:
        for redirect in self._redirects_of(node):
            if redirect.type == "heredoc_redirect":
                return self._heredoc(redirect)
            if redirect.type == "herestring_redirect" and redirect.named_children:
                return self._script.source.rewrite(self.spelling.decode(redirect.named_children[0], []))
        return None

    def _heredoc(self, redirect: "Node") -> Embedded | None:
        children = {child.type: child for child in redirect.named_children}
        body, delimiter = children.get("heredoc_body"), children.get("heredoc_start")
        if body is None or delimiter is None:
            return None
        start, end = self.spelling.range(body)
        if re.search(r"['\"\\]", self.spelling.cut(delimiter)):
            return self._script.source.cut(start, end)
        return self._script.source.rewrite(self.spelling.quoted(body, start, end, HEREDOC, []))

    def _feeders(self) -> "Iterator[tuple[int, Node]]":
        """Which command's output a command reads: `echo … | bash`, `cat <<EOF | bash`."""
        for pipeline in self._pipelines:
            parts = pipeline.named_children
            if pipeline.parent is not None and pipeline.parent.type == "heredoc_redirect" and pipeline.parent.parent is not None:
                body = pipeline.parent.parent.child_by_field_name("body")
                parts = [*([body] if body is not None else []), *parts]
            for left, right in pairwise(parts):
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
            return words_as_text(ShellCommand(self._script, tuple(words)), Started("script", tuple(range(1, len(words)))))
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
        bodies = [
            node.start_byte
            for node in self._commands
            if node.child_count and self.spelling.cut(node.children[0]) in ('"$@"', "$@", '"${@}"', "$*")
        ]
        return {
            self.spelling.cut(name)
            for function in self._functions
            if (name := function.child_by_field_name("name")) is not None
            and any(function.start_byte <= at < function.end_byte for at in bodies)
        }
