"""What a Python file imports, and what of it others can see."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from policy_checks.formatting.store import digest
from policy_checks.record import record

_MEANT = re.compile(rb"#\s*type:|#.*coding[:=]")  # comments that are more than comments
QUERY = """
(import_statement) @import (import_from_statement) @from (comment) @comment
(attribute attribute: (identifier) @attribute)
(call function: (_) @_function arguments: (argument_list . (string (string_content) @called)) (#match? @_function "import"))
(call function: (_) @_function arguments: (argument_list (string (string_content) @attribute)) (#match? @_function "getattr"))
"""


@record
class Imports:
    """`names` are dotted, with leading dots where relative, and `.*` for all; `attributes` stand behind a dot elsewhere.

    `seen` is a digest of the file without its comments.
    A file that no parser of ours understands is not `known`: what it imports may be anything.
    """

    seen: str
    names: tuple[str, ...]
    attributes: tuple[str, ...]
    known: bool = True


def read(data: bytes) -> Imports:
    """Reads a file, whatever is in it."""
    parser, query = _grammar()
    import tree_sitter

    root = parser.parse(data).root_node
    if root.has_error:
        return _by_our_own_parser(data)
    return of(data, tree_sitter.QueryCursor(query).captures(root))


def of(data: bytes, found: Mapping[str, list[Any]]) -> Imports:
    """The imports of a file in which the query found something."""
    attributes = {_text(node) for node in found.get("attribute", ())}
    return Imports(digest(without_comments(data, found.get("comment", []))), tuple(sorted(imported(found))), tuple(sorted(attributes)))


def imported(found: Mapping[str, Iterable[Any]]) -> set[str]:
    """The names that what the query found imports."""
    names = {_dotted(part) for node in found.get("import", ()) for part in node.children_by_field_name("name")}
    names.update(name for node in found.get("from", ()) for name in _from(node))
    names.update(_text(node) for node in found.get("called", ()))  # importlib.import_module("a.b"), __import__("a.b")
    return names


@cache
def _grammar() -> Any:
    import tree_sitter
    import tree_sitter_python

    language = tree_sitter.Language(tree_sitter_python.language())
    return tree_sitter.Parser(language), tree_sitter.Query(language, QUERY)


def _from(node: Any) -> Iterator[str]:
    module = _text(node.child_by_field_name("module_name"))
    yield module
    start = module if module.endswith(".") else f"{module}."
    yield from (start + _dotted(part) for part in node.children_by_field_name("name"))
    if any(child.type == "wildcard_import" for child in node.children):
        yield f"{start}*"


def _dotted(node: Any) -> str:
    """`a.b` of `a.b` and of `a.b as c`."""
    return _text(node.child_by_field_name("name") if node.type == "aliased_import" else node)


def _text(node: Any) -> str:
    """A name as it is meant: blanks and continued lines may stand between its parts."""
    return "".join(node.text.decode(errors="replace").replace("\\", " ").split())


def _by_our_own_parser(data: bytes) -> Imports:
    """For what the grammar does not know, as it lags behind the language, and this Python may."""
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Imports(digest(data), (), (), known=False)
    names, attributes = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            start = module if module.endswith(".") else f"{module}."
            names |= {module, *(start + alias.name for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.replace(".", "").isidentifier():
            names.add(node.value)
            attributes.add(node.value)
        elif isinstance(node, ast.Attribute):
            attributes.add(node.attr)
    return Imports(digest(data), tuple(sorted(names)), tuple(sorted(attributes)))


def without_comments(data: bytes, comments: Iterable[Any], begin: int = 0) -> bytes:
    """A text, from a byte on, less its comments, and less the lines that hold nothing else."""
    parts, last = [], begin
    for start, end in sorted((node.start_byte, node.end_byte) for node in comments):
        if _MEANT.match(data, start, end):
            continue
        line = data.rfind(b"\n", 0, start) + 1
        if line >= last and not data[line:start].strip():
            parts.append(data[last:line])
            last = end + (data[end : end + 1] == b"\n")
        else:
            parts.append(data[last:start].rstrip(b" \t"))
            last = end
    return b"".join((*parts, data[last:]))
