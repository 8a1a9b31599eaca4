"""YAML files as nodes, and the exact place of every character of a scalar."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from policy_checks.readers.embedded import Embedded, Piece, respaced, unescaped, whole
from policy_checks.readers.shell import quoted_word
from policy_checks.source import SourceFile, Span, Unreadable

if TYPE_CHECKING:
    from yaml import Node, ScalarNode

MAX_DEPTH = 1000  # libyaml composes by recursion on the C stack: some 30,000 levels would end the process

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")  # an anchor and a tag
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n?")


class Document:
    """A file's YAML documents; `text` is the file as embedded text, which scalars are cut from."""

    def __init__(self, file: SourceFile) -> None:
        """Raises Unreadable at the first error."""
        self.file, self.text = file, whole(file)
        # libyaml does not count a byte order mark.
        self._shift = 1 if file.text.startswith("\ufeff") else 0
        self.roots: tuple[Node, ...] = self._compose()

    def _compose(self) -> "tuple[Node, ...]":
        import yaml

        text = self.file.text
        try:
            _refuse_depth(self.file)
            return tuple(yaml.compose_all(text, Loader=yaml.CSafeLoader))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = min(mark.index + self._shift, len(text)) if mark else 0
            problem = error.problem or error.context or "not YAML"
        except yaml.reader.ReaderError as error:
            at = error.position if isinstance(error.position, int) and error.position < len(text) else 0
            problem = f"{error.reason} (#x{error.character:x})" if isinstance(error.character, int) else error.reason
        raise Unreadable(self.file, Span(at, min(at + 1, len(text))), f"not YAML: {problem}")

    def span(self, node: "Node") -> Span:
        """Where a node stands in the file."""
        return Span(node.start_mark.index + self._shift, node.end_mark.index + self._shift)

    def scalar(self, node: "ScalarNode") -> Embedded:
        """A scalar's value with the place of each character."""
        place = self.span(node)
        pieces = _pieces(node, self.file.text, place)
        if pieces is None or "".join(piece[0] for piece in pieces) != node.value:
            pieces = [(node.value, place.start, place.end)]  # the whole scalar is the place then: coarse, never wrong
        return self.text.rewrite(pieces)

    def words(self, nodes: "Iterable[ScalarNode]", unknown: re.Pattern[str] | None = None) -> Embedded:
        """Scalars that are an argument list, as shell text of the same words; the quotes of a scalar belong to its word."""
        pieces: list[Piece] = []
        for node in nodes:
            scalar, place = self.scalar(node), self.span(node)
            quote = 1 if node.style in ("'", '"') else 0
            start = scalar.span(0, 0).start - quote if scalar.text else place.start
            pieces += quoted_word(scalar.pieces(), start, place.end, unknown)
        return self.text.rewrite(pieces)


def _pieces(node: "ScalarNode", text: str, place: Span) -> list[Piece] | None:
    properties = _PROPERTIES.match(text, place.start)
    start, end, style = properties.end() if properties else place.start, place.end, node.style
    if style == '"':
        return [*_folded([*unescaped(text, start + 1, end - 1)])]
    if style in ("|", ">"):
        header = _BLOCK_HEADER.match(text, start)
        start = header.end() if header else start
    elif style == "'":
        start, end = start + 1, end - 1
        if "''" in text[start:end]:
            return [*_folded([*_single_quoted(text, start, end)])]
    pieces = respaced(node.value, text, start, end, by_line=style == "|")
    return None if pieces is None else list(pieces)


def _single_quoted(text: str, start: int, end: int) -> Iterator[Piece]:
    for match in re.compile("''").finditer(text, start, end):
        yield text[start : match.start()], start, match.start()
        yield "'", match.start(), match.end()
        start = match.end()
    yield text[start:end], start, end


_LINE_ENDS = re.compile(r"[ \t]*(\r?\n)((?:[ \t]*\r?\n)*)[ \t]*")


def _folded(pieces: list[Piece]) -> Iterator[Piece]:
    """Line folding inside quotes (YAML 1.2 section 6.5): one line end is a space, of several the first is dropped."""
    for text, start, end in pieces:
        if end - start != len(text):  # an escape
            yield text, start, end
            continue
        at = 0
        for match in _LINE_ENDS.finditer(text):
            yield text[at : match.start()], start + at, start + match.start()
            yield "\n" * match[2].count("\n") or " ", start + match.start(), start + match.end()
            at = match.end()
        yield text[at:], start + at, end


def _refuse_depth(file: SourceFile) -> None:
    """Raises Unreadable for nesting that could exhaust the stack."""
    text = file.text
    # A level costs a bracket, or a column more than the one around it.
    longest = max(map(len, text.splitlines()), default=0)
    if text.count("[") + text.count("{") + longest <= 2 * MAX_DEPTH:
        return
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            at = min(event.start_mark.index if event.start_mark else 0, len(text) - 1)
            raise Unreadable(file, Span(at, at + 1), f"YAML nested more than {MAX_DEPTH} deep")


def items(node: "Node | None") -> "Iterator[tuple[str, Node]]":
    """A mapping's keys (as they are written: `on` stays text) and values; nothing for any other node."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield key.value, value


def get(node: "Node | None", *path: str) -> "Node | None":
    """The value at a path of keys, None where there is none."""
    for name in path:
        node = next((value for key, value in items(node) if key == name), None)
    return node


def elements(node: "Node | None") -> "list[Node]":
    """A sequence's nodes; nothing for any other node."""
    import yaml

    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def text(node: "Node | None") -> str:
    """A scalar's value; empty for any other node."""
    import yaml

    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""
