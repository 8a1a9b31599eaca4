"""The files as they are in git's index: read from it, and formatted there without mixing in what is not staged.

A result goes to the index and to the file on disk. What is on disk beside what is staged is kept by a three-way merge, in
which the staged contents are what both sides started from. The file is written before the index, so that a run that is killed in
between has lost nothing: the next one finds the same change on both sides.
"""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from policy_checks import git, git_index
from policy_checks.formatting import changes, tree, writing
from policy_checks.formatting.sources import Unwritten
from policy_checks.git import Entry, GitError
from policy_checks.git_objects import Batch
from policy_checks.record import record
from policy_checks.workspace import MAX_BYTES, Disk, own_files

# Python, and where settings are kept; of other files it does not matter what is staged.
_READ_BY_TOOLS = (*changes.SUFFIXES, ".toml", ".cfg", ".ini", ".conf", ".typed", "rc", ".editorconfig")
_OVERLAPS = (
    "partly staged, and what is not staged touches the lines that formatting changes: left as it is; "
    "`git stash push --keep-index`, format and commit, then `git stash pop`"
)
_NOT_THERE = "staged, but not on disk, where a hook may change it: `policy-checks format --staged`"
_STAGED_ANEW = "staged anew while it was being formatted, and left as it is now; run again"


@record
class Index:
    """Files by their entries in the index. Unless `is_writable`, results go to the files on disk alone."""

    root: Path
    entries: Mapping[str, Entry]
    is_writable: bool

    @cached_property
    def _objects(self) -> Batch:
        return Batch(self.root)

    def read(self, path: str) -> bytes:
        """The bytes of one file as they are staged; raises OSError."""
        return self._objects.read(self.entries[path].object_id, MAX_BYTES)

    def place(self, contents: Mapping[str, bytes], scratch: Path) -> Path:
        """The root where its Python and settings files are as they are in the index, else a tree in which they are.

        Files that git does not track are part of either, as they are of every run of a linter in a hook.
        """
        unstaged = git_index.unstaged(self.root)
        others = {path: entry for path, entry in unstaged.items() if path.endswith(_READ_BY_TOOLS) and path not in contents}
        links = {path: os.fsdecode(self._blob(path, entry)) for path, entry in others.items() if entry.mode == git.SYMLINK}
        files = {path: entry for path, entry in others.items() if entry.mode in git_index.REGULAR}
        if not files and not links and all(self._is_on_disk(path, data) for path, data in contents.items()):
            return self.root
        folder = scratch / "index"
        tree.lay_out(self.root, folder, {**contents, **{path: self._blob(path, entry) for path, entry in files.items()}}, links)
        for path, entry in {**self.entries, **files}.items():
            if path in contents or path in files:
                (folder / path).chmod(0o755 if entry.mode == "100755" else 0o644)
        return folder

    def put(self, changes: Mapping[str, tuple[bytes, bytes]], scratch: Path) -> dict[str, Unwritten]:
        """Writes the results to the files on disk, where they are, then to the index, all in one step."""
        if not changes:
            return {}
        held = git.index_entries(self.root)
        ids = git_index.store(self.root, [after for _before, after in changes.values()], scratch)
        entries = {path: Entry(self.entries[path].mode, made) for path, made in zip(changes, ids, strict=True)}
        unwritten = {}
        for path, (before, after) in changes.items():
            if held.get(path) != self.entries[path]:
                unwritten[path] = Unwritten(_STAGED_ANEW)
            elif found := self._written(path, before, after, entries[path].object_id, scratch):
                unwritten[path] = found
        for path in unwritten:
            del entries[path]
        if self.is_writable and entries:
            try:
                git_index.put(self.root, entries, self.entries)
            except GitError as error:
                unwritten |= dict.fromkeys(entries, Unwritten(f"formatted on disk, but not in the index: {error}"))
        return unwritten

    def _written(self, path: str, before: bytes, after: bytes, made: str, scratch: Path) -> Unwritten | None:
        """Brings the change from the index to the file on disk; None when that is done."""
        if path not in own_files(self.root, (path,)):  # deleted, or a link or a folder by now: not what is staged
            return None if self.is_writable else Unwritten(_NOT_THERE, failed=False)
        try:
            ours = Disk(self.root).read(path)
            result = self._merged(path, ours, before, after, made, scratch)
            if result is None:
                return Unwritten(_OVERLAPS, failed=False)
            if result != ours:
                writing.replace(self.root / path, ours, result, scratch)
        except (OSError, GitError, writing.Disturbed) as error:
            return Unwritten(str(error))
        return None

    def _merged(self, path: str, ours: bytes, before: bytes, after: bytes, made: str, scratch: Path) -> bytes | None:
        """What the file on disk is to hold: what it holds, with the change in between; None where the two touch the same lines.

        On disk the staged contents may have other line ends, or be whatever git's filters make of them.
        """
        sides = [(before, after), (_with_carriage_returns(before), _with_carriage_returns(after))]
        for base, theirs in sides:
            if ours == base:
                return theirs
        ids = (self.entries[path].object_id, made)
        checked_out, theirs = (git_index.as_checked_out(self.root, path, found) for found in ids)
        if ours == checked_out:
            return theirs
        sides = list(dict.fromkeys([*sides, (checked_out, theirs)]))
        # On the wrong sides every line differs, and nothing fits.
        results = (self._fitted(base, ours, theirs, scratch) for base, theirs in sides)
        return next((result for result in results if result is not None), None)

    def _fitted(self, base: bytes, ours: bytes, theirs: bytes, scratch: Path) -> bytes | None:
        """The merge; or ours, where a run that was killed has made it already (with equal lines about, git may then see a conflict)."""
        found = git_index.merged(self.root, base, ours, theirs, scratch)
        if found is not None:
            return found
        undone = git_index.merged(self.root, theirs, ours, base, scratch)
        is_made = undone is not None and git_index.merged(self.root, base, undone, theirs, scratch) == ours
        return ours if is_made else None

    def _is_on_disk(self, path: str, data: bytes) -> bool:
        """Whether a file is there with these contents, whatever its line ends; git alone could be told to take no notice of it."""
        if path not in own_files(self.root, (path,)):
            return False
        try:
            return Disk(self.root).read(path) in (data, _with_carriage_returns(data))
        except OSError:
            return False

    def _blob(self, path: str, entry: Entry) -> bytes:
        try:
            return self._objects.read(entry.object_id, MAX_BYTES)
        except OSError as error:
            raise GitError(f"{path}: cannot be read from the index: {error.strerror or error}") from None


def _with_carriage_returns(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")
