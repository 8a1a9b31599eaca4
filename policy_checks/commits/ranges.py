"""Which commits are judged: a named range, a branch's own commits, or what a push would publish.

Every doubt ends in GitError, because a range that came out too small would pass unseen.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from policy_checks import git, git_objects
from policy_checks.commits.ci_ranges import Job
from policy_checks.commits.commit import parse
from policy_checks.record import record
from policy_checks.source import SourceFile, Unreadable

_TRUNKS = ("main", "master")


@record
class Range:
    """Commits reachable from some (`starts`, full ids) and not from others (those with `^`); `name` is how to say it."""

    name: str
    starts: tuple[str, ...]


def named(root: Path, revision: str) -> Range:
    """What git understands by `A..B`, `A...B` or `REV^!`; a single revision is its whole history."""
    try:
        starts = git.revisions(root, revision)
    except git.GitError as error:
        raise git.GitError(f"{error}{_advice(root, revision)}") from None
    if all(start.startswith("^") for start in starts):
        raise git.GitError(f"{revision!r} names no commits: it only leaves some out")
    return Range(revision, starts)


def own(root: Path) -> Range:
    """The commits that HEAD has and the branch it is to be merged into has not."""
    branch = git.branch(root)
    upstream = git.upstream(root)
    # A topic branch tracks its own copy on the server: what was pushed there still has to be judged.
    is_copy = branch not in _TRUNKS and upstream is not None and upstream.endswith(f"/{branch}")
    trunks = ("origin/HEAD", *(f"origin/{name}" for name in _TRUNKS), *(name for name in _TRUNKS if name != branch))
    candidates = (*trunks, upstream) if is_copy else (upstream, *trunks)
    for base in candidates:
        if base and git.exists(root, base):
            return named(root, f"{base}..HEAD")
    raise git.GitError(
        "there is no upstream, origin or main branch to compare HEAD with: name a range, such as main..HEAD, or HEAD for all of history"
    )


def of_job(root: Path, job: Job) -> Range:
    """The range of a CI job; raises GitError where the clone is too shallow for it."""
    trunk = f"origin/{job.trunk}" if job.trunk and git.exists(root, f"origin/{job.trunk}") else job.trunk
    for end in filter(None, (job.base, job.head, "" if job.base else trunk)):
        if not git.exists(root, end):
            raise git.GitError(
                f"the job is about {end}, which this clone does not have: `git fetch --unshallow` brings it "
                "(on GitHub `fetch-depth: 0`, on GitLab `GIT_DEPTH: 0`)"
            )
    base = job.base or trunk
    return named(root, f"{base}..{job.head}" if base else job.head)


def without(root: Path, chosen: Range, history: str) -> Range:
    """A range less a commit and all it was built on; one that is not here, as in a shallow clone, leaves nothing out."""
    if not (history and chosen.starts and git.exists(root, history)):
        return chosen
    return Range(chosen.name, (*chosen.starts, f"^{git.commit_id(root, history)}"))


@record
class Update:
    """One ref of a push: what is pushed, and what the remote holds now (empty: nothing that is known)."""

    local: str
    remote: str = ""


def updates(lines: Iterable[str]) -> list[Update]:
    """What git tells a pre-push hook on its standard input (githooks(5)); refs that are deleted are left out."""
    found = []
    for line in lines:
        # A local ref may hold spaces, as in `HEAD@{1 day ago}`; the others cannot.
        parts = line.rstrip("\n").rsplit(" ", 3)
        if len(parts) != 4 or not all(re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", parts[index]) for index in (1, 3)):
            raise git.GitError(f"not what git tells a pre-push hook: {line.rstrip()!r}")
        if parts[1].strip("0"):
            found.append(Update(parts[1], parts[3] if parts[3].strip("0") else ""))
    return found


def update_of(environment: Mapping[str, str]) -> Update:
    """What pre-commit or prek tells its hooks about a push.

    On the first push of a whole history pre-commit names neither end and prek only the later one:
    then everything that the remote does not have is judged, never nothing.
    """
    local = environment.get("PRE_COMMIT_TO_REF") or environment.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
    return Update(local, environment.get("PRE_COMMIT_FROM_REF", ""))


def pushed(root: Path, remote: str, push: Iterable[Update]) -> Range:
    """The commits that a remote (a name or an address) does not have yet, several refs at once.

    A remote is taken to have what its remote-tracking branches show, not what those of others do:
    a contributor's branch, merged here, is new to it. Of an address git knows nothing, so there
    every remote counts.
    """
    remote = remote if remote in git.remotes(root) else ""
    # A tag of a file or of a folder publishes no commit.
    starts = [git.commit_id(root, update.local) for update in push if git.object_type(root, update.local) == "commit"]
    known = [git.commit_id(root, update.remote) for update in push if update.remote and git.exists(root, update.remote)]
    known += git.remote_commits(root, remote or None)
    name = f"new to {remote or 'every remote'}"
    return Range(name, (*dict.fromkeys(starts), *(f"^{commit}" for commit in dict.fromkeys(known)))) if starts else Range(name, ())


def commits(root: Path, chosen: Range) -> list[SourceFile]:
    """The raw commits of a range, newest first, by id.

    Raises GitError where a shallow clone has cut the range off: it would be too long or too short.
    """
    found = []
    for commit, data in git_objects.commit_objects(root, *chosen.starts) if chosen.starts else ():
        found.append(file := SourceFile(commit, data))
        with suppress(Unreadable):  # told when it is asked for again
            file.once(parse)  # now, while git is still at work
    if not (cut := git.shallow_commits(root)):
        return found
    left_out = [start[1:] for start in chosen.starts if start.startswith("^")]
    starts = [start for start in chosen.starts if not start.startswith("^")]
    joined = not left_out or any(git.merge_base(root, base, start) for base in left_out for start in starts)
    if not joined or any(file.path in cut for file in found):
        raise git.GitError(
            f"this clone is shallow, its history ends before that of {chosen.name!r} does: `git fetch --unshallow` brings the rest"
        )
    return found


def _advice(root: Path, revision: str) -> str:
    """How to get the end of a range that is not here."""
    deepen = " --unshallow" * git.is_shallow(root)
    for end in re.split(r"\.{2,3}", revision):
        remote, _, branch = end.partition("/")
        if remote in git.remotes(root) and branch and not git.exists(root, end):
            return f": `git fetch{deepen} {remote} {branch}` brings it"
    branch_name = git.branch(root)
    if branch_name and not git.exists(root, "HEAD"):
        return f": there are no commits yet on branch {branch_name}"
    return ": this clone is shallow, `git fetch --unshallow` brings the rest" if deepen else ""
