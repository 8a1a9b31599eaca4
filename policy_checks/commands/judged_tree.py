"""Which tree a command judges: the files on disk, the index or a revision, and by which policy."""

import argparse
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from policy_checks import config, git, workspace
from policy_checks.commands import verdict
from policy_checks.failure import Failure


def add_tree(parser: argparse.ArgumentParser) -> None:
    """The options that choose the tree."""
    tree = parser.add_mutually_exclusive_group()
    tree.add_argument("--rev", metavar="REV", help="judge that commit's files, read from git, without a checkout")
    tree.add_argument("--staged", action="store_true", help="judge what the next commit would hold")


def root_of(paths: Iterable[Path]) -> Path:
    """The repository that holds the paths (or the working directory); a folder that is in none is its own root."""
    roots = set()
    for path in paths or [Path()]:
        folder = path if path.is_dir() else path.parent
        if not folder.is_dir():
            folder = Path()  # a path of another revision, or a misspelled one, which is told later
        roots.add(git.top_level(folder) or (folder if path.is_dir() else Path()).resolve())
    if len(roots) > 1:
        raise Failure(f"the paths lie in different repositories: {', '.join(sorted(map(str, roots)))}")
    return roots.pop()


def tree(root: Path, arguments: argparse.Namespace) -> workspace.Workspace:
    """The files under judgement."""
    if arguments.rev:
        return workspace.at_revision(root, arguments.rev)
    return workspace.staged(root) if arguments.staged else workspace.on_disk(root)


def policy_of(root: Path, found: workspace.Workspace, arguments: argparse.Namespace) -> verdict.Load:
    """The policy of the tree under judgement: a revision is judged by its own."""
    if arguments.isolated or arguments.config or not (arguments.rev or arguments.staged):
        return partial(config.load, root, file=arguments.config, isolated=arguments.isolated)
    return partial(config.load_from, found.get)
