"""What changed between two locks, as a reviewer wants it: by package, with what must not pass unseen told apart.

Under one version of one source neither hash nor host of an artifact ever changes by itself: such a change is an alarm, and so is
another source under the same version.
"""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from policy_checks.readers.uv_lock import Artifact, Edge, Lock, Package, Source


class Kind(StrEnum):
    """What happened to a package, in the order of the report."""

    SOURCE = "source"  # from elsewhere, under the same version
    ARTIFACTS = "artifacts"  # the same version from the same source with other files
    ADDED = "added"
    REMOVED = "removed"
    UPGRADED = "upgraded"
    DOWNGRADED = "downgraded"
    DEPENDENCIES = "dependencies"  # only what it depends on
    FORKS = "forks"  # only where it is used


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one package: before is None for an added one, after for a removed one.

    `alarms` have to be looked at by a human, `notes` are the rest of what differs.
    """

    kind: Kind
    before: Package | None
    after: Package | None
    alarms: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The package's name."""
        package = self.after or self.before
        assert package is not None  # one of them is there
        return package.name


@dataclass(frozen=True, slots=True)
class Setting:
    """A value at the head of the lock that changed, as text."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that differs between two locks."""

    settings: tuple[Setting, ...]
    packages: tuple[Change, ...]


def compare(before: Lock | None, after: Lock | None) -> Changes:
    """The changes from one lock to another; None where there is no lock. Raises Unreadable for a malformed artifact."""
    names = sorted({*(before.by_name if before else ()), *(after.by_name if after else ())})
    found = []
    for name in names:
        old, new = (side.by_name.get(name, ()) if side else () for side in (before, after))
        for pair in _pairs(old, new):
            change = _change(pair, before, after)
            found += [change] if change else []
    kinds = list(Kind)
    return Changes(tuple(_settings(before, after)), tuple(sorted(found, key=lambda change: (not change.alarms, kinds.index(change.kind)))))


_Pair = tuple[Package | None, Package | None]


def _pairs(before: Iterable[Package], after: Iterable[Package]) -> Iterator[_Pair]:
    """The packages of one name side by side: the forks of a resolution are matched by what they have in common.

    What is left when nothing matches any more is paired in order, which is that of the versions.
    """
    old, new = list(before), list(after)
    matches: tuple[Callable[[Package, Package], bool], ...] = (
        lambda one, other: (one.version, one.source) == (other.version, other.source),
        lambda one, other: one.version == other.version,
        lambda one, other: bool(one.resolution_markers) and one.resolution_markers == other.resolution_markers,
        lambda one, other: one.source == other.source and len(old) == len(new),
    )
    for match in matches:
        for package in tuple(old):
            if other := next((candidate for candidate in new if match(package, candidate)), None):
                old.remove(package)
                new.remove(other)
                yield package, other
    shared = min(len(old), len(new))
    yield from zip(old[:shared], new[:shared], strict=True)
    yield from ((package, None) for package in old[shared:])
    yield from ((None, package) for package in new[shared:])


def _change(pair: _Pair, before: Lock | None, after: Lock | None) -> Change | None:
    old, new = pair
    if old is None or new is None:
        return Change(Kind.ADDED if old is None else Kind.REMOVED, old, new)
    assert before is not None and after is not None  # each holds one of the two
    notes = tuple(_notes(old, new))
    if old.version != new.version:
        source = (f"source changed: {shown(old.source)} → {shown(new.source)}",) if _moved(old.source, new.source) else ()
        return Change(_direction(old.version, new.version), old, new, (), (*source, *notes))
    if old.source != new.source:
        return Change(Kind.SOURCE, old, new, (f"source changed under the same version: {shown(old.source)} → {shown(new.source)}",), notes)
    alarms, files = _files(before.artifacts(old), after.artifacts(new))
    if alarms or files:
        return Change(Kind.ARTIFACTS, old, new, alarms, (*files, *notes))
    if notes:
        return Change(Kind.DEPENDENCIES, old, new, (), notes)
    if old.resolution_markers != new.resolution_markers:
        return Change(Kind.FORKS, old, new)
    return None


def _moved(old: Source, new: Source) -> bool:
    """Whether a package comes from elsewhere, and not only from another commit."""
    return (old.kind, old.url) != (new.kind, new.url)


