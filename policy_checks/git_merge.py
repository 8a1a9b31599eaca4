"""The merge that git is making at this moment, as a merge driver can find it out.

A driver gets three files and a path, nothing else (seen with git 2.39): it runs at the top of the working tree
while index and working tree are as they were before the merge, so neither holds the merged pyproject.toml, and
MERGE_HEAD, CHERRY_PICK_HEAD and REBASE_HEAD are not yet written. What can be known of the two sides:

- `git merge` and `git pull` name what they merge in the environment: `GITHEAD_<commit id>`;
- `git rebase` has the commit in `rebase-merge/done`, with the apply backend in `rebase-apply/original-commit`;
- `git cherry-pick`, `git revert` and `git stash pop` say nothing: the commit is looked for by what it did to the file.

Whatever is found only counts when the three blobs are the three files. Then git itself merges the same commits again,
in memory (`git merge-tree --write-tree`, git 2.38): the same renames, merge bases and conflicts as in the real merge. It
leaves objects behind that nothing names, which `git gc` takes away.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from policy_checks import git
from policy_checks.git import Entry, GitError
from policy_checks.record import record

MAIN_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")

_REPLAYED = re.compile(r"^(?:pick|p|reword|r|edit|e|squash|s|fixup|f)(?: -[cC])? ([0-9a-f]{4,64})\b")
_NO_OBJECT = ""
_IDENTITY = ("-c", "user.name=policy-checks", "-c", "user.email=policy-checks@localhost")


@record
class Blobs:
    """One file of a merge as the ids of its three versions."""

    base: str
    ours: str
    theirs: str


@record
class Operation:
    """What comes in: the changes that lead from `base` to `theirs`; without a base a whole branch."""

    base: str | None
    theirs: str


@record
class Merged:
    """The tree that a merge makes: its files, and the paths on which it has a conflict."""

    entries: Mapping[str, Entry]
    conflicts: frozenset[str]


def file_ids(root: Path, files: Iterable[Path]) -> list[str]:
    """The ids that files have as blobs, byte for byte."""
    return git.run(root, "hash-object", "--no-filters", "--", *map(os.fspath, files)).decode().split()


def operations(root: Path, path: str, blobs: Blobs, environment: Mapping[str, str]) -> list[Operation]:
    """What may be merged into HEAD so that one file has these versions; several where it cannot be told which.

    Raises GitError where HEAD is not what is merged into.
    """
    if _blob(root, "HEAD", path) != blobs.ours:
        raise GitError("HEAD does not hold the version that is merged into (where git merges two merge bases first, it asks again)")
    if git.run(root, "diff-index", "--cached", "--name-only", "HEAD", "--"):
        raise GitError("other changes are staged, so HEAD is not what is merged into")
    if heads := incoming(environment):
        return [Operation(None, head) for head in heads if len(heads) == 1 and _blob(root, head, path) == blobs.theirs]
    known = [found for found in _replayed(root) if _fits(root, path, blobs, found)]
    return known or list(dict.fromkeys(_searched(root, path, blobs)))


def incoming(environment: Mapping[str, str]) -> list[str]:
    """The commits that a running `git merge` brings in."""
    return [name.removeprefix("GITHEAD_") for name in environment if name.startswith("GITHEAD_")]


def _blob(root: Path, commit: str, path: str) -> str:
    found = git.run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}:{path}", accept=(0, 1, 128))
    return found.split()[-1].decode() if found.strip() else _NO_OBJECT


def _fits(root: Path, path: str, blobs: Blobs, found: Operation) -> bool:
    return found.base is not None and (_blob(root, found.base, path), _blob(root, found.theirs, path)) == (blobs.base, blobs.theirs)


def _replayed(root: Path) -> Iterator[Operation]:
    """The commit that a rebase replays."""
    done = _state(root, "rebase-merge/done").splitlines()
    line = _REPLAYED.match(done[-1]) if done else None
    commit = line[1] if line else _state(root, "rebase-apply/original-commit").strip()
    if commit:
        yield from (Operation(parent, commit) for parent in parents(root, commit))


def _state(root: Path, name: str) -> str:
    """A file in which git remembers what it is doing, empty when there is none."""
    try:
        return state_path(root, name).read_text("utf-8", errors="replace")
    except OSError:
        return ""


def state_path(root: Path, name: str) -> Path:
    """Where git keeps such a file or folder, also in a linked working tree."""
    return root / os.fsdecode(git.run(root, "rev-parse", "--git-path", name).removesuffix(b"\n"))


def parents(root: Path, commit: str) -> list[str]:
    """The parents of a commit."""
    return git.run(root, "rev-parse", f"{git.commit_id(root, commit)}^@").decode().split()


def _searched(root: Path, path: str, blobs: Blobs) -> Iterator[Operation]:
    """Every commit known here that made such a change of the file (a pick) or its opposite (a revert)."""
    log = ("log", "--all", "--reflog", "--full-history", "-m", "--no-ext-diff", "--format=%H", f"--find-object={blobs.theirs}")
    for commit in dict.fromkeys(git.run(root, *log, "--", path).decode().split()):
        for parent in parents(root, commit):
            for found in (Operation(parent, commit), Operation(commit, parent)):
                if _fits(root, path, blobs, found):
                    yield found


def merged(root: Path, operation: Operation) -> Merged:
    """The tree that git makes of HEAD and what comes in. Raises GitError, also for git before 2.38."""
    ours, theirs = "HEAD", operation.theirs
    if operation.base is not None:
        # `--merge-base` came with git 2.40; two commits upon the base mean the same.
        ours, theirs = (_upon(root, operation.base, side) for side in (ours, theirs))
    said = git.run(root, "merge-tree", "--write-tree", "-z", "--no-messages", ours, theirs, accept=(0, 1))
    tree, *unmerged = said.split(b"\0")
    paths = frozenset(os.fsdecode(record.partition(b"\t")[2]) for record in unmerged if record)
    return Merged(git.tree_entries(root, _upon(root, None, tree.decode())), paths)


def _upon(root: Path, base: str | None, tree: str) -> str:
    """A commit with the tree of another (or a tree itself) and one parent or none."""
    parent = () if base is None else ("-p", git.commit_id(root, base))
    return git.run(root, *_IDENTITY, "commit-tree", *parent, "-m", "merged in memory", tree + "^{tree}").decode().strip()


def main_side(root: Path, theirs: str) -> bool:
    """Whether what comes in is the main branch's, so that main's version of a file is theirs and not ours."""
    return any(git.exists(root, main) and is_ancestor(root, theirs, main) for main in MAIN_BRANCHES)


def is_ancestor(root: Path, commit: str, other: str) -> bool:
    """Whether one commit is in the history of another."""
    return git.merge_base(root, commit, other) == git.commit_id(root, commit)


def main_branch(root: Path) -> str:
    """The main branch, by a name that `git checkout` takes; the guide's where there is none."""
    found = next((name for name in MAIN_BRANCHES if git.exists(root, name)), "origin/main")
    return git.run(root, "rev-parse", "--abbrev-ref", found, accept=(0, 128)).decode().strip() if found == "origin/HEAD" else found


def unmerged(root: Path) -> list[str]:
    """The paths that a merge left unresolved."""
    return sorted(set(git.paths(git.run(root, "diff", "--name-only", "-z", "--no-ext-diff", "--diff-filter=U", "--"))))


def main_commit(root: Path) -> str:
    """The commit whose version of a file is main's while a merge waits to be resolved.

    In a merge it is MERGE_HEAD when main is merged into a branch. Else it is HEAD, in a rebase, too: there HEAD
    is main with what was replayed so far, and "theirs" would be the branch.
    """
    if git.exists(root, "MERGE_HEAD") and main_side(root, "MERGE_HEAD"):
        return git.commit_id(root, "MERGE_HEAD")
    return git.commit_id(root, "HEAD")


def take(root: Path, commit: str, path: str) -> None:
    """Writes a commit's version of a file into the index and the working tree."""
    if not _blob(root, commit, path):
        raise GitError(f"{path} is not in {commit[:12]}: name the commit whose version is wanted (--target)")
    git.run(root, "--literal-pathspecs", "checkout", "--quiet", commit, "--", path)


def stage(root: Path, path: str) -> None:
    """Adds a file to the index as it is on disk."""
    git.run(root, "--literal-pathspecs", "add", "--", path)
