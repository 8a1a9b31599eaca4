"""`policy-checks lock diff`: what changed in uv.lock, for a reviewer."""

import argparse
import posixpath
from pathlib import Path

from policy_checks import config, git, workspace
from policy_checks.commands import Failure
from policy_checks.commands.lock_diff_report import FORMATS, LockDiff
from policy_checks.commands.lock_paths import Environments
from policy_checks.lock import changes
from policy_checks.lock.changes import Change, Changes
from policy_checks.lock.closure import Closure, reach
from policy_checks.lock.graph import Graph, Selection
from policy_checks.lock.locked_project import selection
from policy_checks.readers import uv_lock
from policy_checks.readers.uv_lock import Lock
from policy_checks.source import SourceFile
from policy_checks.workspace import Workspace


def configure_diff(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("revisions", nargs="*", metavar="REV", help="what to compare: default HEAD; with one, that and what is on disk")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="only the uv.lock files in that folder and below it")
    parser.add_argument("--config", type=Path, metavar="FILE", help="read the environments from this configuration")
    parser.add_argument("--output-format", choices=FORMATS, default="text", help="markdown: for a pull-request comment; default: text")
    parser.epilog = "Exit codes: 0 no difference, 1 some, 2 failure. `!` marks what has to be looked at."


def run_diff(arguments: argparse.Namespace) -> int:
    """Compares every uv.lock and prints what differs."""
    if len(arguments.revisions) > 2:
        raise Failure("at most two revisions can be compared")
    folder = arguments.dir or Path()
    root = git.top_level(folder if folder.is_dir() else Path())
    if root is None:
        raise Failure(f"{folder}: is in no git repository")
    start, *rest = arguments.revisions or ["HEAD"]
    sides = workspace.at_revision(root, start), workspace.at_revision(root, rest[0]) if rest else workspace.on_disk(root)
    environments = _environments(root, sides[1], arguments.config)
    paths = sorted({path for side in sides for path in side.paths if _wanted(path, root, arguments.dir)})
    if not paths:
        raise Failure("there is no uv.lock in either of the two")
    found = [_diff(path, *sides, environments) for path in paths]
    names = start, rest[0] if rest else "working tree"
    for line in FORMATS[arguments.output_format](found, names):
        print(line)
    return int(any(one.differs for one in found))


def _wanted(path: str, root: Path, folder: Path | None) -> bool:
    if posixpath.basename(path) != "uv.lock":
        return False
    if folder is None:
        return True
    inside = folder.resolve()
    if not inside.is_relative_to(root.resolve()):
        raise Failure(f"{folder}: lies outside {root}")
    below = inside.relative_to(root.resolve()).as_posix()
    return below == "." or path.startswith(f"{below}/")


def _environments(root: Path, side: Workspace, file: Path | None) -> dict[str, Selection]:
    def read(path: str) -> SourceFile | None:
        return side.file(path) if path in side else None

    settings = config.load(root, file=file) if file else config.load_from(read)
    return {name: selection(environment) for name, environment in settings.options(Environments).environments.items()}


def _diff(path: str, before: Workspace, after: Workspace, environments: dict[str, Selection]) -> LockDiff:
    files = [side.file(path) if path in side else None for side in (before, after)]
    if files[0] and files[1] and files[0].data == files[1].data:
        same = uv_lock.parse(files[1])
        return LockDiff(path, same, same, Changes((), ()), ())
    old, new = (uv_lock.parse(file) if file else None for file in files)
    found = changes.compare(old, new)
    reach = [_reach(lock, environments) for lock in (old, new)]
    return LockDiff(path, old, new, found, tuple([_reached(change, *reach) for change in found.packages]))


_Reach = dict[str, frozenset[int]]


def _reach(lock: Lock | None, environments: dict[str, Selection]) -> _Reach:
    """The packages (by number) that each environment reaches; where none is configured each group and each extra is one."""
    if lock is None:
        return {}
    graph = Graph(lock)
    if environments:
        return {name: _numbers(reach(graph, chosen)) for name, chosen in environments.items()}
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
