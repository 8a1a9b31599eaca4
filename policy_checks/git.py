"""The only place that runs git (objects in bulk: git_objects; the index: git_index; merges: git_merge): NUL-separated, never the network.

It changes nothing but, when asked to, the repository's own settings.

The environment is inherited: inside `git commit FILE` git exports GIT_INDEX_FILE, a temporary
index, and without it a hook would judge files that are not part of the commit.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from policy_checks.failure import Failure
from policy_checks.record import record

SYMLINK, SUBMODULE = "120000", "160000"

# fsmonitor would start a program named in the repository's configuration; optional locks would
# make a read compete with the user's own git; a lazy fetch would reach for the network.
COMMAND = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false")
ENVIRONMENT = {"LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}


class GitError(Failure):
    """git failed; the message is its own first line."""


@record
class Entry:
    """A file of the index or of a tree: its mode (octal text, as git prints it) and blob."""

    mode: str
    object_id: str


def run(
    root: Path,
    *arguments: str,
    accept: Sequence[int] = (0,),
    without: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    given: bytes = b"",
) -> bytes:
    """What git prints, `without` some variables, with others, `given` an input; raises GitError when it ends with a code that is not accepted."""
    environment = {name: value for name, value in os.environ.items() if name not in without} | dict(variables or {}) | ENVIRONMENT
    try:
        done = subprocess.run([*COMMAND, *arguments], cwd=root, env=environment, input=given, capture_output=True, check=False)
    except FileNotFoundError:
        raise GitError("git is not installed or not on PATH") from None
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if any(line.startswith("warning: could not open directory") for line in said):
        raise GitError(f"git {arguments[0]}: {said[0]}")  # git goes on without what is in it
    if done.returncode not in accept:
        raise GitError(f"git {arguments[0]}: {said[0] if said else f'exit code {done.returncode}'}")
    return done.stdout


def paths(output: bytes) -> list[str]:
    """The names of a `-z` listing; bytes that are not UTF-8 survive as surrogates (PEP 383)."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def top_level(folder: Path) -> Path | None:
    """The working tree's root above a folder, None where there is no repository."""
    # A hook in a linked worktree gets GIT_DIR alone: then git takes whatever folder it is started in for the root.
    alone = () if "GIT_WORK_TREE" in os.environ else ("GIT_DIR",)
    try:
        found = run(folder, "rev-parse", "--show-toplevel", without=alone)
    except GitError as error:
        if "not a git repository" in str(error):
            return None
        raise
    return Path(os.fsdecode(found.removesuffix(b"\n")))


def commit_id(root: Path, revision: str) -> str:
    """The full id of the commit that a revision names."""
    found = run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}", accept=(0, 1, 128))
    if not found.strip():
        raise GitError(f"unknown revision {revision!r}")
    # --end-of-options is itself echoed by git before 2.30
    return found.split()[-1].decode()


def merge_base(root: Path, base: str, head: str = "HEAD") -> str | None:
    """The best common ancestor, None when history (or a shallow clone) holds none."""
    found = run(root, "merge-base", commit_id(root, base), commit_id(root, head), accept=(0, 1))
    return found.strip().decode() or None


def is_shallow(root: Path) -> bool:
    """Whether history was cut off by `--depth`."""
    return run(root, "rev-parse", "--is-shallow-repository").strip() == b"true"


