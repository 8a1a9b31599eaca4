"""A three-way merge of uv.lock by package identity, for two sides whose changes do not meet.

The unit is the package name: where only one side changed what is locked under a name, its version is taken. The
project's own packages are merged field by field, since both sides change them whenever each adds a dependency. What
settles a resolution as a whole (requires-python, forks, options, constraints, overrides) has to be the same on both
sides: a package that one side chose under other settings need not be what uv would choose.

A combination that no side ever resolved is refused, too: uv.lock does not tell which versions a registry package
asks of its dependencies, so each edge of the result has to join the very two packages that it joins on one of the sides.
The result is not yet a good lock: freshness and integrity against the merged project are for the caller to ask.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn, TypeVar

from policy_checks.lock import blocks
from policy_checks.lock.blocks import LOCAL, Blocks, Field, Head, Identity, NotCanonical, Value, identity
from policy_checks.lock.graph import Graph
from policy_checks.readers import uv_lock
from policy_checks.readers.uv_lock import Lock
from policy_checks.source import SourceFile, Unreadable

K = TypeVar("K")
V = TypeVar("V")

# Lists of a local package that uv sorts by name, and of which each name's items may come from either side.
_MERGED_KEYS = (("", "dependencies"), ("package.metadata", "requires-dist"), ("manifest", "members"))
_MERGED_TABLES = (
    "package.optional-dependencies", "package.dev-dependencies", "package.metadata.requires-dev", "manifest.dependency-groups",
)  # fmt: skip
_NAME = re.compile(r'(?:\{ name = )?"([^"]+)"')


class Collision(Exception):
    """Why two sides do not combine: what both of them changed, or what nobody resolved."""


def combine(base: Lock, ours: Lock, theirs: Lock) -> Lock:
    """The lock with the changes of both sides; raises Collision when they meet or when a lock is not as uv writes it."""
    try:
        text = _text(*map(blocks.split, (base, ours, theirs)))
        lock = uv_lock.parse(SourceFile(ours.file.path, text.encode()))
        blocks.split(lock)
        _only_known_edges(lock, ours, theirs)
    except NotCanonical as error:
        raise Collision(str(error)) from None
    except Unreadable as error:
        raise Collision(error.message) from None
    return lock


def three_way(
    base: Mapping[K, V], ours: Mapping[K, V], theirs: Mapping[K, V], both: Callable[[K, V | None, V | None, V | None], V | None]
) -> dict[K, V]:
    """Both sides' changes to a mapping; `both` decides on a key that both changed, each in its own way."""
    merged = {}
    for key in {**base, **ours, **theirs}:
        old, mine, other = base.get(key), ours.get(key), theirs.get(key)
        if other in (mine, old):
            value = mine
        elif mine == old:
            value = other
        else:
            value = both(key, old, mine, other)
        if value is not None:
            merged[key] = value
    return merged


def _text(base: Blocks, ours: Blocks, theirs: Blocks) -> str:
    packages = three_way(_frozen(base), _frozen(ours), _frozen(theirs), _versions)
    merged = {name: dict(versions) for name, versions in packages.items()}
    return Blocks(_head(base.head, ours.head, theirs.head), merged).text()


_Versions = tuple[tuple[Identity, str], ...]


def _frozen(side: Blocks) -> dict[str, _Versions]:
    return {name: tuple(versions.items()) for name, versions in side.packages.items()}


def _versions(name: str, base: _Versions | None, ours: _Versions | None, theirs: _Versions | None) -> _Versions:
    """All that is locked under a name which both sides changed."""
    old, mine, other = dict(base or ()), dict(ours or ()), dict(theirs or ())
    if not list(old) == list(mine) == list(other):
        raise Collision(f"both sides change {name}: {_told(ours, base)} on one, {_told(theirs, base)} on the other")
    return tuple(three_way(old, mine, other, _package).items())


def _told(side: _Versions | None, base: _Versions | None) -> str:
    before = [package.version or "" for package, _ in base or ()]
    after = [package.version or package.source.kind for package, _ in side or ()]
    if not after:
        return "removed"
    return f"{', '.join(after)} added" if not before else f"{', '.join(before)} → {', '.join(after)}"


