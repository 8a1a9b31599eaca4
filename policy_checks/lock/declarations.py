"""Where a project declares its dependencies: every list of its pyproject.toml, as written and with what it includes."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from policy_checks.lock import markers, requirements
from policy_checks.lock.groups import DEV
from policy_checks.lock.holders import BUILD, DEPENDENCIES, EXTRA, GROUP, PATHS, Holder, perhaps
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.lock.markers import FALSE, TRUE, Marker, and_, extras_of, restrict_extras
from policy_checks.lock.policy_text import PolicyText, policy_text
from policy_checks.lock.requirements import ANY_INDEX, Declared, Origin, Requirement
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import Include, PyProject
from policy_checks.readers.table import Table, Text
from policy_checks.readers.uv_source import Source
from policy_checks.record import record
from policy_checks.source import Place, Unreadable
from policy_checks.workspace import Kind, Workspace

_MANY = 10_000  # lists that one may take in


@record(eq=False)
class Entry:
    """One requirement as a list has it: written there, or in another list that it takes in.

    `written` is the item of the list itself (the requirement, or the `include-group` or `project[extra]` that leads to it).
    """

    declared: Declared
    written: Text
    outer: tuple[str, ...] = ()  # markers on the way to it

    @property
    def name(self) -> str:
        """The package's normalised name."""
        return self.declared.name

    @property
    def place(self) -> Place:
        """Where the item stands."""
        return self.written.place

    @cached_property
    def where(self) -> Marker:
        """Where it applies."""
        found = and_(*[markers.parse(text) for text in (*self.outer, self.declared.marker) if text])
        # In a list `extra == …` says nothing more, see PEP 508 and `requirements.marker_text`.
        return restrict_extras(found, {}, default=True) if extras_of(found) else found


Item = Declared | Include


class Declarations:
    """The lists of one project; what cannot be read is in `unreadable` and left out."""

    def __init__(self, locked: LockedProject) -> None:
        self.locked = locked
        self.pyproject: PyProject = locked.pyproject
        self.unreadable: list[Unreadable] = []
        self.lists: Mapping[Holder, tuple[Item, ...]] = dict(self._read())
        try:
            _ = self.pyproject.sources
        except Unreadable as error:
            self.unreadable.append(error)
        self._expanded: dict[Holder, tuple[Entry, ...]] = {}

    @property
    def place(self) -> Place:
        """The start of its pyproject.toml."""
        return self.locked.place

    @property
    def folder(self) -> str:
        """Where it stands; empty: the root of the repository."""
        return self.locked.folder

    @cached_property
    def name(self) -> str:
        """The project's normalised name, empty for a file without a project."""
        project = self.pyproject.project
        return "" if project is None else project.name

    @cached_property
    def extras_are_known(self) -> bool:
        """Whether the extras stand in the file, and are not left to the build backend."""
        project = self.pyproject.project
        return project is not None and "optional-dependencies" not in project.dynamic

    def requirement(self, entry: Entry, holder: Holder) -> Requirement:
        """An entry of a list in comparable form: sources that hold for some lists only are part of what it means."""
        declared = entry.declared
        if declared.url:
            return Requirement(declared.name, declared.extras, "", entry.where, Origin("url", declared.url), declared.written)
        some = self._sources(declared.name)
        origin = ANY_INDEX
        if any(source.extra or source.group for source in some):
            chosen = [number for number, source in enumerate(some) if _is_for(source, holder)]
            origin = Origin("registry", " ".join(map(str, chosen)))
        return Requirement(declared.name, declared.extras, declared.specifier, entry.where, origin, declared.written)

    def _sources(self, name: str) -> tuple[Source, ...]:
        """The sources of a package: the project's own, else those of the workspace that it is locked with."""
        root = self.locked.projects.get(self.locked.lock_folder, self.pyproject)
        return self.all_sources.get(name) or _readable_sources(root).get(name, ())

    @cached_property
    def all_sources(self) -> Mapping[str, tuple[Source, ...]]:
        """`[tool.uv.sources]`, empty where uv refuses them: `unreadable` says so."""
        return _readable_sources(self.pyproject)

    def sources(self, name: str, holder: Holder) -> Iterator[Source]:
        """The sources of a package that hold for a list."""
        return (source for source in self._sources(name) if _is_for(source, holder))

    def comes_from_an_index(self, entry: Entry) -> bool:
        """Whether versions decide what a requirement takes, and not a URL, a repository, a path or the workspace."""
        if entry.declared.url or entry.name == self.name:
            return False
        some = self._sources(entry.name)
        return all(source.kind == "index" for source in some)

    def key_place(self, holder: Holder) -> Place:
        """The key of a list; the table that it would stand in, for one that is not there."""
        return self.pyproject.document.key_place(*self._path(holder))

    def _path(self, holder: Holder) -> tuple[str, ...]:
        path = PATHS[holder.kind]
        if not holder.name:
            return path
        table = self.pyproject.document.get(*path) or {}
        return (*path, next((key for key in table if normalized(key) == holder.name), holder.name))

    def entries(self, holder: Holder) -> Iterator[Entry]:
        """The requirements that are written in a list itself."""
        return (Entry(item, item.written) for item in self.lists.get(holder, ()) if not isinstance(item, Include))

    def expanded(self, holder: Holder) -> tuple[Entry, ...]:
        """The requirements of a list with those of the groups that it includes and of the project's own extras that it asks for."""
        if holder not in self._expanded:
            self._expanded[holder] = tuple(self._expand(holder, (), {(holder, ())}))
        return self._expanded[holder]

    def _expand(self, holder: Holder, outer: tuple[str, ...], seen: set[tuple[Holder, tuple[str, ...]]]) -> Iterator[Entry]:
        """Each list is taken in once for the same markers, which ends circles (GRP003 tells them) and keeps a hostile file small."""
        for item in self.lists.get(holder, ()):
            inner = list(self._taken_in(item))
            if not isinstance(item, Include) and not (inner and not item.specifier and not item.url):
                yield Entry(item, item.written, outer)
            marker = "" if isinstance(item, Include) else item.marker
            below = (*outer, marker) if marker and marker not in outer else outer
            for other in inner:
                if (other, below) in seen:
                    continue
                seen.add((other, below))
                if len(seen) > _MANY:
                    raise item.written.refused(f"the lists that {holder.told} takes in are more than {_MANY}")
                for entry in self._expand(other, below, seen):
                    yield Entry(entry.declared, item.written, entry.outer)

    def _taken_in(self, item: Item) -> Iterator[Holder]:
        """The lists that an item of a list stands for."""
        if isinstance(item, Include):
            yield Holder(GROUP, item.group)
        elif item.name == self.name:
            yield from (Holder(EXTRA, extra) for extra in item.extras if Holder(EXTRA, extra) in self.lists)

    def _read(self) -> Iterator[tuple[Holder, tuple[Item, ...]]]:
        project = self.pyproject.project
        if project is not None:
            yield Holder(DEPENDENCIES), tuple(self._parsed(project.dependencies or ()))
            for extra, texts in project.optional.items():
                yield Holder(EXTRA, extra), tuple(self._parsed(texts))
        groups = dict(self.pyproject.groups)
        if self.pyproject.dev_dependencies is not None:
            groups[DEV] = (*groups.get(DEV, ()), *self.pyproject.dev_dependencies)
        for group, items in groups.items():
            yield Holder(GROUP, group), tuple(self._parsed(items))
        build = self.pyproject.document.get("build-system")
        if isinstance(build, dict):
            yield Holder(BUILD), tuple(self._parsed(Table(self.pyproject.document, ("build-system",), build).texts("requires")))

    def _parsed(self, items: Sequence[Text | Include]) -> Iterator[Item]:
        for item in items:
            try:
                yield item if isinstance(item, Include) else requirements.parse(item, lenient=True)
            except Unreadable as error:
                self.unreadable.append(error)


