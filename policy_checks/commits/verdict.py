"""What is known of one signature: good, bad, or why it cannot be told."""

from enum import StrEnum

from policy_checks.record import record


class Outcome(StrEnum):
    """What verifying came to. *Cannot verify here* is neither good nor bad."""

    GOOD = "good"
    BAD = "bad"
    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNVERIFIED = "unverified"


@record
class Verdict:
    """An outcome, and the reason for it unless it is good."""

    outcome: Outcome
    reason: str = ""


GOOD = Verdict(Outcome.GOOD)
