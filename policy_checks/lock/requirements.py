"""Requirements in comparable form: what is declared, what the lock remembers, and when the two mean the same.

Equal texts are equal, which decides nearly everything without parsing a version or a marker. What is
left is compared as uv does (crate uv-configuration, `normalized_requirements.rs`): entries of one name
are laid over one another in marker space, where extras unite and accepted versions intersect.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from policy_checks.lock import markers, specifiers, urls
from policy_checks.lock.markers import FALSE, TRUE, Marker, and_, extras_of, negate, or_
from policy_checks.readers.names import normalized
from policy_checks.readers.table import Text
from policy_checks.record import record, replace

_VERSION = r"v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?"
_CLAUSE = rf"(?:[=!]=\s*[0-9]+(?:\.[0-9]+)*\.\*|(?:[=!<>]=|===|[<>])\s*{_VERSION}|~=\s*[0-9]+\.{_VERSION})"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
# The plain form, in which nearly every requirement is written; `packaging`, whose import costs more
# than reading a whole lock, reads all others.
_SPECIFIER = re.compile(rf"(?:{_CLAUSE}(?:\s*,\s*{_CLAUSE})*)?")
_PLAIN = re.compile(
    rf"\s*({_NAME})\s*(?:\[\s*((?:{_NAME}\s*(?:,\s*{_NAME}\s*)*)?)\]\s*)?"
    r"(?:([^;()\s][^;()]*[^;()\s])?|\(\s*([^;()\s][^;()]*[^;()\s])?\s*\))\s*(?:;\s*(\S.*\S)\s*)?"
)

# What uv mends in `[project]` before it gives up (crate uv-pypi-types, `lenient_requirement.rs`).
_MENDED = (
    (r"(\d)([<>=~^!])", r"\1,\2"),
    (r"!=~((?:\d\.)*\d)", r"!=\1.*"),
    (r"(<=|>=|<|>)\s*(\d+(\.\d+)*)\.\*", r"\1\2"),
    (r"(\d\.\d)+\*", r"\1.*"),
    (r",\s*$", ""),
    (r">dev", ">0.0.0dev"),
    (r"(\d+(\.\d)*(a|b|rc|post|dev)\d+)\.0", r"\1"),
    (r"^[^;]*", lambda match: match[0].replace("'", "").replace('"', "")),
)


@record
class Declared:
    """A PEP 508 requirement as written; `extra` is the extra that it was declared for."""

    name: str
    extras: tuple[str, ...]
    specifier: str
    marker: str
    url: str
    written: Text
    extra: str = ""


@record
class Origin:
    """Where a requirement is satisfied from. Kinds: registry (location: its index, empty for any), git, url, path, directory."""

    kind: str = "registry"
    location: str = ""
    reference: tuple[str, str] = ("", "")  # of git: rev, tag or branch, and its name
    subdirectory: str = ""
    editable: bool = False
    virtual: bool = False
    lfs: bool = False
    conflict: tuple[str, str, str] = ("", "", "")  # of an index that holds for one extra or group: package, extra, group


ANY_INDEX = Origin()


@record
class Requirement:
    """A requirement after its source was taken into account; a marker is text until its meaning is needed."""

    name: str
    extras: tuple[str, ...]
    specifier: str
    marker: str | Marker
    origin: Origin = ANY_INDEX
    written: Text | None = None  # None: in the lock
    at: tuple[str | int, ...] = ()  # in the lock

    def __str__(self) -> str:
        """PEP 508, as near as its source allows."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        where = "" if self.origin.kind == "registry" else f" @ {self.origin.kind} {self.origin.location}"
        if self.origin.reference[0]:
            where += f" ({' '.join(self.origin.reference)})"
        if self.origin.kind == "directory":
            where += " (editable)" if self.origin.editable else " (virtual)" if self.origin.virtual else ""
        if self.origin.kind == "registry" and self.origin.location:
            where = f" (index {self.origin.location})"
        marker = f" ; {self.marker}" if isinstance(self.marker, str) and self.marker else ""
        return f"{self.name}{extras}{self.specifier.replace(' ', '')}{where}{marker}"


def parse(written: Text, *, lenient: bool = False, extra: str = "") -> Declared:
    """A declared requirement; raises Unreadable for a text that is none."""
    text = written.text
    try:
        return _parse(text, written, extra)
    except ValueError as error:
        for pattern, mended in _MENDED if lenient else ():
            text = re.sub(pattern, mended, text)
            try:
                return _parse(text, written, extra)
            except ValueError:
                continue
        raise written.refused(f"not a requirement: {error}") from None


def _parse(text: str, written: Text, extra: str) -> Declared:
    declared = _read(text, written, extra)
    if declared.marker:
        markers.parse(declared.marker)
    return declared


def _read(text: str, written: Text, extra: str) -> Declared:
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        name, extras, bare, enclosed, marker = plain.groups()
        specifier = bare or enclosed or ""
        if _SPECIFIER.fullmatch(specifier):
            return Declared(normalized(name), _extras((extras or "").split(",")), specifier, marker or "", "", written, extra)
    from packaging.requirements import InvalidRequirement, Requirement as Parsed

    try:
        parsed = Parsed(text)
    except InvalidRequirement as error:
        raise ValueError(str(error).splitlines()[0]) from None
    if parsed.url is None and text.partition(";")[0].rstrip(" )").endswith(","):
        raise ValueError("a comma with nothing behind it")  # packaging lets it pass, uv does not
    specifier = str(parsed.specifier)
    specifiers.clauses(specifier)
    if parsed.url is not None:
        urls.check_reference(parsed.url)
    marker = text.partition(";")[2].strip() if parsed.url is None else str(parsed.marker or "")
    return Declared(normalized(parsed.name), _extras(parsed.extras), specifier, marker, parsed.url or "", written, extra)


