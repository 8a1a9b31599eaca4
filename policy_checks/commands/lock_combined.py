"""The lock that a merge makes, if there is one that is certainly right: combined, fresh, and sound by the merged project's own policy."""

import os
import posixpath
import sys
from datetime import UTC, datetime
from pathlib import Path

from policy_checks import config, git, git_merge, git_objects, judgement, registry
from policy_checks.commands import verdict
from policy_checks.git_merge import Blobs, Merged
from policy_checks.lock import freshness, merge, workspace_members
from policy_checks.lock.differences import Verdict
from policy_checks.lock.merge import Collision
from policy_checks.lock.tree import WorkspaceTree
from policy_checks.readers import uv_lock
from policy_checks.record import record
from policy_checks.source import SourceFile
from policy_checks.workspace import MAX_BYTES, Contents, Objects, Workspace

# What decides whether a lock is fresh, and by which policy it is judged.
_DECIDING = ("pyproject.toml", "uv.toml", "policy-checks.toml")


def combined(root: Path, path: str, files: tuple[Path, Path, Path]) -> SourceFile:
    """The lock merged from the base's, our and their version; raises Collision, GitError, Unreadable or ConfigError."""
    base, ours, theirs = (_lock(file, path) for file in files)
    lock = merge.combine(base, ours, theirs)
    tree = _tree(root, path, Blobs(*git_merge.file_ids(root, files)))
    accept(_with(root, tree, lock.file), path)
    return lock.file


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
    if any(_deciding(tree) != _deciding(trees[0]) for tree in trees):
        raise Collision("several commits made this change of uv.lock with different projects: it is not known which one is meant")
    if conflicts := sorted(path for tree in trees for path in tree.conflicts if _decides(path)):
        raise Collision(f"{conflicts[0]} is in conflict: resolve it first")
    return trees[0]


def _decides(path: str) -> bool:
    return posixpath.basename(path) in _DECIDING


def _deciding(tree: Merged) -> dict[str, git.Entry]:
    return {path: entry for path, entry in tree.entries.items() if _decides(path)}


@record
class _Replaced:
    """The contents of a tree with one file in place of its own."""

    contents: Contents
    file: SourceFile

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        return self.file.data if path == self.file.path else self.contents.read(path)


def _with(root: Path, tree: Merged, lock: SourceFile) -> Workspace:
    own = {path: entry for path, entry in tree.entries.items() if entry.mode not in (git.SYMLINK, git.SUBMODULE)}
    return Workspace({*own, lock.path}, _Replaced(Objects(own, git_objects.Batch(root)), lock))


def accept(workspace: Workspace, path: str) -> None:
    """Raises Collision unless a lock is fresh and every lock rule of the workspace's own policy is content with it."""
    folder = posixpath.dirname(path)
    tree = WorkspaceTree(workspace)
    if (root := workspace_members.discover(tree, folder).root) != folder:
        raise Collision(f"its project is a member of the workspace in {root or 'the root'}, which has a lock of its own")
    judged = freshness.judge(tree, folder, f"{sys.version_info.major}.{sys.version_info.minor}")
    if judged.verdict is not Verdict.FRESH:
        raise Collision(f"the combined lock would be {judged.verdict}: {judged.differences[0].message}")
    settings = config.load_from(workspace.get, declared=verdict.declared(registry.all_rules()), codes=registry.codes())
    rules = registry.selected(("LCK",), settings.keys.ignore)
    outcome = judgement.judge(workspace, rules, settings, datetime.now(UTC).date(), verdict.recorded(workspace, settings))
    if outcome.crashed:
        raise Collision("a rule about locks crashed: `policy-checks check --select LCK` tells more")
    for finding in outcome.findings:
        if finding.suppressed is None and _nearest_lock(workspace, finding.problem.place.file.path) == path:
            raise Collision(f"the combined lock is not sound: {finding.code} {finding.name}: {finding.problem.message}")


def _nearest_lock(workspace: Workspace, path: str) -> str | None:
    """The lock that a file belongs to."""
    folder = posixpath.dirname(path)
    while (found := posixpath.join(folder, "uv.lock")) not in workspace:
        if not folder:
            return None
        folder = posixpath.dirname(folder)
    return found
