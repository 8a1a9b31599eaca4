"""Which entries of `allowed-installs` allow anything: judged by what the rules would report without them."""

from collections.abc import Collection, Iterable
from typing import Any

from policy_checks import engine
from policy_checks.config import Config, key_of, matches
from policy_checks.readers.install_policy import AllowedInstall, InstallPolicy
from policy_checks.record import fields, record, replace
from policy_checks.rule import Finding, Rule, made_by_the_run
from policy_checks.source import Unreadable
from policy_checks.workspace import Kind, Workspace

AnyRule = Rule[Any, Any]

_FIELD = "allowed_installs"


@record(eq=False)
class Allowance:
    """One entry, and whether an install would be reported without it."""

    entry: AllowedInstall
    used: bool


ALLOWANCES: Kind[Allowance] = made_by_the_run("allowed install")


def is_honoured_by(rule: AnyRule) -> bool:
    """Whether a rule asks what is allowed."""
    return _FIELD in dict(fields(rule.options))


def are_there(config: Config) -> bool:
    """Whether the policy allows anything."""
    return bool(config.options(InstallPolicy).allowed_installs)


def judged(workspace: Workspace, rules: Iterable[AnyRule], config: Config, blind: Collection[str]) -> tuple[Allowance, ...]:
    """The repository's own entries (what several share need not meet anything in this one), less those of which nothing is known because a file that they cover could not be read.

    `rules` are all those that ran over the workspace, to their end; `blind` the paths of the unreadable files.
    """
    entries = config.options(InstallPolicy).allowed_installs
    own = {index: entry for index, entry in enumerate(entries) if not config.is_shared(key_of(_FIELD), index) and not _covers(entry, blind)}
    unused = dict(own)
    for group in engine.groups(rules, config.options) if own else ():
        members = [rule for rule in group.rules if is_honoured_by(rule)]
        for subject in workspace.all(group.kind, group.needles) if members else ():
            if isinstance(subject, Unreadable):
                continue
            for rule in members:
                if without := _problems(rule, subject, config, ()):
                    unused = {index: entry for index, entry in unused.items() if _problems(rule, subject, config, (entry,)) == without}
    return tuple(Allowance(entry, index not in unused) for index, entry in own.items())


def _problems(rule: AnyRule, subject: Any, config: Config, entries: tuple[AllowedInstall, ...]) -> int:
    options = replace(config.options(rule.options), **{_FIELD: entries})
    return sum(isinstance(result, Finding) for result in engine.judge(rule, subject, options))


def _covers(entry: AllowedInstall, paths: Collection[str]) -> bool:
    return any(not entry.paths or any(matches(path, pattern) for pattern in entry.paths) for path in paths)
