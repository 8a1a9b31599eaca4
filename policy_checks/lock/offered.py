"""What a project lets uv's commands name: groups, extras, members, locked packages."""

import re
from collections.abc import Callable, Iterable
from functools import cached_property

from policy_checks.lock import workspace_members
from policy_checks.lock.tree import Tree, join, parents
from policy_checks.lock.workspace_members import Member, UvWorkspace
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import Include, PyProject
from policy_checks.readers.uv_lock import Lock
from policy_checks.record import record

_REQUIRED = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")


@record(eq=False)
class Offered:
    """A uv workspace seen from one of its folders; names are normalised, None stands for what cannot be told.

    `folder` is that of the nearest pyproject.toml; a single project is a workspace of one.
    """

    folder: str
    workspace: UvWorkspace
    lock_of: Callable[[str], Lock | None]

    @cached_property
    def lock(self) -> Lock | None:
        """The lock beside the workspace's root; most names are found without it."""
        return self.lock_of(self.workspace.root)

    @property
    def members(self) -> frozenset[str]:
        """The names of the members."""
        return frozenset(self.workspace.members)

    def selected(self, packages: Iterable[str], *, everything: bool) -> tuple[Member, ...]:
        """The members that a command is about: those of `--package`, all, or the one whose folder it runs in (of a virtual root: all)."""
        named = [normalized(package) for package in packages]
        members = self.workspace.members.values()
        if named:
            return tuple(member for member in members if member.name in named)
        here = tuple(member for member in members if member.folder == self.folder)
        return tuple(members) if everything or not here else here

    def groups(self, selected: Iterable[Member]) -> frozenset[str]:
        """The groups of members; those of the workspace's root can always be named (crate uv-environment-operations, `validate_groups`)."""
        return frozenset().union(groups_of(self.workspace.pyproject), *(groups_of(member.pyproject) for member in selected))

    def extras(self, selected: Iterable[Member]) -> frozenset[str] | None:
        """The extras of members (`validate_extras`)."""
        found: set[str] = set()
        for member in selected:
            extras = self._locked_extras(member.name) if _is_dynamic(member.pyproject) else extras_of(member.pyproject)
            if extras is None:
                return None
            found |= extras
        return frozenset(found)

    def _locked_extras(self, name: str) -> frozenset[str] | None:
        packages = self.lock.by_name.get(name, ()) if self.lock else ()
        return frozenset().union(*(package.metadata.provides_extras for package in packages)) if packages else None

    @property
    def packages(self) -> frozenset[str] | None:
        """The packages of the lock, and what members declare beyond it."""
        if self.lock is None:
            return None
        return frozenset(self.lock.by_name).union(*(_declared(member.pyproject) for member in self.workspace.members.values()))


def at(tree: Tree, folder: str, lock_of: Callable[[str], Lock | None]) -> Offered | None:
    """What is offered in a folder, None where no project is there or above; raises Unreadable for one that uv refuses."""
    home = next((above for above in (folder, *parents(folder)) if tree.is_file(join(above, "pyproject.toml"))), None)
    if home is None:
        return None
    workspace = workspace_members.discover(tree, home)
    return Offered(home, workspace, lock_of)


def groups_of(pyproject: PyProject) -> frozenset[str]:
    """The groups of one project; the legacy `dev-dependencies` are its group `dev`."""
    return frozenset(pyproject.groups) | ({"dev"} if pyproject.dev_dependencies is not None else set())


def extras_of(pyproject: PyProject) -> frozenset[str] | None:
    """The extras of one project; None where its build alone knows them."""
    return None if pyproject.project is None or _is_dynamic(pyproject) else frozenset(map(normalized, pyproject.project.optional))


def _is_dynamic(pyproject: PyProject) -> bool:
    return pyproject.project is not None and "optional-dependencies" in pyproject.project.dynamic


def _declared(pyproject: PyProject) -> frozenset[str]:
    """The names of everything that a project requires."""
    project = pyproject.project
    texts = [] if project is None else [*(project.dependencies or ()), *(text for some in project.optional.values() for text in some)]
    texts += [item for items in pyproject.groups.values() for item in items if not isinstance(item, Include)]
    texts += pyproject.dev_dependencies or ()
    return frozenset(normalized(found[1]) for text in texts if (found := _REQUIRED.match(text.text)))
