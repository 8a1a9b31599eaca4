"""Comparisons of a lock with its workspace as a whole: members and their kinds, default groups, groups of a root without a project."""

from collections.abc import Iterator, Mapping

from policy_checks.lock import groups, specifiers
from policy_checks.lock.comparison import Comparison, change_of, stale
from policy_checks.lock.differences import Difference
from policy_checks.lock.groups import DEV, Group, flatten
from policy_checks.lock.workspace_members import Member
from policy_checks.readers import uv_lock
from policy_checks.readers.table import Table
from policy_checks.readers.uv_lock import Package
from policy_checks.source import Place


def compare(comparison: Comparison) -> Iterator[Difference]:
    """Every difference between the manifest of a lock and the workspace."""
    yield from _members(comparison)
    yield from _default_groups(comparison)
    yield from _group_pythons(comparison)
    yield from _kinds(comparison)
    yield from _groups(comparison)


def _members(comparison: Comparison) -> Iterator[Difference]:
    """A lock names the members unless the only one is the root itself."""
    workspace, lock = comparison.workspace, comparison.lock
    single = len(workspace.members) == 1 and workspace.root_is_project
    declared = set() if single else set(workspace.members)
    locked = set(lock.manifest.members)
    for name in sorted(declared - locked):
        member = workspace.members[name]
        yield stale(
            "workspace members", name, "", member.pyproject.document.place("project", "name"),
            f"`{name}` is a member that the lock does not know", lock.place(("manifest", "members")),
        )  # fmt: skip
    for name in sorted(locked - declared):
        place = workspace.pyproject.uv.place("workspace", "members")
        yield stale(
            "workspace members", "", name, place, f"the lock holds `{name}` as a member, which it no longer is",
            lock.place(("manifest", "members")),
        )  # fmt: skip


def _default_groups(comparison: Comparison) -> Iterator[Difference]:
    workspace, lock = comparison.workspace, comparison.lock
    for member in workspace.members.values():
        groups.check(member.pyproject)
        check_default_groups(member.pyproject.default_groups, member.pyproject.groups, member.pyproject.uv)
    if not workspace.root_is_project:
        groups.check(workspace.pyproject)
        check_default_groups(workspace.pyproject.default_groups, workspace.pyproject.groups, workspace.pyproject.uv)
    if lock.revision < 5:  # older locks do not record them
        return
    for member in workspace.members.values():
        package = locked_member(comparison, member.name)
        declared = member.pyproject.default_groups
        if package is not None and _standard(declared) != _standard(recorded_groups(package)):
            yield _default_changed(declared, recorded_groups(package), member.pyproject.uv, comparison, (*package.at, "default-groups"))
    if not workspace.root_is_project:
        declared, recorded = workspace.pyproject.default_groups, recorded_groups(lock.manifest)
        if _standard(declared) != _standard(recorded):
            yield _default_changed(declared, recorded, workspace.pyproject.uv, comparison, ("manifest", "default-groups"))


def check_default_groups(chosen: tuple[str, ...] | None, defined: Mapping[str, object], uv: Table) -> None:
    """Refuses a default group that `[dependency-groups]` does not define."""
    for name in chosen or ():
        if name != "*" and name not in defined:
            raise uv.refused(f"default group `{name}` is not defined in `[dependency-groups]`", "default-groups")


def recorded_groups(held: Package | uv_lock.Manifest) -> tuple[str, ...] | None:
    """The default groups that a lock records, in the form of PyProject.default_groups."""
    return ("*",) if held.all_groups_default else None if held.default_groups is None else tuple(sorted(set(held.default_groups)))


def _standard(chosen: tuple[str, ...] | None) -> tuple[str, ...]:
    return (DEV,) if chosen is None else chosen


def _default_changed(
    declared: tuple[str, ...] | None, locked: tuple[str, ...] | None, uv: Table, comparison: Comparison, at: tuple[str | int, ...]
) -> Difference:
    now, before = (", ".join("all" if name == "*" else name for name in _standard(chosen)) for chosen in (declared, locked))
    message = "the lock records other default groups"
    return stale("tool.uv.default-groups", now, before, uv.place("default-groups"), message, comparison.lock.place(at))


