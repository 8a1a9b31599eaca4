"""`policy-checks lock`: uv.lock checked and asked."""

import argparse

from policy_checks.commands import lock_check, lock_diff, lock_merge, lock_paths


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
    diff = commands.add_parser("diff", help="what changed between two revisions of the lock")
    lock_diff.configure_diff(diff)
    diff.set_defaults(run_lock=lock_diff.run_diff)
    driver = commands.add_parser("merge-driver", help="merge uv.lock when git asks for it (see `policy-checks init --merge-driver`)")
    lock_merge.configure_merge_driver(driver)
    driver.set_defaults(run_lock=lock_merge.run_merge_driver)
    resolve = commands.add_parser("resolve", help="resolve a conflicted uv.lock: main's version, locked anew")
    lock_merge.configure_resolve(resolve)
    resolve.set_defaults(run_lock=lock_merge.run_resolve)


def run(arguments: argparse.Namespace) -> int:
    """Runs the chosen subcommand."""
    code: int = arguments.run_lock(arguments)
    return code
