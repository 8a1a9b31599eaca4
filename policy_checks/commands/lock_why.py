"""`policy-checks lock why`: the paths on which a package is reached."""

from policy_checks.commands.lock_paths import configure_why as configure, run_why as run

__all__ = ["configure", "run"]