def _extras(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({normalized(name.strip()) for name in names if name.strip()}))


def marker_text(declared: Declared) -> str:
    """The marker as the lock would have it: with the condition of the extra that the requirement was declared for."""
    marker = declared.marker
    if '"' in marker and "'" not in marker:
        marker = marker.replace('"', "'")
    if not declared.extra:
        return marker
    own = f"extra == '{declared.extra}'"
    if not marker:
        return own
    return f"({marker}) and {own}" if " or " in marker else f"{marker} and {own}"


def meaning(requirement: Requirement) -> Marker:
    """Where a requirement applies; raises InvalidMarker for a locked marker that is none."""
    marker = requirement.marker
    if isinstance(marker, Marker):
        return marker
    return markers.parse(marker) if marker else TRUE


@record
class Change:
    """One name whose declared and locked requirements differ; one of the two may be empty."""

    name: str
    declared: tuple[Requirement, ...]
    locked: tuple[Requirement, ...]


def changes(declared: Iterable[Requirement], locked: Iterable[Requirement], under: Marker) -> Iterator[Change]:
    """The names whose requirements do not mean the same under the lock's Python range."""
    left, right = _by_name(declared), _by_name(locked)
    for name in sorted({*left, *right}):
        mine, theirs = left.get(name, ()), right.get(name, ())
        if not same(mine, theirs, under):
            yield Change(name, mine, theirs)


def same(declared: Iterable[Requirement], locked: Iterable[Requirement], under: Marker) -> bool:
    """Whether two lists of requirements on one package mean the same."""
    left, right = list(declared), list(locked)
    texts = _texts(left), _texts(right)
    if texts[0] == texts[1] or Counter(texts[0]) == Counter(texts[1]):
        return True
    return bool(left) == bool(right) and _meanings(left, under) == _meanings(right, under)


def _by_name(requirements: Iterable[Requirement]) -> dict[str, tuple[Requirement, ...]]:
    found: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        found.setdefault(requirement.name, []).append(requirement)
    return {name: tuple(some) for name, some in found.items()}


def _texts(requirements: list[Requirement]) -> list[tuple[object, ...]]:
    return [(some.extras, "".join(some.specifier.split()), some.marker, some.origin) for some in requirements]


def _meanings(requirements: list[Requirement], under: Marker) -> Counter[tuple[object, ...]]:
    simplified = [replace(some, marker=markers.simplify(meaning(some), under)) for some in requirements]
    if len(simplified) > 1:
        simplified = list(_merged(simplified))
    return Counter((_key(some), meaning(some)) for some in simplified)


def _key(requirement: Requirement) -> tuple[object, ...]:
    """Everything but the marker, by meaning."""
    registry = requirement.origin.kind == "registry"
    return requirement.extras, requirement.origin, specifiers.accepted(requirement.specifier) if registry else None


def _merged(requirements: list[Requirement]) -> Iterator[Requirement]:
    """Entries of one source combined over disjoint regions of marker space.

    A lone pin stays apart, since it accepts a yanked release, and so does an entry whose marker names
    an extra: an override keeps such a condition.
    """
    groups: dict[tuple[object, ...], list[Requirement]] = {}
    for requirement in requirements:
        marker = meaning(requirement)
        pinned = requirement.origin.kind == "registry" and specifiers.is_lone_pin(requirement.specifier)
        pin = specifiers.accepted(requirement.specifier) if pinned else None
        groups.setdefault((pinned, requirement.origin, marker if extras_of(marker) else TRUE, pin), []).append(requirement)
    for key, group in groups.items():
        yield from _regions(group, pinned=bool(key[0]))


def _regions(requirements: list[Requirement], *, pinned: bool) -> list[Requirement]:
    regions: list[Requirement] = []
    for requirement in requirements:
        marker = remaining = meaning(requirement)
        following: list[Requirement] = []
        for region in regions:
            here = meaning(region)
            overlap = and_(here, marker)
            if overlap is FALSE:
                following.append(region)
                continue
            remaining = and_(remaining, negate(here))
            outside = and_(here, negate(marker))
            if outside is not FALSE:
                following.append(replace(region, marker=outside))
            both = ",".join(filter(None, (region.specifier, "" if pinned else requirement.specifier)))
            extras = tuple(sorted({*region.extras, *requirement.extras}))
            following.append(replace(region, marker=overlap, specifier=both, extras=extras))
        if remaining is not FALSE or marker is FALSE:
            following.append(replace(requirement, marker=remaining))
        regions = _coalesced(following)
    return regions


def _coalesced(regions: list[Requirement]) -> list[Requirement]:
    """Regions with one meaning become one; a region that is nowhere disappears into it."""
    found: dict[tuple[object, ...], Requirement] = {}
    for region in regions:
        key = _key(region)
        found[key] = replace(found[key], marker=or_(meaning(found[key]), meaning(region))) if key in found else region
    return list(found.values())
