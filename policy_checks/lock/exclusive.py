"""Packages that must never be together: the sides of which an installation may hold one."""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import combinations

from policy_checks.lock import markers
from policy_checks.lock.closure import Closure
from policy_checks.lock.graph import Path
from policy_checks.lock.markers import FALSE, Marker
from policy_checks.lock.package_pattern import Pattern, pattern
from policy_checks.readers.uv_lock import Package
from policy_checks.record import record

_LOCAL = re.compile(r"([^<>=!~+\[\]]+)\+([A-Za-z0-9*?._-]+)\s*")


@record
class Item:
    """What one entry of a side is about: a package pattern, its local version and where it comes from (globs)."""

    pattern: Pattern
    local: str = "*"
    source: str = "*"

    def covers(self, package: Package) -> bool:
        """Whether a locked package is meant, whatever extras are asked of it."""
        if not self.pattern.names(package.name) or not self.pattern.accepts(package.version):
            return False
        local = (package.version or "").partition("+")[2]
        return fnmatchcase(local, self.local) and fnmatchcase(package.source.location, self.source)


def item(text: str) -> Item:
    """`torch`, `nvidia-*-cu12`, `numpy <2`, `torch+cu*` (local version), `torch @ https://index.example/cpu*`; raises ValueError."""
    named, at, source = text.partition(" @ ")
    found = _LOCAL.fullmatch(named)
    chosen = pattern(found[1] if found else named)
    if at and not source.strip():
        raise ValueError(f"{text!r} names no source behind its `@`")
    return Item(chosen, found[2].lower() if found else "*", source.strip() or "*")


@record(eq=False)
class Meeting:
    """Two packages of different sides that are together somewhere, and the shortest path to each."""

    sides: tuple[str, str]
    packages: tuple[Package, Package]
    paths: tuple[Path, Path]
    more: int  # how many other pairs of these sides meet


def meetings(closure: Closure, sides: Mapping[str, tuple[str, ...]]) -> Iterator[Meeting]:
    """One for each two sides of which a selection reaches both where both markers hold at once."""
    held = {side: _held(closure, tuple(map(item, texts))) for side, texts in sides.items()}
    packages = closure.graph.lock.packages
    for left, right in combinations(held, 2):
        pairs = [
            (one, other)
            for one, where in held[left].items()
            for other, elsewhere in held[right].items()
            if one != other and markers.and_(where, elsewhere) is not FALSE
        ]
        paths = {number: closure.shortest(packages[number]) for pair in pairs for number in pair}
        found = [(one, other, first, second) for one, other in pairs if (first := paths[one]) and (second := paths[other])]
        if found:
            one, other, first, second = min(found, key=lambda some: len(some[2].arcs) + len(some[3].arcs))
            yield Meeting((left, right), (packages[one], packages[other]), (first, second), len(found) - 1)


def _held(closure: Closure, items: tuple[Item, ...]) -> dict[int, Marker]:
    """The packages of one side that are reached, by their number, and where."""
    found: dict[int, Marker] = {}
    covered = {package.number: package for package in closure.packages if any(one.covers(package) for one in items)}
    for (number, extra), where in closure.reached.items():
        package = covered.get(number)
        if package is None:
            continue
        asked = (extra,) if extra else ()
        if any(one.covers(package) and bool(one.pattern.extras) == bool(extra) and one.pattern.asks(asked) for one in items):
            found[number] = markers.or_(found.get(number, FALSE), where)
    return found
