"""Named environments: a selection of groups and extras with everything that belongs to it (guide: dev vs lts)."""

from policy_checks.record import record


@record
class Environment:
    """One table of `[tool.policy-checks.environments]`; the key is its name."""

    groups: tuple[str, ...] = ()  # dependency-groups (PEP 735)
    extras: tuple[str, ...] = ()  # optional-dependencies (PEP 621)
    requirements: tuple[str, ...] = ()  # files pinned outside the lock
    base_image: str = ""  # the file that holds the FROM reference
    dockerfile: str = ""
    target: str = ""  # the public build stage
    label: str = ""  # the pull-request label that selects it
    skip_marker: str = ""  # the pytest marker skipped in it