def _package(package: Identity, base: str | None, ours: str | None, theirs: str | None) -> str:
    if package.source.kind not in LOCAL:
        raise Collision(f"both sides change the entry of {package.name} {package.version}")
    return _fields(package.name, base or "", ours or "", theirs or "")


def _fields(what: str, base: str, ours: str, theirs: str) -> str:
    """A block that both sides changed, field by field."""

    def both(field: Field, old: Value | None, mine: Value | None, other: Value | None) -> Value | None:
        name = ".".join(filter(None, field))
        if (
            not (field in _MERGED_KEYS or field[0] in _MERGED_TABLES)
            or isinstance(old, str)
            or not all(isinstance(one, tuple) for one in (mine, other))
        ):
            raise Collision(f"both sides change `{name}` of {what}")
        items = _items(f"{what}'s `{name}`", old or (), mine or (), other or ())
        if not items and field not in _MERGED_KEYS:
            raise Collision(f"both sides take from `{name}` of {what}, and nothing of it is left")
        return items or None  # uv leaves out an empty list of these keys

    merged = three_way(blocks.fields(base), blocks.fields(ours), blocks.fields(theirs), both)
    return blocks.render(merged, package=base.startswith("[[package]]\n"))


def _items(what: str, base: Value, ours: Value, theirs: Value) -> tuple[str, ...]:
    """A list that both sides changed, name by name, in uv's order."""

    def both(name: str, *_sides: object) -> NoReturn:
        raise Collision(f"both sides change {name} in {what}")

    merged = three_way(_by_name(base), _by_name(ours), _by_name(theirs), both)
    return tuple([item for _name, items in sorted(merged.items()) for item in items])


def _by_name(items: Value) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for item in items:
        name = _NAME.match(item)
        if name is None:
            raise NotCanonical(f"an item without a name: {item[:60]}")
        found[name[1]] = (*found.get(name[1], ()), item)
    if [item for _name, some in sorted(found.items()) for item in some] != list(items):
        raise NotCanonical("a list that is not sorted as uv sorts it")
    return found


def _head(base: Head, ours: Head, theirs: Head) -> Head:
    if (ours.before, ours.after) != (theirs.before, theirs.after):
        raise Collision("the two sides were not resolved under the same settings (the lines before the first package differ)")
    sides = [blocks.fields(side.manifest) for side in (base, ours, theirs)]
    for field in {*sides[1], *sides[2]}:
        if field not in _MERGED_KEYS and field[0] not in _MERGED_TABLES and sides[1].get(field) != sides[2].get(field):
            raise Collision(f"the two sides were not resolved under the same settings: `{'.'.join(field)}` differs")
    return Head(ours.before, _fields("the workspace", base.manifest, ours.manifest, theirs.manifest), ours.after)


_Join = tuple[Identity | None, Identity, tuple[str, ...]]


def _only_known_edges(lock: Lock, ours: Lock, theirs: Lock) -> None:
    """Refuses an edge that joins what it joins on neither side, and one that names more, or less, than it needs to."""
    known = {*_joins(ours), *_joins(theirs)}
    for join in _joins(lock):
        if join not in known:
            origin, target, _extras = join
            raise Collision(f"{_called(origin)} and {_called(target)} come from different sides: nobody resolved them together")
    for package in lock.packages:
        for edge in package.edges():
            if (edge.source is not None) != (len(lock.by_name[edge.name]) > 1):
                raise Collision(f"{package.name} depends on {edge.name}, which has one version on one side and several on the other")


def _called(package: Identity | None) -> str:
    if package is None:
        return "the project"
    return f"{package.name} {package.version}" if package.version else package.name


def _joins(lock: Lock) -> Iterator[_Join]:
    graph = Graph(lock)
    for package in lock.packages:
        for edge in package.edges():
            yield identity(package), identity(graph.target(edge)), edge.extras
    for group in lock.manifest.dependency_groups.values():
        for requirement in group:
            for found in lock.by_name.get(requirement.name, ()):
                yield None, identity(found), requirement.extras
