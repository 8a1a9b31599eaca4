"""A good signature by a key that nobody vouches for.

Why: Anybody can make a key and sign with it. A signature says who made a commit only where somebody said whose the key is. The
signer is compared with the committer, because it is the committer who signs; git itself compares neither and calls a signature good
when the key belongs to anybody in its list. Asked for by `signature = "trusted"`.

Fix: If the key is rightly the committer's, add it to the file that the message names: for SSH a line `ADDRESS KEY`, for OpenPGP
`gpg --export --armor KEY >> FILE`. Otherwise sign the commits again with a key that is in it.

References: ssh-keygen(1), ALLOWED SIGNERS; git-config(1), `user.signingKey`.
"""

from collections.abc import Iterator

from policy_checks.commits.series import COMMIT, Member
from policy_checks.commits.verdict import Outcome
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.rules.commits.signed import KEY, TRUSTED, VALID, Options, commit


def check(member: Member, options: Options) -> Iterator[Problem]:
    """One problem for a commit signed by a key that is not known to be the committer's."""
    verdict = member.verdict(options.commits)
    if verdict and verdict.outcome is Outcome.UNTRUSTED and not member.is_exempt(options.commits):
        yield Problem(
            member.commit.subject,
            f"the signature is not trusted: {verdict.reason}; vouch for the key there if it is theirs, or {member.advice(options.commits)}",
        )


def _allowed(line: str) -> dict[str, str]:
    return {"keys/allowed": f"{line}\n"}


RULE = Rule(
    code="CMT006",
    name="untrusted-signature",
    severity=Severity.ERROR,
    subject=COMMIT,
    check=check,
    options=Options,
    idle=lambda options: not options.commits.signature.verifies,
    examples=(
        Example(
            "an unknown key",
            files=_allowed("# nobody yet"),
            commits=commit("⟦Begin⟧"),
            options=TRUSTED,
            message="nobody vouches for key SHA256:",
        ),
        Example(
            "somebody else's key",
            files=_allowed(f"charles@mail.example {KEY}"),
            commits=commit("⟦Begin⟧"),
            options=TRUSTED,
            message="it is that of charles@mail.example, not of ada@mail.example (keys/allowed:1)",
        ),
        Example(
            "a key for another purpose",
            files=_allowed(f'ada@mail.example namespaces="file" {KEY}'),
            commits=commit("⟦Begin⟧"),
            options=TRUSTED,
            message="it is for file, not for git",
        ),
        Example(
            "a line that is not understood vouches for nobody",
            files=_allowed(f"ada@mail.example sometimes {KEY}"),
            commits=commit("⟦Begin⟧"),
            options=TRUSTED,
            message="line 1 is not understood",
        ),
        Example("the committer's own key", files=_allowed(f"ada@mail.example {KEY}"), commits=commit(), options=TRUSTED),
        Example(
            "any address of a domain but one",
            files=_allowed(f'!eve@mail.example,*@mail.example namespaces="git" {KEY}'),
            commits=commit(),
            options=TRUSTED,
        ),
        Example("trust is not asked for", commits=commit(), options=VALID),
        Example("bad, which another rule tells", files=_allowed("# nobody yet"), commits=commit("Begin anew"), options=TRUSTED),
    ),
)
