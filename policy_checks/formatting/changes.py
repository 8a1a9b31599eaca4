"""Which files a run is about, and in words what they were compared with.

Every doubt is a GitError with the command that mends it: a change set that could not be found is
not an empty one.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from policy_checks import git
from policy_checks.record import record
from policy_checks.workspace import own_files

SUFFIXES = (".py", ".pyi")  # what black, isort, pylint, ruff and mypy all read


@record
class Changes:
    """Paths relative to the root, `/` between parts, sorted; `compared` follows "files that differ from"."""

    paths: tuple[str, ...]
    compared: str


def since_base(root: Path, base: str) -> Changes:
    """What differs from the merge base of HEAD and a branch: committed, staged, unstaged or untracked."""
    if git.is_unborn(root):
        return Changes(tuple(git.changed_paths(root, None)), "an empty tree (this branch has no commit yet)")
    name = _known(root, base)
    found = git.merge_base(root, name)
    if found is None or _is_doubtful(root, name, found):
        raise UncertainBase(root, base, name)
    return Changes(tuple(git.changed_paths(root, found)), f"{name} (merge base {found[:10]})")


def staged(root: Path) -> Changes:
    """What the next commit would change; raises GitError where the files on disk are not what is staged."""
    names = git.staged_paths(root)
    if partly := sorted(set(names) & set(git.unstaged_paths(root))):
        raise git.GitError(
            f"{partly[0]}: partly staged, so formatting it would mix what is staged with what is not; "
            "`git add` the rest or `git stash --keep-index` it"
        )
    return Changes(tuple(names), "HEAD in the index")


def everything(root: Path) -> Changes:
    """Every file that git tracks or would add."""
    return Changes(tuple(git.worktree_paths(root)), "an empty tree (--all)")


def python_files(root: Path, changes: Changes, wanted: Callable[[str], bool]) -> Changes:
    """The Python files among them that exist; a symbolic link is judged where its target stands."""
    return Changes(tuple(own_files(root, (path for path in changes.paths if path.endswith(SUFFIXES) and wanted(path)))), changes.compared)


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
