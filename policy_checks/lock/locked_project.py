"""A project beside the lock that resolves it: what rules about dependencies judge."""

import posixpath
from collections.abc import Iterator, Mapping
from functools import cache

from policy_checks.environment import Environment
from policy_checks.lock import groups, requirements
from policy_checks.lock.graph import Graph, Path, Section, Selection
from policy_checks.readers import pyproject
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import LOCK, Lock, Package
from policy_checks.record import record
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


def selection(environment: Environment) -> Selection:
    """What an environment takes of a project."""
    return Selection(tuple(map(normalized, environment.extras)), tuple(map(normalized, environment.groups)))


def default_groups(project: LockedProject, graph: Graph) -> tuple[str, ...]:
    """The groups that uv installs when none is named: `default-groups`, else `dev` where it exists."""
    chosen = project.pyproject.default_groups
    if chosen == ("*",):
        return tuple(sorted(graph.groups))
    return tuple(name for name in (chosen if chosen is not None else (groups.DEV,)) if name in graph.groups)


def declaration(project: LockedProject, path: Path) -> Text | None:
    """The requirement in a pyproject.toml where a path starts; None when none is found there (a stale lock)."""
    member = path.section.member
    inside = posixpath.normpath(posixpath.join(project.lock_folder or ".", member.source.location if member else "."))
    owner = project.projects.get("" if inside == "." else inside)
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
        yield LockedProject(folder, project, None if beside is None else locks[beside], beside or "", projects)


LOCKED_PROJECT: Kind[LockedProject] = Kind("locked project", _read)
