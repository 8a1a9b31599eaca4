"""Markers as text (PEP 508): comparisons joined by `and` and `or`, read by `packaging`.

What uv writes into a lock is nearly always one plain form, which is read without importing
`packaging` (its import costs more than reading a whole lock).
"""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from policy_checks.record import record


class InvalidMarker(ValueError):
    """A text that is no marker, or one that cannot be decided within bounds."""


@record
class Comparison:
    """`key operator 'value'`; a reversed `'x' in key` has the operator `contains`."""

    key: str
    operator: str
    value: str


@record
class Joined:
    """Parts joined by `and` (a conjunction) or by `or`; without parts it has no meaning."""

    conjunction: bool
    parts: tuple["Expression", ...]


Expression: TypeAlias = Comparison | Joined


@record
class Release:
    """The release segments of a version, and whether `.*` follows or a local part was cut off."""

    segments: tuple[int, ...]
    star: bool = False
    local: bool = False


NOTHING = Joined(True, ())
_PLAIN = re.compile(r"([a-z_]+) (==|!=|<=?|>=?|~=|(?:not )?in) '([^'\\]*)'(?: (and|or) (?=[a-z])|$)")
_KEYS = frozenset([
    "os_name", "sys_platform", "platform_system", "platform_machine", "platform_python_implementation", "platform_release",
    "platform_version", "implementation_name", "implementation_version", "python_version", "python_full_version", "extra",
])  # fmt: skip
_REVERSED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "in": "contains", "not in": "not contains"}
_PLAIN_RELEASE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})*)(\.\*)?")


def parse(text: str) -> Expression:
    """The comparisons of a marker; raises InvalidMarker."""
    return _plain(text) or _grammar(text)


def _plain(text: str) -> Expression | None:
    alternatives: list[list[Expression]] = [[]]
    position = 0
    while position < len(text):
        match = _PLAIN.match(text, position)
        if match is None or match[1] not in _KEYS:
            return None
        alternatives[-1].append(Comparison(match[1], match[2], match[3]))
        if match[4] == "or":
            alternatives.append([])
        position = match.end()
    return _joined(alternatives) if alternatives[0] else None


def _joined(alternatives: list[list[Expression]]) -> Expression:
    parts = tuple([all_of[0] if len(all_of) == 1 else Joined(True, tuple(all_of)) for all_of in alternatives])
    return parts[0] if len(parts) == 1 else Joined(False, parts)


def _grammar(text: str) -> Expression:
    # Marker offers no public view of what it parsed, only evaluation; this module is the one place that looks inside.
    from packaging._parser import parse_marker
    from packaging._tokenizer import ParserSyntaxError

    try:
        # uv takes any white space between the parts, packaging only blanks and tabs.
        return _expression(parse_marker(re.sub(r"[\r\n\f\v]", " ", text)))
    except ParserSyntaxError as error:
        raise InvalidMarker(f"not a marker: {error.message}") from None


def _expression(parsed: Any) -> Expression:
    """From packaging's form: a triple, or a list of such forms with `and` and `or` between them."""
    from packaging._parser import Variable

    if isinstance(parsed, list):
        alternatives: list[list[Expression]] = [[]]
        for part in parsed:
            if part == "or":
                alternatives.append([])
            elif part != "and":
                alternatives[-1].append(_expression(part))
        return _joined(alternatives)
    left, operator, right = parsed
    if operator.value == "===":
        raise InvalidMarker("not a marker: uv knows no `===` there")
    if isinstance(left, Variable) and not isinstance(right, Variable):
        return Comparison(left.value, operator.value, right.value)
    if isinstance(right, Variable) and not isinstance(left, Variable):
        listed = right.value in ("extra", "extras", "dependency_groups")
        return Comparison(right.value, operator.value if listed else _REVERSED.get(operator.value, operator.value), left.value)
    return NOTHING  # two texts or two variables


def release(text: str) -> Release | None:
    """The release of a version or of a prefix `3.9.*`; None for what is no version (PEP 440)."""
    plain = _PLAIN_RELEASE.fullmatch(text)
    if plain:
        return Release(tuple([int(segment) for segment in plain[1].split(".")]), star=bool(plain[2]))
    from packaging.version import InvalidVersion, Version

    text, star = (text.strip().removesuffix(".*"), True) if text.strip().endswith(".*") else (text, False)
    try:
        version = Version(text)
    except InvalidVersion:
        return None
    return Release(version.release, star, version.local is not None)


def clauses(text: str) -> Iterator[tuple[str, Release]]:
    """The clauses of a specifier set as (operator, release); raises InvalidMarker."""
    for clause in filter(None, (part.strip() for part in text.split(","))):
        plain = re.fullmatch(r"(===|~=|[=!<>]=|<|>)\s*(\S+)", clause)
        found = release(plain[2]) if plain else None
        if plain is None or found is None:
            raise InvalidMarker(f"not a version specifier: {text!r}")
        yield plain[1], found
