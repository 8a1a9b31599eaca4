"""Every string of a TOML or YAML text as if it were a command: for examples, whose keys belong to tools that nobody here knows."""

import re
from collections.abc import Iterator

from policy_checks.readers import yaml_text
from policy_checks.readers.embedded import Embedded, Piece, unescaped, whole
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Context, Script
from policy_checks.source import SourceFile, character_offsets

_TEMPLATE = re.compile(r"\$?\{\{[^\n]*?\}\}")
_LINE_COMMENT = re.compile(r"^[ \t]*//[^\n]*", re.MULTILINE)


def of_yaml(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The scalars of YAML or of JSON with comments; raises Unreadable where it is neither."""
    import yaml

    text = _LINE_COMMENT.sub(lambda found: " " * len(found[0]), file.text)
    text = _TEMPLATE.sub(lambda found: "$" + "_" * (len(found[0]) - 1), text)  # no braces: in flow style they are YAML's
    document = yaml_text.Document(SourceFile(file.path, text.encode()))
    waiting = [*reversed(document.roots)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            if holds(node.value, needles):
                yield Script(_of(file, document.scalar(node)), Context.DOCUMENTATION)
        elif isinstance(node, yaml.MappingNode):
            waiting.extend(value for _, value in reversed(node.value))
        else:
            waiting.extend(reversed(node.value))


def _of(file: SourceFile, text: Embedded) -> Embedded:
    """A text of the masked file, as one of the file: the places are the same."""
    return Embedded(file, text.text, text.starts, text.places)


def of_toml(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The strings of TOML, also of one that gives a key twice."""
    from tree_sitter import Language, Parser, Query, QueryCursor
    from tree_sitter_toml import language

    toml = Language(language())
    root = Parser(toml).parse(file.text.encode()).root_node
    character, text = character_offsets(file.text), whole(file)
    strings = QueryCursor(Query(toml, "(pair (string) @string) (array (string) @string)")).captures(root).get("string", [])
    for node in sorted(strings, key=lambda node: node.start_byte):
        start, end = character(node.start_byte), character(node.end_byte)
        if holds(file.text[start:end], needles):
            yield Script(text.rewrite(_spelled(file.text, start, end)), Context.DOCUMENTATION)


def _spelled(text: str, start: int, end: int) -> Iterator[Piece]:
    quote = text[start : start + 3] if text[start : start + 3] in ('"""', "'" * 3) else text[start]
    start, end = start + len(quote), end - len(quote)
    if quote.startswith('"'):
        yield from unescaped(text, start, end)
    else:
        yield text[start:end], start, end
