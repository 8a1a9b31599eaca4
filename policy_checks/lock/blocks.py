"""uv.lock as blocks of text: its head and one block for each package, taken apart and put together without loss.

Only uv's own layout is understood (crate uv-lock, `serialize.rs`); anything else is NotCanonical, so that nothing is
rewritten that uv would write in another way.
"""

import re
from collections.abc import Iterator, Mapping

from policy_checks.readers import uv_lock_layout
from policy_checks.readers.uv_lock import Lock, Package, Source
from policy_checks.record import record

LOCAL = ("editable", "virtual", "directory")  # their dependencies are the project's to change

# A field is a table below the block (empty: the block itself) and a key; its value is the text after `=`, or the
# items of a list of tables.
Field = tuple[str, str]
Value = str | tuple[str, ...]

_PACKAGE_TABLES = (
    "", "package.optional-dependencies", "package.dev-dependencies", "package.group-requires-python",
    "package.metadata", "package.metadata.requires-dev",
)  # fmt: skip
_MANIFEST_TABLES = ("manifest", "manifest.dependency-groups")
_KEYS = {
    "": ("name", "version", "source", "default-groups", "resolution-markers", "dependencies", "sdist", "wheels"),
    "package.metadata": ("requires-dist", "provides-extras"),
    "manifest": ("members", "default-groups", "requirements", "constraints", "overrides", "excludes", "build-constraints"),
}
# In these tables a list of one stands on the line of its key; elsewhere every item has its own.
_SHORT = ("package.metadata", "package.metadata.requires-dev", "manifest", "manifest.dependency-groups")
_LONG_KEYS = (("manifest", "members"),)
_PARENTS = {"package.metadata": "package.metadata.requires-dev"}  # a table whose header stands there for another's sake

_TABLE = re.compile(r"\[([a-z.-]+)\]")
_PAIR = re.compile(r"([A-Za-z0-9_-]+) = (.+)")
_LIST_OF_ONE = re.compile(r"\[(\{ .* \})\]")


class NotCanonical(ValueError):
    """Text that is not laid out as uv writes it."""


@record
class Identity:
    """What makes a package the same one on both sides; a local one stays itself when its version changes."""

    name: str
    version: str | None
    source: Source


def identity(package: Package) -> Identity:
    """A package's identity."""
    return Identity(package.name, None if package.source.kind in LOCAL else package.version, package.source)


@record
class Head:
    """What stands before the packages: settings of the resolution around what the workspace's members declare."""

    before: str
    manifest: str  # the tables that _MANIFEST_TABLES names
    after: str

    def text(self) -> str:
        """The head as it is written."""
        return "\n\n".join(part for part in (self.before, self.manifest, self.after) if part)


@record
class Blocks:
    """A whole lock: its head, and by name the packages of that name in order, each as text."""

    head: Head
    packages: Mapping[str, Mapping[Identity, str]]

    def text(self) -> str:
        """The lock, packages in the order of their names."""
        blocks = [block for _name, versions in sorted(self.packages.items()) for block in versions.values()]
        return "\n\n".join([self.head.text(), *blocks]) + "\n"


def split(lock: Lock) -> Blocks:
    """A lock taken apart; raises NotCanonical."""
    text = lock.file.text
    starts = uv_lock_layout.package_starts(text)
    if len(starts) != len(lock.packages):
        raise NotCanonical(f"{lock.file.path} is not laid out as uv writes it")
    ends = [*starts, len(text)][1:]
    packages: dict[str, dict[Identity, str]] = {}
    for package, start, end in zip(lock.packages, starts, ends, strict=True):
        packages.setdefault(package.name, {})[identity(package)] = text[start:end].rstrip("\n")
    found = Blocks(_head(text[: starts[0] if starts else len(text)].rstrip("\n")), packages)
    if found.text() != text:
        raise NotCanonical(f"{lock.file.path} is not laid out or sorted as uv writes it")
    return found


def _head(text: str) -> Head:
    sections = text.split("\n\n")
    tables = [line[1:-1] for line in (section.partition("\n")[0] for section in sections)]
    first = next((index for index, table in enumerate(tables) if table.startswith(("manifest", "[manifest"))), len(tables))
    end = next((index for index in range(first, len(tables)) if tables[index] not in _MANIFEST_TABLES), len(tables))
    return Head(*["\n\n".join(part) for part in (sections[:first], sections[first:end], sections[end:])])


def fields(block: str) -> dict[Field, Value]:
    """A block taken apart; raises NotCanonical for what `render` would not write in the same way."""
    found = dict(_fields(block))
    if render(found, package=block.startswith("[[package]]\n")) != block:
        raise NotCanonical(f"not laid out as uv writes it: {block.splitlines()[0]} …")
    return found


def _fields(block: str) -> list[tuple[Field, Value]]:
    found: list[tuple[Field, Value]] = []
    lines = iter(block.removeprefix("[[package]]\n").split("\n"))
    table = ""
    for line in lines:
        if header := _TABLE.fullmatch(line):
            table = header[1]
        elif pair := _PAIR.fullmatch(line):
            found.append(((table, pair[1]), _value(pair[2], lines)))
        elif line:
            raise NotCanonical(f"not a line that uv writes: {line[:60]}")
    return found


def _value(text: str, lines: Iterator[str]) -> Value:
    if text == "[":
        return tuple(_items(lines))
    if text == "[]":
        return ()
    only = _LIST_OF_ONE.fullmatch(text)
    return (only[1],) if only else text


def _items(lines: Iterator[str]) -> Iterator[str]:
    """The items of a list up to its closing bracket."""
    for line in lines:
        if line == "]":
            return
        if not line.startswith("    ") or not line.endswith(","):
            break
        yield line[4:-1]
    raise NotCanonical("a list that is not written as uv writes it")


def render(found: Mapping[Field, Value], *, package: bool) -> str:
    """The block of some fields, in uv's order; raises NotCanonical for a table or a key that is not known."""
    tables: dict[str, dict[str, Value]] = {}
    for (table, key), value in found.items():
        tables.setdefault(table, {})[key] = value
    for table, child in _PARENTS.items():
        if child in tables:
            tables.setdefault(table, {})
    order = _PACKAGE_TABLES if package else _MANIFEST_TABLES
    parts = []
    for table in sorted(tables, key=lambda table: _place(order, table)):
        keys = sorted(tables[table], key=lambda key: _key_order(table, key))
        parts.append("".join([f"[{table}]\n" if table else "", *(_line(table, key, tables[table][key]) for key in keys)]))
    return ("[[package]]\n" if package else "") + "\n".join(parts).rstrip("\n")


def _place(order: tuple[str, ...], name: str) -> int:
    if name not in order:
        raise NotCanonical(f"`{name}` is new in uv.lock; this release does not know it")
    return order.index(name)


def _key_order(table: str, key: str) -> tuple[int, str]:
    known = _KEYS.get(table)
    return (_place(known, key), key) if known else (0, key)


def _line(table: str, key: str, value: Value) -> str:
    if isinstance(value, str):
        return f"{key} = {value}\n"
    if not value or (len(value) == 1 and table in _SHORT and (table, key) not in _LONG_KEYS):
        return f"{key} = [{''.join(value)}]\n"
    return f"{key} = [\n" + "".join(f"    {item},\n" for item in value) + "]\n"
