"""The wheels and sdists of a lock, read once for all rules about them: nine tenths of its text in a few milliseconds."""

import re
from collections.abc import Iterator
from functools import cached_property

from policy_checks.readers.uv_lock import LOCK, Lock, Package
from policy_checks.record import record
from policy_checks.source import Place, Span, Unreadable
from policy_checks.workspace import Kind, Workspace

_ITEM = re.compile(r'^(?:sdist = |    )\{ (?:(?:url|path|filename) = "([^"]*)"(?:, )?)?(?:hash = "([^"]*)")?', re.MULTILINE)


@record(eq=False)
class Artifacts:
    """The files of one package in the lock's order, as pairs of location and hash.

    A location is a URL, a path or a file name; empty: the package's own source. A hash that is not there is empty.
    """

    lock: Lock
    package: Package
    pairs: tuple[tuple[str, str], ...]

    def place(self, number: int) -> Place:
        """Where the table of one artifact stands."""
        return Place(self.lock.file, self.lock.artifacts(self.package)[number].span)

    def place_of(self, number: int, value: str, part: str = "") -> Place:
        """Where an artifact's location or hash stands, or the first part of it that reads so."""
        return inside(self.place(number), value, part)

    @property
    def shown(self) -> str:
        """The package as a message names it."""
        return shown(self.package)


class LockedArtifacts:
    """All artifacts of one lock, package by package; packages without any (source trees) are among them."""

    def __init__(self, lock: Lock) -> None:
        """Raises Unreadable for an artifact that is malformed."""
        self.lock = lock
        self.packages = tuple([Artifacts(lock, package, _pairs(lock, package)) for package in lock.packages])

    @property
    def place(self) -> Place:
        """The start of the lock."""
        return Place(self.lock.file, Span(0, 0))

    @cached_property
    def by_registry(self) -> dict[str, list[Artifacts]]:
        """The packages that come from each registry, by its URL or path."""
        found: dict[str, list[Artifacts]] = {}
        for package in self.packages:
            if package.package.source.kind == "registry":
                found.setdefault(package.package.source.location, []).append(package)
        return found


def inside(whole: Place, value: str, part: str = "") -> Place:
    """Where a text value stands in a table, or a part of it; the table itself where an escape hides the value."""
    start, end = whole.span.start, whole.span.end
    at = whole.file.text.find(f'"{value}"', start, end) + 1
    at += value.find(part) if at else 0
    return Place(whole.file, Span(at, at + len(part or value))) if at else whole


def _pairs(lock: Lock, package: Package) -> tuple[tuple[str, str], ...]:
    blocks = lock.artifact_blocks(package)
    if blocks is None:
        return tuple([(found.location, found.hash or "") for found in lock.artifacts(package)])
    text = lock.file.text
    return tuple([pair for block in blocks for pair in _ITEM.findall(text, block.start, block.end)])


def shown(package: Package) -> str:
    """A package as a message names it: `numpy 2.2.4`."""
    return f"{package.name} {package.version}" if package.version else package.name


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[LockedArtifacts | Unreadable]:
    for lock in workspace.all(LOCK):
        if isinstance(lock, Unreadable):
            yield lock
            continue
        try:
            yield LockedArtifacts(lock)
        except Unreadable as error:
            yield error


ARTIFACTS: Kind[LockedArtifacts] = Kind("artifacts of uv.lock", _read)
