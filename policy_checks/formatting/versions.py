"""Whether the tools are those that uv.lock holds: asked before any of them runs, because another version formats otherwise.

That all is well costs next to nothing: a tool's version is the name of a folder in its environment, and as uv writes a lock
a version in it is three lines of text. The lock is parsed only where these do not settle it, or settle it for no tool at all.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from policy_checks.failure import Failure
from policy_checks.formatting import executables, installed
from policy_checks.formatting.outcome import Message, Outcome, Row
from policy_checks.formatting.policy import GROUP, FormatPolicy, Tool
from policy_checks.record import record
from policy_checks.workspace import Disk

if TYPE_CHECKING:
    from policy_checks.readers.uv_lock import Edge, Lock, Package

LOCK = "uv.lock"
CODE = "version"  # of the message about a tool that is another one than the locked
_UNSETTLED = (b'"""', b"'''", b"<<<<<<< ", b">>>>>>> ")  # what could make three lines of text stand for something else


@record
class Compared:
    """The rows of tools that must not run, each with its reason, and what else there is to say."""

    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()


@record
class _Held:
    """What uv.lock holds of the tools; `group` has what the tools' group reaches (see `_reached`)."""

    lock: "Lock"
    group: Mapping[str, set[str | None]] | None
    command: str  # that brings the tools
    active: Path | None  # the environment that uv has to be told to take

    def mend(self, executable: Path) -> str:
        """The command that brings the tools to where one was found."""
        return self.command + " --active" * bool(self.active and executable.is_relative_to(self.active))


def compare(root: Path, policy: FormatPolicy, environment: Mapping[str, str]) -> Compared:
    """The tools beside uv.lock at the root, if there is one. Raises Unreadable for a lock that is none, Failure for one that cannot be read."""
    data = _data(root)
    if data is None:
        return Compared()
    paths = {tool: executables.find(tool, root, environment) for tool in policy.tools}
    asked = {tool: path for tool, path in paths.items() if path and _is_named(data, tool)}
    found = installed.versions(asked, root, environment)
    held = _held_as_written(data, found)
    unsettled = [tool for tool in policy.tools if tool not in held]
    if len(unsettled) < len(policy.tools) and not any(_is_named(data, tool) for tool in unsettled):
        return Compared((), tuple(_unlocked(tool, f"{LOCK} does not hold it") for tool in unsettled))
    lock = _held(data, root, policy.group, environment)
    said = [_judged(tool, paths[tool], found.get(tool, ""), lock, root) for tool in unsettled]
    return Compared(tuple(one for one in said if isinstance(one, Row)), tuple(one for one in said if isinstance(one, str)))


def _data(root: Path) -> bytes | None:
    try:
        return Disk(root).read(LOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failure(f"{LOCK}: cannot be read: {error.strerror or error}") from None


def _is_named(data: bytes, tool: Tool) -> bool:
    """Whether there can be a package of this name, in whatever quotes; otherwise nobody needs the tool's version."""
    return f'"{tool}"'.encode() in data or f"'{tool}'".encode() in data


def _held_as_written(data: bytes, found: Mapping[Tool, str]) -> frozenset[Tool]:
    """The tools of which the lock holds this very version, written as uv writes it."""
    if any(mark in data for mark in _UNSETTLED):
        return frozenset()
    written = {tool: f'\n[[package]]\nname = "{tool}"\nversion = "{version}"\n'.encode() for tool, version in found.items()}
    return frozenset(tool for tool, lines in written.items() if lines in data)


def _judged(tool: Tool, executable: Path | None, version: str, held: _Held, root: Path) -> Row | str | None:
    """The row of a tool that must not run, or a note; None where the lock holds the version after all."""
    packages = [package for package in held.lock.by_name.get(tool, ()) if package.version]
    if not packages or (held.group is not None and tool not in held.group):
        return _unlocked(tool, f"{LOCK} does not hold it" + " in the tools' group" * bool(packages))
    if executable is None:
        return Row(tool, 0, Outcome(failure=f"{executables.MISSING}; `{held.command}` installs it"))
    asked = held.group[tool] if held.group else ()
    chosen = [package for package in packages if package.version in asked] or packages
    wanted = ", ".join(dict.fromkeys(str(package.version) for package in chosen))
    where = executable.relative_to(root) if executable.is_relative_to(root) else executable
    if not version:
        return Row(tool, 0, Outcome(failure=f"{where} does not tell its version, and {LOCK} has {wanted}: `{held.mend(executable)}`"))
    from packaging.utils import canonicalize_version

    if canonicalize_version(version) in {canonicalize_version(str(package.version)) for package in packages}:
        return None
    place = held.lock.place((*chosen[0].at, "version"))
    text = f"{tool} {version} found at {where}, {LOCK} has {wanted}: `{held.mend(executable)}`"
    return Row(tool, 0, Outcome((Message(LOCK, *place.file.location(place.span.start), CODE, "", text),)))


def _unlocked(tool: Tool, why: str) -> str:
    return f"{tool}: {why}, so its version is whatever is installed"


def _held(data: bytes, root: Path, group: str, environment: Mapping[str, str]) -> _Held:
    from policy_checks.readers import uv_lock
    from policy_checks.readers.names import normalized
    from policy_checks.source import SourceFile

    lock = uv_lock.parse(SourceFile(LOCK, data))
    reached = _reached(lock, normalized(group))
    if reached is None and group != GROUP:
        raise Failure(f"[tool.policy-checks.format] group: {LOCK} has no group {group!r}")
    only = "" if reached is None else f" --only-group {group}"
    active = root / (environment.get("VIRTUAL_ENV") or ".venv")
    apart = os.path.realpath(active) != os.path.realpath(root / ".venv")
    return _Held(lock, reached, f"uv sync --locked{only} --inexact", active if apart else None)


def _reached(lock: "Lock", group: str) -> "Mapping[str, set[str | None]] | None":
    """What a dependency group reaches: names, and the versions that are asked for (None: any). None where the lock has no such group."""
    own = [package for package in lock.packages if package.source.kind in ("editable", "virtual", "directory")]
    declared = lock.manifest.dependency_groups.get(group)  # of a workspace without a project at its root
    if declared is None and not any(group in package.groups for package in own):
        return None
    asked = [(edge.name, edge.version) for package in own for edge in package.groups.get(group, ())]
    asked += [(requirement.name, None) for requirement in declared or ()]
    found: dict[str, set[str | None]] = {}
    while asked:
        name, version = asked.pop()
        if version not in found.setdefault(name, set()):
            found[name].add(version)
            packages = [package for package in lock.by_name.get(name, ()) if version in (None, package.version)]
            asked += [(edge.name, edge.version) for package in packages for edges in _edges(package) for edge in edges]
    return found


def _edges(package: "Package") -> "Iterator[Sequence[Edge]]":
    yield from (package.dependencies, *package.optional_dependencies.values())
