"""The graph of a lock: packages, their extras, and the conditions of what leads from one to the other.

Modelled on uv's own walk (crate uv-lock, `lock/export/mod.rs`): a package and each of its requested extras
are nodes of their own, markers are and-ed along a path and or-ed over paths, and the made-up extras that
stand for the sides of a conflict (`extra-7-project-dev`) are decided by the selection; in a selection of everything they
stay open, except that no two sides of one conflict hold at once. Unlike uv, a marker
that only a platform that does not exist could satisfy (`sys_platform == 'never'`) is never satisfied.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import combinations

from policy_checks.lock import markers, requires_python
from policy_checks.lock.markers import FALSE, TRUE, Marker
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import Conflict, Edge, Lock, Package, Requirement
from policy_checks.record import record
from policy_checks.source import Place, Unreadable

# A package by its number in the lock, and one of its extras (empty: the package itself).
Node = tuple[int, str]


@record
class Selection:
    """Extras and groups (normalised names) of the project; its own dependencies always belong to it."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    members: tuple[str, ...] = ()  # of a workspace, in place of the project itself
    everything: bool = False  # every extra and group of these members (of all, when none is named), as far as they go together
    target: str = ""  # a marker: only where it holds


@record
class Section:
    """What declares a dependency: a project's `dependencies`, an `extra`, a `group`, or a file of `requirements`."""

    kind: str
    name: str = ""
    member: Package | None = None  # None: the root of a workspace that is no project

    def __str__(self) -> str:
        of = "" if self.member is None or self.member.source.location in (".", "") else f" of {self.member.name}"
        return f"{self.name} ({self.kind}{of})" if self.name else f"{self.kind}{of}"


@record
class Arc:
    """A dependency that can be followed: from a node to a package and the extras asked of it."""

    origin: Node | None  # None: the project itself, at `section`
    section: Section | None
    target: Package
    extras: tuple[str, ...]
    marker: str  # as written
    edge: Edge | Requirement
    written: Text | None = None  # the line of a requirements file

    def place(self, lock: Lock) -> Place:
        """Where it is written: in the lock, or in a requirements file."""
        return lock.place(self.edge.at) if self.written is None else self.written.place

    @property
    def specifier(self) -> str:
        """The versions that a requirement accepts; an edge of the lock has been decided."""
        return self.edge.specifier if isinstance(self.edge, Requirement) else ""

    def nodes(self) -> Iterator[Node]:
        """What it reaches."""
        yield self.target.number, ""
        for extra in self.extras:
            yield self.target.number, extra


@record
class Path:
    """A chain of dependencies from the project to a package."""

    arcs: tuple[Arc, ...]

    @property
    def section(self) -> Section:
        """Where it starts."""
        section = self.arcs[0].section
        assert section is not None  # every path starts at the project
        return section

    def __str__(self) -> str:
        return " → ".join([str(self.section), *(_shown(arc) for arc in self.arcs)])


def _shown(arc: Arc) -> str:
    return arc.target.name + (f"[{','.join(arc.extras)}]" if arc.extras else "")


