"""What the edges of a lock mean, by uv's own rule (crate uv-lock, `PackageIdForDependency::unwire`), and what they reach."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from policy_checks.readers.uv_lock import Edge, Lock, Package
from policy_checks.record import record

# A package by its number in the lock, and one of its extras (empty: the package itself).
Node = tuple[int, str]

LOCAL = ("editable", "virtual", "directory")


@record
class Broken:
    """An edge that means no package, or not exactly one; `why` completes "depends on …"."""

    package: Package
    edge: Edge
    why: str


class Targets:
    """Every edge of a lock with the package that it means; edges that mean none are left out and told."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock
        self.broken: list[Broken] = []
        self._edges: dict[Node, list[tuple[Edge, Package]]] = {}
        self._lone = {name: packages[0] for name, packages in lock.by_name.items() if len(packages) == 1}
        for package in lock.packages:
            for extra, edges in (("", package.dependencies), *package.optional_dependencies.items()):
                if edges:
                    self._edges[package.number, extra] = self._resolved(package, edges)

    @cached_property
    def groups(self) -> Mapping[tuple[int, str], list[tuple[Edge, Package]]]:
        """The edges of each package's dependency groups."""
        return {
            (package.number, name): self._resolved(package, edges)
            for package in self.lock.packages
            for name, edges in package.groups.items()
        }

    def leaving(self, node: Node) -> list[tuple[Edge, Package]]:
        """The edges of a package, or of one of its extras."""
        return self._edges.get(node, [])

    def _resolved(self, package: Package, edges: tuple[Edge, ...]) -> list[tuple[Edge, Package]]:
        found = []
        for edge in edges:
            target = self._lone.get(edge.name)
            if target is None or edge.version is not None or edge.source is not None:
                meant = self._meant(edge)
                if isinstance(meant, str):
                    self.broken.append(Broken(package, edge, meant))
                    continue
                target = meant
            found.append((edge, target))
        return found

    def _meant(self, edge: Edge) -> Package | str:
        named = self.lock.by_name.get(edge.name, ())
        if not named:
            return f"`{edge.name}`, which is no package of this lock"
        if len(named) > 1 and edge.source is None:
            versions = ", ".join(sorted({package.version or "dynamic" for package in named}))
            return f"`{edge.name}`, which is one of {len(named)} packages ({versions}), and the edge does not say which"
        found = [package for package in named if _fits(edge, package, lone=len(named) == 1)]
        if len(found) == 1:
            return found[0]
        asked = " ".join(filter(None, (f"`{edge.name}`", edge.version, f"from {edge.source.location}" if edge.source else "")))
        held = " and ".join(" ".join(filter(None, (package.version, f"from {package.source.location}"))) for package in named)
        return f"{asked}, and this lock has {held}"


def _fits(edge: Edge, package: Package, *, lone: bool) -> bool:
    if edge.source is not None and edge.source != package.source:
        return False
    if edge.version is None:
        return lone or package.version is None
    return edge.version == package.version or (package.version is not None and _equal(edge.version, package.version))


def _equal(left: str, right: str) -> bool:
    """PEP 440 equality, for versions that are not the same text."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(left) == Version(right)
    except InvalidVersion:
        return False


def roots(lock: Lock) -> tuple[Package, ...]:
    """The workspace's members: the manifest names them, or a lock of one project holds it at its own folder."""
    named = [package for name in lock.manifest.members for package in lock.by_name.get(name, ()) if package.source.kind in LOCAL]
    return tuple(named or [package for package in lock.packages if package.source.kind in LOCAL and package.source.location in (".", "")])


def reached(targets: Targets) -> set[int]:
    """The packages that some member, extra, group or requirement of the manifest leads to, whatever the markers say."""
    seen = set(_starts(targets))
    waiting = list(seen)
    while waiting:
        for edge, target in targets.leaving(waiting.pop()):
            for node in _nodes(edge.extras, target):
                if node not in seen:
                    seen.add(node)
                    waiting.append(node)
    return {number for number, _extra in seen}


def _starts(targets: Targets) -> Iterator[Node]:
    lock, manifest = targets.lock, targets.lock.manifest
    for root in roots(lock):
        yield from ((root.number, extra) for extra in ("", *root.optional_dependencies))
        for name in root.groups:
            for edge, target in targets.groups[root.number, name]:
                yield from _nodes(edge.extras, target)
    named = [(item.name, item.extras) for some in (manifest.requirements, *manifest.dependency_groups.values()) for item in some]
    # An edge that means nothing, or too much, is told already: what it may mean is no orphan for that.
    named += [(broken.edge.name, broken.edge.extras) for broken in targets.broken]
    for name, extras in named:
        for package in lock.by_name.get(name, ()):
            yield from _nodes(extras, package)


def _nodes(extras: tuple[str, ...], target: Package) -> Iterator[Node]:
    yield target.number, ""
    for extra in extras:
        yield target.number, extra
