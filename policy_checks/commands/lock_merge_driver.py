"""`policy-checks lock merge-driver`: git's merge driver for uv.lock."""

from policy_checks.commands.lock_merge import configure_merge_driver as configure, run_merge_driver as run

__all__ = ["configure", "run"]