def _group_pythons(comparison: Comparison) -> Iterator[Difference]:
    workspace, lock = comparison.workspace, comparison.lock
    if lock.revision >= 5:
        for member in workspace.members.values():
            package = locked_member(comparison, member.name)
            recorded = {} if package is None else package.group_requires_python
            at = ("package",) if package is None else (*package.at, "group-requires-python")
            yield from _python_changes(comparison, flatten(member.pyproject), recorded, at)
    if not workspace.root_is_project:
        yield from _python_changes(
            comparison, flatten(workspace.pyproject), lock.manifest.group_requires_python, ("manifest", "group-requires-python")
        )


def _python_changes(
    comparison: Comparison, flat: Mapping[str, Group], recorded: Mapping[str, str], at: tuple[str | int, ...]
) -> Iterator[Difference]:
    """The requires-python of groups compares clause by clause, not by range."""
    pythons = {name: group.requires_python for name, group in flat.items() if group.requires_python}
    for name in sorted({*pythons, *recorded}):
        declared = ",".join(text.text for text in pythons.get(name, ()))
        locked = recorded.get(name, "")
        if declared == locked or (declared and locked and specifiers.same_clauses(declared, locked)):
            continue
        place = pythons[name][0].place if name in pythons else comparison.workspace.pyproject.uv.place("dependency-groups")
        message = f"the lock records another requires-python for the group `{name}`"
        yield stale(f"requires-python of group {name}", declared, locked, place, message, comparison.lock.place((*at, name)))


def _kinds(comparison: Comparison) -> Iterator[Difference]:
    """Whether each member is virtual, editable or neither."""
    workspace = comparison.workspace
    for member in workspace.members.values():
        package = locked_member(comparison, member.name)
        if package is None:
            held = comparison.lock.by_name.get(member.name, ())
            message = f"`{member.name}` is {'in the lock more than once' if held else 'not in the lock'}"
            at = (*held[0].at,) if held else ()
            yield stale("workspace members", member.name, "", _name_place(member), message, comparison.lock.place(at))
            continue
        editable = workspace.required.get(member.name)
        expected = "virtual" if not workspace.is_package(member) else "directory" if editable is False else "editable"
        actual = package.source.kind if package.source.kind in ("virtual", "editable") else "directory"
        if expected != actual:
            message = f"`{member.name}` is {_KIND[expected]}, but locked as {_KIND[actual]}"
            at = (*package.at, "source")
            yield stale(f"source of {member.name}", expected, actual, _name_place(member), message, comparison.lock.place(at))


def _name_place(member: Member) -> Place:
    # Found only for a difference: a position costs as much as the whole comparison.
    return member.pyproject.document.place("project", "name")


_KIND = {
    "virtual": "virtual (not built: no `[build-system]`, or `package = false`)",
    "editable": "a package, installed as editable",
    "directory": "a package, not installed as editable",
}


def locked_member(comparison: Comparison, name: str) -> Package | None:
    """The one package of a member's name; None when there is none, or more than one."""
    held = comparison.lock.by_name.get(name, ())
    return held[0] if len(held) == 1 else None


def _groups(comparison: Comparison) -> Iterator[Difference]:
    """The groups of a root without a project; empty ones do not count."""
    workspace, lock = comparison.workspace, comparison.lock
    mine = {} if workspace.root_is_project else comparison.lowered_groups(flatten(workspace.pyproject), comparison.root_scope)
    recorded = lock.manifest.dependency_groups
    for name in sorted({*mine, *recorded}):
        for change in comparison.changes(mine.get(name, ()), comparison.remembered(recorded.get(name, ()))):
            place = workspace.pyproject.document.place("dependency-groups", name)
            message = f"uv resolves anew because `{change.name}` in the group `{name}` changed"
            yield change_of(
                comparison, f"group {name}: {change.name}", change, place, message, lock.place(("manifest", "dependency-groups", name))
            )
