"""A project beside the lock that resolves it: what rules about dependencies judge."""

import posixpath
from collections.abc import Iterator, Mapping
from functools import cache, cached_property

from policy_checks.environment import Environment
from policy_checks.lock import groups, outside, requirements
from policy_checks.lock.closure import Closure, reach
from policy_checks.lock.graph import Graph, Path, Section, Selection
from policy_checks.lock.outside import Outside
from policy_checks.lock.policy_text import PolicyText, policy_text
from policy_checks.readers import pyproject
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import LOCK, Lock, Package
from policy_checks.record import record, replace
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Kind, Workspace


@record(eq=False)
class LockedProject:
    """One pyproject.toml with the uv.lock of its folder, or of the nearest folder above (a workspace's member)."""

    folder: str  # empty: the root of the repository
    pyproject: PyProject
    lock: Lock | None
    lock_folder: str
    projects: Mapping[str, PyProject]  # every readable one, by folder
    workspace: Workspace

    @property
    def file(self) -> SourceFile:
        """Its pyproject.toml."""
        return self.pyproject.file

    @property
    def place(self) -> Place:
        """The start of its pyproject.toml."""
        return Place(self.file, Span(0, 0))

    @property
    def has_own_lock(self) -> bool:
        """Whether the lock stands beside it: a member's dependencies are judged with its workspace."""
        return self.lock is not None and self.folder == self.lock_folder

    @cached_property
    def is_alone(self) -> bool:
        """Whether its lock is the only one of the repository."""
        return sum(posixpath.basename(path) == "uv.lock" for path in self.workspace.paths) == 1

    @cached_property
    def graph(self) -> Graph:
        """The graph of its lock, which has to be there."""
        assert self.lock is not None
        return Graph(self.lock)

    @cached_property
    def policy(self) -> PolicyText:
        """Where the policy of the repository is written."""
        return policy_text(self.workspace)

    def owner(self, member: Package) -> PyProject | None:
        """The pyproject.toml of a project in its lock; None when it cannot be read."""
        inside = posixpath.normpath(posixpath.join(self.lock_folder or ".", member.source.location or "."))
        return self.projects.get("" if inside == "." else inside)

    @cached_property
    def _outside(self) -> dict[tuple[str, ...], Outside]:
        return {}

    def outside(self, paths: tuple[str, ...]) -> Outside:
        """What requirements files name beside the lock; worked out once for every rule."""
        if paths not in self._outside:
            self._outside[paths] = outside.read(self.workspace, self.graph, self.lock_folder, paths)
        return self._outside[paths]

    @cached_property
    def _closures(self) -> dict[tuple[Selection, bool, tuple[str, ...]], Closure]:
        return {}

    def selection(self, environment: Environment) -> Selection:
        """What an environment takes of the lock; uv's default groups among it, where it asks for them."""
        chosen = selection(environment)
        if not environment.default_groups:
            return chosen
        member = self.graph.members.get(chosen.members[0]) if chosen.members else None
        return replace(chosen, groups=tuple(dict.fromkeys((*chosen.groups, *default_groups(self, member)))))

    def reached(self, environment: Environment) -> Closure:
        """Everything that an environment holds, its requirements files among it; raises Unreadable."""
        return self.closure(self.selection(environment), requirements=environment.requirements)

    def closure(self, selection: Selection, *, own: bool = True, requirements: tuple[str, ...] = ()) -> Closure:
        """What a selection reaches (see `reach`), with what requirements files ask for; worked out once for every rule."""
        key = selection, own, requirements
        if key not in self._closures:
            self._closures[key] = reach(self.graph, selection, own=own, outside=self.outside(requirements).arcs)
        return self._closures[key]


def selection(environment: Environment) -> Selection:
    """What an environment names of a lock; uv's default groups are known to its project only, see `LockedProject.selection`."""
    members = (normalized(environment.member),) if environment.member else ()
    extras, chosen = tuple(map(normalized, environment.extras)), tuple(map(normalized, environment.groups))
    return Selection(extras, chosen, members, target=environment.markers.text)


def default_groups(project: LockedProject, member: Package | None = None) -> tuple[str, ...]:
    """The groups that uv installs when none is named: `default-groups` of the project (or a member), else `dev` where it exists."""
    owner = project.pyproject if member is None else project.owner(member)
    chosen = None if owner is None else owner.default_groups
    known = project.graph.groups if member is None else project.graph.groups_of((member,))
    if chosen == ("*",):
        return tuple(sorted(known))
    return tuple(name for name in (chosen if chosen is not None else (groups.DEV,)) if name in known)


def declaration(project: LockedProject, path: Path) -> Text | None:
    """The requirement in a pyproject.toml or a requirements file where a path starts; None when none is found (a stale lock)."""
    if path.arcs[0].written is not None:
        return path.arcs[0].written
    member = path.section.member
    owner = project.projects.get(project.lock_folder) if member is None else project.owner(member)
    if owner is None:
        return None
    try:
        return next((text for name, text in _declared(owner, path.section) if name == path.arcs[0].target.name), None)
    except Unreadable:  # what uv refuses is told by the rules about the lock; the path is still true
        return None


def _declared(owner: PyProject, section: Section) -> Iterator[tuple[str, Text]]:
    project = owner.project
    if section.kind == "group":
        group = groups.flatten(owner).get(section.name)
        texts = tuple(entry.written for entry in group.entries) if group else ()
    elif project is None:
        texts = ()
    else:
        texts = project.optional.get(section.name, ()) if section.kind == "extra" else project.dependencies or ()
    for text in texts:
        yield requirements.parse(text, lenient=True).name, text


def locked_at(lock: Lock, package: Package) -> Place:
    """The line of uv.lock that names a package."""
    return lock.place((*package.at, "name"))


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[LockedProject | Unreadable]:
    locks: dict[str, Lock | None] = {}
    for lock in workspace.all(LOCK):
        if isinstance(lock, Unreadable):
            yield lock
        locks[posixpath.dirname(lock.file.path)] = lock if isinstance(lock, Lock) else None
    projects: dict[str, PyProject] = {}
    for file in workspace.files(lambda path: posixpath.basename(path) == "pyproject.toml"):
        try:
            if isinstance(file, Unreadable):
                raise file
            projects[posixpath.dirname(file.path)] = file.once(pyproject.read)
        except Unreadable as error:
            yield error

    @cache
    def nearest(folder: str) -> str | None:
        if folder in locks:
            return folder
        return nearest(posixpath.dirname(folder)) if folder else None

    for folder, project in projects.items():
        beside = nearest(folder)
        yield LockedProject(folder, project, None if beside is None else locks[beside], beside or "", projects, workspace)


LOCKED_PROJECT: Kind[LockedProject] = Kind("locked project", _read)
