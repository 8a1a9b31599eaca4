"""Comparisons of what source trees declare with what the lock remembers of them: uv's `Lock::satisfies` (crate uv-lock).

The walk starts at the members and follows the lock's own edges, in uv's order; packages from an index or
from git are taken as they are, with all below them.
"""

import posixpath
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from policy_checks.lock import metadata, urls
from policy_checks.lock.comparison import Comparison, change_of, stale
from policy_checks.lock.differences import Difference, Verdict, invalid
from policy_checks.lock.flattening import flattened
from policy_checks.lock.groups import flatten
from policy_checks.lock.lowering import Scope, check_sources, direct_origin
from policy_checks.lock.markers import FALSE
from policy_checks.lock.metadata import Metadata, Undecided
from policy_checks.lock.requirements import ANY_INDEX, Declared, Requirement, marker_text, meaning
from policy_checks.lock.specifiers import InvalidSpecifier, canonical_version
from policy_checks.lock.tree import absolute, inside, join
from policy_checks.lock.workspace_members import discover, read_pyproject
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import Edge, Package
from policy_checks.source import Place, Unreadable

_TREES = ("directory", "editable", "virtual")


@dataclass
class _Walk:
    """What the walk through the lock knows so far: the packages it came to, and the indexes that are allowed."""

    comparison: Comparison
    allowed: set[str] | None
    queue: deque[Package] = field(default_factory=deque)
    seen: set[int] = field(default_factory=set)

    def add(self, package: Package) -> None:
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
        if package.source.kind in _TREES:
            try:
                yield from _source_tree(walk, package)
            except Unreadable as error:
                yield invalid(error)
        elif package.source.kind == "path":
            yield from _archive(walk, package)
        # A direct URL cannot be looked at again offline: uv then keeps what the lock says.
        for edge in package.edges():
            for target in _targets(comparison, edge):
                walk.add(target)


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


# --- one source tree -------------------------------------------------------------------------------


def _source_tree(walk: _Walk, package: Package) -> Iterator[Difference]:
    comparison = walk.comparison
    folder = inside(comparison.tree, join(comparison.workspace.root, package.source.location))
    is_member = any(member.folder == folder for member in comparison.workspace.members.values())
    try:
        pyproject = _read(comparison, folder, package, is_member)
        if isinstance(pyproject, Difference):
            yield pyproject
            return
        declared = metadata.read(comparison.tree, folder, pyproject)
        scope = _scope(comparison, folder, declared)
    except Undecided as error:
        place = error.place or comparison.lock.place(package.at)
        yield Difference(Verdict.UNKNOWN, f"metadata of {package.name}", "", "", place, error.message, comparison.lock.place(package.at))
        return
    yield from _version(comparison, package, declared)
    yield from _extras(comparison, package, declared)
    yield from _requirements(walk, package, declared, scope)
    yield from _groups(walk, package, declared, scope)


def _read(comparison: Comparison, folder: str, package: Package, is_member: bool) -> PyProject | Difference | None:
    """The pyproject.toml of a source tree; one of a path dependency that cannot be read makes the lock stale, not the project invalid."""
    if is_member:
        return next(member.pyproject for member in comparison.workspace.members.values() if member.folder == folder)
    tree = comparison.tree
    if not tree.is_folder(folder):
        place = comparison.lock.place((*package.at, "source"))
        if folder.startswith("..") or posixpath.isabs(folder):
            message = f"`{package.name}` stands at `{package.source.location}`, outside of what is checked"
            return Difference(Verdict.UNKNOWN, f"source of {package.name}", "", package.source.location, place, message, place)
        # uv itself fails here unless it resolves anew for another reason: the lock has to go first.
        message = (
            f"`{package.name}` is locked at `{package.source.location}`, where no folder is; remove it from uv.lock or delete the lock"
        )
        return Difference(Verdict.INVALID, f"source of {package.name}", "", package.source.location, place, message, place)
    try:
        found = read_pyproject(tree, folder)
        if found is not None:
            _ = found.project
        return found
    except Unreadable as error:
        message = f"uv cannot read `{package.name}` anew: {error.message}"
        return stale(f"metadata of {package.name}", "", "", Place(error.file, error.span), message, comparison.lock.place(package.at))


def _scope(comparison: Comparison, folder: str, declared: Metadata) -> Scope | None:
    """Where a source tree's requirements are lowered; None where no sources apply."""
    own = declared.pyproject
    if own is None or own.project is None or not own.managed:
        return None
    workspace = comparison.workspace
    if not any(member.folder == folder for member in workspace.members.values()):
        workspace = discover(comparison.tree, folder)
    check_sources(own.sources)
    metadata.check_targets(own, declared)
    return Scope(comparison.tree, workspace, folder, own.project.name, own.sources, own.indexes, comparison.settings.ignores_sources)


