"""`policy-checks lock resolve`: a conflicted uv.lock, resolved by the guide's recipe."""

from policy_checks.commands.lock_merge import configure_resolve as configure, run_resolve as run

__all__ = ["configure", "run"]
