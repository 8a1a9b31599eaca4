"""`policy-checks lock merge-driver` and `lock resolve`: conflicts in uv.lock, which nobody resolves by hand.

The driver answers git: 0 with the merged lock in %A, 1 with main's version in %A, and the file left unmerged. Whatever
it cannot be sure of ends in 1.
"""

import argparse
import os
import posixpath
import shlex
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from policy_checks import config, git, git_merge, judgement, registry, uv
from policy_checks.commands import Failure, verdict
from policy_checks.config import ConfigError
from policy_checks.git_merge import Blobs, Merged
from policy_checks.lock import freshness, merge, workspace_members
from policy_checks.lock.differences import Verdict
from policy_checks.lock.merge import Collision
from policy_checks.lock.tree import WorkspaceTree
from policy_checks.readers import uv_lock
from policy_checks.source import SourceFile, Unreadable
from policy_checks.workspace import MAX_BYTES, Contents, Objects, Workspace

# What decides whether a lock is fresh, and by which policy it is judged.
_DECIDING = ("pyproject.toml", "uv.toml", "policy-checks.toml")
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
    if _RUNNING in os.environ:
        return 1
    os.environ[_RUNNING] = "1"
    path: str = arguments.path
    try:
        root = git.repository(Path())
        merged = _merged(root, arguments)
        arguments.ours.write_text(merged, encoding="utf-8", newline="")
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


def _merged(root: Path, arguments: argparse.Namespace) -> str:
    """The merged lock; raises Collision or GitError when there is none that is certainly right."""
    path: str = arguments.path
    files = (arguments.base, arguments.ours, arguments.theirs)
    base, ours, theirs = (_lock(file, path) for file in files)
    lock = merge.combine(base, ours, theirs)
    tree = _tree(root, path, Blobs(*git_merge.file_ids(root, files)))
    accept(_with(root, tree, lock.file), path)
    return lock.file.text


def _lock(file: Path, path: str) -> uv_lock.Lock:
    if file.stat().st_size > MAX_BYTES:
        raise Collision(f"larger than {MAX_BYTES} bytes")
    return uv_lock.parse(SourceFile(path, file.read_bytes()))


def _tree(root: Path, path: str, blobs: Blobs) -> Merged:
    """The tree that the merge makes; raises Collision when it is not known or when its projects are in conflict."""
    found = git_merge.operations(root, path, blobs, os.environ)
    if not found:
        raise Collision("git does not tell a merge driver what it is merging here, so the merged pyproject.toml is not known")
    trees = [git_merge.merged(root, operation) for operation in found]
    for tree in trees:
        if conflicts := sorted(filter(_decides, tree.conflicts)):
            raise Collision(f"{conflicts[0]} is in conflict: resolve it first")
    if any(_deciding(tree) != _deciding(trees[0]) for tree in trees):
        raise Collision("several commits made this change of uv.lock with different projects: it is not known which one is meant")
    return trees[0]


def _decides(path: str) -> bool:
    return posixpath.basename(path) in _DECIDING


def _deciding(tree: Merged) -> dict[str, git.Entry]:
    return {path: entry for path, entry in tree.entries.items() if _decides(path)}


@dataclass(frozen=True)
class _Replaced:
    """The contents of a tree with one file in place of its own."""

    contents: Contents
    file: SourceFile

    def read(self, path: str) -> bytes:
        return self.file.data if path == self.file.path else self.contents.read(path)


def _with(root: Path, tree: Merged, lock: SourceFile) -> Workspace:
    own = {path: entry for path, entry in tree.entries.items() if entry.mode not in (git.SYMLINK, git.SUBMODULE)}
    return Workspace({*own, lock.path}, _Replaced(Objects(own, git.Batch(root)), lock))


def accept(workspace: Workspace, path: str) -> None:
    """Raises Collision unless a lock is fresh and every lock rule of the workspace's own policy is content with it."""
    folder = posixpath.dirname(path)
    tree = WorkspaceTree(workspace)
    if (root := workspace_members.discover(tree, folder).root) != folder:
        raise Collision(f"its project is a member of the workspace in {root or 'the root'}, which has a lock of its own")
    judged = freshness.judge(tree, folder, f"{sys.version_info.major}.{sys.version_info.minor}")
    if judged.verdict is not Verdict.FRESH:
        raise Collision(f"the combined lock would be {judged.verdict}: {judged.differences[0].message}")
    settings = _settings(workspace)
    rules = registry.selected(registry.all_rules(), ("LCK",), settings.ignore)
    outcome = judgement.judge(workspace, rules, settings, datetime.now(UTC).date())
    if outcome.crashed:
        raise Collision("a rule about locks crashed: `policy-checks check --select LCK` tells more")
    for finding in outcome.findings:
        if finding.suppressed is None and _nearest_lock(workspace, finding.problem.place.file.path) == path:
            raise Collision(f"the combined lock is not sound: {finding.code} {finding.name}: {finding.problem.message}")


def _settings(workspace: Workspace) -> config.Config:
    def read(path: str) -> SourceFile | None:
        return workspace.file(path) if path in workspace else None

    return config.load_from(read, declared=verdict.declared(), codes=verdict.codes())


def _nearest_lock(workspace: Workspace, path: str) -> str | None:
    """The lock that a file belongs to."""
    folder = posixpath.dirname(path)
    while (found := posixpath.join(folder, "uv.lock")) not in workspace:
        if not folder:
            return None
        folder = posixpath.dirname(folder)
    return found


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
