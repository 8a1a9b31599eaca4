"""What changed between two locks, as a reviewer wants it: by package, with what must not pass unseen told apart.

Under one version of one source neither hash nor place of an artifact ever changes by itself: such a change is an alarm. So
are another source under the same version, and a host that no artifact of a registry came from before.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum

from policy_checks.lock import changed_files, changed_settings
from policy_checks.lock.changed_settings import Setting
from policy_checks.readers.uv_lock import Artifact, Edge, Lock, Package, Source
from policy_checks.record import record


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


@record
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


@record
class Changes:
    """Everything that differs between two locks."""

    settings: tuple[Setting, ...]
    packages: tuple[Change, ...]


def compare(before: Lock | None, after: Lock | None) -> Changes:
    """The changes from one lock to another; None where there is no lock. Raises Unreadable for a malformed artifact."""
    hosts = changed_files.hosts(before)
    found = []
    for name in sorted({*(before.by_name if before else ()), *(after.by_name if after else ())}):
        old, new = (side.by_name.get(name, ()) if side else () for side in (before, after))
        for pair in _pairs(old, new):
            change = _change(_Sides(before, after, hosts), *pair)
            found += [change] if change else []
    settings = tuple(changed_settings.compare(before, after))
    if before and after and not settings and not found and before.file.data != after.file.data:
        settings = (Setting("text", "", "differs in nothing but layout, order, upload times or what packages declare"),)
    kinds = list(Kind)
    return Changes(settings, tuple(sorted(found, key=lambda change: (not change.alarms, kinds.index(change.kind)))))


@record
class _Sides:
    """The two locks, and the hosts that the artifacts of each registry came from before."""

    before: Lock | None
    after: Lock | None
    hosts: Mapping[Source, frozenset[str]]

    def files(self, old: Package | None, new: Package | None) -> tuple[tuple[Artifact, ...], tuple[Artifact, ...]]:
        """The artifacts of a package before and after."""
        return self.before.artifacts(old) if self.before and old else (), self.after.artifacts(new) if self.after and new else ()


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


def _change(sides: _Sides, old: Package | None, new: Package | None) -> Change | None:
    files = sides.files(old, new)
    strange = tuple(changed_files.strange(sides.hosts.get(new.source, frozenset()), files[1])) if new else ()
    if old is None or new is None:
        return Change(Kind.ADDED if old is None else Kind.REMOVED, old, new, strange)
    notes = tuple(_notes(old, new))
    if old.version != new.version:
        source = (f"source changed: {shown(old.source)} → {shown(new.source)}",) if _moved(old.source, new.source) else ()
        return Change(_direction(old.version, new.version), old, new, strange, (*source, *notes))
    if old.source != new.source:
        alarm = f"source changed under the same version: {shown(old.source)} → {shown(new.source)}"
        return Change(Kind.SOURCE, old, new, (alarm, *strange), notes)
    alarms, told = changed_files.compare(*files)
    if alarms or told:
        return Change(Kind.ARTIFACTS, old, new, (*alarms, *strange), (*told, *notes))
    if notes:
        return Change(Kind.DEPENDENCIES, old, new, (), notes)
    return Change(Kind.FORKS, old, new) if old.resolution_markers != new.resolution_markers else None


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