def shown(source: Source) -> str:
    """A source as text."""
    return f"{source.kind} {source.location}" + (f" ({source.subdirectory})" if source.subdirectory else "")


def _direction(old: str | None, new: str | None) -> Kind:
    """Upgrade or downgrade (PEP 440); to and from a dynamic version or an invalid one counts as an upgrade."""
    from packaging.version import InvalidVersion, Version

    try:
        return Kind.DOWNGRADED if old and new and Version(new) < Version(old) else Kind.UPGRADED
    except InvalidVersion:
        return Kind.UPGRADED


def _files(old: Iterable[Artifact], new: Iterable[Artifact]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Alarms and notes about the artifacts of one version."""
    before, after = _by_file(old), _by_file(new)
    alarms, notes = [], []
    for name, artifact in before.items():
        if (other := after.get(name)) is None:
            notes.append(f"{name} removed")
            continue
        if artifact.hash != other.hash:
            alarms.append(f"hash of {name} changed under the same version: {artifact.hash or 'none'} → {other.hash or 'none'}")
        if artifact.location != other.location:
            hosts = _host(artifact), _host(other)
            what = "host" if hosts[0] != hosts[1] else "URL"
            alarms.append(f"{what} of {name} changed under the same version: {artifact.location} → {other.location}")
        if artifact.size != other.size and artifact.hash == other.hash and None not in (artifact.size, other.size):
            alarms.append(f"size of {name} changed under the same hash: {artifact.size} → {other.size}")
    notes += [f"{name} added" for name in after if name not in before]
    return tuple(alarms), tuple(notes)


def _by_file(artifacts: Iterable[Artifact]) -> dict[str, Artifact]:
    """Artifacts by file name; an sdist that has none (a git checkout, a directory) is `sdist`."""
    return {posixpath.basename(urlsplit(artifact.location).path) or "sdist": artifact for artifact in artifacts}


def _host(artifact: Artifact) -> str:
    return urlsplit(artifact.location).netloc


def _notes(old: Package, new: Package) -> Iterator[str]:
    """How the dependencies differ, extras and groups among them."""
    before, after = _sections(old), _sections(new)
    for section in dict.fromkeys((*before, *after)):
        mine, other = before.get(section, {}), after.get(section, {})
        label = f"{section}: " if section else ""
        gone = [f"{label}no longer depends on {edge}" for edge in mine if edge not in other]
        come = [f"{label}now depends on {edge}" for edge in other if edge not in mine]
        yield from (*gone, *come)


def _sections(package: Package) -> Mapping[str, Mapping[str, None]]:
    found = {"": package.dependencies}
    found |= {f"extra {name}": edges for name, edges in package.optional_dependencies.items()}
    found |= {f"group {name}": edges for name, edges in package.groups.items()}
    return {section: dict.fromkeys(map(_edge, edges)) for section, edges in found.items()}


def _edge(edge: Edge) -> str:
    """An edge without its version, which is told where the package itself changed."""
    extras = f"[{','.join(edge.extras)}]" if edge.extras else ""
    return f"{edge.name}{extras}" + (f" ({edge.marker})" if edge.marker else "")


def _settings(before: Lock | None, after: Lock | None) -> Iterator[Setting]:
    if before is None or after is None:
        return
    for name, value in _head(before).items():
        if (other := _head(after)[name]) != value:
            yield Setting(name, value, other)


def _head(lock: Lock) -> dict[str, str]:
    options, manifest = lock.options, lock.manifest
    named: dict[str, object] = {
        "revision": lock.revision,
        "requires-python": lock.requires_python,
        "resolution-markers": ", ".join(lock.resolution_markers),
        "supported-markers": ", ".join(lock.supported_markers),
        "required-markers": ", ".join(lock.required_markers),
        "conflicts": "; ".join(" ".join(filter(None, [side.package, side.extra, side.group])) for some in lock.conflicts for side in some),
        "resolution-mode": options.resolution_mode,
        "prerelease-mode": options.prerelease_mode,
        "fork-strategy": options.fork_strategy,
        "exclude-newer": options.exclude_newer_span or options.exclude_newer,
        "members": ", ".join(manifest.members),
    }
    return {name: "" if value is None else str(value) for name, value in named.items()}
