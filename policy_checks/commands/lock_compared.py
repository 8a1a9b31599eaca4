"""A uv.lock at two moments: what changed, and which environments each change reaches."""

from pathlib import Path

from policy_checks import config
from policy_checks.commands.lock_paths import Environments
from policy_checks.lock import changes
from policy_checks.lock.changes import Change, Changes
from policy_checks.lock.closure import Closure, reach
from policy_checks.lock.graph import Graph, Selection
from policy_checks.lock.locked_project import selection
from policy_checks.readers import uv_lock
from policy_checks.readers.uv_lock import Lock
from policy_checks.record import record
from policy_checks.workspace import Workspace


@record
class LockDiff:
    """The changes of one uv.lock, and who is reached by each (numbered as `changes.packages`)."""

    path: str
    before: Lock | None
    after: Lock | None
    changes: Changes
    reached: tuple[tuple[str, ...], ...]

    @property
    def rows(self) -> list[tuple[Change, tuple[str, ...]]]:
        """Each change with the environments that it reaches."""
        return list(zip(self.changes.packages, self.reached, strict=True))

    @property
    def differs(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.changes.packages or self.changes.settings or (self.before is None) != (self.after is None))


def environments(root: Path, side: Workspace | None, file: Path | None) -> dict[str, Selection]:
    """The declared environments, by the configuration on disk (no side), of another tree, or by a file of its own."""
    settings = config.load(root, file=file) if file or side is None else config.load_from(side.get)
    return {name: selection(environment) for name, environment in settings.options(Environments).environments.items()}


def compared(path: str, before: Workspace, after: Workspace, declared: dict[str, Selection]) -> LockDiff:
    """One uv.lock before and after; raises Unreadable."""
    files = [side.file(path) if path in side else None for side in (before, after)]
    if files[0] and files[1] and files[0].data == files[1].data:
        same = uv_lock.parse(files[1])
        return LockDiff(path, same, same, Changes((), ()), ())
    old, new = (uv_lock.parse(file) if file else None for file in files)
    found = changes.compare(old, new)
    sides = [_reach(lock, declared) for lock in (old, new)]
    return LockDiff(path, old, new, found, tuple([_reached(change, *sides) for change in found.packages]))


_Reach = dict[str, frozenset[int]]


def _reach(lock: Lock | None, declared: dict[str, Selection]) -> _Reach:
    """The packages (by number) that each environment reaches; where none is configured each group and each extra is one."""
    if lock is None:
        return {}
    graph = Graph(lock)
    if declared:
        return {name: _numbers(reach(graph, chosen)) for name, chosen in declared.items()}
    # Extras and groups without the project's own dependencies: naming all of them for each of those would tell nothing.
    extras = {f"{name} (extra)": Selection(extras=(name,)) for name in sorted(graph.extras)}
    groups = {f"{name} (group)": Selection(groups=(name,)) for name in sorted(graph.groups)}
    parts = {name: _numbers(reach(graph, chosen, own=False)) for name, chosen in (extras | groups).items()}
    return {"dependencies": _numbers(reach(graph, Selection()))} | parts


def _numbers(closure: Closure) -> frozenset[int]:
    return frozenset(package.number for package in closure.packages)


def _reached(change: Change, before: _Reach, after: _Reach) -> tuple[str, ...]:
    """Who is reached by the package as it is now, or by the one that was removed."""
    if change.after is not None:
        return tuple(name for name, numbers in after.items() if change.after.number in numbers)
    assert change.before is not None
    return tuple(name for name, numbers in before.items() if change.before.number in numbers)
