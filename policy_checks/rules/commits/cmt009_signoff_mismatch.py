"""A sign-off by neither the author nor the committer of the commit.

Why: A sign-off has to be made by who wrote the commit or who brought it in. Name and address are compared as the DCO app compares
them: each that of the author or of the committer, letter case aside, one matching sign-off among several is enough, and the
author's address has to be one that mail could reach. A name that was changed since, a second address or one that a forge
hides behind is made known with `noreply`, `mailmap` and `squashed-by` in the policy.

Fix: Set `user.name` and `user.email`, then sign off with the command in the message, or let the author do it; take a line that is
nobody's out. Two addresses of one person belong into `.mailmap` (with `mailmap = true`).

References: https://developercertificate.org; git-commit(1), `-s`; gitmailmap(5); https://github.com/dcoapp/app.
"""

from collections.abc import Iterator

from policy_checks.commits.policy import Remediation
from policy_checks.commits.series import COMMIT, Member
from policy_checks.commits.sign_off import is_reachable
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.rules.commits.signed import Options
from policy_checks.source import Place, Span


def check(member: Member, options: Options) -> Iterator[Problem]:
    """One problem for a commit that is signed off, but not by its author or committer, or under an address of nobody."""
    commit, policy = member.commit, options.commits
    found = member.sign_offs
    if not policy.sign_off or not (found or policy.remediation is not Remediation.OFF) or member.is_exempt(policy):
        return
    if found and not member.is_signed_off(policy):
        people = " or ".join(dict.fromkeys(map(str, (commit.author, commit.committer))))
        by = ", ".join(dict.fromkeys(map(str, found)))
        span = Span(commit.message_start + found[0].span.start, commit.message_start + found[0].span.end)
        yield Problem(Place(commit.file, span), f"signed off by {by}, but not by {people}; {member.advice(policy)}")
    elif (found or member.is_remedied(policy)) and not is_reachable(commit.author.email or commit.committer.email):
        message = f"the address of {commit.author} is none that mail could reach: set user.email and `--reset-author`"
        yield Problem(commit.subject, f"{message}; {member.advice(policy)}")


_ADA = "Ada Lovelace <ada@mail.example>"
_HEAD = (
    f"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent {'b' * 40}\n"
    f"author {_ADA} 1700000000 +0000\ncommitter Web <web@forge.example> 1700000000 +0000\n"
)
_CHARLES = "Signed-off-by: Charles Babbage <charles@mail.example>"


def _commit(message: str, head: str = _HEAD) -> dict[str, str]:
    return {"a" * 40: f"{head}\n{message}\n"}


RULE = Rule(
    code="CMT009",
    name="signoff-mismatch",
    severity=Severity.ERROR,
    subject=COMMIT,
    check=check,
    options=Options,
    idle=lambda options: not options.commits.sign_off,
    examples=(
        Example(
            "by somebody else",
            commits=_commit(f"Add the engine\n\n⟦{_CHARLES}⟧"),
            message="not by Ada Lovelace <ada@mail.example> or Web <web@forge.example>",
        ),
        Example("without brackets around the address", commits=_commit("Add\n\n⟦Signed-off-by: Ada Lovelace ada@mail.example⟧")),
        Example("an alias with a plus is another address", commits=_commit("Add\n\n⟦Signed-off-by: Ada Lovelace <ada+git@mail.example>⟧")),
        Example(
            "an address of no domain",
            commits=_commit("⟦Add⟧\n\nSigned-off-by: Ada Lovelace <ada@host>", _HEAD.replace("ada@mail.example", "ada@host")),
            message="none that mail could reach",
        ),
        Example("no sign-off at all, which another rule tells", commits=_commit("Add")),
        Example("letter case does not count", commits=_commit(f"Add\n\nsigned-off-by: {_ADA.upper()}")),
        Example("one of several", commits=_commit(f"Add\n\n{_CHARLES}\nSigned-off-by: {_ADA}")),
        Example(
            "a forge hid the author's address",
            commits=_commit(f"Add\n\nSigned-off-by: {_ADA}", _HEAD.replace("ada@mail", "49+ada@noreply")),
            options={"commits": {"noreply": ["*@noreply.example"]}},
        ),
        Example(
            "the same person by .mailmap",
            files={".mailmap": f"{_ADA} <countess@home.example>\n"},
            commits=_commit("Add\n\nSigned-off-by: Countess <countess@home.example>"),
            options={"commits": {"mailmap": True}},
        ),
        Example(
            "a merge queue squashed it under another name",
            commits=_commit(f"Add\n\n{_CHARLES}"),
            options={"commits": {"squashed-by": ["web@forge.example"]}},
        ),
    ),
)
