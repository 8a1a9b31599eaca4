"""Bans: packages that an environment must not hold, however they get there."""

import re
from fnmatch import fnmatchcase

from policy_checks.record import record


@record
class Ban:
    """One table of `[[tool.policy-checks.bans]]`."""

    package: str  # a name or a glob, in any spelling of PEP 503
    environments: tuple[str, ...] = ()  # empty: every one that is declared
    reason: str = ""
    use_instead: str = ""


def covers(ban: Ban, name: str) -> bool:
    """Whether a ban is about a package; the name is normalised."""
    return fnmatchcase(name, re.sub(r"[-_.]+", "-", ban.package).lower())
