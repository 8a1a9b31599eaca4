"""`python -m policy_checks`."""

from policy_checks.cli import run

run()
