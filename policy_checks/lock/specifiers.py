"""Version specifiers by the versions they accept, as uv 0.13 compares them (crates uv-pep440, uv-configuration).

A range is a sorted list of disjoint intervals between positions: just before (0) or just after (1) a
version, None for no bound. Bounds that PEP 440 puts between versions ("after every local version of 1.0")
are folded onto the least version above them, so that equal sets of versions are equal texts:

    ~=3.4   =   >=3.4,<4   =   [before 3.4, before 4.dev0)
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from policy_checks.record import record

if TYPE_CHECKING:
    from packaging.version import Version

Position = tuple["Version", int]
Interval = tuple[Position | None, Position | None]
Range = tuple[Interval, ...]

FULL: Range = ((None, None),)
_CLAUSE = re.compile(r"\s*(===|~=|==|!=|<=|>=|<|>)\s*([^\s,;()]+)\s*")
# Above every post release of a final version; no real version carries this number.
_LAST_POST = 2**62


class InvalidSpecifier(ValueError):
    """A text that is no version specifier."""


@record
class Clause:
    """One operator and version; `star` for a prefix (`==1.*`)."""

    operator: str
    version: "Version"
    star: bool = False

    @property
    def opts_into_prereleases(self) -> bool:
        """Whether it names a pre-release that it does not exclude."""
        return self.operator != "!=" and self.version.is_prerelease

    @property
    def is_pin(self) -> bool:
        """Whether it names exactly one version."""
        return self.operator in ("==", "===") and not self.star


@record
class Accepted:
    """What a specifier accepts: versions, pre-releases by name, and yanked releases (a lone pin)."""

    versions: Range
    prereleases: bool
    yanked: bool


@cache
def clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a specifier in their order; raises InvalidSpecifier."""
    text = text.strip()
    return tuple(_clause(part) for part in text.split(",")) if text else ()


def _clause(text: str) -> Clause:
    from packaging.version import InvalidVersion, Version

    match = _CLAUSE.fullmatch(text)
    if match is None:
        raise InvalidSpecifier(f"not a version specifier: `{text.strip()}`")
    operator, written = match.groups()
    star = written.endswith(".*")
    try:
        version = Version(written.removesuffix(".*"))
    except InvalidVersion:
        raise InvalidSpecifier(f"not a version: `{written}`") from None
    if star and operator not in ("==", "!="):
        raise InvalidSpecifier(f"`{operator}` goes with a version, not with a prefix: `{written}`")
    if star and (version.local or version.dev is not None):
        raise InvalidSpecifier(f"not a prefix: `{written}`")
    if version.local and operator not in ("==", "!=", "==="):
        raise InvalidSpecifier(f"`{operator}` does not go with a local version: `{written}`")
    if operator == "~=" and len(version.release) < 2:
        raise InvalidSpecifier(f"`~=` needs at least two release segments: `{written}`")
    return Clause(operator, version, star)


@cache
def accepted(text: str) -> Accepted:
    """The meaning of a specifier; raises InvalidSpecifier."""
    found = clauses(text)
    versions = FULL
    for clause in found:
        versions = _intersection(versions, _versions(clause))
    return Accepted(versions, any(clause.opts_into_prereleases for clause in found), is_lone_pin(text))


def is_lone_pin(text: str) -> bool:
    """Whether it is one `==` or `===` clause: such a requirement accepts a yanked version."""
    found = clauses(text)
    return len(found) == 1 and found[0].is_pin


def _versions(clause: Clause) -> Range:
    version = clause.version
    match clause.operator:
        case "==":
            return _floor((_prefix(version) if clause.star else _exactly(version),))
        case "===":
            return _floor((((version, 0), (version, 1)),))
        case "!=":
            return _complement(_floor((_prefix(version) if clause.star else _exactly(version),)))
        case "~=":
            *rest, last, _dropped = version.release
            return _floor((((version, 0), (_version(version.epoch, (*rest, last + 1), dev=0), 0)),))
        case "<":
            # PEP 440: `<V` does not accept pre-releases of V, unless V is one itself.
            top = version if version.is_prerelease else _changed(version, dev=0)
            return _floor(((None, (top, 0)),))
        case "<=":
            return _floor(((None, (_after_locals(version), 0)),))
        case ">":
            return _floor(((_above(version), None),))
        case _:
            return _floor((((version, 0), None),))


def _exactly(version: "Version") -> Interval:
    """A version and, where it names no local part, all of its local versions."""
    return ((version, 0), (version, 1)) if version.local else ((version, 0), (_after_locals(version), 0))


