"""The commits under judgement as one series: what the rules about commits are asked for."""

import shlex
from collections.abc import Iterator
from functools import cache

from policy_checks.commits.commit import Commit, parse
from policy_checks.commits.policy import CommitPolicy, SignatureLevel
from policy_checks.record import record
from policy_checks.source import Place, Unreadable
from policy_checks.workspace import Kind, Workspace


@record
class Base:
    """Where a rebase that mends a whole series starts: the first commit that is not part of it.

    `commit` is None when the series goes back to the root.
    """

    commit: str | None
    has_merges: bool

    def rebase(self, policy: CommitPolicy) -> str:
        """The command that signs, and signs off, every commit of the series."""
        return _rebase(self, policy)


@cache  # the same for thousands of findings
def _rebase(base: Base, policy: CommitPolicy) -> str:
    amend = ["git", "commit", "--amend", "--no-edit"]
    amend += ["-S"] * (policy.signature is not SignatureLevel.OFF) + ["-s"] * policy.sign_off
    merges = ["--rebase-merges"] * base.has_merges
    return shlex.join(["git", "rebase", *merges, "--exec", shlex.join(amend), base.commit or "--root"])


@record(eq=False)
class Member:
    """One commit of a series; `base` is None for a commit that is only being written (the commit-msg hook)."""

    commit: Commit
    base: Base | None

    @property
    def place(self) -> Place:
        """The first line of the message."""
        return self.commit.subject

    def advice(self, policy: CommitPolicy) -> str:
        """How the findings about it are mended."""
        return f"mend the series with `{self.base.rebase(policy)}`" if self.base else "commit with `git commit -s`"


def _base(newest: Commit, commits: dict[str, Commit]) -> Base:
    """Follows first parents, the line that a rebase keeps, to where the series ends."""
    ahead = dict(commits)
    commit: Commit | None = newest
    parent: str | None = None
    while commit:
        parent = next(iter(commit.parents), None)
        commit = ahead.pop(parent, None) if parent else None
    return Base(parent, any(commit.is_merge for commit in commits.values()))


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[Member | Unreadable]:
    commits: dict[str, Commit] = {}
    for file in workspace.commits:
        try:
            commits[file.path] = parse(file)
        except Unreadable as error:
            yield error
    if commits:
        yield from members(commits)


def members(commits: dict[str, Commit]) -> Iterator[Member]:
    """Commits by id, newest first, as members of the series they form."""
    base = _base(next(iter(commits.values())), commits)
    for commit in commits.values():
        yield Member(commit, base)


COMMIT: Kind[Member] = Kind("commit", _read)
