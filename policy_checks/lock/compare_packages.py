"""Comparisons of the packages of a lock with what stands on disk: uv's `Lock::satisfies` (crate uv-lock).

The walk starts at the members and follows the lock's own edges, in uv's order; packages from an index or
from git are taken as they are, with all below them.
"""

from collections import deque
from collections.abc import Iterator

from policy_checks.lock import compare_source_tree, urls
from policy_checks.lock.comparison import Comparison, stale
from policy_checks.lock.differences import Difference, Verdict, invalid
from policy_checks.lock.groups import flatten
from policy_checks.lock.markers import FALSE
from policy_checks.lock.requirements import Requirement, meaning
from policy_checks.lock.specifiers import InvalidSpecifier
from policy_checks.lock.tree import absolute, join
from policy_checks.readers.uv_lock import Edge, Package
from policy_checks.source import Place, Unreadable

_TREES = ("directory", "editable", "virtual")


class _Walk:
    """What the walk through the lock knows so far: the packages it came to, and the indexes that are allowed."""

    def __init__(self, comparison: Comparison, allowed: set[str] | None) -> None:
        self.comparison, self.allowed = comparison, allowed
        self.queue: deque[Package] = deque()
        self.seen: set[int] = set()

    def add(self, package: Package) -> None:
        """A package that the walk comes to, once."""
        if package.number not in self.seen:
            self.seen.add(package.number)
            self.queue.append(package)

    def allow(self, requirements: list[Requirement]) -> None:
        """An index that a requirement names itself is allowed, even one that only a member defines."""
        if self.allowed is not None:
            self.allowed |= {some.origin.location for some in requirements if some.origin.kind == "registry" and some.origin.location}


def compare(comparison: Comparison) -> Iterator[Difference]:
    """Every difference between source trees and the lock's metadata, and every locked index that is not configured."""
    allowed = comparison.settings.allowed_indexes(comparison.tree, comparison.workspace.root)
    walk = _Walk(comparison, None if allowed is None else set(allowed))
    for name in comparison.workspace.members:
        for package in comparison.lock.by_name.get(name, ())[:1]:
            walk.add(package)
    _add_root_requirements(walk)
    while walk.queue:
        package = walk.queue.popleft()
        yield from _index(walk, package)
        if package.source.kind in ("registry", "git"):
            continue
        yield from _again(walk, package)
        for edge in package.edges():
            for target in _targets(comparison, edge):
                walk.add(target)


def _again(walk: _Walk, package: Package) -> Iterator[Difference]:
    """A package that can have changed since. A direct URL cannot be looked at again offline: uv then keeps what the lock says."""
    if package.source.kind in _TREES:
        try:
            yield from compare_source_tree.compare(walk.comparison, package, walk.allow)
        except Unreadable as error:
            yield invalid(error)
    elif package.source.kind == "path":
        try:
            from policy_checks.lock import compare_archive  # reads archives, with all that takes

            yield from compare_archive.compare(walk.comparison, package)
        except (Unreadable, InvalidSpecifier) as error:
            place = walk.comparison.lock.place((*package.at, "source"))
            yield Difference(Verdict.UNKNOWN, f"metadata of {package.name}", "", package.source.location, place, str(error), place)


def _add_root_requirements(walk: _Walk) -> None:
    """The groups of a root without a project lead to source trees, too."""
    comparison = walk.comparison
    workspace = comparison.workspace
    if workspace.root_is_project:
        return
    for some in comparison.lowered_groups(flatten(workspace.pyproject), comparison.root_scope).values():
        walk.allow(some)
        for requirement in some:
            if meaning(requirement) is FALSE:
                continue
            for package in comparison.lock.by_name.get(requirement.name, ()):
                if package.source.kind in _TREES:
                    walk.add(package)


def _targets(comparison: Comparison, edge: Edge) -> list[Package]:
    """The package of an edge; version and source stand there where the name alone is not enough."""
    held = comparison.lock.by_name.get(edge.name, ())
    if len(held) == 1:
        return list(held)
    return [
        package
        for package in held
        if (edge.source is None or package.source == edge.source) and (edge.version is None or package.version == edge.version)
    ]


def _index(walk: _Walk, package: Package) -> Iterator[Difference]:
    if walk.allowed is None or package.source.kind != "registry" or _normal(walk, package.source.location) in walk.allowed:
        return
    comparison = walk.comparison
    yield stale(
        f"index of {package.name}", ", ".join(sorted(walk.allowed)), package.source.location, _index_place(comparison),
        f"`{package.name}` is locked from an index that the project does not configure", comparison.lock.place((*package.at, "source")),
    )  # fmt: skip


def _normal(walk: _Walk, location: str) -> str:
    """A locked registry in the form of the configured ones: a path relative to the lock becomes a `file:` URL."""
    if urls.is_url(location):
        return location
    comparison = walk.comparison
    return urls.from_path(absolute(comparison.tree, join(comparison.workspace.root, location)))


def _index_place(comparison: Comparison) -> Place:
    table = comparison.settings.table
    if table is None:
        return comparison.workspace.pyproject.uv.place()
    key = next((key for key in ("index", "index-url", "extra-index-url", "find-links", "no-index") if key in table), "index")
    return table.place(key)
