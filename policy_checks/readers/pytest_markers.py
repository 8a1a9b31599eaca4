"""Markers of pytest: where tests carry them, and where they are declared."""

import ast
import re
from collections.abc import Iterator
from functools import cached_property

from policy_checks.readers.tool_settings import TOOL_SETTINGS, ToolTable
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Kind, Workspace

_NAME = re.compile(r"mark(?<!\wmark)\s*\.\s*(\w+)")  # a quick look: what it does not find is no marker
_RENAMED = (re.compile(r"pytest[ \t]+as\b"), re.compile(r"mark[ \t]+as\b"))  # a pattern that begins with letters is found fast
_USUAL = re.compile(r"\bpytest\.mark\.(\w+)")
_DECLARED = re.compile(r"[\"']markers[\"']")  # the first argument of `config.addinivalue_line`
_ADDED = "addinivalue_line"


@record(eq=False)
class Marker:
    """One marker where it stands: on a test, or in a declaration."""

    name: str
    place: Place


class MarkedFile:
    """A Python file that may hold markers; it is parsed when someone asks where they are."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        # Under a name of its own a marker is seen by parsing only: as if the file held one that nobody declares.
        self.names = frozenset(_NAME.findall(file.text)) | frozenset([""] * any(renamed.search(file.text) for renamed in _RENAMED))

    @cached_property
    def uses(self) -> tuple[Marker, ...]:
        """Every `pytest.mark.NAME`, whatever pytest and mark are imported as."""
        tree = self.file.once(_parsed)
        if tree is None:  # of a newer Python than this one: then by its usual spelling
            return tuple(Marker(found[1], Place(self.file, Span(*found.span(1)))) for found in _USUAL.finditer(self.file.text))
        modules, marks = {"pytest"}, set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                modules |= {name.asname for name in node.names if name.name == "pytest" and name.asname}
            elif isinstance(node, ast.ImportFrom) and node.module == "pytest":
                marks |= {name.asname or name.name for name in node.names if name.name == "mark"}
        return tuple(
            Marker(node.attr, _place(self.file, node))
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and _is_mark(node.value, modules, marks)
        )

    @cached_property
    def declared(self) -> tuple[str | None, ...]:
        """The markers that `config.addinivalue_line("markers", …)` declares; None for one that only running it would tell."""
        if not (_ADDED in self.file.text and _DECLARED.search(self.file.text)):
            return ()
        tree = self.file.once(_parsed)
        if tree is None:
            return (None,)
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) == 2)
        return tuple(_said(call.args[1]) for call in calls if _adds_marker(call))


@record(eq=False)
class Markers:
    """All of one repository: pytest's settings, and the files that hold markers."""

    tables: tuple[ToolTable, ...]
    files: tuple[MarkedFile, ...]

    @cached_property
    def settings(self) -> tuple[Marker, ...]:
        """The markers that settings declare: a list, or one a line."""
        return tuple(marker for table in self.tables for marker in _listed(table))


def _listed(table: ToolTable) -> Iterator[Marker]:
    value = table.values.get("markers")
    lines = value if isinstance(value, list) else str(value or "").splitlines()
    for index, line in enumerate(lines):
        if name := _name(str(line)):
            yield Marker(name, table.place(f"markers.{index}" if isinstance(value, list) else "markers"))


def _name(declaration: str) -> str:
    """The name in `name(arguments): what it is for`."""
    return re.split(r"[:(]", declaration, maxsplit=1)[0].strip()


def _is_mark(node: ast.expr, modules: set[str], marks: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in marks
    return isinstance(node, ast.Attribute) and node.attr == "mark" and isinstance(node.value, ast.Name) and node.value.id in modules


def _adds_marker(call: ast.Call) -> bool:
    first = call.args[0]
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    return called == _ADDED and isinstance(first, ast.Constant) and first.value == "markers"


def _said(node: ast.expr) -> str | None:
    if isinstance(node, ast.JoinedStr) and node.values:  # f"name: {text}"
        node = node.values[0]
        if not (isinstance(node, ast.Constant) and re.search(r"[:(]", str(node.value))):
            return None
    return _name(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _parsed(file: SourceFile) -> ast.Module | None:
    try:
        return ast.parse(file.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _place(file: SourceFile, node: ast.Attribute) -> Place:
    """The name of the marker itself; columns of `ast` are bytes."""
    line = file.line_span(node.end_lineno or node.lineno)
    end = line.start + len(file.cut(line).encode()[: node.end_col_offset].decode())
    return Place(file, Span(end - len(node.attr), end))


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[Markers | Unreadable]:
    settings = workspace.all(TOOL_SETTINGS)
    yield from (one for one in settings if isinstance(one, Unreadable))
    tables = [table for one in settings if not isinstance(one, Unreadable) and (table := one.get("pytest"))]
    files = []
    for file in workspace.files(lambda path: path.endswith(".py"), ("mark",)):
        try:
            if isinstance(file, Unreadable):
                raise file
            if b"pytest" in file.data:
                files.append(MarkedFile(file))
        except Unreadable as error:
            yield error
    yield Markers(tuple(tables), tuple(files))


MARKERS: Kind[Markers] = Kind("markers of tests", _read)
