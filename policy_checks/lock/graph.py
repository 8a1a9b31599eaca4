"""The graph of a lock: what a selection of extras and groups reaches, under which conditions, and by which paths.

Modelled on uv's own walk (crate uv-lock, `lock/export/mod.rs`): a package and each of its requested extras
are nodes of their own, markers are and-ed along a path and or-ed over paths, and the made-up extras that
stand for the sides of a conflict (`extra-7-project-dev`) are decided by the selection. Unlike uv, a marker
that only a platform that does not exist could satisfy (`sys_platform == 'never'`) is never satisfied.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from policy_checks.lock import markers
from policy_checks.lock.markers import FALSE, TRUE, Marker
from policy_checks.readers.uv_lock import Edge, Lock, Package, Requirement
from policy_checks.source import Span, Unreadable

# A package by its number in the lock, and one of its extras (empty: the package itself).
Node = tuple[int, str]

_MAX_PATHS, _MAX_STEPS = 100, 20_000  # for counting paths, whose number can be exponential
_MAX_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Selection:
    """Extras and groups (normalised names) of the project; its own dependencies always belong to it."""

    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """The part of a project that declares a dependency: its `dependencies`, an `extra` or a `group`."""

    kind: str
    name: str = ""
    member: Package | None = None  # None: the root of a workspace that is no project

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})" if self.name else self.kind


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """The last arc of a path that is being tried, the step before it, and where that one can be reached."""

    arc: Arc
    before: "_Step | None"
    where: Marker

    def path(self) -> Path:
        """The whole path that ends here."""
        arcs, step = [self.arc], self.before
        while step is not None:
            arcs.append(step.arc)
            step = step.before
        return Path(tuple(reversed(arcs)))


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
        return markers.from_requires_python(self.lock.requires_python)

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
        return frozenset(_extra_marker(arc.target.name, extra) for arc in arcs for extra in arc.extras)

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
        own = {_extra_marker(arc.target.name, extra) for extra in arc.extras}
        candidates = [name]
        if arc.origin is not None:  # a plain name is an extra of the package that depends
            candidates.append(_extra_marker(self.lock.packages[arc.origin[0]].name, name))
        for candidate in candidates:
            if candidate in selected or candidate in own:
                return TRUE
            if candidate in self._requested:
                return markers.parse(f"extra == '{candidate}'")
        return FALSE

    def closure(self, selection: Selection, *, own: bool = True) -> "Closure":
        """Everything that a selection reaches, with or without the project's own dependencies; raises Unreadable."""
        try:
            return Closure(self, selection, own)
        except markers.InvalidMarker as error:
            raise Unreadable(self.lock.file, Span(0, 0), f"its markers cannot be decided: {error}") from None


def _extra_marker(package: str, extra: str) -> str:
    """The made-up extra that stands for a package's extra in conflict markers (crate uv-resolver-types, `universal_marker.rs`)."""
    return f"extra-{len(package)}-{package}-{extra}"


