"""A signature that cannot be verified here.

Why: The signature is there, and nothing says that it is bad; but the key is not in the files that the repository keeps, gpg is not
installed, or the signature is of a kind that is not known here. Such a commit is neither unsigned nor forged, and it did not pass
either. git tells some of these cases apart from neither (`%G?` says `N`, as of an unsigned commit, where gpg is missing).

Fix: Do what the message says is missing: add the key to the file (`gpg --export --armor KEY >> FILE`), name a file in
`[tool.policy-checks.commits]`, or install gpg. Commits that a forge signs need the forge's key in the file.

References: git-log(1), `%G?`; GnuPG, doc/DETAILS.
"""

from collections.abc import Iterator

from policy_checks.commits.series import COMMIT, Member
from policy_checks.commits.verdict import Outcome
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.rules.commits.signed import KEY, OPENPGP, TRUSTED, VALID, Options, asked, commit


def check(member: Member, options: Options) -> Iterator[Problem]:
    """One problem for a commit whose signature could not be verified."""
    verdict = member.verdict(options.commits)
    if verdict and verdict.outcome is Outcome.UNVERIFIED and not member.is_exempt(options.commits):
        yield Problem(member.commit.subject, f"the signature cannot be verified here: {verdict.reason}")


# One whole, empty signature packet: gpg is asked about it only where there is a keyring.
_EMPTY = OPENPGP.replace("iHUEABYKAB0=", "wgA=")

RULE = Rule(
    code="CMT008",
    name="unverified-signature",
    severity=Severity.ERROR,
    subject=COMMIT,
    check=check,
    options=Options,
    idle=lambda options: not options.commits.signature.verifies,
    examples=(
        Example(
            "OpenPGP without a keyring",
            commits=commit("⟦Begin⟧", signature=_EMPTY),
            options=VALID,
            message="the policy has no `openpgp-keys`",
        ),
        Example(
            "a file of keys that is not there",
            commits=commit("⟦Begin⟧"),
            options=TRUSTED,
            message="`allowed-signers` names keys/allowed, which is no file of the repository",
        ),
        Example(
            "a file of revoked keys that is not understood",
            files={"keys/revoked": "everybody\n"},
            commits=commit("⟦Begin⟧"),
            options=asked("valid", revoked_keys="keys/revoked"),
            message="keys/revoked: line 1 is no SSH public key",
        ),
        Example("an SSH signature carries its key", commits=commit(), options=VALID),
        Example("a known key", files={"keys/allowed": f"ada@mail.example {KEY}\n"}, commits=commit(), options=TRUSTED),
        Example("unsigned, which another rule tells", commits=commit(signature=""), options=VALID),
        Example("only asked to be there", commits=commit(signature=_EMPTY), options=asked("present")),
    ),
)
