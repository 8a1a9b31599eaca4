"""The modules that lie in a repository, tracked or not, and what is in them, read again only where it may have changed."""

import os
import stat
from collections.abc import Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from policy_checks import git
from policy_checks.formatting.store import digest
from policy_checks.formatting.tree import PARENT
from policy_checks.record import record

MODULES = (".py", ".pyi", ".so", ".pyd")


@record
class Listing:
    """Paths relative to the root; `opaque` are folders whose files are not listed: ignored ones, and links."""

    modules: frozenset[str]
    opaque: frozenset[str]
    folders: frozenset[str]  # all that hold a file, and those above them

    def digest(self) -> str:
        """The listing as a short text."""
        return digest(*sorted(self.modules), "", *sorted(self.opaque))


def listed(root: Path, pool: Executor) -> Listing | None:
    """What lies there now; None where git cannot say so, as of a folder that it may not open."""
    try:
        return _listed(root, pool)
    except git.GitError:
        return None


def _listed(root: Path, pool: Executor) -> Listing:
    ignored = pool.submit(git.run, root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
    named = (*git.worktree_paths(root), *git.paths(ignored.result()))
    found = [path for path in named if not path.startswith(f"{PARENT}/")]  # our own scratch folders
    modules = {path for path in found if path.endswith(MODULES) and os.path.isfile(root / path)}
    has_submodules = os.path.lexists(root / ".gitmodules")
    wanted = {name.rstrip("/") for name in found if has_submodules or name.endswith("/") or _may_be_package(name)} - modules
    own = {path for path in wanted if os.path.isdir(root / path)}
    opaque = {path for path in own if _may_be_package(path)}
    folders = _above(found)
    for name in sorted(own):
        if os.path.lexists(root / name / ".git"):  # a repository of its own
            below = _listed(root / name, pool)
            modules |= {f"{name}/{path}" for path in below.modules}
            opaque |= {f"{name}/{path}" for path in below.opaque}
            folders |= {f"{name}/{path}" for path in below.folders}
    return Listing(frozenset(modules), frozenset(opaque), frozenset(folders))


def _above(paths: Iterable[str]) -> set[str]:
    """Every folder above the paths, the root (empty) among them."""
    found = {""}
    for path in paths:
        folder = path.rstrip("/").rpartition("/")[0]
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _may_be_package(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.removesuffix("-stubs").isidentifier() and name != "__pycache__"


class Files:
    """The digests of files, taken from what is remembered where size, times and place are still the same.

    Times count only when they lie before the run: one that is as young as the look itself proves nothing.
    """

    def __init__(self, root: Path, remembered: dict[str, Any], marker: Path) -> None:
        self._root, self._remembered = root, remembered
        self.began = marker.stat().st_ctime_ns
        self.seen: dict[str, tuple[list[int], str]] = {}

    def digest(self, path: str) -> str | None:
        """The digest of a file's bytes; None for what is no file."""
        if path in self.seen:
            return self.seen[path][1]
        state = self._state(path)
        if state is None:
            return None
        kept = self._remembered.get(path)
        if isinstance(kept, list) and kept[:-1] == state and isinstance(kept[-1], str):
            found = kept[-1]
        else:
            try:
                found = digest((self._root / path).read_bytes())
            except OSError:
                return None
        self.seen[path] = (state, found)
        return found

    def read(self, path: str) -> bytes:
        """Its bytes; empty where they are no longer those of the digest, which then is settled never."""
        try:
            data = (self._root / path).read_bytes()
        except OSError:
            return b""
        return data if digest(data) == self.digest(path) else b""

    def are_settled(self, paths: Iterable[str]) -> bool:
        """Whether nothing has happened to the files since the run began."""
        return all(self._is_settled(path) for path in paths)

    def _is_settled(self, path: str) -> bool:
        state = self._state(path)
        return state is not None and path in self.seen and self.seen[path][0] == state and max(state[1:3]) < self.began

    def to_remember(self) -> dict[str, Any]:
        """What can be relied on in the next run."""
        return {path: [*state, found] for path, (state, found) in self.seen.items() if max(state[1:3]) < self.began}

    def _state(self, path: str) -> list[int] | None:
        try:
            state = os.stat(self._root / path)
        except (OSError, ValueError):
            return None
        return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev] if stat.S_ISREG(state.st_mode) else None
