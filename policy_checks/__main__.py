"""`python -m policy_checks`."""

import sys

from policy_checks.cli import run

sys.exit(run())
