"""A commit that neither its author nor its committer signed off.

Why: A sign-off (`git commit -s`) is the statement of the Developer Certificate of Origin: I may
pass this on. It has to be made by who wrote the commit or who brought it in. Name and address are
compared as the DCO app compares them: each that of the author or of the committer, letter case
aside, and one matching sign-off among several is enough.

Fix: Sign off with the command in the message, or let the author do it. `git rebase --signoff BASE`
does the same without signing. To be asked before the commit is made, use the commit-msg hook.

References: guide, "Commits" (`git commit -S -s`); https://developercertificate.org;
git-commit(1), `-s`; https://github.com/dcoapp/app.
"""

from collections.abc import Iterator
from datetime import date

from policy_checks.commits.policy import CommitPolicy
from policy_checks.commits.series import COMMIT, Member
from policy_checks.commits.sign_off import sign_offs
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.source import Place, Span


@record
class Options:
    """What is asked of commits."""

    commits: CommitPolicy = made(default_factory=CommitPolicy)


def check(member: Member, options: Options) -> Iterator[Problem]:
    """One problem for a commit without a sign-off, or with none by its author or committer."""
    commit, policy = member.commit, options.commits
    if not policy.sign_off or policy.exempts(commit):
        return
    found = sign_offs(commit.message)
    if not found:
        yield Problem(commit.subject, f"commit by {commit.author} is not signed off; {member.advice(policy)}")
    elif not any(policy.signs_off(sign_off, commit) for sign_off in found):
        people = " or ".join(dict.fromkeys(map(str, (commit.author, commit.committer))))
        by = ", ".join(dict.fromkeys(map(str, found)))
        span = Span(commit.message_start + found[0].span.start, commit.message_start + found[0].span.end)
        yield Problem(Place(commit.file, span), f"signed off by {by}, but not by {people}; {member.advice(policy)}")


_ADA = "Ada Lovelace <ada@mail.example>"
_BOT = "49+helper[bot]@mail.example"
_TREE = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
_HEAD = f"{_TREE}parent {'b' * 40}\nauthor {_ADA} 1700000000 +0000\ncommitter Web <web@forge.example> 1700000000 +0000\n"
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
        Example(
            "by somebody else",
            commits=_commit(f"{_HEAD}\nAdd the engine\n\n⟦Signed-off-by: Charles Babbage <charles@mail.example>⟧\n"),
            message="not by Ada Lovelace <ada@mail.example> or Web <web@forge.example>",
        ),
        Example(
            "without brackets around the address", commits=_commit(f"{_HEAD}\nAdd\n\n⟦Signed-off-by: Ada Lovelace ada@mail.example⟧\n")
        ),
        Example("quoted, it is nobody's statement", commits=_commit(f"{_HEAD}\n⟦Revert⟧\n\n> Signed-off-by: {_ADA}\n")),
        Example("by the author", commits=_commit(f"{_HEAD}\nAdd the engine\n\nSigned-off-by: {_ADA}\n")),
        Example("by the committer", commits=_commit(f"{_HEAD}\nAdd\n\nSigned-off-by: Web <web@forge.example>\n")),
        Example("letter case does not count", commits=_commit(f"{_HEAD}\nAdd\n\nsigned-off-by: {_ADA.upper()}\n")),
        Example("one of several", commits=_commit(f"{_HEAD}\nAdd\n\nSigned-off-by: X <x@mail.example>\nSigned-off-by: {_ADA}\n")),
        Example("in the middle of a squashed message", commits=_commit(f"{_HEAD}\nAdd\n\nSigned-off-by: {_ADA}\n\n* wip\n")),
        Example("folded over two lines", commits=_commit(f"{_HEAD}\nAdd\n\nSigned-off-by: Ada Lovelace\n <ada@mail.example>\n")),
        Example(
            "a forge hid the author's address",
            commits=_commit(f"{_HEAD.replace('ada@mail', '49+ada@noreply')}\nAdd\n\nSigned-off-by: {_ADA}\n"),
            options={"commits": {"noreply": ["*@noreply.example"]}},
        ),
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
