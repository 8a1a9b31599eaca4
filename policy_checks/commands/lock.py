"""`policy-checks lock`: uv.lock checked and asked."""

import argparse

from policy_checks.commands import lock_check, lock_paths


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the subcommands."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    check = commands.add_parser("check", help="does uv.lock match the project?", description=lock_check.__doc__)
    lock_check.configure(check)
    check.set_defaults(run_lock=lock_check.run)
    why = commands.add_parser("why", help="the paths on which a package is reached")
    lock_paths.configure_why(why)
    why.set_defaults(run_lock=lock_paths.run_why)
    listed = commands.add_parser("list", help="every package that a selection reaches")
    lock_paths.configure_list(listed)
    listed.set_defaults(run_lock=lock_paths.run_list)


def run(arguments: argparse.Namespace) -> int:
    """Runs the chosen subcommand."""
    code: int = arguments.run_lock(arguments)
    return code
