"""Marker algebra: PEP 508 environment markers that are the same object when they mean the same.

The normalisation is uv's (crate uv-pep508), proven against its own test cases and its verdicts.
"""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from itertools import zip_longest

from policy_checks.lock import marker_syntax
from policy_checks.lock.marker_comparisons import comparison, release_range, trimmed
from policy_checks.lock.marker_diagram import (
    CONTAINS,
    EXTRA,
    FALSE,
    IN,
    LISTED,
    PYTHON,
    STRING,
    STRING_KEYS,
    TRUE,
    VERSION,
    VERSION_KEYS,
    Cut,
    Marker,
    Variable,
    combine,
    decision,
    holds_in,
    negation,
    with_children,
)
from policy_checks.lock.marker_platforms import canonicalized, on_known_platforms
from policy_checks.lock.marker_syntax import Comparison, Expression, InvalidMarker, release

__all__ = [
    "FALSE", "TRUE", "InvalidMarker", "Marker", "and_", "assume", "complexify", "disjoint", "equivalent", "evaluate", "extras_of",
    "from_requires_python", "implies", "negate", "on_known_platforms", "or_", "parse", "replace_extras", "restrict_extras", "simplify",
]  # fmt: skip


def and_(*markers: Marker) -> Marker:
    """Where all hold; TRUE for none."""
    result = TRUE
    for marker in markers:
        result = canonicalized(combine(result, marker, FALSE))
    return result


def or_(*markers: Marker) -> Marker:
    """Where one holds; FALSE for none."""
    result = FALSE
    for marker in markers:
        result = canonicalized(combine(result, marker, TRUE))
    return result


def negate(marker: Marker) -> Marker:
    """Where it does not hold."""
    return canonicalized(negation(marker))


def disjoint(x: Marker, y: Marker) -> bool:
    """Whether nothing satisfies both."""
    return and_(x, y) is FALSE


def implies(x: Marker, y: Marker) -> bool:
    """Whether the second holds wherever the first does."""
    return and_(x, negate(y)) is FALSE


def parse(text: str) -> Marker:
    """The meaning of a marker's text; raises InvalidMarker. A marker of meaningless comparisons only is TRUE, as in uv."""
    try:
        return _parse(text)
    except RecursionError:
        raise InvalidMarker("marker is nested too deeply") from None


@cache
def _parse(text: str) -> Marker:
    meant = _meaning(marker_syntax.parse(text))
    return TRUE if meant is None else canonicalized(meant)


def _meaning(expression: Expression) -> Marker | None:
    if isinstance(expression, Comparison):
        return comparison(expression)
    parts = [marker for part in expression.parts if (marker := _meaning(part)) is not None]
    absorbing = FALSE if expression.conjunction else TRUE
    while len(parts) > 1:  # neighbours first: every prefix of a long list would be a diagram of its own
        parts = [combine(x, y, absorbing) for x, y in zip_longest(parts[::2], parts[1::2], fillvalue=negation(absorbing))]
    return parts[0] if parts else None


@cache
def from_requires_python(text: str) -> Marker:
    """The range of a requires-python as uv bounds it: lowest to highest release, gaps (`!=`) and pre-releases ignored.

    TRUE when nothing satisfies the clauses; raises InvalidMarker for a text that is no specifier.
    """
    result = TRUE
    for operator, version in marker_syntax.clauses(text):
        bounds = release_range("==" if operator == "===" else operator, version)
        if bounds is None:
            raise InvalidMarker(f"not a version specifier: {text!r}")
        result = combine(result, holds_in(PYTHON, *bounds), FALSE)
    if result.is_false:
        return TRUE
    reached = [index for index, child in enumerate(result.children) if child is TRUE]
    if not reached:
        return TRUE
    lower = result.cuts[reached[0] - 1 : reached[0]] if reached[0] else ()
    upper = result.cuts[reached[-1] : reached[-1] + 1]
    return holds_in(PYTHON, (*lower, *upper), (*([False] * len(lower)), True, *([False] * len(upper))))


def simplify(marker: Marker, under: Marker) -> Marker:
    """The marker where a Python range is taken for granted; `under` comes from `from_requires_python`."""
    if under is TRUE:
        return marker
    if under is FALSE:
        return FALSE
    index = under.children.index(TRUE)
    lower, upper = under.cuts[index - 1] if index else None, under.cuts[index] if index < len(under.cuts) else None

    def narrow(node: Marker) -> Marker:
        if node.variable < PYTHON:
            return with_children(node, narrow)
        if node.variable != PYTHON:
            return node
        first = sum(lower is not None and cut <= lower for cut in node.cuts)
        last = sum(upper is None or cut < upper for cut in node.cuts)
        return decision(PYTHON, node.cuts[first:last], node.children[first : last + 1])

    return canonicalized(narrow(marker))


