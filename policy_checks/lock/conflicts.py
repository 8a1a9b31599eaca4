"""Conflicting extras and groups: sets of (package, kind, name), expanded through `include-group` (uv-pypi-types, `conflicts.rs`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policy_checks.lock.workspace_members import UvWorkspace
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.table import Table
from policy_checks.readers.uv_lock import Lock

Item = tuple[str, str, str]  # package, extra, group; neither extra nor group: the project itself
ConflictSet = frozenset[Item]


@dataclass(frozen=True, slots=True)
class Declared:
    """The sets as they are written, in uv's order, and those that follow from them."""

    sets: list[ConflictSet]
    inferred: list[ConflictSet]


def declared(workspace: UvWorkspace) -> Declared:
    """The sets of the workspace: a root that is no project, then the members by name."""
    found: list[ConflictSet] = []
    if not workspace.root_is_project:
        found += _sets(workspace.pyproject, None)
    for member in workspace.members.values():
        found += _sets(member.pyproject, member.name)
    root = workspace.pyproject
    return Declared(found, [] if root.project is None else _inferred(found, root.project.name, root))


def locked(lock: Lock) -> list[ConflictSet]:
    """The sets that the lock was made with."""
    return [frozenset((item.package, item.extra, item.group) for item in some) for some in lock.conflicts]


def _sets(pyproject: PyProject, package: str | None) -> Iterator[ConflictSet]:
    for index, written in enumerate(pyproject.uv.items("conflicts")):
        if not isinstance(written, list):
            raise pyproject.uv.refused("`conflicts` is a list of lists", "conflicts", index)
        items = set()
        for number, entry in enumerate(written):
            if not isinstance(entry, dict):
                raise pyproject.uv.refused("an entry of `conflicts` is a table", "conflicts", index, number)
            items.add(_item(Table(pyproject.document, ("tool", "uv", "conflicts", index, number), entry), package))
        if len(items) < 2:
            raise pyproject.uv.refused("a set of conflicts has at least two different entries", "conflicts", index)
        yield frozenset(items)


def _item(table: Table, package: str | None) -> Item:
    table.only("package", "extra", "group")
    owner, extra, group = table.name("package"), table.name("extra"), table.name("group")
    if extra is not None and group is not None:
        raise table.refused("an entry of `conflicts` has `extra` or `group`, not both")
    if owner is None and (package is None or (extra is None and group is None)):
        raise table.refused("an entry of `conflicts` needs a `package`" if package is None else "an entry of `conflicts` is empty")
    return owner or package or "", extra or "", group or ""


def _inferred(given: list[ConflictSet], package: str, pyproject: PyProject) -> list[ConflictSet]:
    """What conflicts because it includes a group that does: every replacement of a named group by one that includes it."""
    including = _including(pyproject.groups_included)
    # A group has one node, whichever package's set names it first.
    named: dict[str, Item] = {}
    for some in given:
        for item in sorted(some):
            if item[2]:
                named.setdefault(item[2], item)
    known = dict.fromkeys(given)
    for group, item in sorted(named.items()):
        replacements = [named.get(other, (package, "", other)) for other in sorted(including.get(group, ()))]
        for some in [some for some in known if item in some]:
            for replacement in replacements:
                known.setdefault(frozenset({*(some - {item}), replacement}))
    return list(known)[len(dict.fromkeys(given)) :]


def _including(includes: Mapping[str, frozenset[str]]) -> dict[str, set[str]]:
    """The groups that include each group, directly or not."""
    found: dict[str, set[str]] = {}
    for group in includes:
        waiting, seen = list(includes[group]), set()
        while waiting:
            below = waiting.pop()
            if below not in seen:
                seen.add(below)
                found.setdefault(below, set()).add(group)
                waiting += includes.get(below, ())
    return found
