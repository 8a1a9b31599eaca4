"""reStructuredText documents: their code blocks. Nothing is included, run or rendered: the grammar only tells what is a block."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from policy_checks.readers.code_blocks import MAX_DEPTH, CodeBlock
from policy_checks.readers.embedded import Embedded, Piece
from policy_checks.source import character_offsets

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

# By what their first argument says; all other directives hold a document of their own.
_CODE = frozenset({"code-block", "code", "sourcecode", "prompt", "parsed-literal", "code-tab", "tab-code", "highlight"})
_LANGUAGES = {"ipython": "python", "jupyter-execute": "python", "testcode": "python", "testsetup": "python", "console": "console"}
_NO_DOCUMENTS = frozenset({"raw", "math", "graphviz", "mermaid", "uml", "digraph", "toctree", "include", "literalinclude", "figure"})


def is_restructured_text(path: str) -> bool:
    """Whether a file is reStructuredText by its suffix."""
    return path.endswith((".rst", ".rest"))


def blocks(text: Embedded, depth: int = 0, highlight: str = "") -> Iterator[CodeBlock]:
    """The code blocks of a document, those inside of its directives among them; `highlight` is the language of `::`."""
    from tree_sitter import QueryCursor

    parser, query = _grammar()
    root = parser.parse(text.text.encode()).root_node
    character = character_offsets(text.text)
    found = QueryCursor(query).captures(root)
    nodes = [*found.get("literal", ()), *found.get("directive", ())]
    for node in sorted(nodes, key=lambda node: node.start_byte):
        if node.type == "literal_block":
            yield CodeBlock(_unindented(text, character(node.start_byte), character(node.end_byte)), highlight)
            continue
        name, argument, content = _parts(node)
        if name == "highlight":
            highlight = argument
        if content is None:
            continue
        inner = _unindented(text, character(content.start_byte), character(content.end_byte))
        if name in _CODE or name in _LANGUAGES:
            yield CodeBlock(inner, _LANGUAGES.get(name, argument))
        elif name not in _NO_DOCUMENTS and depth < MAX_DEPTH:
            yield from blocks(inner, depth + 1, highlight)


@cache
def _grammar() -> "tuple[Parser, Query]":
    import tree_sitter_rst
    from tree_sitter import Language, Parser, Query

    language = Language(tree_sitter_rst.language())
    return Parser(language), Query(language, "(literal_block) @literal (directive) @directive")


def _parts(directive: "Node") -> "tuple[str, str, Node | None]":
    """A directive's name, the first word of its arguments, and its content."""
    name = argument = ""
    content = None
    for child in directive.named_children:
        if child.type == "type":
            name = (child.text or b"").decode().lower().rpartition(":")[2]
        elif child.type == "body":
            for part in child.named_children:
                if part.type == "arguments":
                    argument = ((part.text or b"").decode().lower().split() or [""])[0]
                elif part.type == "content":
                    content = part
    return name, argument, content


def _unindented(text: Embedded, start: int, end: int) -> Embedded:
    """The lines of a block without the indentation that they share."""
    start = text.text.rfind("\n", 0, start) + 1 if not text.text[text.text.rfind("\n", 0, start) + 1 : start].strip() else start
    lines = text.text[start:end].split("\n")
    shared = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return text.rewrite(_cut(lines, start, shared))


def _cut(lines: list[str], at: int, shared: int) -> Iterator[Piece]:
    for line in lines:
        skip = min(shared, len(line) - len(line.lstrip()))
        yield line[skip:] + "\n", at + skip, at + len(line) + 1
        at += len(line) + 1
