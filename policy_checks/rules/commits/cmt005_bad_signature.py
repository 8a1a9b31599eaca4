"""A signature that is not that of the commit.

Why: Something was changed after the signature was made: the tree, the author, the message, or the signature itself was copied
from another commit. Tools that only look whether a signature is there pass such a commit, and rewriting a history often leaves the
old signatures behind. Asked for by `signature = "valid"` and above.

Fix: If the commits are yours, look at what they change, then sign them again with the command in the message. If they are not,
ask their author for them: what you have is not what was signed.

References: gitformat-signature(5); OpenSSH, PROTOCOL.sshsig; RFC 4880 section 5.2.
"""

from collections.abc import Iterator
from datetime import date

from policy_checks.commits.series import COMMIT, Member
from policy_checks.commits.verdict import Outcome
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.rules.commits.signed import KEY, OPENPGP, TRUSTED, VALID, Options, asked, commit


def check(member: Member, options: Options) -> Iterator[Problem]:
    """One problem for a commit that its signature does not fit."""
    verdict = member.verdict(options.commits)
    if verdict and verdict.outcome is Outcome.BAD:
        yield Problem(member.commit.subject, f"the signature is bad: {verdict.reason}; {member.advice(options.commits)}")


_MALLORY = "Mallory <mallory@mail.example> 1700000000 +0000"

RULE = Rule(
    code="CMT005",
    name="bad-signature",
    severity=Severity.ERROR,
    subject=COMMIT,
    check=check,
    options=Options,
    idle=lambda options: not options.commits.signature.verifies,
    examples=(
        Example("the message was changed", commits=commit("⟦Begin anew⟧"), options=VALID, message="not that of the commit"),
        Example("the author was changed", commits=commit("⟦Begin⟧", author=_MALLORY), options=VALID),
        Example(
            "vouched for, yet bad",
            files={"keys/allowed": f"ada@mail.example {KEY}\n"},
            commits=commit("⟦Begin anew⟧"),
            options=TRUSTED,
            message="git rebase --exec 'git commit --amend --no-edit -S -s' --root",
        ),
        Example("half an OpenPGP signature", commits=commit("⟦Begin⟧", signature=OPENPGP), options=VALID, message="cut short"),
        Example("as it was signed", commits=commit(), options=VALID),
        Example("signed by a key that somebody vouches for", files={"keys/allowed": f"* {KEY}\n"}, commits=commit(), options=TRUSTED),
        Example("unsigned, which another rule tells", commits=commit(signature=""), options=VALID),
        Example("only asked to be there", commits=commit("Begin anew"), options=asked("present")),
        Example(
            "a merge needs no signature, but the one that it carries must be its own",
            commits=commit("⟦Merge⟧", parents=f"parent {'b' * 40}\nparent {'c' * 40}\n"),
            options=VALID,
        ),
        Example(
            "a bot need not sign, but must not forge",
            commits=commit("⟦Begin anew⟧"),
            options=asked("valid", exempt=[{"author": "ada@*", "reason": "signs by other means"}]),
        ),
        Example("a merge without a signature", commits=commit("Merge", signature="", parents=f"parent {'b' * 40}\n" * 2), options=VALID),
        Example("made before the policy", commits=commit("Begin anew"), options=asked("valid", before=date(2024, 1, 1))),
    ),
)
