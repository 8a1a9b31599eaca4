"""The terminal that a report is written to, if there is one."""

import argparse
import os
import sys

from policy_checks.reporters import Screen


def screen(arguments: argparse.Namespace) -> Screen:
    """The terminal, if there is one. NO_COLOR and FORCE_COLOR are the customary switches (no-color.org)."""
    attached = sys.stdout.isatty()
    color = bool(os.environ.get("FORCE_COLOR")) or (attached and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
    import shutil

    width = shutil.get_terminal_size().columns if attached or "COLUMNS" in os.environ else None
    return Screen(color=color, width=width, show_suppressed=getattr(arguments, "show_suppressed", False))