def complexify(marker: Marker, under: Marker) -> Marker:
    """The inverse of `simplify`: the marker together with the range that its text takes for granted."""
    return and_(marker, under)


def equivalent(x: Marker, y: Marker, under: Marker = TRUE) -> bool:
    """Whether both hold in the same environments of a Python range."""
    return x is y or simplify(x, under) is simplify(y, under)


def _restrict(marker: Marker, choose: Callable[[Variable, tuple[Cut, ...]], int | None]) -> Marker:
    """Replaces each node for whose variable a child is chosen by that child."""
    memo: dict[Marker, Marker] = {}

    def visit(node: Marker) -> Marker:
        if not node.cuts:
            return node
        if node not in memo:
            chosen = choose(node.variable, node.cuts)
            memo[node] = with_children(node, visit) if chosen is None else visit(node.children[chosen])
        return memo[node]

    return canonicalized(visit(marker))


def restrict_extras(marker: Marker, known: Mapping[str, bool], default: bool | None = None) -> Marker:
    """The marker once some extras (normalised names, conflict markers too) are known; `default` for all others."""

    def choose(variable: Variable, _cuts: tuple[Cut, ...]) -> int | None:
        if variable[0] != EXTRA:
            return None
        known_or_default = known.get(variable[2], default)
        return None if known_or_default is None else int(known_or_default)

    return _restrict(marker, choose)


def replace_extras(marker: Marker, conditions: Mapping[str, Marker]) -> Marker:
    """The marker with `extra == NAME` replaced by a condition of its own, for the names that are given."""
    memo: dict[Marker, Marker] = {}

    def visit(node: Marker) -> Marker:
        if not node.cuts:
            return node
        if node not in memo:
            condition = conditions.get(node.variable[2]) if node.variable[0] == EXTRA else None
            if condition is not None:
                low, high = map(visit, node.children)
                memo[node] = combine(combine(condition, high, FALSE), combine(negation(condition), low, FALSE), TRUE)
            else:
                memo[node] = _rebuilt(node, [visit(child) for child in node.children])
        return memo[node]

    return canonicalized(visit(marker))


def _rebuilt(node: Marker, children: list[Marker]) -> Marker:
    """The node over new children, which may test variables that come before its own."""
    if all(new is old for new, old in zip(children, node.children, strict=True)):
        return node
    result = FALSE
    for index, child in enumerate(children):
        truths = tuple([index == other for other in range(len(children))])
        result = combine(result, combine(holds_in(node.variable, node.cuts, truths), child, FALSE), TRUE)
    return result


@cache
def extras_of(marker: Marker) -> frozenset[str]:
    """The names that `extra == …` tests anywhere in it."""
    found, seen, waiting = set(), {marker}, [marker]
    while waiting:
        node = waiting.pop()
        if node.variable[0] == EXTRA:
            found.add(node.variable[2])
        fresh = set(node.children) - seen
        seen |= fresh
        waiting += fresh
    return frozenset(found)


def assume(marker: Marker, values: Mapping[str, str]) -> Marker:
    """The marker where some variables have known values (`sys_platform`: `linux`, `python_full_version`: `3.12.1`, …)."""
    versions = {key: pattern.segments for key, text in values.items() if (pattern := release(text))}

    def choose(variable: Variable, cuts: tuple[Cut, ...]) -> int | None:
        kind, position, constant = variable
        if kind in (EXTRA, LISTED):
            return None
        key = VERSION_KEYS[position] if kind == VERSION else STRING_KEYS[position]
        if key not in values:
            return None
        if kind == IN:
            return int(values[key] in constant)
        if kind == CONTAINS:
            return int(constant in values[key])
        if kind == STRING:
            return sum(cut <= (values[key], 0) for cut in cuts)
        return sum(cut <= (trimmed(versions[key]), 0) for cut in cuts) if key in versions else None

    return _restrict(marker, choose)


def evaluate(marker: Marker, values: Mapping[str, str], extras: Collection[str] = ()) -> bool:
    """Whether it holds in one environment that names every variable; extras (normalised) that are not given are off."""
    return restrict_extras(assume(marker, values), dict.fromkeys(extras, True), default=False) is TRUE
