"""The files under judgement, frozen: from disk, from the git index, or from a revision."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from policy_checks.record import record
from policy_checks.source import SourceFile, Span, Unreadable

if TYPE_CHECKING:
    from policy_checks import git, git_objects

S = TypeVar("S")
Dated = Callable[[str], datetime]  # when a file, by its path, was committed as it stands; asks git only when it is called

_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")  # byte order marks
# Opened without following a link and without waiting for the other end of a pipe.
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
MAX_BYTES = 100_000_000  # a larger file is reported, not read: memory stays bounded


@record(eq=False)
class Kind(Generic[S]):
    """What rules ask for: a name, and how all of it is read from a workspace.

    `read` yields subjects; for a file it cannot read it yields the Unreadable instead of raising,
    so that one bad file hides no other. `needles`: see Rule; empty means everything. `shared`: many
    rules and other kinds look for different needles in it, so it is read once, with all of them. `alone`: it
    reads no other kind, so what it looks for is nobody else's.
    """

    name: str
    read: Callable[["Workspace", tuple[str, ...]], Iterable[S | Unreadable]]
    shared: bool = False
    alone: bool = False


class Contents(Protocol):
    """Where bytes come from; `read` raises OSError for a file that cannot be had."""

    def read(self, path: str) -> bytes:
        """The bytes of one file."""
        ...


class Workspace:
    """All files by path (relative to the root, `/` between parts, sorted), each read at most once.

    Subjects are parsed once per kind and shared by every rule. `commits` are raw commit objects
    (path: the commit id) for the rules about commits; a plain check has none. `cache` is where
    verdicts on them may be remembered, if anywhere.
    """

    def __init__(
        self,
        paths: Iterable[str],
        contents: Contents,
        commits: Iterable[SourceFile] = (),
        dated: Dated | None = None,
        cache: Path | None = None,
    ) -> None:
        self.paths = tuple(sorted(paths))
        self.commits = tuple(commits)
        self.cache = cache
        self._contents, self._dated = contents, dated
        self._files: dict[str, SourceFile | Unreadable] = {}
        self._subjects: dict[Kind[Any], tuple[tuple[str, ...], list[Any]]] = {}
        self._expected: frozenset[str] = frozenset()

    def without(self, excluded: Callable[[str], bool]) -> "Workspace":
        """The same files less the excluded ones, which are then neither read nor parsed."""
        kept = [path for path in self.paths if not excluded(path)]
        return self if len(kept) == len(self.paths) else Workspace(kept, self._contents, self.commits, self._dated, self.cache)

    def about(self, commits: Iterable[SourceFile], paths: Iterable[str], cache: Path | None) -> "Workspace":
        """Commits under judgement, with those of the paths that are here."""
        return Workspace([path for path in paths if path in self], self._contents, commits, self._dated, cache)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.paths)

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def file(self, path: str) -> SourceFile:
        """One file; raises KeyError when it is not part of the workspace, Unreadable when it cannot be read."""
        if path not in self._known:
            raise KeyError(path)
        if path not in self._files:
            self._files[path] = _read(self._contents, path)
        found = self._files[path]
        if isinstance(found, Unreadable):
            raise found
        return found

    def get(self, path: str) -> SourceFile | None:
        """One file, None when it is not part of the workspace; raises Unreadable when it cannot be read."""
        return self.file(path) if path in self._known else None

    def files(self, wanted: Callable[[str], bool], needles: tuple[str, ...] = ()) -> Iterator[SourceFile | Unreadable]:
        """The files whose path is wanted and that hold one of the needles (any, when there are none)."""
        sought = [needle.encode() for needle in needles]
        for path in self.paths:
            if wanted(path):
                try:
                    file = self.file(path)
                except Unreadable as error:
                    yield error
                    continue
                # In UTF-16 and UTF-32 no needle would be found: such a file is for the reader to refuse.
                if not sought or file.data.startswith(_WIDE) or any(needle in file.data for needle in sought):
                    yield file

    def date(self, path: str) -> datetime | None:
        """The time by which a file is judged: of the commit that holds it as it stands, else now. None for files without a history.

        A verdict on a commit stays the same for good; only what is not committed yet is judged by the clock.
        """
        return self._dated(path) if self._dated else None

    def read_so_far(self) -> list[SourceFile | Unreadable]:
        """The files that someone has read, in path order."""
        return [self._files[path] for path in sorted(self._files)]

    def expect(self, needles: Iterable[str]) -> None:
        """Says what all rules of a run look for."""
        self._expected = frozenset(needles)

    def all(self, kind: Kind[S], needles: tuple[str, ...] = ()) -> list[S | Unreadable]:
        """Every subject of a kind, in file order; parsed on the first call for these needles."""
        if kind.shared and needles:
            needles = tuple(sorted({*needles, *self._expected}))
        held = self._subjects.get(kind)
        # What holds `uv ` holds `uv`: subjects read for the wider needles are all that is asked for, and more.
        if held is None or not (held[0] == () or (needles and all(any(wide in needle for wide in held[0]) for needle in needles))):
            held = (needles, list(kind.read(self, needles)))
            self._subjects[kind] = held
        return held[1]


def per_file(name: str, wanted: Callable[[str], bool], parse: Callable[[SourceFile], Iterable[S]]) -> Kind[S]:
    """A kind whose subjects each stand in one file; `parse` may raise Unreadable."""

    def read(workspace: Workspace, needles: tuple[str, ...]) -> Iterator[S | Unreadable]:
        for file in workspace.files(wanted, needles):
            if isinstance(file, Unreadable):
                yield file
                continue
            try:
                yield from parse(file)
            except Unreadable as error:
                yield error

    return Kind(name, read, alone=True)


def _read(contents: Contents, path: str) -> SourceFile | Unreadable:
    try:
        return SourceFile(path, contents.read(path))
    except OSError as error:
        return Unreadable(SourceFile(path, b""), Span(0, 0), f"cannot be read: {error.strerror or error}")


@record
class Memory:
    """Contents held in memory: for examples and tests."""

    data: Mapping[str, bytes]

    def read(self, path: str) -> bytes:
        """The bytes of one file."""
        return self.data[path]


@record
class Disk:
    """The files below a folder."""

    root: Path

    def read(self, path: str) -> bytes:
        """The bytes of one file; raises OSError for what is no regular file."""
        number = os.open(os.path.join(self.root, path), _READ)
        try:
            state = os.fstat(number)
            if not stat.S_ISREG(state.st_mode):
                raise OSError(0, "not a regular file")
            if state.st_size > MAX_BYTES:
                raise OSError(0, f"{state.st_size} bytes, more than {MAX_BYTES}")
            data = os.read(number, state.st_size + 1)
            if len(data) != state.st_size:  # it comes in pieces, or changes while it is read
                with open(number, "rb", closefd=False) as file:
                    data += file.read(MAX_BYTES)
            return data
        finally:
            os.close(number)


@record
class Objects:
    """Git objects by path: the index or a revision, read without a checkout."""

    entries: Mapping[str, "git.Entry"]
    batch: "git_objects.Batch"

    def read(self, path: str) -> bytes:
        """The bytes of one blob."""
        return self.batch.read(self.entries[path].object_id, MAX_BYTES)


def on_disk(root: Path) -> Workspace:
    """What lies on disk: in a repository what git tracks or would add, elsewhere every file.

    A symbolic link is no file of its own: what it points to is judged where it stands.
    """
    from policy_checks import git

    if git.top_level(root) is None:
        return Workspace(own_files(root, _walk(root)), Disk(root), dated=lambda _path: datetime.now(UTC))
    return Workspace(own_files(root, git.worktree_paths(root)), Disk(root), dated=lambda path: _date(root, path, staged=False))


def staged(root: Path) -> Workspace:
    """What the next commit would hold."""
    from policy_checks import git

    return _objects(root, git.index_entries(root), lambda path: _date(root, path, staged=True))


def at_revision(root: Path, revision: str) -> Workspace:
    """What a commit holds, read from git's objects without a checkout."""
    from policy_checks import git

    return _objects(root, git.tree_entries(root, revision), lambda _path: git.committed(root, revision))


