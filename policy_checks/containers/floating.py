"""Tags that move: what they name today is another image tomorrow."""

import re

from policy_checks.containers.image_reference import ImageReference
from policy_checks.record import record

# A whole tag of these, or the first part of one (`latest-gpu`, `nightly-cuda12`, `stable-slim`).
_MOVING = re.compile(
    r"(?:latest|nightly|edge|rolling|canary|unstable|stable|main|master|trunk|head|dev|devel|develop|development|current|next|snapshot|"
    r"testing|rawhide|sid|tip|mainline|lts|release|prod|production|experimental)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[-_.]")
_PREFIXES = frozenset({"latest", "nightly", "edge", "canary", "snapshot", "unstable", "rolling"})  # their tags also end so: `3.9-nightly`
_SUITES = frozenset({"stable", "testing", "unstable", "sid"})  # of Debian: `stable-slim`
_DATED = re.compile(
    r"(?:^|\D)(?:20)?\d{2}[-_.]?[01]\d[-_.]?[0-3]\d(?:\D|$)|(?:^|[-_.])(?=[0-9a-f]*\d)[0-9a-f]{7,}(?:$|[-_.])", re.IGNORECASE
)


@record
class ImagePolicy:
    """What `[tool.policy-checks.images]` asks of every base image."""

    digest: bool = False  # whether a reference has to name a digest


def fault(reference: ImageReference, policy: ImagePolicy) -> str:
    """Why a reference does not stay the same, ready to follow it; empty for one that does."""
    if reference.digest:
        return ""
    if not reference.tag:
        return "names no tag, which means `latest`"
    if is_moving(reference.tag):
        return f"follows the moving tag `{reference.tag}`"
    return "names no digest, which the policy demands" if policy.digest else ""


def is_moving(tag: str) -> bool:
    """Whether a tag moves by its name; one with a date or a commit in it was made once."""
    if _MOVING.fullmatch(tag):
        return True
    parts = _PARTS.split(tag.lower())
    return (
        bool(_PREFIXES & {parts[0], parts[-1]}) or (parts[0] in _SUITES and parts[1:] in (["slim"], ["backports"]))
    ) and not _DATED.search(tag)
