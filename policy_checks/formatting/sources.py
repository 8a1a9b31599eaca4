"""Where the files of a run are read, and where what becomes of them is written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from policy_checks.formatting import writing
from policy_checks.record import record
from policy_checks.workspace import Disk


@record
class Unwritten:
    """Why a file is left as it was: a failure, or something that is for its author to mend."""

    text: str
    failed: bool = True


class Source(Protocol):
    """One state of the files: that on disk, or that of git's index."""

    def read(self, path: str) -> bytes:
        """The bytes of one file; raises OSError."""
        ...

    def place(self, contents: Mapping[str, bytes], scratch: Path) -> Path:
        """A folder that holds this state: the root itself where that is so, else a tree below the folder `scratch`."""
        ...

    def put(self, changes: Mapping[str, tuple[bytes, bytes]], scratch: Path) -> dict[str, Unwritten]:
        """Puts what came after in place of what was before; says of which files it could not."""
        ...


@record
class Worktree:
    """The files on disk."""

    root: Path

    def read(self, path: str) -> bytes:
        """The bytes of one file; raises OSError."""
        return Disk(self.root).read(path)

    def place(self, _contents: Mapping[str, bytes], _scratch: Path) -> Path:
        """The root."""
        return self.root

    def put(self, changes: Mapping[str, tuple[bytes, bytes]], scratch: Path) -> dict[str, Unwritten]:
        """Replaces the files, each by one rename."""
        unwritten = {}
        for path, (before, after) in changes.items():
            try:
                writing.replace(self.root / path, before, after, scratch)
            except (OSError, writing.Disturbed) as error:
                unwritten[path] = Unwritten(str(error))
        return unwritten