class Graph:
    """The edges of one lock, each resolved to the packages that it means."""

    def __init__(self, lock: Lock) -> None:
        self.lock = lock

    @cached_property
    def roots(self) -> tuple[Package, ...]:
        """The project itself, or the members of a workspace whose root is no project."""
        local = ("editable", "virtual", "directory")
        own = tuple([package for package in self.lock.packages if package.source.kind in local and package.source.location in (".", "")])
        if own:
            return own
        return self._members

    @cached_property
    def _members(self) -> tuple[Package, ...]:
        return tuple([package for name in self.lock.manifest.members for package in self.lock.by_name.get(name, ())])

    @cached_property
    def members(self) -> Mapping[str, Package]:
        """Every project of the workspace by name."""
        return {package.name: package for package in (*self._members, *self.roots)}

    def chosen(self, selection: Selection) -> tuple[Package, ...]:
        """The projects that a selection starts from."""
        if selection.members:
            return tuple([self.members[name] for name in selection.members if name in self.members])
        return tuple(self.members.values()) if selection.everything else self.roots

    @cached_property
    def extras(self) -> frozenset[str]:
        """The extras that can be selected, empty ones included."""
        return self.extras_of(self.roots)

    @cached_property
    def groups(self) -> frozenset[str]:
        """The groups that can be selected, empty ones included."""
        return self.groups_of(self.roots) | frozenset(self.lock.manifest.dependency_groups)

    def extras_of(self, projects: Iterable[Package]) -> frozenset[str]:
        """The extras of some projects, empty ones included."""
        return frozenset([name for one in projects for name in (*one.optional_dependencies, *one.metadata.provides_extras)])

    def groups_of(self, projects: Iterable[Package]) -> frozenset[str]:
        """The groups of some projects, empty ones included."""
        return frozenset([name for one in projects for name in (*one.groups, *one.metadata.requires_dev)])

    def target(self, edge: Edge) -> Package:
        """The package that an edge means; raises Unreadable when there is none, or more than one."""
        found = [
            package
            for package in self.lock.by_name.get(edge.name, ())
            if (edge.version is None or package.version == edge.version) and (edge.source is None or package.source == edge.source)
        ]
        if len(found) != 1:
            place = self.lock.place(edge.at)
            told = f"no package `{edge.name}`" if not found else f"{len(found)} packages `{edge.name}` and does not say which"
            raise Unreadable(place.file, place.span, f"this dependency means {told}; run `uv lock`")
        return found[0]

    @cached_property
    def _arcs(self) -> Mapping[Node, tuple[Arc, ...]]:
        """The arcs that leave each node."""
        found: dict[Node, tuple[Arc, ...]] = {}
        for package in self.lock.packages:
            for extra, edges in (("", package.dependencies), *package.optional_dependencies.items()):
                origin = (package.number, extra)
                found[origin] = tuple([Arc(origin, None, self.target(edge), edge.extras, edge.marker, edge) for edge in edges])
        return found

    def leaving(self, node: Node) -> tuple[Arc, ...]:
        """The arcs of a package, or of one of its extras."""
        return self._arcs.get(node, ())

    def entering(self, selection: Selection) -> Iterator[Arc]:
        """The arcs of the project itself that a selection opens."""
        for root in self.chosen(selection):
            extras = root.optional_dependencies if selection.everything else selection.extras
            groups = root.groups if selection.everything else selection.groups
            opened = [(Section("dependencies", "", root), root.dependencies)]
            opened += [(Section("extra", name, root), root.optional_dependencies.get(name, ())) for name in extras]
            opened += [(Section("group", name, root), root.groups.get(name, ())) for name in groups]
            for section, edges in opened:
                for edge in edges:
                    yield Arc(None, section, self.target(edge), edge.extras, edge.marker, edge)
        own = self.lock.manifest.dependency_groups
        for name in () if selection.members else own if selection.everything else selection.groups:
            for requirement in own.get(name, ()):
                yield from self._required(Section("group", name), requirement)

    def _required(self, section: Section, requirement: Requirement) -> Iterator[Arc]:
        """A workspace root without a project has requirements instead of edges: they mean every package of the name."""
        for package in self.lock.by_name.get(requirement.name, ()):
            yield Arc(None, section, package, requirement.extras, requirement.marker, requirement)

    @cached_property
    def _under(self) -> Marker:
        return requires_python.of(self.lock)

    @cached_property
    def supported(self) -> Marker:
        """Where the lock is valid at all, beyond requires-python."""
        supported = [markers.parse(text) for text in self.lock.supported_markers]
        return markers.simplify(markers.or_(*supported), self._under) if supported else TRUE

    def within(self, target: str) -> Marker:
        """Where the lock is valid and a marker (none: always) holds; raises InvalidMarker."""
        return markers.and_(self.supported, markers.simplify(markers.parse(target), self._under)) if target else self.supported

    def applies(self, marker: str, target: str) -> bool:
        """Whether a marker that names no extra holds anywhere that the lock is valid and a target marker holds; raises InvalidMarker."""
        where = markers.simplify(markers.parse(marker), self._under) if marker else TRUE
        return markers.on_known_platforms(markers.and_(where, self.within(target))) is not FALSE

    @cached_property
    def _requested(self) -> frozenset[str]:
        """The conflict markers of extras that some dependency asks for."""
        arcs = [arc for some in self._arcs.values() for arc in some]
        arcs += self.entering(Selection(everything=True))
        return frozenset(extra_marker(arc.target.name, extra) for arc in arcs for extra in arc.extras)

    @cached_property
    def _sides(self) -> frozenset[str]:
        """The sides of every conflict, as made-up extras."""
        return frozenset(_side(one) for conflict in self.lock.conflicts for one in conflict)

    def sides(self, selected: frozenset[str] | None) -> frozenset[str]:
        """The sides of conflicts that stay open."""
        return self._sides if selected is None else frozenset()

    @cached_property
    def together(self) -> Marker:
        """That no two sides of one conflict are taken."""
        pairs = [pair for conflict in self.lock.conflicts for pair in combinations(dict.fromkeys(map(_side, conflict)), 2)]
        return markers.and_(*(markers.negate(markers.parse(f"extra == '{one}' and extra == '{other}'")) for one, other in pairs))

    def opening(self, section: Section) -> Marker:
        """Where, in a selection of everything, a part of a project is taken: a side of a conflict only when the others are not."""
        side = ""
        if section.member is not None:
            extra, group = (section.name if section.kind == kind else "" for kind in ("extra", "group"))
            side = _side(Conflict(section.member.name, extra, group))
        return markers.parse(f"extra == '{side}'") if side in self._sides else TRUE

    def condition(self, arc: Arc, selected: frozenset[str] | None) -> Marker:
        """Where an arc can be followed; still in terms of the extras whose activation depends on other paths.

        `selected` are the sides of conflicts that are taken; None leaves all of them open.
        """
        if not arc.marker and not isinstance(arc.edge, Requirement):
            return TRUE if arc.section is None or selected is not None else self.opening(arc.section)
        try:
            return self._condition(arc, selected)
        except markers.InvalidMarker as error:
            place = arc.place(self.lock)
            raise Unreadable(place.file, place.span, str(error)) from None

    def _condition(self, arc: Arc, selected: frozenset[str] | None) -> Marker:
        marker = markers.parse(arc.marker) if arc.marker else TRUE
        if isinstance(arc.edge, Requirement) and arc.target.resolution_markers:
            marker = markers.and_(marker, markers.or_(*map(markers.parse, arc.target.resolution_markers)))
        names = markers.extras_of(marker)
        if names:
            marker = markers.replace_extras(marker, {name: self._activation(arc, name, selected) for name in names})
        if selected is None and arc.section is not None:
            marker = markers.and_(marker, self.opening(arc.section))
        return markers.on_known_platforms(markers.simplify(marker, self._under))

    def _activation(self, arc: Arc, name: str, selected: frozenset[str] | None) -> Marker:
        own = {extra_marker(arc.target.name, extra) for extra in arc.extras}
        candidates = [name]
        if arc.origin is not None:  # a plain name is an extra of the package that depends
            candidates.append(extra_marker(self.lock.packages[arc.origin[0]].name, name))
        for candidate in candidates:
            if candidate in own or (selected is not None and candidate in selected):
                return TRUE
            if candidate in self._requested or (selected is None and candidate in self._sides):
                return markers.parse(f"extra == '{candidate}'")
        return FALSE


def extra_marker(package: str, extra: str) -> str:
    """The made-up extra that stands for a package's extra in conflict markers (crate uv-resolver-types, `universal_marker.rs`)."""
    return f"extra-{len(package)}-{package}-{extra}"


def _side(conflict: Conflict) -> str:
    """One side of a conflict as a made-up extra."""
    if conflict.extra:
        return extra_marker(conflict.package, conflict.extra)
    own = f"{len(conflict.package)}-{conflict.package}"
    return f"group-{own}-{conflict.group}" if conflict.group else f"project-{own}"