def in_memory(files: Mapping[str, str], commits: Mapping[str, str] | None = None, date: datetime | None = None) -> Workspace:
    """Files (and raw commit objects) given as text, all of one date."""
    data = {path: text.encode() for path, text in files.items()}
    known = [SourceFile(sha, text.encode()) for sha, text in (commits or {}).items()]
    return Workspace(data, Memory(data), known, (lambda _path: date) if date else None)


def of_files(files: Iterable[SourceFile]) -> Workspace:
    """Files that were read already, with what was parsed of them."""
    held = {file.path: file for file in files}
    workspace = Workspace(held, Memory({}))
    workspace._files.update(held)  # noqa: SLF001  # the other way to fill a workspace
    return workspace


def _objects(root: Path, entries: Mapping[str, "git.Entry"], dated: Dated) -> Workspace:
    from policy_checks import git, git_objects

    own = {path: entry for path, entry in entries.items() if entry.mode not in (git.SYMLINK, git.SUBMODULE)}
    return Workspace(own, Objects(own, git_objects.Batch(root)), dated=dated)


def _date(root: Path, path: str, *, staged: bool) -> datetime:
    """HEAD's time for a file that is in it as it stands (whichever commit changed it: a shallow clone does not know), else now."""
    from policy_checks import git

    return datetime.now(UTC) if git.differs_from_head(root, path, staged=staged) else git.committed(root, "HEAD")


def own_files(root: Path, names: Iterable[str]) -> Iterator[str]:
    """The names that are regular files (or devices) of the tree itself: not deleted, no link, and behind no link."""
    real = {"": True}  # folders that are no link and lie behind none

    def is_real(folder: str) -> bool:
        if folder not in real:
            real[folder] = is_real(folder.rpartition("/")[0]) and not os.path.islink(f"{root}/{folder}")
        return real[folder]

    for name in names:
        try:
            mode = os.lstat(f"{root}/{name}").st_mode
        except (FileNotFoundError, NotADirectoryError):  # deleted, left out by a sparse checkout, or its folder is a file now
            continue
        if not (stat.S_ISLNK(mode) or stat.S_ISDIR(mode)) and is_real(name.rpartition("/")[0]):
            yield name


def _walk(root: Path) -> Iterator[str]:
    for folder, _folders, names in os.walk(root, onerror=_raise):
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def _raise(error: OSError) -> None:
    raise error
