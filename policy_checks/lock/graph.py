"""The graph of a lock: packages, their extras, and the conditions of what leads from one to the other.

Modelled on uv's own walk (crate uv-lock, `lock/export/mod.rs`): a package and each of its requested extras
are nodes of their own, markers are and-ed along a path and or-ed over paths, and the made-up extras that
stand for the sides of a conflict (`extra-7-project-dev`) are decided by the selection. Unlike uv, a marker
that only a platform that does not exist could satisfy (`sys_platform == 'never'`) is never satisfied.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from policy_checks.lock import markers, requires_python
from policy_checks.lock.markers import FALSE, TRUE, Marker
from policy_checks.readers.uv_lock import Edge, Lock, Package, Requirement
from policy_checks.record import record
from policy_checks.source import Unreadable

# A package by its number in the lock, and one of its extras (empty: the package itself).
Node = tuple[int, str]


@record
class Selection:
    """Extras and groups (normalised names) of the project; its own dependencies always belong to it."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@record
class Section:
    """The part of a project that declares a dependency: its `dependencies`, an `extra` or a `group`."""

    kind: str
    name: str = ""
    member: Package | None = None  # None: the root of a workspace that is no project

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})" if self.name else self.kind


@record
class Arc:
    """A dependency that can be followed: from a node to a package and the extras asked of it."""

    origin: Node | None  # None: the project itself, at `section`
    section: Section | None
    target: Package
    extras: tuple[str, ...]
    marker: str  # as written
    edge: Edge | Requirement

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
        return tuple([package for name in self.lock.manifest.members for package in self.lock.by_name.get(name, ())])

    @cached_property
    def extras(self) -> frozenset[str]:
        """The extras that can be selected, empty ones included."""
        found = [(*root.optional_dependencies, *root.metadata.provides_extras) for root in self.roots]
        return frozenset(name for names in found for name in names)

    @cached_property
    def groups(self) -> frozenset[str]:
        """The groups that can be selected, empty ones included."""
        found = [(*root.groups, *root.metadata.requires_dev) for root in self.roots]
        return frozenset([*(name for names in found for name in names), *self.lock.manifest.dependency_groups])

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
        for root in self.roots:
            opened = [(Section("dependencies", "", root), root.dependencies)]
            opened += [(Section("extra", name, root), root.optional_dependencies.get(name, ())) for name in selection.extras]
            opened += [(Section("group", name, root), root.groups.get(name, ())) for name in selection.groups]
            for section, edges in opened:
                for edge in edges:
                    yield Arc(None, section, self.target(edge), edge.extras, edge.marker, edge)
        for name in selection.groups:
            for requirement in self.lock.manifest.dependency_groups.get(name, ()):
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

    @cached_property
    def _requested(self) -> frozenset[str]:
        """The conflict markers of extras that some dependency asks for."""
        arcs = [arc for some in self._arcs.values() for arc in some]
        arcs += self.entering(Selection(tuple(self.extras), tuple(self.groups)))
        return frozenset(extra_marker(arc.target.name, extra) for arc in arcs for extra in arc.extras)

    def condition(self, arc: Arc, selected: frozenset[str]) -> Marker:
        """Where an arc can be followed; still in terms of the extras whose activation depends on other paths."""
        if not arc.marker and not isinstance(arc.edge, Requirement):
            return TRUE
        try:
            return self._condition(arc, selected)
        except markers.InvalidMarker as error:
            place = self.lock.place(arc.edge.at)
            raise Unreadable(place.file, place.span, str(error)) from None

    def _condition(self, arc: Arc, selected: frozenset[str]) -> Marker:
        marker = markers.parse(arc.marker) if arc.marker else TRUE
        if isinstance(arc.edge, Requirement) and arc.target.resolution_markers:
            marker = markers.and_(marker, markers.or_(*map(markers.parse, arc.target.resolution_markers)))
        names = markers.extras_of(marker)
        if names:
            marker = markers.replace_extras(marker, {name: self._activation(arc, name, selected) for name in names})
        return markers.on_known_platforms(markers.simplify(marker, self._under))

    def _activation(self, arc: Arc, name: str, selected: frozenset[str]) -> Marker:
        own = {extra_marker(arc.target.name, extra) for extra in arc.extras}
        candidates = [name]
        if arc.origin is not None:  # a plain name is an extra of the package that depends
            candidates.append(extra_marker(self.lock.packages[arc.origin[0]].name, name))
        for candidate in candidates:
            if candidate in selected or candidate in own:
                return TRUE
            if candidate in self._requested:
                return markers.parse(f"extra == '{candidate}'")
        return FALSE


def extra_marker(package: str, extra: str) -> str:
    """The made-up extra that stands for a package's extra in conflict markers (crate uv-resolver-types, `universal_marker.rs`)."""
    return f"extra-{len(package)}-{package}-{extra}"