def _version(comparison: Comparison, package: Package, declared: Metadata) -> Iterator[Difference]:
    """A dynamic version is not locked; a static one is, and has to be equal."""
    shown = declared.version.text if isinstance(declared.version, Text) else declared.version or ""
    place = _version_place(comparison, package, declared)
    at = comparison.lock.place((*package.at, "version"))
    if declared.dynamic_version != (package.version is None):
        pair = ("dynamic", package.version or "") if declared.dynamic_version else (shown, "dynamic")
        yield stale(f"version of {package.name}", *pair, place, f"the version of `{package.name}` is {_dynamic(declared)}", at)
    elif package.version is not None and shown != package.version:
        try:
            equal = canonical_version(shown) == canonical_version(package.version)
        except InvalidSpecifier:
            equal = False
        if not equal:
            yield stale(
                f"version of {package.name}", shown, package.version, place, f"the lock holds another version of `{package.name}`", at
            )


def _dynamic(declared: Metadata) -> str:
    return (
        "dynamic now, and a lock does not hold dynamic versions"
        if declared.dynamic_version
        else "static now, and a lock holds static versions"
    )


def _version_place(comparison: Comparison, package: Package, declared: Metadata) -> Place:
    if isinstance(declared.version, Text):
        return declared.version.place
    if declared.pyproject is not None:
        return declared.pyproject.document.place("project", "dynamic")
    return comparison.lock.place(package.at)


def _extras(comparison: Comparison, package: Package, declared: Metadata) -> Iterator[Difference]:
    if comparison.lock.revision < 1:  # extras without requirements were not recorded
        return
    recorded = set(package.metadata.provides_extras)
    for extra in sorted(declared.extras ^ recorded):
        added = extra in declared.extras
        at = comparison.lock.place((*package.at, "metadata", "provides-extras"))
        place = _place(comparison, package, declared, "project", "optional-dependencies", extra)
        message = f"the extra `{extra}` of `{package.name}` was {'added' if added else 'removed'}"
        yield stale(f"extra {extra} of {package.name}", extra if added else "", "" if added else extra, place, message, at)


def _place(comparison: Comparison, package: Package, declared: Metadata, *path: str) -> Place:
    if declared.pyproject is None:
        return comparison.lock.place(package.at)
    return declared.pyproject.document.place(*path)


def _lowered(walk: _Walk, declared: tuple[Declared, ...], scope: Scope | None, package: Package) -> list[Requirement]:
    comparison = walk.comparison
    if scope is not None:
        return comparison.lowered(declared, scope)
    folder = inside(comparison.tree, join(comparison.workspace.root, package.source.location))
    return [
        Requirement(some.name, some.extras, "" if some.url else some.specifier, marker_text(some),
                    direct_origin(some, comparison.tree, folder) if some.url else ANY_INDEX, some.written)
        for some in declared
    ]  # fmt: skip


def _requirements(walk: _Walk, package: Package, declared: Metadata, scope: Scope | None) -> Iterator[Difference]:
    comparison = walk.comparison
    mine = _lowered(walk, declared.requires, scope, package)
    theirs = comparison.remembered(package.metadata.requires_dist)
    walk.allow(mine)
    changes = list(comparison.changes(mine, theirs))
    # A build backend may write the extras that refer to the package itself out in full; only the
    # metadata of a package that has to be built for its version comes from one.
    if changes and package.version is None and declared.dynamic_version:
        changes = list(comparison.changes(flattened(mine, declared.name), theirs)) and changes
    for change in changes:
        place = _place(comparison, package, declared, "project", "dependencies")
        message = f"what `{package.name}` requires of `{change.name}` changed" if change.declared and change.locked else (
            f"`{package.name}` {'now requires' if change.declared else 'no longer requires'} `{change.name}`"
        )  # fmt: skip
        at = comparison.lock.place((*package.at, "metadata", "requires-dist"))
        yield change_of(comparison, f"dependency of {package.name} on {change.name}", change, place, message, at)


def _groups(walk: _Walk, package: Package, declared: Metadata, scope: Scope | None) -> Iterator[Difference]:
    comparison = walk.comparison
    mine = {} if scope is None else comparison.lowered_groups(declared.groups, scope)
    recorded = {name: comparison.remembered(some) for name, some in package.metadata.requires_dev.items()}
    empty_count = comparison.lock.revision >= 1
    for name in sorted({*mine, *recorded}):
        left, right = mine.get(name, []), recorded.get(name, [])
        walk.allow(left)
        at = comparison.lock.place((*package.at, "metadata", "requires-dev", name))
        place = _place(comparison, package, declared, "dependency-groups", name)
        changes = list(comparison.changes(left, right))
        for change in changes:
            message = f"`{change.name}` in the group `{name}` of `{package.name}` changed"
            yield change_of(comparison, f"group {name} of {package.name}: {change.name}", change, place, message, at)
        if not changes and empty_count and (name in mine) != (name in recorded):
            message = f"the empty group `{name}` of `{package.name}` was {'added' if name in mine else 'removed'}"
            yield stale(
                f"group {name} of {package.name}", name if name in mine else "", name if name in recorded else "", place, message, at
            )


def _archive(walk: _Walk, package: Package) -> Iterator[Difference]:
    """A local wheel or sdist: uv reads its metadata again."""
    place = walk.comparison.lock.place((*package.at, "source"))
    message = f"`{package.name}` is the local archive `{package.source.location}`: uv reads its metadata again, which is not done here"
    yield Difference(Verdict.UNKNOWN, f"metadata of {package.name}", "", package.source.location, place, message, place)
