"""Extras that refer to their own package, written out in full as some build backends do (uv: `FlatRequiresDist`)."""

from collections import deque

from policy_checks.lock.markers import FALSE, Marker, and_, extras_of, negate, restrict_extras
from policy_checks.lock.requirements import Requirement, meaning
from policy_checks.record import replace


def flattened(requirements: list[Requirement], name: str) -> list[Requirement]:
    """`all = ["me[a]"]` replaced by what the extra `a` requires; a version of the package itself is kept as a constraint."""
    if all(requirement.name != name for requirement in requirements):
        return requirements
    found = list(requirements)
    seen: set[tuple[str, Marker]] = set()
    queue = deque((extra, meaning(some)) for some in found if some.name == name for extra in some.extras)
    while queue:
        extra, marker = queue.popleft()
        if (extra, marker) in seen:
            continue
        seen.add((extra, marker))
        for requirement in requirements:
            inner = and_(marker, _for_extra(meaning(requirement), extra))
            if inner is FALSE:
                continue
            found.append(replace(requirement, marker=inner))
            if requirement.name == name:
                queue.extend((other, inner) for other in requirement.extras)
    constraints = [replace(some, extras=()) for some in found if some.name == name and (some.specifier or some.origin.kind != "registry")]
    return [some for some in found if some.name != name] + constraints


def _for_extra(marker: Marker, extra: str) -> Marker:
    """Where a requirement applies because of one extra, and not without it."""
    production = _without(marker, extras_of(marker))
    chosen = restrict_extras(marker, {extra: True})
    return and_(_without(chosen, extras_of(chosen) - {extra}), negate(production))


def _without(marker: Marker, extras: frozenset[str]) -> Marker:
    return restrict_extras(marker, dict.fromkeys(extras, False))
