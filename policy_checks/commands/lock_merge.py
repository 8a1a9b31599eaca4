"""`policy-checks lock merge-driver` and `lock resolve`: conflicts in uv.lock, which nobody resolves by hand.

The driver answers git: 0 with the merged lock in %A, 1 with main's version in %A, and the file left unmerged. Whatever
it cannot be sure of ends in 1.
"""

import argparse
import os
import posixpath
import shlex
import sys
from pathlib import Path

from policy_checks import git, git_merge, uv
from policy_checks.failure import Failure
from policy_checks.source import Unreadable

_RUNNING = "POLICY_CHECKS_MERGE_DRIVER"  # git starts the driver again while it merges for the driver


def configure_merge_driver(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that git fills in."""
    parser.add_argument("base", metavar="%O", type=Path, help="the common ancestor's version")
    parser.add_argument("ours", metavar="%A", type=Path, help="the current version; the result is written here")
    parser.add_argument("theirs", metavar="%B", type=Path, help="the other version")
    parser.add_argument("path", metavar="%P", help="the path in the repository")
    parser.epilog = "git runs this: `policy-checks init --merge-driver` tells how. Exit codes: 0 merged, 1 left unmerged."


def run_merge_driver(arguments: argparse.Namespace) -> int:
    """Merges, or takes main's version and says what is to be done."""
    from policy_checks.commands import lock_combined
    from policy_checks.config import ConfigError
    from policy_checks.lock.merge import Collision

    if _RUNNING in os.environ:
        return 1
    os.environ[_RUNNING] = "1"
    path: str = arguments.path
    try:
        root = git.repository(Path())
        files = (arguments.base, arguments.ours, arguments.theirs)
        arguments.ours.write_bytes(lock_combined.combined(root, path, files).data)
    except (Collision, git.GitError, Unreadable, ConfigError, OSError) as error:
        reason = next(iter(str(error).splitlines()), "")
    except Exception as error:  # noqa: BLE001 - a fault of this program must not leave half a lock behind
        reason = f"internal error: {type(error).__name__}: {error}"
    else:
        print(f"policy-checks: {path}: merged, both sides' changes combine")
        return 0
    finally:
        del os.environ[_RUNNING]
    taken = _take_main(arguments)
    print(f"policy-checks: {path}: not merged: {reason}", file=sys.stderr)
    print(f"It holds {taken}, and is left unmerged. Never resolve it by hand; `policy-checks lock resolve` runs:", file=sys.stderr)
    print(*_recipe(path), sep="\n", file=sys.stderr)
    return 1


def _take_main(arguments: argparse.Namespace) -> str:
    """Makes main's version the result; returns whose it is."""
    try:
        root = git.repository(Path())
        heads = git_merge.incoming(os.environ)
        if len(heads) == 1 and git_merge.main_side(root, heads[0]):
            arguments.ours.write_bytes(arguments.theirs.read_bytes())
            return "main's version (theirs)"
        return "main's version (ours)" if git_merge.main_side(root, "HEAD") else "our version, as neither side is main"
    except (git.GitError, OSError) as error:
        return f"our version ({error})"


def _recipe(path: str) -> tuple[str, str]:
    """The guide's two commands."""
    try:
        main = git_merge.main_branch(git.repository(Path()))
    except git.GitError:
        main = "origin/main"
    return f"  git checkout {shlex.quote(main)} -- {shlex.quote(path)}", f"  {_relock(path)}   # inside the container"


def _relock(path: str) -> str:
    folder = posixpath.dirname(path)
    return shlex.join(["uv", "lock", "--project", folder]) if folder else "uv lock"


def configure_resolve(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `lock resolve`."""
    parser.add_argument("--target", metavar="REV", help="take this commit's uv.lock (default: main's side of the merge)")
    parser.add_argument("--run-uv", action="store_true", help="run `uv lock` here, although this is no container")
    parser.epilog = "Exit codes: 0 resolved and staged, 1 something is left to do, 2 failure."


def run_resolve(arguments: argparse.Namespace) -> int:
    """The guide's recipe for every uv.lock that is unmerged."""
    root = git.top_level(Path())
    if root is None:
        raise Failure("this is no git repository")
    unmerged = git_merge.unmerged(root)
    locks = [path for path in unmerged if posixpath.basename(path) == "uv.lock"]
    if not locks:
        print("no uv.lock is unmerged")
        return 0
    commit = git.commit_id(root, arguments.target) if arguments.target else git_merge.main_commit(root)
    for path in locks:
        git_merge.take(root, commit, path)
        print(f"{path}: took the version of {commit[:12]}{' (' + arguments.target + ')' if arguments.target else ''}")
    if projects := [path for path in unmerged if posixpath.basename(path) in ("pyproject.toml", "uv.toml")]:
        print(f"{', '.join(projects)} is still unmerged: resolve it, then run inside the container:", *map(_finish, locks), sep="\n")
        return 1
    if not (arguments.run_uv or uv.inside_container(os.environ, os.path.exists)):
        print("now run inside the container:", *map(_finish, locks), sep="\n")
        return 1
    return _relocked(root, locks)


def _finish(path: str) -> str:
    return f"  {_relock(path)} && {shlex.join(['git', 'add', path])}"


def _relocked(root: Path, locks: list[str]) -> int:
    for path in locks:
        try:
            uv.lock(root / posixpath.dirname(path))
        except uv.UvError as error:
            raise Failure(f"{path}: {error}") from None
        git_merge.stage(root, path)
        print(f"{path}: locked again and staged")
    return 0
