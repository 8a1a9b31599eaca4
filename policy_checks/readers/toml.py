"""TOML files: values by rtoml, positions by a grammar that is only loaded when a position is asked for."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from policy_checks.source import Place, SourceFile, Span, Unreadable, character_offsets

if TYPE_CHECKING:
    from tree_sitter import Node

Key = str | int


class Document:
    """A parsed file. A path is a sequence of keys and list indices: `("tool", "uv", "index", 0, "url")`."""

    def __init__(self, file: SourceFile, data: dict[str, Any]) -> None:
        self.file, self.data = file, data

    def get(self, *path: Key) -> Any:
        """The value at a path, None where there is none."""
        value: Any = self.data
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def span(self, *path: Key) -> Span:
        """Where the value at a path stands; the nearest enclosing value or header for one that is not written."""
        return self._nearest(path)[1]

    def key_span(self, *path: Key) -> Span:
        """Where the key of a path (or the header of its table) stands; an item of a list is its own key."""
        return self._nearest(path)[0]

    def place(self, *path: Key) -> Place:
        """The value's place, for a problem about it."""
        return Place(self.file, self.span(*path))

    def key_place(self, *path: Key) -> Place:
        """The key's place, for a problem about its being there at all."""
        return Place(self.file, self.key_span(*path))

    def _nearest(self, path: tuple[Key, ...]) -> tuple[Span, Span]:
        for length in range(len(path), 0, -1):
            if path[:length] in self._spans:
                return self._spans[path[:length]]
        return Span(0, 0), Span(0, 0)

    @cached_property
    def _spans(self) -> dict[tuple[Key, ...], tuple[Span, Span]]:
        """Key and value span of every path that is written in the file."""
        from tree_sitter import Language, Parser
        from tree_sitter_toml import language

        text = self.file.text
        character = character_offsets(text)
        root = Parser(Language(language())).parse(text.encode()).root_node
        spans: dict[tuple[Key, ...], tuple[Span, Span]] = {}
        for path, key, value in _written(root):
            # The first mention wins: `[tool.uv]` also opens `tool`.
            spans.setdefault(path, (Span(*map(character, key)), Span(*map(character, value))))
        return spans


Bytes = tuple[int, int]


def _written(root: "Node") -> Iterator[tuple[tuple[Key, ...], Bytes, Bytes]]:
    """Path, key and value (as byte ranges) of everything written; a table's value is its header."""
    count: dict[tuple[Key, ...], int] = {}
    for node in root.named_children:
        if node.type == "pair":
            yield from _pair(node, ())
        elif node.type in ("table", "table_array_element"):
            header = node.named_children[0]
            path = _resolve(_keys(header), count)
            own = (header.start_byte, header.end_byte)
            if node.type == "table_array_element":
                yield path, own, own
                count[path] = count.get(path, 0) + 1
                path = (*path, count[path] - 1)
            for length in range(1, len(path) + 1):
                yield path[:length], own, own
            for child in node.named_children[1:]:
                if child.type == "pair":
                    yield from _pair(child, path)


def _resolve(keys: list[str], count: dict[tuple[Key, ...], int]) -> tuple[Key, ...]:
    """A header's path, where a part that names a list of tables means its latest item (TOML 1.0, array of tables)."""
    path: tuple[Key, ...] = ()
    for position, key in enumerate(keys):
        path = (*path, key)
        if path in count and position < len(keys) - 1:
            path = (*path, count[path] - 1)
    return path


def _pair(node: "Node", prefix: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], Bytes, Bytes]]:
    key, value = (child for child in node.named_children if child.type != "comment")
    parts = _keys(key)
    for length in range(1, len(parts) + 1):
        yield (*prefix, *parts[:length]), (key.start_byte, key.end_byte), (value.start_byte, value.end_byte)
    yield from _value(value, (*prefix, *parts))


def _value(node: "Node", path: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], Bytes, Bytes]]:
    if node.type == "array":
        for index, item in enumerate(child for child in node.named_children if child.type != "comment"):
            own = (item.start_byte, item.end_byte)
            yield (*path, index), own, own
            yield from _value(item, (*path, index))
    elif node.type == "inline_table":
        for child in node.named_children:
            if child.type == "pair":
                yield from _pair(child, path)


def _keys(node: "Node") -> list[str]:
    if node.type == "dotted_key":
        return [key for child in node.named_children for key in _keys(child)]
    text = (node.text or b"").decode()
    if node.type == "bare_key":
        return [text]
    import rtoml

    return list(rtoml.loads(f"{text} = 0"))


def document(file: SourceFile) -> Document:
    """A file's values; raises Unreadable where it is not TOML."""
    import rtoml

    text = file.text
    try:
        # A byte order mark is no part of the document (TOML 1.1 allows it); it stays in the offsets.
        return Document(file, rtoml.loads(text.removeprefix("\ufeff")))
    except rtoml.TomlParsingError as error:
        message, span = str(error), Span(0, 0)
        if found := re.search(r" at line (\d+) column (\d+)$", message):
            offset = file.offset(int(found[1]), int(found[2]))
            message, span = message[: found.start()], Span(offset, min(offset + 1, len(text)))
        raise Unreadable(file, span, f"not TOML: {message}") from None