def _readable_sources(pyproject: PyProject) -> Mapping[str, tuple[Source, ...]]:
    try:
        return pyproject.sources
    except Unreadable:
        return {}


def _is_for(source: Source, holder: Holder) -> bool:
    """Whether a source of `[tool.uv.sources]` holds for a list."""
    if source.extra is not None:
        return holder == Holder(EXTRA, source.extra)
    return source.group is None or holder == Holder(GROUP, source.group)


@record(eq=False)
class DeclaredProject:
    """One project's lists among those of the whole repository, and where the policy about them is written."""

    own: Declarations
    everywhere: tuple[Declarations, ...]  # the first one is nearest to the root
    policy: PolicyText

    @property
    def place(self) -> Place:
        """The start of its pyproject.toml."""
        return self.own.place

    @property
    def is_first(self) -> bool:
        """Whether what is wrong with the policy itself is told here: once, not for every project."""
        return self.own is self.everywhere[0]

    @cached_property
    def under(self) -> Marker:
        """The Python range that is taken for granted in the project's markers; every version, where there is none that can be read."""
        project = self.own.pyproject.project
        python = None if project is None else project.requires_python
        try:
            return TRUE if python is None else markers.from_requires_python(python.text)
        except markers.InvalidMarker:
            return TRUE

    def is_defined(self, holder: Holder) -> bool:
        """Whether some project of the repository has a list."""
        return any(holder in project.lists for project in self.everywhere)

    def hint(self, holder: Holder) -> str:
        """What was probably meant by a list that no project has, ready to follow a message."""
        return perhaps(holder, [known for project in self.everywhere for known in project.lists])


def overlap(left: Entry, right: Entry, under: Marker) -> bool:
    """Whether two requirements can apply in one environment of a Python range."""
    both = markers.simplify(and_(left.where, right.where), under)
    return markers.on_known_platforms(both) is not FALSE


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[DeclaredProject | Unreadable]:
    found: list[Declarations] = []
    for project in workspace.all(LOCKED_PROJECT):
        try:
            if isinstance(project, Unreadable):
                raise project
            found.append(Declarations(project))
        except Unreadable as error:
            yield error
    found.sort(key=lambda one: (one.folder.count("/") + bool(one.folder), one.folder))
    policy = policy_text(workspace)
    for one in found:
        yield from one.unreadable
        yield DeclaredProject(one, tuple(found), policy)


DECLARED_PROJECT: Kind[DeclaredProject] = Kind("declared dependencies", _read)
