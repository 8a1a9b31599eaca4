"""The parts of a module: what each of them defines, mentions and imports.

Whoever imports a module gets to see of it what has a name that is mentioned somewhere on the way, and whatever is no definition.
So a change of one function concerns those who may have come to its name, not all who import the module.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import Any

from policy_checks.formatting import imports
from policy_checks.formatting.imports import Imports
from policy_checks.formatting.store import digest
from policy_checks.record import record

_WORD = re.compile(r"[^\W\d]\w*")
# What is set on other objects becomes theirs wherever astroid comes upon it; what binds names in other ways is seen by everyone.
_QUERY = """
(assignment left: (_) @target) (augmented_assignment left: (_) @target) (for_statement left: (_) @target) (as_pattern_target) @target
(global_statement (identifier) @global) (named_expression) @binding (delete_statement) @binding
"""


@record
class Part:
    """A definition, or (where it `defines` nothing) all that everyone sees who imports the module."""

    digest: str
    defines: frozenset[str]
    mentions: frozenset[str]
    imports: tuple[str, ...]


def read(data: bytes) -> tuple[Imports, tuple[Part, ...]]:
    """What a module imports, and its parts, the one for everyone first; one that is not understood is all in that one."""
    import tree_sitter

    parser, query = _grammar()
    root = parser.parse(data).root_node
    if root.has_error:
        whole = imports.read(data)
        return whole, (Part(whole.seen, frozenset(), _words(data), whole.names),)
    nodes = [node for node in root.children if node.type != "comment"]
    starts = [node.start_byte for node in nodes]
    held: list[dict[str, list[Any]]] = [{} for _node in nodes]
    found = tree_sitter.QueryCursor(query).captures(root)
    for name in found.keys() - {"attribute"}:
        for node in found[name]:
            at = bisect_right(starts, node.start_byte) - 1
            if at >= 0:  # a comment may stand before everything
                held[at].setdefault(name, []).append(node)
    parts = [_part(data, *one) for one in zip(nodes, held, strict=True)]
    everyone = [part for part in parts if not part.defines]
    mentions = frozenset[str]().union(*(part.mentions for part in everyone))
    names = tuple(sorted({name for part in everyone for name in part.imports}))
    common = Part(digest(*(part.digest for part in everyone)), frozenset(), mentions, names)
    return imports.of(data, found), (common, *(part for part in parts if part.defines))


@cache
def _grammar() -> Any:
    import tree_sitter
    import tree_sitter_python

    language = tree_sitter.Language(tree_sitter_python.language())
    return tree_sitter.Parser(language), tree_sitter.Query(language, imports.QUERY + _QUERY)


def _part(data: bytes, node: Any, held: dict[str, list[Any]]) -> Part:
    text = imports.without_comments(data[: node.end_byte], held.get("comment", []), node.start_byte)
    defines = frozenset(_defined(node, held))
    if any(name.startswith("__") for name in defines) or "binding" in held:  # __getattr__, __all__: they speak for the module
        defines = frozenset()
    return Part(digest(text), defines, _words(text), tuple(sorted(imports.imported(held))))


def _defined(node: Any, held: dict[str, list[Any]]) -> Iterator[str]:
    """The names that a statement gives to what it defines; nothing for one that is more than a definition."""
    inner = node.child_by_field_name("definition") if node.type == "decorated_definition" else node
    if inner.type == "expression_statement" and len(inner.children) == 1:
        inner = inner.children[0]
        name = inner.child_by_field_name("left") if inner.type == "assignment" else None
        own = name if name is not None and name.type == "identifier" else None
    else:
        own = inner.child_by_field_name("name") if inner.type in ("function_definition", "class_definition") else None
    if own is None:
        return
    yield _text(own)
    yield from (_text(found) for found in held.get("global", ()))
    for target in held.get("target", ()):
        yield from _set(target)


def _set(target: Any) -> Iterator[str]:
    """The attributes that an assignment sets on what is not a method's own object."""
    if target.type == "attribute":
        if _text(target.child_by_field_name("object")) not in ("self", "cls"):
            yield _text(target.child_by_field_name("attribute"))
    elif target.type != "identifier":
        for child in target.children:
            yield from _set(child)


def _text(node: Any) -> str:
    return str(node.text.decode(errors="replace"))


def _words(text: bytes) -> frozenset[str]:
    """Everything that could be a name, also in strings: getattr() takes such."""
    return frozenset(_WORD.findall(text.decode(errors="replace")))
