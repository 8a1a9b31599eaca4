"""The grammar's tree of one shell text: its commands, and what is redirected or piped into them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING

from policy_checks.readers.embedded import Embedded
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Context, Script, ShellCommand, Word, words_as_text
from policy_checks.readers.shell_functions import Passing, passing_on
from policy_checks.readers.shell_parse import parsed
from policy_checks.readers.shell_text import mended
from policy_checks.readers.shell_words import HEREDOC, Spelling
from policy_checks.readers.wrappers import Started, command_name
from policy_checks.record import replace
from policy_checks.source import Unreadable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

MAX_CHECKED = 2_000  # places in a text with errors that are looked at
MAX_LENGTH = 1_000_000  # characters of one command line

_SPELLED = re.compile(r"[$`'\"\\]")  # a word that may say something else than it shows
_READER = re.compile(
    r"sh\b|\bsu(?:do)?\b|\.|source|batch|[bq]sub|\bat\b|[Pp]y|PY|\$"
)  # a command line that may end in a program that runs its standard input
# Inside of these a word is where the grammar says it is, whatever surrounds it.
_UNDERSTOOD = ("command", "comment", "string", "raw_string", "heredoc_body", "variable_assignment", "declaration_command", "test_command")
_OWN_SHELL = ("subshell", "command_substitution", "process_substitution", "function_definition")
_NO_WORDS = ("variable_assignment", "heredoc_redirect", "herestring_redirect", "comment")


@cache
def _grammar() -> "tuple[Parser, Query]":
    import tree_sitter_bash
    from tree_sitter import Language, Parser, Query

    language = Language(tree_sitter_bash.language())
    wanted = "(command) @command (redirected_statement) @redirected (pipeline) @pipeline (variable_assignment) @assignment "
    wanted += "(function_definition) @function (declaration_command) @declaration (for_statement) @loop"
    return Parser(language), Query(language, wanted)


def is_understood(text: str) -> bool:
    """Whether the grammar makes sense of all of a text."""
    return not _grammar()[0].parse(text.encode()).root_node.has_error


def _position(node: "Node") -> tuple[int, int]:
    return node.start_byte, -node.end_byte


class Tree:
    """One parse of one script: its tree, and the variables met so far."""

    def __init__(self, script: Script, around: Spelling | None, outer: ShellCommand | None, stdin: Embedded | None = None) -> None:
        from tree_sitter import QueryCursor

        self._script = replace(script, source=mended(script.source))
        self._outer, self._around_stdin = outer, stdin
        self.spelling = Spelling(self._script.source, script.variables if around is None else around)
        parser, query = _grammar()
        self._root = root = parsed(parser, self._script.source)
        found = QueryCursor(query).captures(root)
        self._commands = sorted(found.get("command", []), key=_position)  # a cursor's captures come in no order
        self._redirects = dict(self._redirected(found.get("redirected", [])))
        self._pipelines = found.get("pipeline", [])
        for node in sorted(found.get("assignment", []), key=_position):
            self.spelling.assign(node)
        for node in found.get("loop", []):
            self.spelling.loop(node)
        if "set -- " in self.spelling.text:
            for node in self._commands:
                if self.spelling.cut(node).startswith("set -- "):
                    self.spelling.set_parameters(node)
        self._functions = found.get("function", [])
        self._declarations = found.get("declaration", [])

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
            fed = (node.id in feeders or self._around_stdin is not None) and _READER.search(text) is not None
            if not (fed or node.id in self._redirects or holds(text, needles) or _SPELLED.search(text)):
                continue
            words = tuple(self._words_of(node))
            if words:
                stdin = self._stdin(node)
                if stdin is None and fed:
                    stdin = self._output(feeders[node.id]) if node.id in feeders else self._around_stdin
                yield ShellCommand(self._script, words, self._outer, stdin, depth, partial(self._exported, node))

    def shells(self, offset: int) -> frozenset[tuple[int, int]]:
        """The subshells, substitutions and functions around an offset, as byte ranges: a `cd` in one of them ends with it."""
        at = len(self.spelling.text[:offset].encode())
        node, found = self._root.descendant_for_byte_range(at, at), set()
        while node is not None:
            if node.type in _OWN_SHELL:
                found.add((node.start_byte, node.end_byte))
            node = node.parent
        return frozenset(found)

    def _exported(self, node: "Node", name: str) -> str | None:
        """What a variable is set to in front of a command, or exported as before it."""
        own = [child for child in node.children if child.type == "variable_assignment"]
        before = [child for start, child in self._exports.get(name, ()) if start < node.start_byte]
        for assignment in (*own, *before[::-1]):
            variable, value = assignment.child_by_field_name("name"), assignment.child_by_field_name("value")
            if variable is not None and self.spelling.cut(variable) == name:
                return "".join(piece[0] for piece in self.spelling.decode(value, [])) if value is not None else ""
        return None

    @cached_property
    def _exports(self) -> "dict[str, list[tuple[int, Node]]]":
        """Where variables are exported with a value, in order."""
        found: dict[str, list[tuple[int, Node]]] = {}
        for node in sorted(self._declarations, key=_position):
            if node.children and self.spelling.cut(node.children[0]) in ("export", "declare", "typeset"):
                for child in node.named_children:
                    name = child.child_by_field_name("name") if child.type == "variable_assignment" else None
                    if name is not None:
                        found.setdefault(self.spelling.cut(name), []).append((node.start_byte, child))
        return found

    def lost(self, needles: Needles) -> Iterator[Unreadable]:
        """The first place where a needle stands in what the grammar could make no sense of: there a command may hide.

        Only there: the grammar also trips over much that is good shell, and goes on behind it.
        """
        if not needles or not self._root.has_error or self._script.context is Context.DOCUMENTATION:  # a block may be anything there
            return
        text = self.spelling.text.encode()
        places = re.finditer(rb"(?<![\w-])(?:%s)(?![\w-])" % b"|".join(re.escape(needle.encode()) for needle in needles), text)
        for number, found in enumerate(places):
            if number >= MAX_CHECKED or self._is_lost(found.start(), text):  # a look costs as much as the tree is deep
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

    def _words_of(self, node: "Node", spelling: Spelling | None = None) -> Iterator[Word]:
        spelling = spelling or self.spelling
        for child in node.children:
            if child.type == "command_name":
                yield from self._with_backslash(spelling.words(child.children[0] if child.children else child))
            elif child.type == "file_redirect":
                yield from self._trailing(child)
            elif child.type not in _NO_WORDS and (child.is_named or child.type in ("==", "=~")):
                yield from spelling.words(child)
        for redirect in self._redirects.get(node.id, ()):
            yield from self._trailing(redirect)

    def _with_backslash(self, words: Iterator[Word]) -> Iterator[Word]:
        """A command's name with the backslash that was masked in front of it."""
        for word in words:
            source, before = word.source, word.start - 1
            if before >= 0 and source.text[before] == " " and source.file.cut(source.span(before, before + 1)) in ("\\", "\\\\"):
                yield replace(word, start=before, spelled=word.pieces)
            else:
                yield word

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
        for child in node.named_children:
            if child.type == "process_substitution" and self.spelling.cut(child).startswith("<") and child.named_children:
                return self._output(child.named_children[-1])  # a file that a shell reads like its standard input
        return None

    def _heredoc(self, redirect: "Node") -> Embedded | None:
        children = {child.type: child for child in redirect.named_children}
        body, delimiter = children.get("heredoc_body"), children.get("heredoc_start")
        if body is None or delimiter is None:
            return None
        start, end = self.spelling.range(body)
        start = self.spelling.text.rfind("\n", 0, start) + 1  # the grammar leaves out the first line's indentation
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

    def defines(self, command: ShellCommand) -> bool:
        """Whether the script has a function of that name, so that no program is called."""
        return command.outer is self._outer and command.words[0].value in self._passing_on

    def through_function(self, command: ShellCommand, needles: Needles) -> Iterator[tuple[Word, ...]]:
        """The commands that a function of the script makes of what it is given: `retry() { "$@"; }`."""
        given = [needle for needle in needles or ("",) if any(needle in word.value for word in command.words[1:])]
        if not given or self._is_inside(command):
            return
        for passing in self._passing_on.get(command.words[0].value, ()):
            body = self.spelling.cut(passing.command)
            if needles and all(needle in body for needle in given):
                continue  # it is looked at where it stands: what it runs does not come from the call
            first = passing.of_call([word.value for word in command.words])
            words = tuple(self._words_of(passing.command, self.spelling.inside((command.words[0], *command.words[first:]))))
            if words:
                yield words

    def _is_inside(self, command: ShellCommand) -> bool:
        """Whether a function calls itself."""
        outer = command.outer
        while outer is not None and outer.words[0].value != command.words[0].value:
            outer = outer.outer
        return outer is not None

    @cached_property
    def _passing_on(self) -> Mapping[str, Sequence[Passing]]:
        return passing_on(self._functions, self._commands, self.spelling)
