"""Every uv.lock of a workspace with the verdict on it: what the rules about freshness judge."""

import posixpath
from collections.abc import Iterator

from policy_checks.lock import freshness
from policy_checks.lock.differences import Difference
from policy_checks.lock.tree import WorkspaceTree, join
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Kind, Workspace


@record
class JudgedLock:
    """One uv.lock and where it differs from its project."""

    file: SourceFile
    differences: tuple[Difference, ...]

    @property
    def place(self) -> Place:
        """The start of the lock."""
        return Place(self.file, Span(0, 0))


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[JudgedLock | Unreadable]:
    tree = WorkspaceTree(workspace)
    for path in workspace.paths:
        folder = posixpath.dirname(path)
        # A lock without a project beside it locks nothing that could be compared.
        if posixpath.basename(path) != freshness.LOCK_NAME or join(folder, "pyproject.toml") not in workspace:
            continue
        try:
            yield JudgedLock(workspace.file(path), freshness.differences(tree, folder))
        except Unreadable as error:
            yield error


JUDGED_LOCK = Kind("uv.lock compared with its project", _read)
