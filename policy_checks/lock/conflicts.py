"""Conflicting extras and groups: sets of (package, kind, name), expanded through `include-group` (uv-pypi-types, `conflicts.rs`)."""

from collections.abc import Mapping

from policy_checks.lock.validity import ConflictItem, ConflictSet, conflict_sets
from policy_checks.lock.workspace_members import UvWorkspace
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.uv_lock import Lock
from policy_checks.record import record


@record
class Declared:
    """The sets as they are written, in uv's order, and those that follow from them."""

    sets: list[ConflictSet]
    inferred: list[ConflictSet]


def declared(workspace: UvWorkspace) -> Declared:
    """The sets of the workspace: a root that is no project, then the members by name."""
    found: list[ConflictSet] = []
    if not workspace.root_is_project:
        found += conflict_sets(workspace.pyproject, None)
    for member in workspace.members.values():
        found += conflict_sets(member.pyproject, member.name)
    root = workspace.pyproject
    return Declared(found, [] if root.project is None else _inferred(found, root.project.name, root))


def locked(lock: Lock) -> list[ConflictSet]:
    """The sets that the lock was made with."""
    return [frozenset((item.package, item.extra, item.group) for item in some) for some in lock.conflicts]


def _inferred(given: list[ConflictSet], package: str, pyproject: PyProject) -> list[ConflictSet]:
    """What conflicts because it includes a group that does: every replacement of a named group by one that includes it."""
    including = _including(pyproject.groups_included)
    # A group has one node, whichever package's set names it first.
    named: dict[str, ConflictItem] = {}
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
