"""Every list of requirements in a repository, its requirements files among them, and which of them are installed together."""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from policy_checks.environment import Environment
from policy_checks.lock import conflicts, git_pin, markers, requirements, validity, workspace_members
from policy_checks.lock.declarations import DECLARED_PROJECT, Declarations, DeclaredProject, Entry
from policy_checks.lock.holders import BUILD, DEPENDENCIES, EXTRA, GROUP, Holder
from policy_checks.lock.markers import TRUE, Marker
from policy_checks.lock.requirements import Declared
from policy_checks.lock.tree import WorkspaceTree
from policy_checks.lock.validity import ConflictItem
from policy_checks.lock.workspace_members import Member, UvWorkspace
from policy_checks.readers import requirements_txt
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.requirements_txt import REQUIREMENT, REQUIREMENTS_FILE, RequirementsFile
from policy_checks.readers.table import Text
from policy_checks.record import record
from policy_checks.source import Unreadable
from policy_checks.workspace import Kind, Workspace

# Without a marker, and so without `packaging`, whose import costs more than reading a whole lock.
_NAME = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_AT_URL = re.compile(rf"({_NAME})\s*(?:\[([A-Za-z0-9._,\s-]*)\])?\s*@\s*(\S+)")
_PLACE = re.compile(r"[./]|[A-Za-z][A-Za-z0-9+.-]*://|[^\s=<>!~;@\[]*[/\\]|\S+\.(?:whl|zip|tar\.\w+|tgz)(?:\s|$)")


@record(eq=False)
class Listing:
    """One list: of a project, or a requirements file."""

    told: str  # what it is called in a sentence
    entries: tuple[Entry, ...]
    project: Declarations | None = None
    holder: Holder | None = None

    @property
    def item(self) -> ConflictItem:
        """What a set of conflicts calls it: package, extra, group."""
        if self.project is None or self.holder is None:
            return "", "", ""
        named = {EXTRA: (self.holder.name, ""), GROUP: ("", self.holder.name)}
        return (self.project.name, *named.get(self.holder.kind, ("", "")))


@record(eq=False)
class Universe:
    """Lists whose requirements have to hold at once, except where two of them are kept apart."""

    lists: tuple[Listing, ...]
    under: Marker = TRUE  # where any of it is installed
    apart: Callable[[Listing, Listing], bool] = lambda _left, _right: False
    overridden: frozenset[str] = frozenset()  # packages for which what is declared does not count
    name: str = ""  # of the environment


class Repository:
    """All lists of a repository."""

    def __init__(self, workspace: Workspace, projects: Sequence[DeclaredProject]) -> None:
        self._workspace = workspace
        self.projects = tuple(projects)
        self._files: dict[str, Listing | None] = {}

    def lists(self, project: DeclaredProject) -> tuple[Listing, ...]:
        """The lists of one project, what its build needs last."""
        return tuple(_listing(project.own, holder) for holder in sorted(project.own.lists, key=lambda one: one.kind == BUILD))

    @property
    def files(self) -> Iterator[Listing]:
        """The requirements files that have the name of one; prose with such a name is none."""
        for file in self._workspace.all(REQUIREMENTS_FILE):
            try:
                if isinstance(file, RequirementsFile):
                    yield Listing(f"`{file.file.path}`", tuple(_lines(file)))
            except Unreadable:
                continue

    def file(self, path: str) -> Listing | None:
        """A requirements file with those that it includes; None when there is none, raises Unreadable."""
        path = posixpath.normpath(path)
        if path not in self._files:
            self._files[path] = None
            self._files[path] = self._read(path)
        return self._files[path]

    def _read(self, path: str) -> Listing | None:
        source = self._workspace.get(path)
        if source is None:
            return None
        found = source.once(requirements_txt.read)
        entries = list(_lines(found))
        for line in found.lines:
            for option, value in line.options:
                other = requirements_txt.included(path, value) if option == REQUIREMENT else None
                inner = self.file(other) if other is not None else None
                entries += inner.entries if inner is not None else ()
        return Listing(f"`{path}`", tuple(entries))

    @cached_property
    def together(self) -> tuple[Universe | Unreadable, ...]:
        """What is installed together whatever a policy says; of a workspace that uv refuses, why."""
        return tuple(self._together())

    def _together(self) -> Iterator[Universe | Unreadable]:
        seen: set[str] = set()
        for project in self.projects:
            own = project.own
            if own.folder in seen:
                continue
            if own.locked.lock is None and not own.pyproject.has_uv:
                yield from self._alone(project)
                continue
            try:
                found = self._uv_workspace(project)
                folders = {member.folder for member in found.members.values()} | {own.folder}
                inside = [one for one in self.projects if one.own.folder in folders]
                universe = _resolved(found, [listing for one in inside for listing in self.lists(one)], project)
            except Unreadable as error:
                yield error
                continue
            seen |= folders
            yield universe

    def _uv_workspace(self, project: DeclaredProject) -> UvWorkspace:
        own = project.own.pyproject
        if own.workspace is not None:
            return workspace_members.discover(WorkspaceTree(self._workspace), project.own.folder)
        members = {project.own.name: Member(project.own.name, project.own.folder, own)} if project.own.name else {}
        return UvWorkspace(project.own.folder, own, members, {})

    def _alone(self, project: DeclaredProject) -> Iterator[Universe]:
        """Without uv, extras need not go together, nor groups with the project: each extra goes with the project's dependencies."""
        own = _listing(project.own, Holder(DEPENDENCIES), expanded=True)
        for holder in project.own.lists:
            other = _listing(project.own, holder, expanded=True)
            yield Universe((own, other) if holder.kind == EXTRA else (other,), project.under)

    def environment(self, name: str, environment: Environment) -> Universe:
        """What a declared environment installs together; raises Unreadable."""
        groups, extras = map(normalized, environment.groups), map(normalized, environment.extras)
        wanted = [Holder(DEPENDENCIES), *(Holder(EXTRA, extra) for extra in extras), *(Holder(GROUP, group) for group in groups)]
        owner = self._owner(wanted[1:], normalized(environment.member))
        lists = [_listing(owner.own, holder, expanded=True) for holder in wanted if holder in owner.own.lists] if owner else []
        lists += [file for path in environment.requirements if (file := self.file(path)) is not None]
        under = owner.under if owner else TRUE
        here = markers.parse(environment.markers.text) if environment.markers.text else TRUE
        return Universe(tuple(lists), markers.and_(under, here), name=name)

    def _owner(self, wanted: Sequence[Holder], member: str) -> DeclaredProject | None:
        """The project whose groups and extras an environment names."""
        if member:
            return next((one for one in self.projects if one.own.name == member), None)
        return next((one for one in self.projects if any(holder in one.own.lists for holder in wanted)), next(iter(self.projects), None))


