"""`policy-checks check`: judges the files of a repository by its policy."""

import argparse
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from policy_checks import config, git, workspace
from policy_checks.commands import verdict
from policy_checks.commits.series import COMMIT
from policy_checks.failure import Failure


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders to report on (default: the repository)")
    verdict.add_selection(parser)
    tree = parser.add_mutually_exclusive_group()
    tree.add_argument("--rev", metavar="REV", help="judge that commit's files, read from git, without a checkout")
    tree.add_argument("--staged", action="store_true", help="judge what the next commit would hold")
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
    root = _root(arguments.paths)
    inside = [_relative(path, root, arguments.rev) for path in arguments.paths]
    found = _workspace(root, arguments)
    settings, chosen = verdict.policy(_load(root, found, arguments), arguments)
    rules = tuple(rule for rule in chosen if rule.subject is not COMMIT)
    if not rules:
        raise Failure("the selected rules judge commits: `policy-checks commits check` runs them")
    scope = verdict.Scope(root, _reported(inside, found), started, "files")
    return verdict.conclude(found, rules, settings, scope, arguments)


def _root(paths: Iterable[Path]) -> Path:
    """The repository that holds the paths (or the working directory); a folder that is in none is its own root."""
    roots = set()
    for path in paths or [Path()]:
        folder = path if path.is_dir() else path.parent
        if not folder.is_dir():
            folder = Path()  # a path of another revision, or a misspelled one: _relative tells which
        roots.add(git.top_level(folder) or (folder if path.is_dir() else Path()).resolve())
    if len(roots) > 1:
        raise Failure(f"the paths lie in different repositories: {', '.join(sorted(map(str, roots)))}")
    return roots.pop()


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


def _workspace(root: Path, arguments: argparse.Namespace) -> workspace.Workspace:
    if arguments.rev:
        return workspace.at_revision(root, arguments.rev)
    return workspace.staged(root) if arguments.staged else workspace.on_disk(root)


def _load(root: Path, found: workspace.Workspace, arguments: argparse.Namespace) -> verdict.Load:
    """The policy of the tree under judgement: a revision is judged by its own."""
    if arguments.isolated or arguments.config or not (arguments.rev or arguments.staged):
        return partial(config.load, root, file=arguments.config, isolated=arguments.isolated)
    return partial(config.load_from, found.get)
