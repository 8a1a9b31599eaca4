"""A good signature by a key that was not valid when the commit was made, or is revoked.

Why: A key is given an end, or is revoked, because it may be in other hands by then. Whether a key had expired is asked for the
moment of the commit (SSH: the committer's date; OpenPGP: the date of the signature), so that what was right when it was made stays
right; a revoked key is never believed. At `signature = "valid"` SSH keys are held to `revoked-keys` only.

Fix: Sign the commits again, with a key that is valid, by the command in the message. A key that was prolonged needs its new end in
the file that the message names.

References: ssh-keygen(1), ALLOWED SIGNERS (`valid-after`, `valid-before`) and KEY REVOCATION LISTS; RFC 4880 section 5.2.3.6.
"""

from collections.abc import Iterator

from policy_checks.commits.series import COMMIT, Member
from policy_checks.commits.verdict import Outcome
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.rules.commits.signed import KEY, TRUSTED, VALID, Options, asked, commit


def check(member: Member, options: Options) -> Iterator[Problem]:
    """One problem for a commit signed outside of its key's time, or by a revoked key."""
    verdict = member.verdict(options.commits)
    revoked, expired = (verdict is not None and verdict.outcome is outcome for outcome in (Outcome.REVOKED, Outcome.EXPIRED))
    if verdict and (revoked or (expired and not member.is_exempt(options.commits))):
        yield Problem(member.commit.subject, f"signed by an invalid key: {verdict.reason}; {member.advice(options.commits)}")


def _allowed(options: str) -> dict[str, str]:
    return {"keys/allowed": f"ada@mail.example {options} {KEY}\n"}


RULE = Rule(
    code="CMT007",
    name="expired-or-revoked-key",
    severity=Severity.ERROR,
    subject=COMMIT,
    check=check,
    options=Options,
    idle=lambda options: not options.commits.signature.verifies,
    examples=(
        Example(
            "the key had expired",
            files=_allowed('valid-before="20231101Z"'),
            commits=commit("⟦Begin⟧"),
            options=TRUSTED,
            message="was not valid when the commit was made (keys/allowed:1)",
        ),
        Example("the key was not valid yet", files=_allowed('valid-after="20240101Z"'), commits=commit("⟦Begin⟧"), options=TRUSTED),
        Example(
            "the key is revoked",
            files={"keys/revoked": f"{KEY}\n"},
            commits=commit("⟦Begin⟧"),
            options=asked("valid", revoked_keys="keys/revoked"),
            message="is revoked in keys/revoked",
        ),
        Example(
            "it expired only later", files=_allowed('valid-after="20230101Z",valid-before="20240101Z"'), commits=commit(), options=TRUSTED
        ),
        Example(
            "of two lines one is right",
            files={"keys/allowed": _allowed('valid-before="20200101Z"')["keys/allowed"] + _allowed("")["keys/allowed"]},
            commits=commit(),
            options=TRUSTED,
        ),
        Example("no end is asked for", commits=commit(), options=VALID),
        Example(
            "another key is revoked",
            files={"keys/revoked": "# none yet\n"},
            commits=commit(),
            options=asked("valid", revoked_keys="keys/revoked"),
        ),
    ),
)
