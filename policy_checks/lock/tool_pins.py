"""Pinned tools beside what the lock holds of them."""

import posixpath
from collections.abc import Iterator, Sequence
from functools import cache

from policy_checks.lock.specifiers import InvalidSpecifier, accepted, canonical_version
from policy_checks.readers.tool_pins import TOOLS, Pin, in_commands, in_files
from policy_checks.readers.uv_lock import LOCK, Lock, Package
from policy_checks.record import record
from policy_checks.source import Unreadable
from policy_checks.workspace import Kind, Workspace


@record(eq=False)
class ToolPins:
    """All pins of one tool in a repository, with the locked packages of that name where a project asks for the tool itself."""

    tool: str
    pins: tuple[Pin, ...]
    lock: Lock | None
    locked: tuple[Package, ...]


def accepts(pin: Pin, version: str) -> bool:
    """Whether a version is this one, or one that is demanded."""
    if pin.version:
        return same(pin.version, version)
    if pin.tool == "black":  # `black/__init__.py`: the whole version or its first part
        return pin.demanded in (version, version.partition(".")[0])
    text = pin.demanded if pin.demanded[:1] in "=<>!~" else f"=={pin.demanded}"
    try:
        return bool(accepted(f"{text},=={version}").versions)
    except InvalidSpecifier:
        return False


@cache
def same(left: str, right: str) -> bool:
    """Whether two texts are one version."""
    try:
        return left == right or canonical_version(left) == canonical_version(right)
    except InvalidSpecifier:
        return False


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[ToolPins | Unreadable]:
    locks = workspace.all(LOCK)
    yield from (lock for lock in locks if isinstance(lock, Unreadable))
    lock = _of_root([lock for lock in locks if isinstance(lock, Lock)])
    asked = _asked_for(lock) if lock else frozenset()
    pins: list[Pin] = []
    for pin in in_files(workspace):
        if isinstance(pin, Unreadable):
            yield pin
        else:
            pins.append(pin)
    pins += in_commands(workspace, TOOLS & {*asked, *(pin.tool for pin in pins)})
    for tool in sorted({pin.tool for pin in pins}):
        locked = lock.by_name.get(tool, ()) if lock and tool in asked else ()
        yield ToolPins(tool, tuple(_once([pin for pin in pins if pin.tool == tool])), lock, locked)


def _asked_for(lock: Lock) -> frozenset[str]:
    """What the lock's own projects ask for directly: a tool that only something else pulls in is not the one people run."""
    own = [package for package in lock.packages if package.source.kind in ("editable", "virtual", "directory")]
    manifest = (*lock.manifest.requirements, *(one for group in lock.manifest.dependency_groups.values() for one in group))
    return frozenset((*(edge.name for package in own for edge in package.edges()), *(requirement.name for requirement in manifest)))


def _of_root(locks: Sequence[Lock]) -> Lock | None:
    """The lock at the root, or the only one there is."""
    return next((lock for lock in locks if not posixpath.dirname(lock.file.path)), locks[0] if len(locks) == 1 else None)


def _once(pins: Sequence[Pin]) -> Iterator[Pin]:
    """Each place once: a command inside another is met twice."""
    met: set[tuple[str, int]] = set()
    for pin in pins:
        key = pin.place.file.path, pin.place.span.start
        if key not in met:
            met.add(key)
            yield pin


TOOL_PINS: Kind[ToolPins] = Kind("pinned tools", _read)
