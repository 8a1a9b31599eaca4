"""Comparison of one source tree (a member, or a path dependency) with the metadata that the lock remembers of it."""

import posixpath
from collections.abc import Callable, Iterator

from policy_checks.lock import metadata
from policy_checks.lock.comparison import Comparison, change_of, lowered, stale
from policy_checks.lock.differences import Difference, Verdict
from policy_checks.lock.flattening import flattened
from policy_checks.lock.lowering import Scope
from policy_checks.lock.metadata import Metadata, Undecided
from policy_checks.lock.requirements import Requirement
from policy_checks.lock.specifiers import InvalidSpecifier, canonical_version
from policy_checks.lock.tree import inside, join
from policy_checks.lock.workspace_members import alone, discover, read_pyproject
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import Package
from policy_checks.source import Place, Unreadable

Allow = Callable[[list[Requirement]], None]


def compare(comparison: Comparison, package: Package, allow: Allow) -> Iterator[Difference]:
    """Every difference; raises Unreadable for what uv refuses. `allow` is told the requirements that name an index."""
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
    # All is lowered before anything is compared: what uv refuses there outweighs a difference.
    requires = lowered(comparison, declared.requires, scope)
    groups = {} if scope is None else comparison.lowered_groups(declared.groups, scope)
    yield from _version(comparison, package, declared)
    yield from _extras(comparison, package, declared)
    yield from _requirements(comparison, package, declared, requires)
    yield from _groups(comparison, package, declared, groups)
    for some in (requires, *groups.values()):
        allow(some)


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
        _ = None if found is None else found.project
    except Unreadable as error:
        message = f"uv cannot read `{package.name}` anew: {error.message}"
        return stale(f"metadata of {package.name}", "", "", Place(error.file, error.span), message, comparison.lock.place(package.at))
    return found


def _scope(comparison: Comparison, folder: str, declared: Metadata) -> Scope | None:
    """Where a source tree's requirements are lowered; None where no sources apply."""
    own = declared.pyproject
    if own is None or own.project is None or not own.managed:
        return None
    workspace = comparison.workspace
    if not any(member.folder == folder for member in workspace.members.values()):
        workspace = discover(comparison.tree, folder)
    metadata.check_targets(own, declared)
    if comparison.settings.no_sources_package:
        workspace = alone(workspace, folder)
    return Scope(comparison.tree, workspace, folder, own.project.name, own.sources, own.indexes, comparison.settings.ignores_sources)


def _version(comparison: Comparison, package: Package, declared: Metadata) -> Iterator[Difference]:
    """A dynamic version is not locked; a static one is, and has to be equal."""
    shown = declared.version.text if isinstance(declared.version, Text) else declared.version or ""
    pair, message = (shown, package.version or ""), f"the lock holds another version of `{package.name}`"
    if declared.dynamic_version != (package.version is None):
        pair = ("dynamic", package.version or "") if declared.dynamic_version else (shown, "dynamic")
        message = f"the version of `{package.name}` is {_dynamic(declared)}"
    elif package.version is None or _same_version(shown, package.version):
        return
    place, at = _version_place(comparison, package, declared), comparison.lock.place((*package.at, "version"))
    yield stale(f"version of {package.name}", *pair, place, message, at)


def _same_version(declared: str, locked: str) -> bool:
    try:
        return declared == locked or canonical_version(declared) == canonical_version(locked)
    except InvalidSpecifier:
        return False


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


def _requirements(comparison: Comparison, package: Package, declared: Metadata, mine: list[Requirement]) -> Iterator[Difference]:
    theirs = comparison.remembered(package.metadata.requires_dist)
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


def _groups(comparison: Comparison, package: Package, declared: Metadata, mine: dict[str, list[Requirement]]) -> Iterator[Difference]:
    recorded = {name: comparison.remembered(some) for name, some in package.metadata.requires_dev.items()}
    empty_count = comparison.lock.revision >= 1
    for name in sorted({*mine, *recorded}):
        changes = list(comparison.changes(mine.get(name, []), recorded.get(name, [])))
        emptied = not changes and empty_count and (name in mine) != (name in recorded)
        if not changes and not emptied:
            continue  # before any position is looked for: that costs as much as the whole comparison
        at = comparison.lock.place((*package.at, "metadata", "requires-dev", name))
        place = _place(comparison, package, declared, "dependency-groups", name)
        for change in changes:
            message = f"`{change.name}` in the group `{name}` of `{package.name}` changed"
            yield change_of(comparison, f"group {name} of {package.name}: {change.name}", change, place, message, at)
        if emptied:
            message = f"the empty group `{name}` of `{package.name}` was {'added' if name in mine else 'removed'}"
            yield stale(
                f"group {name} of {package.name}", name if name in mine else "", name if name in recorded else "", place, message, at
            )
