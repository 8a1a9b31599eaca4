"""Reduced ordered decision diagrams over environment markers: the nodes and what combines them.

Every variable is an ordered domain, cut into ranges that lead to the children of its node:

    python_full_version   cuts  just before 3.9, just before 3.12
                          children  FALSE | sys_platform … | TRUE

Two diagrams of one function are one object (as in uv, crate uv-pep508, `marker/algebra.rs`).
"""

from collections.abc import Callable
from typing import Any

from policy_checks.lock.marker_syntax import InvalidMarker
from policy_checks.record import record

# A boundary of the domain: just before (0) or just after (1) a value, which is a string or a
# release; the values of one variable are all of one type, so that tuples compare.
Cut = tuple[Any, int]
# Order of decisions: kind, position of the key within the kind, constant. Platform keys come
# first (the exclusions below rely on it), extras last.
Variable = tuple[int, int, str]

STRING, VERSION_STRING, VERSION, IN, CONTAINS, EXTRA, LISTED, TERMINAL = range(8)
STRING_KEYS = (
    "os_name", "sys_platform", "platform_system", "platform_machine", "platform_python_implementation",
    "platform_release", "platform_version", "implementation_name",
)  # fmt: skip
VERSION_KEYS = ("implementation_version", "python_full_version")
PYTHON: Variable = (VERSION, 1, "")
LAST_PLATFORM_KEY: Variable = (STRING, 2, "")

# A hostile marker can need exponentially many nodes, and a chain of variables as deep as the stack;
# honest locks need a few hundred nodes, and a few variables in a row.
_MAX_NODES, _MAX_HEIGHT = 200_000, 100


@record(eq=False)
class Marker:
    """A node of the diagram, made only by this module: equal meaning is equal identity."""

    variable: Variable
    cuts: tuple[Cut, ...]
    children: tuple["Marker", ...]  # one more than cuts
    height: int = 0  # variables in a row, at most
    mixed: bool = False  # tests several platform keys, so that the exclusions may matter

    @property
    def is_true(self) -> bool:
        """Whether it holds everywhere."""
        return self is TRUE

    @property
    def is_false(self) -> bool:
        """Whether it holds nowhere."""
        return self is FALSE


TRUE = Marker((TERMINAL, 1, ""), (), ())
FALSE = Marker((TERMINAL, 0, ""), (), ())

_nodes: dict[tuple[Variable, tuple[Cut, ...], tuple[Marker, ...]], Marker] = {}
_combined: dict[tuple[Marker, Marker, Marker], Marker] = {}
_negated: dict[Marker, Marker] = {TRUE: FALSE, FALSE: TRUE}


def decision(variable: Variable, cuts: tuple[Cut, ...], children: tuple[Marker, ...]) -> Marker:
    """The node of a variable, or its only child where all children agree; raises InvalidMarker beyond the bounds."""
    kept = [index for index in range(len(cuts)) if children[index] is not children[index + 1]]
    if not kept:
        return children[0]
    key = (variable, tuple([cuts[index] for index in kept]), (*[children[index] for index in kept], children[kept[-1] + 1]))
    found = _nodes.get(key)
    if found is None:
        height = 1 + max([child.height for child in key[2]])
        if len(_nodes) >= _MAX_NODES or height > _MAX_HEIGHT:
            raise InvalidMarker("marker tests too many things at once to be decided")
        mixed = variable <= LAST_PLATFORM_KEY and any(child.variable <= LAST_PLATFORM_KEY for child in key[2])
        found = _nodes[key] = Marker(*key, height, mixed)
    return found


def with_children(marker: Marker, change: Callable[[Marker], Marker]) -> Marker:
    """The node with each child changed; what comes of a child tests later variables only."""
    return decision(marker.variable, marker.cuts, tuple([change(child) for child in marker.children]))


def overlay(x: Marker, y: Marker, merge: Callable[[Marker, Marker], Marker]) -> Marker:
    """Merges two nodes of one variable, range by range."""
    cuts: list[Cut] = []
    children = [merge(x.children[0], y.children[0])]
    i = j = 0
    while i < len(x.cuts) or j < len(y.cuts):
        cut = min((*x.cuts[i : i + 1], *y.cuts[j : j + 1]))
        i += i < len(x.cuts) and x.cuts[i] == cut
        j += j < len(y.cuts) and y.cuts[j] == cut
        cuts.append(cut)
        children.append(merge(x.children[i], y.children[j]))
    return decision(x.variable, tuple(cuts), tuple(children))


def combine(x: Marker, y: Marker, absorbing: Marker) -> Marker:
    """Conjunction (FALSE absorbs) or disjunction (TRUE absorbs)."""
    if x is absorbing or y is absorbing:
        return absorbing
    if x is y or not y.cuts:
        return x
    if not x.cuts:
        return y
    found = _combined.get((x, y, absorbing))
    if found is None:
        if x.variable < y.variable:
            found = decision(x.variable, x.cuts, tuple([combine(child, y, absorbing) for child in x.children]))
        elif x.variable > y.variable:
            found = decision(y.variable, y.cuts, tuple([combine(x, child, absorbing) for child in y.children]))
        else:
            found = overlay(x, y, lambda a, b: combine(a, b, absorbing))
        _combined[x, y, absorbing] = _combined[y, x, absorbing] = found
    return found


def negation(marker: Marker) -> Marker:
    """The complement."""
    found = _negated.get(marker)
    if found is None:
        found = _negated[marker] = with_children(marker, negation)
        _negated[found] = marker
    return found


def holds_in(variable: Variable, cuts: tuple[Cut, ...], truths: tuple[bool, ...]) -> Marker:
    """Holds in some of the ranges that the cuts make."""
    return decision(variable, cuts, tuple([TRUE if truth else FALSE for truth in truths]))


def flag(variable: Variable, wanted: bool) -> Marker:
    """A variable that is either on or off."""
    return holds_in(variable, ((1, 0),), (not wanted, wanted))
