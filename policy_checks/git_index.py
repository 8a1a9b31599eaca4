"""What git's index holds beside HEAD and beside the working tree, and how new contents get into it.

Contents go in as objects, never by `git add`: what is on disk stays out of it. Filters that git's configuration and
.gitattributes name (line ends, encodings, programs) run only where git itself would run them: in `git diff`, to compare
a file, and in place of `git checkout`, for a file that is about to be written and was on disk what they make of it.
"""

import os
import tempfile
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path

from policy_checks import git
from policy_checks.git import Entry, GitError
from policy_checks.record import record

REGULAR = ("100644", "100755")
_DIFF = ("--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")
_PARTIAL = "next-index-"  # how the index of `git commit PATH` is called while its hooks run


@record
class _Change:
    """A line of `git diff --raw`: its letter and the two sides; the id of what is on disk alone is all zeros."""

    path: str
    letter: str
    before: Entry
    after: Entry


def staged(root: Path) -> dict[str, Entry]:
    """The files whose entry is another than in HEAD, or not in it; deleted ones are not among them. Raises GitError for unmerged ones."""
    try:
        changes = list(_changes(root, "--cached", "HEAD"))
    except GitError:
        if not git.is_unborn(root):
            raise
        changes = list(_changes(root, "--cached"))  # where the commit is lost, git would take this way by itself
    return {change.path: change.after for change in changes if change.letter != "D"}


def unstaged(root: Path) -> dict[str, Entry]:
    """The entries whose files are not on disk as they are in the index; a file that is only intended to be added is none."""
    return {change.path: change.before for change in _changes(root) if change.letter != "A"}


def store(root: Path, contents: Sequence[bytes], scratch: Path) -> list[str]:
    """The ids of contents as objects, byte for byte; they are written to the object store."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        names = [os.path.relpath(os.path.realpath(Path(folder, str(number))), os.path.realpath(root)) for number in range(len(contents))]
        for number, data in enumerate(contents):
            Path(folder, str(number)).write_bytes(data)
        listed = "".join(f"{name}\n" for name in names).encode()
        return git.run(root, "hash-object", "-w", "--no-filters", "--stdin-paths", given=listed).decode().split()


def put(root: Path, entries: Mapping[str, Entry], before: Mapping[str, Entry]) -> None:
    """Gives files new entries, all of them in one step.

    While `git commit PATH` has its hooks run, the index is a temporary one, and the one that is left afterwards waits
    beside it, locked by that very git: without the new entries, there the next commit would undo this one.
    """
    _put(root, entries, {})
    used = Path(os.environ.get("GIT_INDEX_FILE", "-"))
    left = used.with_name("index.lock")
    if used.name.startswith(_PARTIAL) and (root / left).exists():
        variables = {"GIT_INDEX_FILE": str(left)}
        held = git.index_entries(root, variables)
        _put(root, {path: entry for path, entry in entries.items() if held.get(path) == before[path]}, variables)


def as_checked_out(root: Path, path: str, object_id: str) -> bytes:
    """What git would put on disk for a file with these contents."""
    return git.run(root, "cat-file", "--filters", f"--path={path}", object_id)


def merged(root: Path, base: bytes, ours: bytes, theirs: bytes, scratch: Path) -> bytes | None:
    """The three-way merge of file contents, None where both sides changed the same lines."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        names = [str(Path(folder, name)) for name in ("ours", "base", "theirs")]
        for name, data in zip(names, (ours, base, theirs), strict=True):
            Path(name).write_bytes(data)
        # In the style diff3 git takes lines for a conflict that both changed alike. Where there is none, it matters not which side is favoured.
        one, other = (git.run(root, "merge-file", "-p", "-q", "--no-diff3", side, *names) for side in ("--ours", "--theirs"))
    return one if one == other else None


def _put(root: Path, entries: Mapping[str, Entry], variables: Mapping[str, str]) -> None:
    marked = _marked(root, entries, variables)
    lines = (f"{entry.mode} {entry.object_id}\t{path}\0" for path, entry in entries.items())
    git.run(root, "update-index", "-z", "--index-info", given=b"".join(map(os.fsencode, lines)), variables=variables)
    for option, names in marked.items():
        git.run(root, "update-index", "-z", option, "--stdin", given=b"".join(names), variables=variables)
    # Git knows by a file's times that it need not read it; commands below `git status` would take the new entries for changed ones.
    git.run(root, "update-index", "-q", "--refresh", accept=(0, 1), variables=variables)


def _marked(root: Path, paths: Container[str], variables: Mapping[str, str]) -> dict[str, list[bytes]]:
    """What git was told about some of its files and would forget with their entries: option → names, each with its end."""
    found: dict[str, list[bytes]] = {}
    for listed in git.run(root, "ls-files", "-v", "-z", variables=variables).split(b"\0")[:-1]:
        tag, name = listed[:1], listed[2:]
        if tag != b"H" and os.fsdecode(name) in paths:
            marks = {"--skip-worktree": tag in b"Ss", "--assume-unchanged": tag.islower()}
            for option in (option for option, is_set in marks.items() if is_set):
                found.setdefault(option, []).append(name + b"\0")
    return found


def _changes(root: Path, *which: str) -> Iterator[_Change]:
    words = iter(git.run(root, "diff", *which, *_DIFF, "--").split(b"\0")[:-1])
    for head, name in zip(words, words, strict=True):
        before_mode, after_mode, before, after, letter = head.decode().removeprefix(":").split(" ")
        path = os.fsdecode(name)
        if letter == "U":
            raise GitError(f"{path}: unmerged; resolve the conflict and `git add` it first")
        yield _Change(path, letter, Entry(before_mode, before), Entry(after_mode, after))