class Closure:
    """What one selection reaches; `reached` says where (in the lock's own terms: requires-python is taken for granted)."""

    def __init__(self, graph: Graph, selection: Selection, own: bool) -> None:
        self.graph, self.selection = graph, selection
        self._conditions: dict[int, Marker] = {}
        self._selected = frozenset(self._sides())
        self._entering = tuple(arc for arc in graph.entering(selection) if own or (arc.section and arc.section.name))
        self._activations: dict[str, Marker] = {}
        symbolic = self._spread()
        self._activations = self._activate(symbolic)
        if self._activations:
            self._conditions.clear()
            symbolic = self._spread()
        self.reached: Mapping[Node, Marker] = symbolic

    def _sides(self) -> Iterator[str]:
        """The sides of conflicts that the selection takes, as made-up extras."""
        for root in self.graph.roots:
            yield f"project-{len(root.name)}-{root.name}"
            for extra in self.selection.extras:
                yield _extra_marker(root.name, extra)
            for group in self.selection.groups:
                yield f"group-{len(root.name)}-{root.name}-{group}"

    def condition(self, arc: Arc) -> Marker:
        """Where an arc can be followed under the selection."""
        found = self._conditions.get(id(arc))
        if found is None:
            found = self.graph.condition(arc, self._selected)
            if self._activations:
                found = markers.on_known_platforms(markers.replace_extras(found, self._activations))
            self._conditions[id(arc)] = found
        return found

    def _spread(self) -> dict[Node, Marker]:
        """The least fixed point of reachability."""
        reached: dict[Node, Marker] = {}
        waiting: deque[Node] = deque()
        start = self.graph.supported

        def follow(arc: Arc, where: Marker) -> None:
            along = markers.and_(where, self.condition(arc))
            for node in arc.nodes() if along is not FALSE else ():
                before = reached.get(node, FALSE)
                now = markers.or_(before, along)
                if now is not before:
                    reached[node] = now
                    waiting.append(node)

        for root in self.graph.roots:  # the project's own extras can be asked for by name, too
            reached.update({(root.number, extra): start for extra in self.selection.extras})
        for arc in self._entering:
            follow(arc, start)
        while waiting:
            node = waiting.popleft()
            for arc in self.graph.leaving(node):
                follow(arc, reached[node])
        return reached

    def _activate(self, reached: Mapping[Node, Marker]) -> dict[str, Marker]:
        """Where each extra that is named by a conflict marker and asked for by a dependency is active.

        The equations can refer to each other. One without a least solution (an extra that is active only
        where it is not) is taken to be both: a path too many is better than a ban that is missed.
        """
        wanted = {name for marker in reached.values() for name in markers.extras_of(marker)}
        packages = self.graph.lock.packages
        equations = dict.fromkeys(wanted, FALSE)
        for (number, extra), marker in reached.items():
            if extra and (name := _extra_marker(packages[number].name, extra)) in wanted:
                equations[name] = markers.or_(equations[name], marker)
        solved = dict.fromkeys(wanted, FALSE)
        for _ in range(_MAX_ROUNDS):
            better = {name: markers.replace_extras(marker, solved) for name, marker in equations.items()}
            if better == solved:
                return solved
            solved = better
        return {}

    @cached_property
    def packages(self) -> tuple[Package, ...]:
        """The packages reached, without the project itself, in the lock's order."""
        roots = {root.number for root in self.graph.roots}
        numbers = sorted({number for number, _extra in self.reached} - roots)
        return tuple([self.graph.lock.packages[number] for number in numbers])

    def shortest(self, package: Package) -> Path | None:
        """The path with the fewest steps along which all markers can hold at once; None when it is not reached."""
        seen: dict[Node, Marker] = {}
        waiting = deque([_Step(arc, None, self.graph.supported) for arc in self._entering])
        while waiting:
            step = waiting.popleft()
            where = markers.and_(step.where, self.condition(step.arc))
            if where is FALSE:
                continue
            if step.arc.target is package:
                return step.path()
            for node in step.arc.nodes():
                before = seen.get(node, FALSE)
                if not markers.implies(where, before):
                    seen[node] = markers.or_(before, where)
                    waiting.extend([_Step(arc, step, where) for arc in self.graph.leaving(node)])
        return None

    def paths(self, package: Package) -> Iterator[Path]:
        """Paths on which no node stands twice, depth first; ends early when the search takes too many steps."""
        leads = self._leading_to(package)
        trail: list[Node] = []  # the nodes of the path that is being tried
        waiting: list[tuple[int, Node | None, _Step]] = [(0, None, _Step(arc, None, self.graph.supported)) for arc in self._entering]
        waiting.reverse()
        for _ in range(_MAX_STEPS):
            if not waiting:
                return
            depth, node, step = waiting.pop()
            del trail[depth:]
            if node is not None:
                if node in trail:
                    continue
                trail.append(node)
            where = markers.and_(step.where, self.condition(step.arc))
            if where is FALSE:
                continue
            if step.arc.target is package:
                yield step.path()
                continue
            following = [(node, arc) for node in step.arc.nodes() if node in leads for arc in self.graph.leaving(node)]
            waiting += [(len(trail), node, _Step(arc, step, where)) for node, arc in reversed(following)]

    def _leading_to(self, package: Package) -> frozenset[Node]:
        """The nodes from which a package can be reached at all, so that a search enters no blind alley."""
        before: dict[Node, list[Node]] = {}
        for node in self.reached:
            for arc in self.graph.leaving(node):
                for target in arc.nodes():
                    before.setdefault(target, []).append(node)
        found: set[Node] = set()
        waiting = [node for node in self.reached if node[0] == package.number]
        while waiting:
            for node in before.get(waiting.pop(), ()):
                if node not in found:
                    found.add(node)
                    waiting.append(node)
        return frozenset(found)

    def count(self, package: Package) -> tuple[int, bool]:
        """How many paths lead to a package, and whether there are more than were counted."""
        number = 0
        for _path in self.paths(package):
            number += 1
            if number == _MAX_PATHS:
                return number, True
        return number, False