def worktree_paths(root: Path) -> list[str]:
    """Tracked and untracked files that are not ignored, whether or not they still exist on disk."""
    return sorted(set(paths(run(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"))))


def index_entries(root: Path, variables: Mapping[str, str] | None = None) -> dict[str, Entry]:
    """What the next commit would hold; raises GitError while paths are unmerged."""
    entries = {}
    for listed in run(root, "ls-files", "-z", "--stage", variables=variables).split(b"\0")[:-1]:
        head, _, name = listed.partition(b"\t")
        mode, object_id, stage = head.decode().split(" ")
        path = os.fsdecode(name)
        if stage != "0":
            raise GitError(f"{path}: unmerged; resolve the conflict and `git add` it first")
        entries[path] = Entry(mode, object_id)
    return entries


def tree_entries(root: Path, revision: str) -> dict[str, Entry]:
    """The files of a commit, read from its tree."""
    entries = {}
    for listed in run(root, "ls-tree", "-r", "-z", "--full-tree", commit_id(root, revision)).split(b"\0")[:-1]:
        head, _, name = listed.partition(b"\t")
        mode, _kind, object_id = head.decode().split(" ")
        entries[os.fsdecode(name)] = Entry(mode, object_id)
    return entries


def changed_paths(root: Path, base: str | None) -> list[str]:
    """Files that differ from a commit (in the index or on disk) or are untracked; deleted ones and submodules are not named.

    Without a base (an unborn branch) every file counts.
    """
    if base is None:
        return worktree_paths(root)
    quietly = ("--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules=all")
    changed = paths(run(root, "diff", "--name-only", "-z", *quietly, "--diff-filter=d", base, "--"))
    untracked = paths(run(root, "ls-files", "-z", "--others", "--exclude-standard"))
    return sorted({*changed, *untracked})


def differs_from_head(root: Path, path: str, *, staged: bool) -> bool:
    """Whether a file is another in the index than in HEAD; unless `staged`, also whether it is another on disk."""
    quietly = ("--no-renames", "--ignore-submodules=all", "--untracked-files=all")
    found = run(root, "status", "--porcelain", "-z", *quietly, "--", f":(literal){path}")
    return found[:1] not in (b"", b" ") if staged else bool(found)


def committed(root: Path, revision: str) -> datetime:
    """When a commit was made, by its committer's clock."""
    told = run(root, "log", "-1", "--no-show-signature", "--format=%ct", "--end-of-options", revision, "--")
    try:
        return datetime.fromtimestamp(int(told), UTC)
    except (ValueError, OverflowError, OSError):
        raise GitError(f"the commit {revision} has a date that cannot be read") from None


def is_unborn(root: Path) -> bool:
    """Whether the branch that is checked out has no commit yet."""
    return not run(root, "rev-parse", "--verify", "--quiet", "HEAD", accept=(0, 1)).strip()


def commits_between(root: Path, base: str, *tips: str) -> frozenset[str]:
    """The ids of the commits reachable from the tips and not from the base."""
    return frozenset(run(root, "rev-list", *(commit_id(root, tip) for tip in tips), f"^{commit_id(root, base)}", "--").decode().split())


def repository(folder: Path) -> Path:
    """The working tree's root above a folder, in a bare repository the folder of its objects."""
    found = run(folder, "rev-parse", "--show-toplevel", accept=(0, 128)) or run(folder, "rev-parse", "--absolute-git-dir")
    return Path(os.fsdecode(found.removesuffix(b"\n")))


def branch(root: Path) -> str | None:
    """The branch that is checked out, None for a detached HEAD; it may have no commit yet."""
    return run(root, "symbolic-ref", "--quiet", "--short", "HEAD", accept=(0, 1)).decode(errors="replace").strip() or None


def upstream(root: Path) -> str | None:
    """The branch that the checked-out one is compared with, such as `origin/main`."""
    found = run(root, "rev-parse", "--abbrev-ref", "--symbolic-full-name", "@{upstream}", accept=(0, 128))
    return found.decode(errors="replace").strip() or None


def exists(root: Path, revision: str) -> bool:
    """Whether a revision names a commit that is here."""
    return bool(run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}", accept=(0, 1, 128)).strip())


def object_type(root: Path, revision: str) -> str:
    """What a revision leads to once tags are followed: commit, tree or blob; raises GitError when it is not here."""
    found = run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{}", accept=(0, 1, 128)).split()
    if not found:
        raise GitError(f"unknown revision {revision!r}")
    return run(root, "cat-file", "-t", found[-1].decode()).decode().strip()


def settings(root: Path, *keys: str) -> list[str]:
    """Values of git's configuration, empty for what is not set; keys are in lower case."""
    found = run(root, "config", "--null", "--get-regexp", f"^({'|'.join(re.escape(key) for key in keys)})$", accept=(0, 1))
    # The last one holds where a key is set twice.
    held = dict(record.split("\n", 1) for record in found.decode(errors="replace").split("\0") if "\n" in record)
    return [held.get(key, "") for key in keys]


def setting_values(root: Path, key: str) -> list[str]:
    """All values of one key of git's configuration, in their order."""
    found = run(root, "config", "--null", "--get-all", key, accept=(0, 1))
    return found.decode(errors="replace").split("\0")[:-1]


def set_local(root: Path, key: str, value: str) -> None:
    """Sets a key in the repository's own configuration: never in the user's."""
    run(root, "config", "--local", key, value)


def is_branch(root: Path, name: str) -> bool:
    """Whether a branch has this name, also where the commit that it leads to is lost."""
    return bool(run(root, "for-each-ref", "--format=%(refname)", f"refs/heads/{name}").strip())


def refs(root: Path, family: str) -> list[str]:
    """The refs below a beginning such as refs/heads/ that lead to commits."""
    listed = run(root, "for-each-ref", "--format=%(objecttype) %(*objecttype) %(refname)", family).decode(errors="replace").splitlines()
    return [line.rpartition(" ")[2] for line in listed if "commit" in line.split(" ")[:2]]


def variable(root: Path, name: str) -> bytes:
    """What `git var` says, such as GIT_AUTHOR_IDENT: inside a hook that of the commit being made."""
    return run(root, "var", name).rstrip(b"\n")


def with_trailer(root: Path, file: Path, trailer: str) -> bytes:
    """A message file with a trailer added before its comments, unless it is there."""
    how = ("--if-exists", "addIfDifferent", "--if-missing", "add", "--where", "end")
    return run(root, "interpret-trailers", "--no-divider", *how, "--trailer", trailer, "--", str(file))


def revisions(root: Path, named: str) -> tuple[str, ...]:
    """The commits that `REV`, `A..B`, `A...B` or `REV^!` starts from; those it leaves out begin with `^`."""
    found = run(root, "rev-parse", "--revs-only", "--end-of-options", named, "--", accept=(0, 128)).decode().split()
    if not found:
        raise GitError(f"unknown revision {named!r}")
    # rev-list passes over a file's or a folder's id in silence: it has to be a commit's.
    return tuple("^" * name.startswith("^") + commit_id(root, name.removeprefix("^")) for name in found)


def remote_commits(root: Path, remote: str | None) -> tuple[str, ...]:
    """The commits that the remote-tracking branches of a remote (None: of all) stand at."""
    pattern = f"refs/remotes/{remote}/" if remote else "refs/remotes/"
    return tuple(run(root, "for-each-ref", "--format=%(objectname)", pattern).decode().split())


def remotes(root: Path) -> list[str]:
    """The names of the remotes."""
    return run(root, "remote").decode(errors="replace").split()


def remote_url(root: Path, name: str) -> str | None:
    """The address that a remote is fetched from, `insteadOf` applied; None when there is no such remote."""
    if name not in remotes(root):
        return None
    # `remote get-url` knows the repository's own remotes only, `fetch` those of the user's configuration, too. It asks no network.
    return run(root, "ls-remote", "--get-url", "--", name).decode(errors="replace").partition("\n")[0]


def shallow_commits(root: Path) -> frozenset[str]:
    """The commits at which `--depth` cut history off: their parents are not here."""
    file = root / os.fsdecode(run(root, "rev-parse", "--git-path", "shallow").removesuffix(b"\n"))
    return frozenset(file.read_text("ascii").split()) if is_shallow(root) else frozenset()
