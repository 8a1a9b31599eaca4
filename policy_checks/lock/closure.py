"""What a selection of extras and groups reaches in a lock, where, and by which paths."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from policy_checks.lock import markers
from policy_checks.lock.graph import Arc, Graph, Node, Path, Selection, extra_marker
from policy_checks.lock.markers import FALSE, Marker
from policy_checks.readers.uv_lock import Package
from policy_checks.record import record
from policy_checks.source import Span, Unreadable

_MAX_PATHS, _MAX_STEPS = 100, 20_000  # for counting paths, whose number can be exponential
_MAX_ROUNDS = 50  # for conflict markers that refer to each other


Last = Callable[[Arc], bool]


def any_arc(_arc: Arc) -> bool:
    """However a package is reached."""
    return True


def reach(graph: Graph, selection: Selection, *, own: bool = True, outside: Iterable[Arc] = ()) -> "Closure":
    """Everything that a selection reaches, with or without the project's own dependencies; raises Unreadable.

    `outside` are further dependencies that the project does not declare: those of requirements files.
    """
    try:
        return Closure(graph, selection, own=own, outside=outside)
    except markers.InvalidMarker as error:
        raise Unreadable(graph.lock.file, Span(0, 0), f"its markers cannot be decided: {error}") from None


@record(eq=False)
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


class Closure:
    """What one selection reaches; `reached` says where (in the lock's own terms: requires-python is taken for granted)."""

    def __init__(self, graph: Graph, selection: Selection, *, own: bool = True, outside: Iterable[Arc] = ()) -> None:
        self.graph, self.selection = graph, selection
        self._conditions: dict[int, Marker] = {}
        self._roots = graph.chosen(selection)
        self._selected = None if selection.everything else frozenset(self._sides())
        declared = [arc for arc in graph.entering(selection) if own or (arc.section and arc.section.name)]
        self._entering = (*declared, *outside)
        self._start = markers.and_(graph.within(selection.target), graph.together if selection.everything else markers.TRUE)
        self._activations: dict[str, Marker] = {}
        symbolic = self._spread()
        self._activations = self._activate(symbolic)
        if self._activations:
            self._conditions.clear()
            symbolic = self._spread()
        self.reached: Mapping[Node, Marker] = symbolic

    def _sides(self) -> Iterator[str]:
        """The sides of conflicts that the selection takes, as made-up extras."""
        for root in self._roots:
            yield f"project-{len(root.name)}-{root.name}"
            for extra in self.selection.extras:
                yield extra_marker(root.name, extra)
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
        start = self._start

        def follow(arc: Arc, where: Marker) -> None:
            along = markers.and_(where, self.condition(arc))
            for node in arc.nodes() if along is not FALSE else ():
                before = reached.get(node, FALSE)
                now = markers.or_(before, along)
                if now is not before:
                    reached[node] = now
                    waiting.append(node)

        for root in self._roots:  # the project's own extras can be asked for by name, too
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
        wanted = {name for marker in reached.values() for name in markers.extras_of(marker)} - self.graph.sides(self._selected)
        packages = self.graph.lock.packages
        equations = dict.fromkeys(wanted, FALSE)
        for (number, extra), marker in reached.items():
            if extra and (name := extra_marker(packages[number].name, extra)) in wanted:
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
        roots = {root.number for root in self._roots}
        numbers = sorted({number for number, _extra in self.reached} - roots)
        return tuple([self.graph.lock.packages[number] for number in numbers])

    def shortest(self, package: Package, last: Last = any_arc) -> Path | None:
        """The path with the fewest steps along which all markers can hold at once; None when there is none.

        `last` says which arcs may be its last one.
        """
        seen: dict[Node, Marker] = {}
        waiting = deque([_Step(arc, None, self._start) for arc in self._entering])
        while waiting:
            step = waiting.popleft()
            where = markers.and_(step.where, self.condition(step.arc))
            if where is FALSE:
                continue
            if step.arc.target is package and last(step.arc):
                return step.path()
            for node in step.arc.nodes():
                before = seen.get(node, FALSE)
                if not markers.implies(where, before):
                    seen[node] = markers.or_(before, where)
                    waiting.extend([_Step(arc, step, where) for arc in self.graph.leaving(node)])
        return None

    def paths(self, package: Package, last: Last = any_arc) -> Iterator[Path]:
        """Paths on which no node stands twice, depth first; ends early when the search takes too many steps."""
        leads = self._leading_to(package)
        trail: list[Node] = []  # the nodes of the path that is being tried
        waiting: list[tuple[int, Node | None, _Step]] = [(0, None, _Step(arc, None, self._start)) for arc in self._entering]
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
            if step.arc.target is package and last(step.arc):
                yield step.path()
                continue
            following = [(node, arc) for node in step.arc.nodes() if node in leads for arc in self.graph.leaving(node)]
            waiting += [(len(trail), node, _Step(arc, step, where)) for node, arc in reversed(following)]

    def _leading_to(self, package: Package) -> frozenset[Node]:
        """The nodes from which a package can be reached at all, so that a search enters no blind alley."""
        found: set[Node] = set()
        waiting = [node for node in self.reached if node[0] == package.number]
        while waiting:
            for node in self._before.get(waiting.pop(), ()):
                if node not in found:
                    found.add(node)
                    waiting.append(node)
        return frozenset(found)

    @cached_property
    def _before(self) -> Mapping[Node, list[Node]]:
        """The nodes from which one step leads to each node."""
        before: dict[Node, list[Node]] = {}
        for node in self.reached:
            for arc in self.graph.leaving(node):
                for target in arc.nodes():
                    before.setdefault(target, []).append(node)
        return before

    def count(self, package: Package, last: Last = any_arc) -> tuple[int, bool]:
        """How many paths lead to a package, and whether there are more than were counted."""
        number = 0
        for _path in self.paths(package, last):
            number += 1
            if number == _MAX_PATHS:
                return number, True
        return number, False
