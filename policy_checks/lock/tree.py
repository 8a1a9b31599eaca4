"""The files around a project: workspace members and path dependencies stand in other folders than the lock.

Paths are relative to the root of the tree, `/` between parts, the root itself is the empty path.
"""

import posixpath
from functools import cached_property
from typing import Protocol

from policy_checks.source import SourceFile
from policy_checks.workspace import Workspace


class Tree(Protocol):
    """Folders and files; a path that leaves the tree (`../…`) holds nothing."""

    @property
    def location(self) -> str | None:
        """The absolute path of the root, None for a tree that is not on disk."""

    def file(self, path: str) -> SourceFile | None:
        """A file, None where there is none; raises Unreadable."""

    def is_folder(self, path: str) -> bool:
        """Whether a folder stands there."""

    def is_file(self, path: str) -> bool:
        """Whether a file stands there."""

    def names(self, folder: str) -> list[str]:
        """The names of what stands directly in a folder, sorted."""


class WorkspaceTree:
    """The files of a workspace: from disk, the index or a revision."""

    location: str | None = None

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @cached_property
    def _folders(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {"": set()}
        for path in self._workspace.paths:
            below = path
            while below:
                folder, _, name = below.rpartition("/")
                known = folder in found
                found.setdefault(folder, set()).add(name)
                below = "" if known else folder
        return found

    def file(self, path: str) -> SourceFile | None:
        """A file of the workspace."""
        return self._workspace.file(path) if path in self._workspace else None

    def is_folder(self, path: str) -> bool:
        """Whether a file stands below it."""
        return path in self._folders

    def is_file(self, path: str) -> bool:
        """Whether the workspace holds it."""
        return path in self._workspace

    def names(self, folder: str) -> list[str]:
        """The names of what stands directly in a folder, sorted."""
        return sorted(self._folders.get(folder, ()))


def join(folder: str, path: str) -> str:
    """A path relative to a folder as one relative to the root; an absolute one stays absolute."""
    joined = posixpath.normpath(posixpath.join(folder or ".", path))
    return "" if joined == "." else joined


def absolute(tree: Tree, path: str) -> str:
    """A path as one text for comparison: absolute where the tree is on disk."""
    if posixpath.isabs(path) or tree.location is None:
        return path
    return posixpath.normpath(posixpath.join(tree.location, path))


def inside(tree: Tree, path: str) -> str:
    """A path as the tree knows it: one that is absolute but below the root becomes relative."""
    if tree.location is None or not posixpath.isabs(path):
        return path
    relative = posixpath.relpath(path, tree.location)
    return "" if relative == "." else relative


def parents(folder: str) -> list[str]:
    """The folders above one, nearest first, up to the root."""
    found = []
    while folder:
        folder = posixpath.dirname(folder)
        found.append(folder)
    return found
