"""One comparison as a diagram, normalised as uv does (crate uv-pep508, `algebra.rs`: `expression`).

`python_version` becomes `python_full_version`, `platform_system` becomes `sys_platform` where the values
correspond, versions compare by their release only, and a comparison without meaning is None: uv ignores
it with a warning.
"""

from typing import Any

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
    VERSION_STRING,
    Cut,
    Marker,
    Variable,
    combine,
    flag,
    holds_in,
    negation,
)
from policy_checks.lock.marker_syntax import Comparison, Release, release
from policy_checks.readers.names import is_name, normalized

_SYS_PLATFORM = {"Windows": "win32", "Darwin": "darwin", "Linux": "linux", "AIX": "aix", "Emscripten": "emscripten", "Android": "android"}


def comparison(comparison: Comparison) -> Marker | None:
    """None for a comparison that uv ignores with a warning."""
    key, operator, value = comparison.key, comparison.operator, comparison.value
    if key == "extra":
        if operator not in ("==", "!="):
            return None
        return flag((EXTRA, 0, normalized(value)), operator == "==") if is_name(value) else FALSE
    if key in ("extras", "dependency_groups"):
        name = normalized(value) if is_name(value) else value
        return flag((LISTED, int(key == "extras"), name), operator == "in")
    if key in ("python_version", *VERSION_KEYS):
        return _version_comparison(key, operator, value)
    if operator == "~=":
        return None
    return string_comparison(key, operator, value)


def string_comparison(key: str, operator: str, value: str) -> Marker:
    """A comparison of a key that holds text."""
    if operator in ("in", "not in", "contains", "not contains"):
        kind = CONTAINS if operator.endswith("contains") else IN
        return flag((kind, STRING_KEYS.index(key), value), not operator.startswith("not"))
    if key == "platform_system" and value in _SYS_PLATFORM:
        key, value = "sys_platform", _SYS_PLATFORM[value]
    variable = (STRING, STRING_KEYS.index(key), "")
    if key not in ("platform_release", "platform_version") and operator in ("<", ">", "<=", ">="):
        # Strings have no order (PEP 508): strict comparisons never hold, the others are equality.
        if operator in ("<", ">"):
            return FALSE
        operator = "=="
    as_text = holds_in(variable, *_range(operator, value))
    if key != "platform_release" or (pattern := release(value)) is None:
        return as_text
    # Darwin's kernel releases are versions; elsewhere the field holds arbitrary text.
    bounds = release_range(operator, pattern)
    if bounds is None:
        return as_text
    darwin = string_comparison("sys_platform", "==", "darwin")
    as_version = holds_in((VERSION_STRING, variable[1], ""), *bounds)
    return combine(combine(darwin, as_version, FALSE), combine(negation(darwin), as_text, FALSE), TRUE)


def _range(operator: str, value: Any) -> tuple[tuple[Cut, ...], tuple[bool, ...]]:
    """Cuts and truths of an ordered comparison with one value."""
    match operator:
        case "==":
            return ((value, 0), (value, 1)), (False, True, False)
        case "!=":
            return ((value, 0), (value, 1)), (True, False, True)
        case "<":
            return ((value, 0),), (True, False)
        case "<=":
            return ((value, 1),), (True, False)
        case ">":
            return ((value, 1),), (False, True)
        case _:
            return ((value, 0),), (False, True)


def trimmed(segments: tuple[int, ...]) -> tuple[int, ...]:
    """Without trailing zeros, so that tuples of segments compare as PEP 440 releases do."""
    while segments and not segments[-1]:
        segments = segments[:-1]
    return segments


def release_range(operator: str, pattern: Release) -> tuple[tuple[Cut, ...], tuple[bool, ...]] | None:
    """Cuts and truths of a PEP 440 clause; None when operator and version do not go together."""
    segments = pattern.segments
    if (pattern.local and operator not in ("==", "!=")) or (pattern.star and operator not in ("==", "!=")):
        return None
    if operator == "~=" and len(segments) < 2:
        return None
    if not pattern.star and operator != "~=":
        return _range(operator, trimmed(segments))
    fixed = segments if pattern.star else segments[:-1]
    above = (*fixed[:-1], fixed[-1] + 1)
    inside = operator != "!="
    return ((trimmed(segments), 0), (trimmed(above), 0)), (not inside, inside, not inside)


def _version_comparison(key: str, operator: str, value: str) -> Marker | None:
    variable: Variable = (VERSION, 0, "") if key == "implementation_version" else PYTHON
    if operator in ("in", "not in"):  # a list of versions, not the substring of PEP 508: uv's reading
        listed = [release(word) for word in value.split()]
        if not all(pattern and not pattern.star for pattern in listed):
            return None
        found = [_version_clause(key, variable, "==", pattern) for pattern in listed if pattern]
        if key == "python_version" and FALSE in found:
            return FALSE  # uv gives up on the whole list at a version with a patch level
        either = FALSE
        for marker in found:
            either = combine(either, marker or FALSE, TRUE)
        return either if operator == "in" else negation(either)
    pattern = release(value)
    return _version_clause(key, variable, operator, pattern) if pattern else None


def _version_clause(key: str, variable: Variable, operator: str, pattern: Release) -> Marker | None:
    bounds = release_range(operator, pattern)  # also says whether the clause is valid at all
    if bounds is None or key != "python_version":
        return None if bounds is None else holds_in(variable, *bounds)
    return _python_version(operator, pattern)


def _python_version(operator: str, pattern: Release) -> Marker:
    """A clause on `python_version`, which has two segments, as one on `python_full_version`."""
    segments = pattern.segments
    if pattern.star or operator == "~=":
        exact = 1 if pattern.star else 2  # so many segments mean the same for both variables
        if len(segments) > exact:
            if any(segments[2:]):
                return FALSE
            operator, pattern = "==" if operator == "~=" else operator, Release(segments[:2], star=True)
        return holds_in(PYTHON, *(release_range(operator, pattern) or ((), (False,))))
    short = trimmed(segments)
    exact_minor = len(short) <= 2
    major, minor = (*short[:2], 0, 0)[:2]
    here, above = trimmed((major, minor)), (major, minor + 1)
    match operator:
        case "==" | "!=":
            inside = operator == "=="
            if not exact_minor:
                return FALSE if inside else TRUE
            return holds_in(PYTHON, ((here, 0), (above, 0)), (not inside, inside, not inside))
        case "<" | ">=" if exact_minor:
            if not here:
                return FALSE if operator == "<" else TRUE
            return holds_in(PYTHON, *_range(operator, here))
        case "<" | "<=":
            return holds_in(PYTHON, *_range("<", above))
        case _:
            return holds_in(PYTHON, *_range(">=", above))
