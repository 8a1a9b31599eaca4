"""The files around a project on disk, and what of them was looked at."""

import os
from functools import cached_property
from pathlib import Path

from policy_checks.lock import memory
from policy_checks.lock.tree import join
from policy_checks.source import SourceFile, Span, Unreadable
from policy_checks.workspace import Disk


class DiskTree:
    """The files around a project on disk: its repository, or everything where there is none.

    uv looks for a workspace root in the folders above a project, and for path dependencies wherever they
    point to. Inside a repository nothing outside of it is read. Only files that uv would read are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, SourceFile | None] = {}
        self._looks: dict[memory.Look, str] = {}
        self.asked_git = False  # then what was seen cannot be looked up again cheaply

    @cached_property
    def _root(self) -> Path:
        return Path(memory.root_above(str(self._folder)))

    @property
    def location(self) -> str:
        """The absolute path of the root."""
        return self._root.as_posix()

    @property
    def project(self) -> str:
        """The folder that is asked about, relative to the root."""
        relative = self._folder.relative_to(self._root).as_posix()
        return "" if relative == "." else relative

    def _path(self, path: str) -> Path | None:
        return None if path.startswith("../") or path == ".." or os.path.isabs(path) else self._root / path

    def file(self, path: str) -> SourceFile | None:
        """A file, read at most once."""
        if path not in self._files:
            self._files[path] = self._read(path) if self.is_file(path) else None
        return self._files[path]

    def _read(self, path: str) -> SourceFile:
        try:
            return SourceFile(path, Disk(self._root).read(path))
        except OSError as error:
            raise Unreadable(SourceFile(path, b""), Span(0, 0), f"cannot be read: {error.strerror or error}") from None

    def is_folder(self, path: str) -> bool:
        """Whether a folder stands there."""
        found = self._path(path)
        return found is not None and self._looked("is_folder", found) == str(True)

    def is_file(self, path: str) -> bool:
        """Whether a file stands there."""
        found = self._path(path)
        return found is not None and self._looked("is_file", found) == str(True)

    def _looked(self, kind: str, path: Path) -> str:
        what = self._looks[kind, str(path)] = memory.look(kind, str(path))
        return what

    def files(self) -> list[SourceFile]:
        """The files that were read."""
        return [file for file in self._files.values() if file is not None]

    def seen(self) -> dict[memory.Look, str]:
        """Everything that was looked at, and what was there."""
        read = {("file", str(self._root / file.path)): memory.digest(file.data) for file in self.files()}
        return self._looks | read

    def names(self, folder: str) -> list[str]:
        """The names of what stands directly in a folder, sorted; without what git ignores where a folder holds nothing else."""
        found = self._path(folder)
        names = self._looked("names", found).split("/") if found is not None and self.is_folder(folder) else []
        names = [name for name in names if name]
        if not names or not (self._root / ".git").exists() or "pyproject.toml" in names:
            return names
        from policy_checks import git

        self.asked_git = True
        try:
            ignored = git.paths(git.run(self._root, "check-ignore", "-z", "--", *(join(folder, name) for name in names), accept=(0, 1)))
        except git.GitError:
            return names
        return [name for name in names if join(folder, name) not in ignored]
