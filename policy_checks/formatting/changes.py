"""Which files a run is about, and in words what they were compared with.

Every doubt is a GitError with the command that mends it: a change set that could not be found is
not an empty one.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from policy_checks import git, git_index
from policy_checks.formatting import notebooks
from policy_checks.git import Entry
from policy_checks.record import record, replace
from policy_checks.workspace import own_files

SUFFIXES = (".py", ".pyi", notebooks.SUFFIX)


@record
class Changes:
    """Paths relative to the root, `/` between parts, sorted; `compared` follows "files that differ from".

    `staged` has the entries of the index, where the files are those and not those on disk.
    """

    paths: tuple[str, ...]
    compared: str
    staged: Mapping[str, Entry] | None = None


def since_base(root: Path, base: str) -> Changes:
    """What differs from the merge base of HEAD and a branch: committed, staged, unstaged or untracked."""
    if git.is_unborn(root):
        return Changes(tuple(git.changed_paths(root, None)), "an empty tree (this branch has no commit yet)")
    name = _known(root, base)
    found = git.merge_base(root, name)
    if found is None or _is_doubtful(root, name, found):
        raise UncertainBase(root, base, name)
    return Changes(tuple(git.changed_paths(root, found)), f"{name} (merge base {found[:10]})")


def since(root: Path, revision: str) -> Changes:
    """What differs from a commit itself, whatever leads there: committed, staged, unstaged or untracked."""
    try:
        kind = git.object_type(root, revision)
    except git.GitError:
        hint = "; this clone is shallow: `git fetch --unshallow` brings older commits" if git.is_shallow(root) else ""
        raise git.GitError(f"--since: {revision!r} names no commit here{hint}") from None
    if kind != "commit":
        raise git.GitError(f"--since: {revision!r} is a {kind}, not a commit")
    commit = git.commit_id(root, revision)
    return Changes(tuple(git.changed_paths(root, commit)), f"{revision} ({commit[:10]})")


def staged(root: Path) -> Changes:
    """What the next commit would change; raises GitError while paths are unmerged."""
    entries = git_index.staged(root)
    return Changes(tuple(sorted(entries)), "HEAD in the index", entries)


def everything(root: Path) -> Changes:
    """Every file that git tracks or would add."""
    return Changes(tuple(git.worktree_paths(root)), "an empty tree (--all)")


def python_files(root: Path, changes: Changes, wanted: Callable[[str], bool]) -> Changes:
    """The Python files among them that exist; a symbolic link is judged where its target stands."""
    names = [path for path in changes.paths if path.endswith(SUFFIXES) and wanted(path)]
    if changes.staged is None:
        return replace(changes, paths=tuple(own_files(root, names)))
    entries = {path: changes.staged[path] for path in names if changes.staged[path].mode in git_index.REGULAR}
    return replace(changes, paths=tuple(entries), staged=entries)


def below(folders: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path is one of the given ones or lies below one; without any, every path does."""
    names = frozenset(folders)
    if not names or "." in names:
        return lambda _path: True
    prefixes = tuple(f"{name}/" for name in names)
    return lambda path: path in names or path.startswith(prefixes)


class UncertainBase(git.GitError):
    """History that is cut off, or that shares nothing with the base."""

    def __init__(self, root: Path, base: str, name: str) -> None:
        if git.is_shallow(root):
            message = f"this clone is shallow and its merge base with {name} is not certain: `git fetch --unshallow {_fetched(root, base)}`"
        else:
            message = f"HEAD and {name} have no common commit; name the branch that yours started from with --base or BASE_REF"
        super().__init__(message)


def _known(root: Path, base: str) -> str:
    """The base as it is named, else the branch of that name of a remote, `origin` before others."""
    remotes = sorted(git.remotes(root), key=lambda remote: (remote != "origin", remote))
    for name in (base, *(f"{remote}/{base}" for remote in remotes)):
        if git.exists(root, name):
            return name
    if git.is_branch(root, base):
        raise git.GitError(f"the base {base!r} leads to no commit that can be read: `git fsck` tells what is damaged")
    if not remotes:
        raise git.GitError(f"the base {base!r} is neither a branch nor a commit here; name one that is with --base or BASE_REF")
    deepen = "--unshallow " if git.is_shallow(root) else ""
    raise git.GitError(f"the base {base!r} is not in this clone: `git fetch {deepen}{_fetched(root, base)}`")


def _fetched(root: Path, base: str) -> str:
    """Arguments that bring a branch even where the clone was told to follow another one only."""
    remotes = git.remotes(root)
    remote = "origin" if "origin" in remotes or not remotes else remotes[0]
    branch = base.removeprefix(f"{remote}/")
    return f"{remote} {branch}:refs/remotes/{remote}/{branch}"


def _is_doubtful(root: Path, base: str, found: str) -> bool:
    """Whether history was cut between a merge base and the tips, where a nearer one may be hidden."""
    if not git.is_shallow(root) or found in (git.commit_id(root, base), git.commit_id(root, "HEAD")):
        return False
    return bool(git.shallow_commits(root) & git.commits_between(root, found, base, "HEAD"))
