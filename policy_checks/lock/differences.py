"""What a comparison of a project with its lock yields: a verdict, and one difference for each fact."""

from enum import StrEnum

from policy_checks.record import record
from policy_checks.source import Place, Unreadable


class Verdict(StrEnum):
    """What is known about a lock: `stale` is certain, `unknown` needs a build or the network, `invalid` is refused by uv."""

    FRESH = "fresh"
    STALE = "stale"
    UNKNOWN = "unknown"
    INVALID = "invalid"


RELOCK = "uv lock"


@record
class Difference:
    """One fact on which project and lock disagree, or because of which they cannot be compared.

    `declared` and `locked` are values as a reader would write them, empty for what is not there.
    """

    kind: Verdict
    what: str
    declared: str
    locked: str
    place: Place
    message: str  # the consequence, one sentence
    locked_place: Place | None = None
    command: str = RELOCK


def invalid(error: Unreadable) -> Difference:
    """What uv refuses, as a difference."""
    return Difference(Verdict.INVALID, error.file.path, "", "", Place(error.file, error.span), error.message, None, "")


@record
class Judgement:
    """The verdict on one project and all that led to it."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()


def judgement(differences: tuple[Difference, ...]) -> Judgement:
    """The verdict that follows from differences in uv's order.

    The first certain one decides: uv resolves anew at a stale one and never comes to what it would
    have refused in the lock's own packages. An open question counts where nothing is certain.
    """
    for difference in differences:
        if difference.kind in (Verdict.INVALID, Verdict.STALE):
            return Judgement(difference.kind, differences)
    return Judgement(Verdict.UNKNOWN if differences else Verdict.FRESH, differences)
