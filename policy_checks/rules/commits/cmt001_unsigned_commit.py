"""A commit without a signature.

Why: Author and committer of a commit are whatever somebody typed. A signature (`git commit -S`)
is the only part of it that another person cannot write. This rule asks that there is one
(OpenPGP, SSH or X.509, read from the commit object), not that it is good: that is asked for by
`signature = "valid"` and `"trusted"`.

Fix: Sign the commits again with the command in the message: it rewrites every commit from the
base on, so it is for a branch that nobody else builds upon. `git config commit.gpgSign true`
signs all further ones. A rebase or a squash in a forge's web page drops signatures.

References: guide, "Commits" (`git commit -S -s`); git-commit(1), `-S`; gitformat-signature(5).
"""

from collections.abc import Iterator

from policy_checks.commits.commit import SignatureKind
from policy_checks.commits.policy import CommitPolicy, SignatureLevel
from policy_checks.commits.series import COMMIT, Member
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Rule, Severity


@record
class Options:
    """What is asked of commits."""

    commits: CommitPolicy = made(default_factory=CommitPolicy)


def check(member: Member, options: Options) -> Iterator[Problem]:
    """One problem for a commit that carries no signature."""
    commit, policy = member.commit, options.commits
    if policy.signature is SignatureLevel.OFF or member.is_exempt(policy):
        return
    if commit.signature is None:
        yield Problem(commit.subject, f"commit by {commit.committer} is not signed; {member.advice(policy)}")
    elif commit.signature is SignatureKind.UNKNOWN:
        yield Problem(commit.subject, f"the signature of this commit is not OpenPGP, SSH or X.509; {member.advice(policy)}")


_ADA = "Ada Lovelace <ada@mail.example> 1700000000 +0000"
_TREE = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
_HEAD = f"{_TREE}author {_ADA}\ncommitter {_ADA}\n"
_BY_HAND = f"{_TREE}parent {'b' * 40}\nauthor {_ADA}\ncommitter {_ADA}\n"
_MERGE = f"{_TREE}parent {'b' * 40}\nparent {'c' * 40}\nauthor {_ADA}\ncommitter {_ADA}\n"
_SIGNED = "gpgsig -----BEGIN {0} SIGNATURE-----\n \n U1NIU0lHAAAAAQ==\n -----END {0} SIGNATURE-----\n"


def _commit(raw: str) -> dict[str, str]:
    return {"a" * 40: raw}


RULE = Rule(
    code="CMT001",
    name="unsigned-commit",
    severity=Severity.ERROR,
    subject=COMMIT,
    check=check,
    options=Options,
    idle=lambda options: options.commits.signature is SignatureLevel.OFF,
    examples=(
        Example(
            "no signature: the message names the range to sign again",
            commits=_commit(f"{_BY_HAND}\n⟦Add the engine⟧\n"),
            message=f"git rebase --exec 'git commit --amend --no-edit -S -s' {'b' * 40}",
        ),
        Example("the first commit of a history", commits=_commit(f"{_HEAD}\n⟦Begin⟧\n"), message="--root"),
        Example("a signature of no known kind", commits=_commit(f"{_HEAD}gpgsig none\n\n⟦Begin⟧\n"), message="not OpenPGP, SSH or X.509"),
        Example("a signature in the message is text", commits=_commit(f"{_HEAD}\n⟦Begin⟧\n\n{_SIGNED.format('PGP')}")),
        Example("signed with OpenPGP", commits=_commit(f"{_HEAD}{_SIGNED.format('PGP')}\nBegin\n")),
        Example("signed with SSH", commits=_commit(f"{_HEAD}{_SIGNED.format('SSH')}\nBegin\n")),
        Example(
            "signed in a SHA-256 repository", commits=_commit(f"{_HEAD}{_SIGNED.format('SSH').replace('gpgsig', 'gpgsig-sha256')}\nBegin\n")
        ),
        Example("a merge", commits=_commit(f"{_MERGE}\nMerge branch 'engine'\n")),
        Example("not asked for", commits=_commit(f"{_HEAD}\nBegin\n"), options={"commits": {"signature": "off"}}),
        Example(
            "a bot that the policy names",
            commits=_commit(f"{_HEAD}\nBegin\n"),
            options={"commits": {"exempt": [{"author": "ada@*", "reason": "signs by other means"}]}},
        ),
    ),
)
