"""`policy-checks check`: judges the files of a repository by its policy."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from policy_checks import workspace
from policy_checks.commands import judged_tree, verdict
from policy_checks.commits.series import COMMIT
from policy_checks.failure import Failure


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders to report on (default: the repository)")
    verdict.add_selection(parser)
    judged_tree.add_tree(parser)
    fix = parser.add_mutually_exclusive_group()
    fix.add_argument("--fix", action="store_true", help="mend what can be mended; the exit code is 1 when anything was")
    fix.add_argument("--diff", action="store_true", help="print what --fix would change, and change nothing")
    parser.add_argument("--unsafe-fixes", action="store_true", help="also apply fixes that may change behaviour")
    verdict.add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Judges, reports, and returns the exit code."""
    started = time.monotonic()
    if arguments.fix and (arguments.rev or arguments.staged):
        raise Failure("--fix mends files on disk: it does not go with --rev or --staged (--diff does)")
    root = judged_tree.root_of(arguments.paths)
    inside = [_relative(path, root, arguments.rev) for path in arguments.paths]
    found = judged_tree.tree(root, arguments)
    settings, chosen = verdict.policy(judged_tree.policy_of(root, found, arguments), arguments)
    rules = tuple(rule for rule in chosen if rule.subject is not COMMIT)
    if not rules:
        raise Failure("the selected rules judge commits: `policy-checks commits check` runs them")
    scope = verdict.Scope(root, _reported(inside, found), started, "files")
    return verdict.conclude(found, rules, settings, scope, arguments)


def _relative(path: Path, root: Path, revision: str | None) -> str:
    # The last part is not resolved: a symbolic link is named, not what it points to.
    full = path.absolute() if path.name in ("", "..") else path.parent.resolve() / path.name
    full = full.resolve() if full.name in ("", "..") else full
    if not revision and not full.exists() and not full.is_symlink():
        raise Failure(f"{path}: there is no such file or folder")
    if not full.is_relative_to(root.resolve()):
        raise Failure(f"{path}: lies outside {root}")
    return full.relative_to(root.resolve()).as_posix()


def _reported(inside: list[str], found: workspace.Workspace) -> Callable[[str], bool]:
    """Which paths are reported on: the workspace itself is whole, because a lock is judged as a whole."""
    if not inside or "." in inside:
        return lambda _path: True
    for name in inside:
        if name not in found and not any(path.startswith(f"{name}/") for path in found.paths):
            raise Failure(f"{name}: holds no file that git knows or would add")
    names = set(inside)
    folders = tuple(f"{name}/" for name in inside)
    return lambda path: path in names or path.startswith(folders)
