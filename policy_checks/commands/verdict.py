"""What `check` and `commits` share: run the rules, suppress, mend, report, and say the exit code."""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from policy_checks import baseline, fixes, judgement, registry, reporters
from policy_checks.baseline import Recorded
from policy_checks.commands import terminal
from policy_checks.config import Config, ConfigError
from policy_checks.config.loading import unknown_prefix
from policy_checks.failure import Failure
from policy_checks.record import record
from policy_checks.rule import Finding, Rule
from policy_checks.workspace import Workspace

AnyRule = Rule[Any, Any]
_UNFILTERED = ("POL002",)  # a crash is told whichever paths were asked for


@record
class Scope:
    """What a run is about: where it happens, which paths it reports on, when it began, what it counts."""

    root: Path
    reported: Callable[[str], bool]
    started: float  # time.monotonic, seconds
    subject: str  # "files" or "commits"


def add_selection(parser: argparse.ArgumentParser) -> "argparse._MutuallyExclusiveGroup":
    """The options that choose rules and policy; returns those that exclude one another, of which a command may have more."""
    parser.add_argument("--select", metavar="CODES", help="only these rules: codes or prefixes, comma-separated (PIP, LCK002)")
    parser.add_argument("--ignore", metavar="CODES", help="not these rules")
    policy = parser.add_mutually_exclusive_group()
    policy.add_argument("--config", type=Path, metavar="FILE", help="judge by this configuration instead of the repository's")
    policy.add_argument("--isolated", action="store_true", help="judge by the defaults; no configuration is read")
    return policy


def add_output(parser: argparse.ArgumentParser) -> None:
    """The options that shape the report."""
    parser.add_argument("--output-format", choices=reporters.REPORTERS, default="text", help="default: text")
    parser.add_argument("--show-suppressed", action="store_true", help="show suppressed findings too, with their reasons (text)")


Load = Callable[..., Config]  # config.load or load_from, bound to a place


def policy(load: Load, arguments: argparse.Namespace, families: tuple[str, ...] = ("",)) -> tuple[Config, tuple[AnyRule, ...]]:
    """The configuration, checked as a whole, and the selected rules of some families.

    The command line's choice stands in place of the configuration's.

    Raises ConfigError with every fault. The rules that are not selected are only imported when the
    configuration holds something that the selected ones do not know.
    """
    try:
        rules = _selected(load(codes=registry.codes()), arguments, families)
        return load(declared=declared(rules), codes=registry.codes()), rules
    except ConfigError:
        settings = load(declared=declared(registry.all_rules()), codes=registry.codes())
    return settings, _selected(settings, arguments, families)


def declared(rules: Sequence[AnyRule]) -> tuple[type, ...]:
    """Every type that decodes a part of `[tool.policy-checks]`."""
    from policy_checks.containers.settings import ContainerOptions
    from policy_checks.formatting.policy import FormatOptions

    return (*(rule.options for rule in rules), FormatOptions, ContainerOptions)


def _selected(settings: Config, arguments: argparse.Namespace, families: tuple[str, ...]) -> tuple[AnyRule, ...]:
    ignore = (*settings.keys.ignore, *_prefixes(arguments.ignore or ""))
    if arguments.select is None:
        rules = registry.selected(settings.keys.select, ignore, settings.keys.extend_select, families)
    else:
        rules = registry.selected(_prefixes(arguments.select), ignore, families=families)
    if not rules:
        raise Failure("no rule is selected")
    return rules


def _prefixes(text: str) -> tuple[str, ...]:
    prefixes = tuple(part.strip() for part in text.split(",") if part.strip())
    for prefix in prefixes:
        if message := unknown_prefix(prefix, registry.codes()):
            raise Failure(message)
    return prefixes


def recorded(found: Workspace, settings: Config, *, isolated: bool = False) -> tuple[Recorded, ...]:
    """The baseline of a tree; an isolated run has none. Raises Unreadable for a file that is no baseline."""
    held = None if isolated else found.get(settings.keys.baseline)
    return baseline.read(held) if held else ()


def conclude(found: Workspace, rules: Sequence[AnyRule], settings: Config, scope: Scope, arguments: argparse.Namespace) -> int:
    """Runs the rules over a workspace and reports; returns the exit code."""
    held = recorded(found, settings, isolated=arguments.isolated)
    if scope.subject == "files":  # a file of keys that is not to be judged is still one of keys
        found = found.without(settings.excluded)
    judged = judgement.judge(found, rules, settings, datetime.now(UTC).date(), held)
    findings = [finding for finding in judged.findings if finding.code in _UNFILTERED or scope.reported(finding.problem.place.file.path)]
    if getattr(arguments, "diff", False):
        plan = fixes.plan(findings, unsafe=arguments.unsafe_fixes)
        for line in fixes.diff(plan):
            print(line)
        _tell_unfixed(findings, frozenset(map(id, plan.fixed)))
        return _code(judged, any(finding.suppressed is None for finding in findings))
    fixed = _mended(findings, scope, arguments) if getattr(arguments, "fix", False) else frozenset()
    report = reporters.Report(
        findings=tuple(finding for finding in findings if id(finding) not in fixed),
        files=len(found.commits) if scope.subject == "commits" else sum(map(scope.reported, found.paths)),
        seconds=time.monotonic() - scope.started,
        subject=scope.subject,
        fixed=len(fixed),
        **(_about(rules) if arguments.output_format in ("sarif", "html") else {}),
    )
    sys.stdout.writelines(f"{line}\n" for line in reporters.render(arguments.output_format, report, terminal.screen(arguments)))
    return _code(judged, bool(report.counted or fixed))


def _about(rules: Sequence[AnyRule]) -> dict[str, Any]:
    """What a report for elsewhere says of the program; finding its version costs 18 ms."""
    from importlib.metadata import version

    return {"tool_version": version("policy-checks"), "help": {rule.code: registry.module_of(rule).__doc__ or "" for rule in rules}}


def _mended(findings: Sequence[Finding], scope: Scope, arguments: argparse.Namespace) -> frozenset[int]:
    """Writes the fixes; returns the identities of the findings that are mended."""
    plan = fixes.plan(findings, unsafe=arguments.unsafe_fixes)
    try:
        fixes.write(scope.root, plan)
    except fixes.NotWritten as error:
        raise Failure(str(error)) from None
    if plan.waiting:
        print(f"overlapping fixes left for another --fix: {len(plan.waiting)}", file=sys.stderr)
    return frozenset(map(id, plan.fixed))


def _tell_unfixed(findings: Sequence[Finding], fixed: frozenset[int]) -> None:
    """What the diff does not mend, on standard error: the diff may be somebody's patch."""
    for finding in findings:
        if finding.suppressed is None and id(finding) not in fixed:
            print(f"{reporters.where(finding.problem.place)}: {finding.code} {finding.problem.message}", file=sys.stderr)


def _code(judged: judgement.Judgement, found: bool) -> int:
    return 2 if judged.crashed else int(found)
