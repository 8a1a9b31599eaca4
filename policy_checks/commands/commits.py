"""`policy-checks commits`: judges commits of a range, of a push, and the message of one being made."""

import argparse
import os
import sys
import time
from functools import partial
from pathlib import Path

from policy_checks import config, git
from policy_checks.commands import commit_message, verdict
from policy_checks.commits import ranges
from policy_checks.commits.series import COMMIT
from policy_checks.failure import Failure
from policy_checks.workspace import Memory, Workspace


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the three commands."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="judge the commits of a range")
    check.add_argument(
        "range",
        nargs="?",
        metavar="RANGE",
        help="A..B, A...B or REV^! as git understands them; a single revision is its whole history "
        "(default: what HEAD has and the branch it is to be merged into has not)",
    )
    push = commands.add_parser("push", help="pre-push hook: judge the commits that the remote does not have yet")
    push.add_argument("remote", nargs="?", default="", metavar="REMOTE", help="the remote's name, as git gives it to the hook")
    push.add_argument("url", nargs="?", metavar="URL", help="the remote's address, as git gives it to the hook")
    message = commands.add_parser("message", help="commit-msg hook: ask for the sign-off while the commit is being made")
    message.add_argument("file", type=Path, metavar="FILE", help="the message, as git gives it to the hook")
    message.add_argument("--fix", action="store_true", help="add the committer's sign-off to the message")
    for command in (check, push):
        verdict.add_selection(command)
        verdict.add_output(command)
    policy = message.add_mutually_exclusive_group()
    policy.add_argument("--config", type=Path, metavar="FILE", help="judge by this configuration instead of the repository's")
    policy.add_argument("--isolated", action="store_true", help="judge by the defaults; no configuration is read")


def run(arguments: argparse.Namespace) -> int:
    """Judges, reports, and returns the exit code."""
    started = time.monotonic()
    root = git.repository(Path())
    if arguments.action == "message":
        settings = config.load(root, file=arguments.config, isolated=arguments.isolated)
        return commit_message.judge(root, settings, arguments.file, mend=arguments.fix)
    chosen = _pushed(root, arguments.remote) if arguments.action == "push" else _range(root, arguments.range)
    found = Workspace((), Memory({}), ranges.commits(root, chosen) if chosen else ())
    if chosen:  # otherwise _range or _pushed has said why there is nothing
        _say(f"{len(found.commits):,} commit{'s' * (len(found.commits) != 1)}, {chosen.name}")
    # By what the repository asks today, whenever the commits were made.
    settings, selected = verdict.policy(partial(config.load, root, file=arguments.config, isolated=arguments.isolated), arguments)
    rules = tuple(rule for rule in selected if rule.subject is COMMIT or rule.code.startswith("POL"))
    if not any(rule.subject is COMMIT for rule in rules):
        raise Failure("no rule about commits is selected")
    return verdict.conclude(found, rules, settings, verdict.Scope(root, lambda _path: True, started, "commits"), arguments)


def _range(root: Path, named: str | None) -> ranges.Range | None:
    if named is not None:
        return ranges.named(root, named)
    if git.is_unborn(root):
        _say(f"there are no commits yet on branch {git.branch(root)}: nothing to judge")
        return None
    return ranges.own(root)


def _pushed(root: Path, remote: str) -> ranges.Range | None:
    remote = remote or os.environ.get("PRE_COMMIT_REMOTE_NAME", "")
    if os.environ.get("PRE_COMMIT"):  # pre-commit and prek read git's lines themselves
        updates = [ranges.update_of(os.environ)]
    elif sys.stdin is not None and not sys.stdin.isatty():
        updates = ranges.updates(sys.stdin)
    else:
        updates = [ranges.Update("HEAD")]
    chosen = ranges.pushed(root, remote, updates)
    if chosen.starts:
        return chosen
    _say("no commits are pushed: nothing to judge")
    return None


def _say(line: str) -> None:
    # Not on standard output, which may be somebody's JSON.
    print(f"policy-checks: {line}", file=sys.stderr)
