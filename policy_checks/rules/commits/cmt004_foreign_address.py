"""A commit whose author's address is outside of the domains that the policy allows.

Why: Who works for a project under an agreement does so under the address it was made for. A
private address, or the one a fresh machine made up, is easily committed by mistake, and no list of
contributors knows whose it is. Nothing is said unless `domains` names some.

Fix: Set the address for this repository with `git config user.email`, then write the author anew
with the command in the message (it is for your own commits: `--reset-author` makes you the author).

References: git-commit(1), `--reset-author`; git-config(1), `user.email`.
"""

from collections.abc import Iterator

from policy_checks.commits.policy import CommitPolicy
from policy_checks.commits.series import COMMIT, Member
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.source import Place, Span


@record
class Options:
    """What is asked of commits."""

    commits: CommitPolicy = made(default_factory=CommitPolicy)


def check(member: Member, options: Options) -> Iterator[Problem]:
    """One problem for an author whose address is of no allowed domain."""
    commit, policy = member.commit, options.commits
    if not policy.is_foreign(commit.author.email) or member.is_exempt(policy):
        return
    start = commit.file.text.find("\nauthor ") + 1
    base = (member.base and member.base.commit) or "--root"
    yield Problem(
        Place(commit.file, Span(start, commit.file.text.find("\n", start))),
        f"the address of {commit.author} is not of {' or '.join(policy.domains)}; "
        f"set user.email, then `git rebase --exec 'git commit --amend --no-edit --reset-author' {base}`",
    )


_HEAD = f"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent {'b' * 40}\n"
_COMMITTER = "committer Web <web@forge.example> 1700000000 +0000\n\nAdd\n"
_ALLOWED = {"commits": {"domains": ["mail.example", "*.mail.example"]}}


def _by(email: str, before: str = "", after: str = "") -> dict[str, str]:
    return {"a" * 40: f"{_HEAD}{before}author Ada <{email}> 1700000000 +0000{after}\n{_COMMITTER}"}


RULE = Rule(
    code="CMT004",
    name="foreign-address",
    severity=Severity.ERROR,
    subject=COMMIT,
    check=check,
    options=Options,
    idle=lambda options: not options.commits.domains,
    examples=(
        Example(
            "a private address",
            commits=_by("ada@home.example", "⟦", "⟧"),
            options=_ALLOWED,
            message="not of mail.example or *.mail.example",
        ),
        Example("a domain that ends alike", commits=_by("ada@blackmail.example", "⟦", "⟧"), options=_ALLOWED),
        Example("no address at all", commits=_by("ada", "⟦", "⟧"), options=_ALLOWED),
        Example("an allowed domain, letter case aside", commits=_by("ada@Mail.example"), options=_ALLOWED),
        Example("a domain below an allowed one", commits=_by("ada@lab.mail.example"), options=_ALLOWED),
        Example("any address where nothing is asked", commits=_by("ada@home.example")),
    ),
)
