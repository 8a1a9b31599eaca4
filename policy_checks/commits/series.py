"""The commits under judgement as one series: what the rules about commits are asked for."""

import shlex
from collections.abc import Iterator
from functools import cache, cached_property

from policy_checks.commits import mailmap
from policy_checks.commits.commit import Commit, Identity, parse
from policy_checks.commits.policy import CommitPolicy, SignatureLevel
from policy_checks.commits.remediation import Remediations
from policy_checks.commits.sign_off import SignOff, sign_offs
from policy_checks.commits.verdict import GOOD, Verdict
from policy_checks.commits.verdicts import Verdicts
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Unreadable
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
        return _rebase(self.commit, self.has_merges, policy.signature is not SignatureLevel.OFF, policy.sign_off)


@cache  # the same for thousands of findings
def _rebase(base: str | None, has_merges: bool, signs: bool, signs_off: bool) -> str:
    amend = ["git", "commit", "--amend", "--no-edit"] + ["-S"] * signs + ["-s"] * signs_off
    return shlex.join(["git", "rebase", *["--rebase-merges"] * has_merges, "--exec", shlex.join(amend), base or "--root"])


@record(eq=False)
class Member:
    """One commit of a series; `base` is None for a commit that is only being written (the commit-msg hook)."""

    commit: Commit
    base: Base | None
    verdicts: Verdicts | None = None
    remediations: Remediations | None = None
    mailmap: SourceFile | None = None

    def verdict(self, policy: CommitPolicy) -> Verdict | None:
        """What verifying its signature came to; None where the policy does not ask, or there is nothing to verify."""
        return self.verdicts.of(self.commit, policy) if self.verdicts else None

    def is_exempt(self, policy: CommitPolicy) -> bool:
        """Whether nothing is asked of it."""
        if policy.exempts(self.commit):
            return True
        # Verifying costs: only where it decides.
        return bool(policy.exempt) and policy.exempts(self.commit, signed=True) and self.verdict(policy) == GOOD

    @cached_property
    def sign_offs(self) -> tuple[SignOff, ...]:
        """The sign-offs in its message."""
        return sign_offs(self.commit.message)

    def is_remedied(self, policy: CommitPolicy) -> bool:
        """Whether a later commit of the series signs it off."""
        return bool(self.remediations and self.remediations.cover(self.commit, policy.remediation))

    def is_signed_off(self, policy: CommitPolicy) -> bool:
        """Whether who has to sign it off did, in its message or by a later commit."""
        commit, found = self.commit, self.sign_offs
        if policy.is_squashed(commit) and any(sign_off.email is not None for sign_off in found):
            return True
        if any(policy.signs_off(sign_off, commit) for sign_off in found) or self.is_remedied(policy):
            return True
        if not policy.mailmap or self.mailmap is None:
            return False
        known = self.mailmap.once(mailmap.parse)
        people = (known.proper(commit.author), known.proper(commit.committer))
        named = (known.proper(Identity(one.name, one.email, 0)) for one in found if one.email is not None)
        return any(SignOff(one.name, one.email, commit.subject.span).is_by(*people) for one in named)

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
            commits[file.path] = file.once(parse)
        except Unreadable as error:
            yield error
    if commits:
        yield from members(commits, Verdicts(workspace, commits), workspace.get(".mailmap"))


def members(commits: dict[str, Commit], verdicts: Verdicts | None = None, names: SourceFile | None = None) -> Iterator[Member]:
    """Commits by id, newest first, as members of the series they form."""
    base, remediations = _base(next(iter(commits.values())), commits), Remediations(commits.values())
    for commit in commits.values():
        yield Member(commit, base, verdicts, remediations, names)


COMMIT: Kind[Member] = Kind("commit", _read)
