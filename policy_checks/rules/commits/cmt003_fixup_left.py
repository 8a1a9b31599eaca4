"""A commit that was meant to be folded into another before the merge.

Why: `fixup!`, `squash!` and WIP commits are steps of the work, not of the history: somebody who
bisects or reads the log later meets states that were never meant to stand. They are right on a
branch, so nothing is said unless the policy has `allow-fixups = false`, which belongs into the
configuration of the job that guards main.

Fix: Fold them with the command in the message, or give a WIP commit the message it deserves.

References: git-commit(1), `--fixup`; git-rebase(1), `--autosquash`.
"""

import re
from collections.abc import Iterator

from policy_checks.commits.policy import CommitPolicy
from policy_checks.commits.series import COMMIT, Member
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Rule, Severity

_LEFT = re.compile(r"(fixup|squash|amend)! |\[wip\]|wip(?=[:\s]|$)", re.IGNORECASE)


@record
class Options:
    """What is asked of commits."""

    commits: CommitPolicy = made(default_factory=CommitPolicy)


def check(member: Member, options: Options) -> Iterator[Problem]:
    """One problem for a commit whose subject says that it is not to stay."""
    policy, subject = options.commits, member.commit.subject
    if policy.allow_fixups or member.is_exempt(policy):
        return
    if match := _LEFT.match(subject.file.cut(subject.span)):
        fold = f"fold it with `git rebase -i --autosquash {(member.base and member.base.commit) or '--root'}`"
        yield Problem(subject, f"{match[0].strip()!r} commit left; {fold if match[1] else 'finish it and reword its message'}")


_ADA = "Ada Lovelace <ada@mail.example> 1700000000 +0000"
_HEAD = f"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent {'b' * 40}\nauthor {_ADA}\ncommitter {_ADA}\n"
_STRICT = {"commits": {"allow-fixups": False}}


def _commit(message: str) -> dict[str, str]:
    return {"a" * 40: f"{_HEAD}\n{message}\n"}


RULE = Rule(
    code="CMT003",
    name="fixup-left",
    severity=Severity.ERROR,
    subject=COMMIT,
    check=check,
    options=Options,
    idle=lambda options: options.commits.allow_fixups,
    examples=(
        Example("a fixup", commits=_commit("⟦fixup! Add the engine⟧"), options=_STRICT, message=f"git rebase -i --autosquash {'b' * 40}"),
        Example("a squash", commits=_commit("⟦squash! Add the engine⟧\n\nMore."), options=_STRICT, message="'squash!' commit left"),
        Example("work in progress", commits=_commit("⟦WIP: engine⟧"), options=_STRICT, message="reword its message"),
        Example("allowed where nothing else is said", commits=_commit("fixup! Add the engine")),
        Example("a word that begins alike", commits=_commit("Wipe the engine clean"), options=_STRICT),
        Example("said in passing", commits=_commit("Add the engine\n\nfixup! is folded by now"), options=_STRICT),
    ),
)
