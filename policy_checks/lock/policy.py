"""What `[tool.policy-checks.lock]` says of every uv.lock."""

from policy_checks.record import record


@record
class LockPolicy:
    """The revisions of the lock format that a repository accepts; None for no bound."""

    revision_min: int | None = None
    revision_max: int | None = None
