"""`policy-checks lock diff`: what changed in uv.lock, for a reviewer."""

import argparse
import posixpath
from pathlib import Path

from policy_checks import git, workspace
from policy_checks.failure import Failure


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("revisions", nargs="*", metavar="REV", help="what to compare: default HEAD; with one, that and what is on disk")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="only the uv.lock files in that folder and below it")
    parser.add_argument("--config", type=Path, metavar="FILE", help="read the environments from this configuration")
    parser.add_argument(
        "--output-format", choices=("text", "json", "markdown"), default="text", help="markdown: for a pull-request comment; default: text"
    )
    parser.epilog = "Exit codes: 0 no difference, 1 some, 2 failure. `!` marks what has to be looked at."


def run(arguments: argparse.Namespace) -> int:
    """Compares every uv.lock and prints what differs."""
    from policy_checks.commands import lock_compared
    from policy_checks.commands.lock_diff_report import FORMATS

    if len(arguments.revisions) > 2:
        raise Failure("at most two revisions can be compared")
    folder = arguments.dir or Path()
    root = git.top_level(folder if folder.is_dir() else Path())
    if root is None:
        raise Failure(f"{folder}: is in no git repository")
    start, *rest = arguments.revisions or ["HEAD"]
    sides = workspace.at_revision(root, start), workspace.at_revision(root, rest[0]) if rest else workspace.on_disk(root)
    environments = lock_compared.environments(root, sides[1] if rest else None, arguments.config)
    paths = sorted({path for side in sides for path in side.paths if _wanted(path, root, arguments.dir)})
    if not paths:
        raise Failure("there is no uv.lock in either of the two")
    found = [lock_compared.compared(path, *sides, environments) for path in paths]
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