def _prefix(version: "Version") -> Interval:
    low = _changed(version, dev=0)
    if version.post is not None:
        return (low, 0), (_changed(version, post=version.post + 1, dev=0), 0)
    if version.pre is not None:
        return (low, 0), (_changed(version, pre=(version.pre[0], version.pre[1] + 1), dev=0), 0)
    *rest, last = version.release
    return (low, 0), (_version(version.epoch, (*rest, last + 1), dev=0), 0)


def _above(version: "Version") -> Position:
    """PEP 440: `>V` does not accept post-releases of V, unless V is one itself."""
    if version.dev is not None:
        return _changed(version, dev=version.dev + 1), 0
    if version.post is not None:
        return _after_locals(version), 0
    if version.pre is not None:
        return _changed(version, pre=(version.pre[0], version.pre[1] + 1), dev=0), 0
    return _changed(version, post=_LAST_POST), 1


def _after_locals(version: "Version") -> "Version":
    """The least version above a version and all its local versions."""
    if version.dev is not None:
        return _changed(version, dev=version.dev + 1)
    return _changed(version, post=0 if version.post is None else version.post + 1, dev=0)


_KEEP = object()


def _changed(version: "Version", *, pre: object = _KEEP, post: object = _KEEP, dev: object = _KEEP) -> "Version":
    """A version with some parts replaced, without its local part."""
    chosen = [own if given is _KEEP else given for own, given in ((version.pre, pre), (version.post, post), (version.dev, dev))]
    return _version(version.epoch, version.release, *chosen)


def _version(epoch: int, release: tuple[int, ...], pre: object = None, post: object = None, dev: object = None) -> "Version":
    from packaging.version import Version

    text = f"{epoch}!" + ".".join(map(str, release))
    if isinstance(pre, tuple):
        text += f"{pre[0]}{pre[1]}"
    if post is not None:
        text += f".post{post}"
    return Version(text if dev is None else f"{text}.dev{dev}")


def _floor(intervals: Range) -> Range:
    """Nothing is below `0.dev0`: a bound there is no bound."""
    return tuple(_floored(intervals))


def _floored(intervals: Range) -> Iterator[Interval]:
    least = _version(0, (0,), dev=0)
    for lower, upper in intervals:
        if upper is None or upper > (least, 0):
            yield None if lower is not None and lower <= (least, 0) else lower, upper


def _complement(intervals: Range) -> Range:
    found: list[Interval] = []
    lower: Position | None = None
    for start, end in intervals:
        if start is not None:
            found.append((lower, start))
        if end is None:
            return tuple(found)
        lower = end
    return (*found, (lower, None))


def _intersection(left: Range, right: Range) -> Range:
    found = []
    for start, end in left:
        for other_start, other_end in right:
            lower = start if other_start is None or (start is not None and start >= other_start) else other_start
            upper = end if other_end is None or (end is not None and end <= other_end) else other_end
            if lower is None or upper is None or lower < upper:
                found.append((lower, upper))
    return tuple(found)


def same_clauses(left: str, right: str) -> bool:
    """Whether both hold the same clauses; their order does not matter, implied ones do."""
    return _counted(left) == _counted(right)


def _counted(text: str) -> list[tuple["Version", str, bool]]:
    return sorted((clause.version, clause.operator, clause.star) for clause in clauses(text))


# A release with post and local part in their normal spelling: for these `packaging` need not be imported.
_PLAIN_VERSION = re.compile(
    r"([0-9]+(?:\.[0-9]+)*)((?:\.post(?:0|[1-9][0-9]*))?(?:\+(?:0|[1-9][0-9]*|[0-9]*[a-z][a-z0-9]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-z][a-z0-9]*))*)?)"
)


def canonical_version(text: str) -> str:
    """A version in the one spelling of all equal ones (`v1.0` is `1`); empty for none; raises InvalidSpecifier."""
    if plain := _PLAIN_VERSION.fullmatch(text):
        epoch, release, rest = 0, tuple(int(part) for part in plain[1].split(".")), plain[2] or ""
    elif not text:
        return ""
    else:
        from packaging.version import InvalidVersion, Version

        try:
            version = Version(text)
        except InvalidVersion:
            raise InvalidSpecifier(f"not a version: `{text}`") from None
        epoch, release, rest = version.epoch, version.release, str(version)[len(version.base_version) :]
    while len(release) > 1 and not release[-1]:
        release = release[:-1]
    return f"{epoch}!{'.'.join(map(str, release))}{rest}"
