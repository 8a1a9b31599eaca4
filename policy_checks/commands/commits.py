"""`policy-checks commits`: judges commits of a range, of a CI job, of a push, the one just made and the message of one being made."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from policy_checks import config, git, judgement, workspace
from policy_checks.commands import commit_message, commit_setup, push_arguments, verdict
from policy_checks.commits import ci_ranges, memory, ranges
from policy_checks.commits.policy import SignatureLevel
from policy_checks.commits.series import COMMIT
from policy_checks.failure import Failure
from policy_checks.rules.commits.signed import Options
from policy_checks.workspace import Disk, Workspace, own_files


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the five commands."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="judge the commits of a range")
    check.add_argument(
        "range",
        nargs="?",
        metavar="RANGE",
        help="A..B, A...B or REV^! as git understands them; a single revision is its whole history "
        "(default: in a job of GitHub or GitLab what that is about, elsewhere what HEAD has and the branch it is to be merged into has not)",
    )
    push = commands.add_parser("push", help="pre-push hook: judge the commits that the remote does not have yet")
    push.add_argument("remote", nargs="?", default="", metavar="REMOTE", help="the remote's name, as git gives it to the hook")
    push.add_argument("url", nargs="?", metavar="URL", help="the remote's address, as git gives it to the hook")
    message = commands.add_parser("message", help="commit-msg hook: ask for the sign-off while the commit is being made")
    message.add_argument("file", type=Path, metavar="FILE", help="the message, as git gives it to the hook")
    message.add_argument("--fix", action="store_true", help="add the committer's sign-off to the message")
    notice = commands.add_parser("notice", help="post-commit hook: say what the commit just made lacks; never fails a commit")
    setup = commands.add_parser("setup", help="explain how commits are signed, and what is missing here")
    setup.add_argument("--write", action="store_true", help="write what is missing to this repository's own configuration")
    setup.add_argument("--key", type=Path, metavar="FILE", help="the public key to sign with (default: the first of ~/.ssh/id_*.pub)")
    for command in (check, push, notice):
        policy = verdict.add_selection(command)
        policy.add_argument(
            "--policy-from",
            metavar="REV",
            help="judge by the configuration and the keys of that commit: the commits judged cannot vouch for themselves",
        )
        verdict.add_output(command)
        command.add_argument("--no-cache", action="store_true", help="verify again what was verified before")
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
    if arguments.action == "setup":
        return commit_setup.explain(root, arguments.key, write=arguments.write)
    # By what the repository asks today, whenever the commits were made.
    held = workspace.at_revision(root, arguments.policy_from) if arguments.policy_from else None
    load = partial(config.load_from, held.get) if held else partial(config.load, root, file=arguments.config, isolated=arguments.isolated)
    settings, rules = verdict.policy(load, arguments, families=("CMT", "POL"))
    if not any(rule.subject is COMMIT for rule in rules):
        raise Failure("no rule about commits is selected")
    asked = settings.options(Options).commits
    held = held or Workspace(own_files(root, asked.files), Disk(root))
    cache = None if arguments.no_cache else memory.folder()
    if arguments.action == "notice":
        commits = [] if git.is_unborn(root) else ranges.commits(root, ranges.named(root, "HEAD^!"))
        return _notice(held.about(commits, asked.files, cache), rules, settings)
    chosen = _pushed(root, arguments.remote) if arguments.action == "push" else _range(root, arguments.range)
    chosen = ranges.without(root, chosen, asked.since) if chosen else None
    commits = ranges.commits(root, chosen) if chosen else []
    if chosen:  # otherwise _range or _pushed has said why there is nothing
        _say(f"{len(commits):,} commit{'s' * (len(commits) != 1)}, {chosen.name}")
    found = held.about(commits, asked.files, cache)
    return verdict.conclude(found, rules, settings, verdict.Scope(root, lambda _path: True, started, "commits"), arguments)


def _range(root: Path, named: str | None) -> ranges.Range | None:
    if named is not None:
        return ranges.named(root, named)
    if git.is_unborn(root):
        _say(f"there are no commits yet on branch {git.branch(root)}: nothing to judge")
        return None
    if job := _job():
        if job.head:
            return ranges.of_job(root, job)
        _say("the job is about a branch that was deleted: nothing to judge")
        return None
    return ranges.own(root)


def _job() -> ci_ranges.Job | None:
    """The CI job that this is, None for none, and for one that is about no commits in particular."""
    if os.environ.get("GITLAB_CI"):
        return ci_ranges.gitlab(os.environ)
    if not os.environ.get("GITHUB_ACTIONS"):
        return None
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    try:
        payload = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise Failure(f"GITHUB_EVENT_PATH: {path}: cannot be read: {error}") from None
    if not isinstance(payload, dict):
        raise Failure(f"GITHUB_EVENT_PATH: {path}: not what GitHub writes about an event")
    event = os.environ.get("GITHUB_EVENT_NAME", "")
    job = ci_ranges.github(event, payload)
    if job and not job.head and not payload.get("deleted"):
        raise Failure(f"GITHUB_EVENT_PATH: {path}: no commits in this {event} event: name a range")
    return job


def _pushed(root: Path, remote: str) -> ranges.Range | None:
    remote = remote or os.environ.get("PRE_COMMIT_REMOTE_NAME", "")
    if os.environ.get("PRE_COMMIT"):  # pre-commit and prek read git's lines themselves
        updates = [ranges.update_of(os.environ)]
        if "PRE_COMMIT_REMOTE_NAME" in os.environ:  # a push, not a run by hand
            others = push_arguments.sources(root, remote, push_arguments.waiting())
            updates += [ranges.Update(source) for source in others]
    elif sys.stdin is not None and not sys.stdin.isatty():
        updates = ranges.updates(sys.stdin)
    else:
        updates = [ranges.Update("HEAD")]
    chosen = ranges.pushed(root, remote, updates)
    if chosen.starts:
        return chosen
    _say("no commits are pushed: nothing to judge")
    return None


def _notice(found: Workspace, rules: Sequence[verdict.AnyRule], settings: config.Config) -> int:
    """Says in one line what the commit at HEAD lacks: the first moment at which it can be seen, and the last at which it is easy."""
    asked = settings.options(Options).commits
    judged = judgement.judge(found, rules, settings, datetime.now(UTC).date())
    codes = sorted({f"{finding.code} {finding.name}" for finding in judged.findings if finding.suppressed is None})
    if codes:
        amend = ["git commit --amend --no-edit", *["-S"] * (asked.signature is not SignatureLevel.OFF), *["-s"] * asked.sign_off]
        _say(f"commit {found.commits[0].path[:10]}: {', '.join(codes)}; before it is pushed: `{' '.join(amend)}`")
    return 0


def _say(line: str) -> None:
    # Not on standard output, which may be somebody's JSON.
    print(f"policy-checks: {line}", file=sys.stderr)
