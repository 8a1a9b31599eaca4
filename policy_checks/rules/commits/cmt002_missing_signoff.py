"""A commit that nobody signed off.

Why: A sign-off (`git commit -s`) is the statement of the Developer Certificate of Origin: I may
pass this on. It stands in the message of every commit, or, where the policy has `remediation`, in that
of a later commit of the series. Whose it has to be is told by `signoff-mismatch`.

Fix: Sign off with the command in the message, or let the author do it. `git rebase --signoff BASE`
does the same without signing. To be asked before the commit is made, use the commit-msg hook.

References: guide, "Commits" (`git commit -S -s`); https://developercertificate.org;
git-commit(1), `-s`; https://github.com/dcoapp/app.
"""

from collections.abc import Iterator
from datetime import date

from policy_checks.commits.series import COMMIT, Member
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.rules.commits.signed import Options


def check(member: Member, options: Options) -> Iterator[Problem]:
    """One problem for a commit without a sign-off."""
    commit, policy = member.commit, options.commits
    if policy.sign_off and not member.sign_offs and not member.is_exempt(policy) and not member.is_remedied(policy):
        yield Problem(commit.subject, f"commit by {commit.author} is not signed off; {member.advice(policy)}")


_ADA = "Ada Lovelace <ada@mail.example>"
_BOT = "49+helper[bot]@mail.example"
_TREE = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
_HEAD = f"{_TREE}parent {'b' * 40}\nauthor {_ADA} 1700000000 +0000\ncommitter Web <web@forge.example> 1700000000 +0000\n"
_FIXED = f"{_HEAD}\nRemedy\n\nI, {_ADA}, hereby add my Signed-off-by to this commit: {'a' * 40}\n\n"
_MERGE = _HEAD.replace("author", f"parent {'c' * 40}\nauthor")


def _commit(raw: str) -> dict[str, str]:
    return {"a" * 40: raw}


RULE = Rule(
    code="CMT002",
    name="missing-signoff",
    severity=Severity.ERROR,
    subject=COMMIT,
    check=check,
    options=Options,
    idle=lambda options: not options.commits.sign_off,
    examples=(
        Example(
            "no sign-off: the message names the range to mend",
            commits=_commit(f"{_HEAD}\n⟦Add the engine⟧\n"),
            message=f"git rebase --exec 'git commit --amend --no-edit -S -s' {'b' * 40}",
        ),
        Example(
            "signatures are not asked for, so the command does not sign",
            commits=_commit(f"{_HEAD}\n⟦Add the engine⟧\n"),
            options={"commits": {"signature": "off"}},
            message="--no-edit -s'",
        ),
        Example("quoted, it is nobody's statement", commits=_commit(f"{_HEAD}\n⟦Revert⟧\n\n> Signed-off-by: {_ADA}\n")),
        Example("by the author", commits=_commit(f"{_HEAD}\nAdd the engine\n\nSigned-off-by: {_ADA}\n")),
        Example("by somebody else, which another rule tells", commits=_commit(f"{_HEAD}\nAdd\n\nSigned-off-by: X <x@mail.example>\n")),
        Example(
            "a promise of somebody else for a commit that is not theirs",
            commits={"b" * 40: f"{_FIXED}Signed-off-by: {_ADA}\n".replace("I, Ada", "I, Bob"), **_commit(f"{_HEAD}\n⟦Add⟧\n")},
            options={"commits": {"remediation": "individual"}},
        ),
        Example(
            "signed off by a later commit of the author",
            commits={"b" * 40: f"{_FIXED}Signed-off-by: {_ADA}\n", **_commit(f"{_HEAD}\nAdd\n")},
            options={"commits": {"remediation": "individual"}},
        ),
        Example("by the committer", commits=_commit(f"{_HEAD}\nAdd\n\nSigned-off-by: Web <web@forge.example>\n")),
        Example("in the middle of a squashed message", commits=_commit(f"{_HEAD}\nAdd\n\nSigned-off-by: {_ADA}\n\n* wip\n")),
        Example("folded over two lines", commits=_commit(f"{_HEAD}\nAdd\n\nSigned-off-by: Ada Lovelace\n <ada@mail.example>\n")),
        Example("a merge", commits=_commit(f"{_MERGE}\nMerge branch 'engine'\n")),
        Example("not asked for", commits=_commit(f"{_HEAD}\nAdd\n"), options={"commits": {"sign-off": False}}),
        Example(
            "a bot that the policy names",
            commits=_commit(f"{_HEAD.replace('ada@mail.example', _BOT)}\nAdd\n"),
            options={"commits": {"exempt": [{"author": "*[bot]@mail.example", "reason": "a machine owns nothing"}]}},
        ),
        Example("made before the policy", commits=_commit(f"{_HEAD}\nAdd\n"), options={"commits": {"before": date(2024, 1, 1)}}),
    ),
)
