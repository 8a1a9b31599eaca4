"""`policy-checks lock list`: every package that a selection reaches."""

from policy_checks.commands.lock_paths import configure_list as configure, run_list as run

__all__ = ["configure", "run"]