def _listing(own: Declarations, holder: Holder, *, expanded: bool = False) -> Listing:
    where = f" of `{own.name}`" if own.folder and own.name else ""
    return Listing(f"{holder.told}{where}", own.expanded(holder) if expanded else tuple(own.entries(holder)), own, holder)


def _resolved(workspace: UvWorkspace, lists: Sequence[Listing], project: DeclaredProject) -> Universe:
    """What uv resolves at once: everything, except what is declared as a conflict."""
    declared = conflicts.declared(workspace)
    sets = [*declared.sets, *declared.inferred]

    def apart(left: Listing, right: Listing) -> bool:
        return any(_in(left.item, some) and _in(right.item, some) and left.item != right.item for some in sets)

    root = workspace.pyproject
    texts = validity.environment_texts(root, "environments")
    supported = markers.or_(*map(validity.marker, texts)) if texts else TRUE
    kept = tuple(listing for listing in lists if listing.holder is not None and listing.holder.kind != BUILD)
    return Universe(kept, markers.and_(project.under, supported), apart, frozenset(_overridden(root)))


def _in(item: ConflictItem, some: frozenset[ConflictItem]) -> bool:
    """Whether a list is in a set of conflicts, by itself or with its whole project."""
    return item in some or (item[0], "", "") in some


def _overridden(root: PyProject) -> Iterator[str]:
    """Packages for which uv takes an override, or nothing, in place of every declaration."""
    for key in ("override-dependencies", "exclude-dependencies"):
        for item in root.uv.items(key):
            found = re.match(rf"\s*({_NAME})", item) if isinstance(item, str) else None
            if found:
                yield normalized(found[1])


def _lines(found: RequirementsFile) -> Iterator[Entry]:
    """The lines that name a package."""
    for line in found.lines:
        text = line.requirement
        if text is not None and not _PLACE.match(text.text):
            yield Entry(_declared(text), text)


def _declared(text: Text) -> Declared:
    at_url = _AT_URL.fullmatch(text.text)
    if at_url is None:
        return requirements.parse(text)
    extras = tuple(sorted({normalized(name.strip()) for name in (at_url[2] or "").split(",") if name.strip()}))
    return Declared(normalized(at_url[1]), extras, "", "", at_url[3], text)


def source_of(entry: Entry, listing: Listing) -> tuple[str, str, str] | None:
    """Where a requirement is taken from other than an index: kind, place, reference."""
    declared = entry.declared
    if declared.url:
        reference = git_pin.of_url(declared.url)
        return ("git", git_pin.bare(reference.url), reference.name) if reference else ("url", declared.url, "")
    own, holder = listing.project, listing.holder
    for source in own.sources(declared.name, holder) if own is not None and holder is not None else ():
        if source.kind == "git" and source.written is not None:
            name = next((str(source.option(key)) for key in ("rev", "tag", "branch") if key in source.table), "")
            return "git", git_pin.bare(source.written.text), name
        if source.kind in ("path", "workspace"):
            return "path", "", ""  # one and the same project, however it is named
        if source.kind == "url" and source.written is not None:
            return "url", source.written.text, ""
    return None


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[Repository | Unreadable]:
    projects: list[DeclaredProject] = []
    for project in workspace.all(DECLARED_PROJECT):
        if isinstance(project, Unreadable):
            yield project
        else:
            projects.append(project)
    repository = Repository(workspace, projects)
    yield from (universe for universe in repository.together if isinstance(universe, Unreadable))
    yield repository


DECLARED_LISTS: Kind[Repository] = Kind("declared dependencies of the repository", _read)
