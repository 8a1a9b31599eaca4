"""A whole verdict: the rules' findings, what could not be judged, and what was suppressed with which reason."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from policy_checks import allowances, baseline, engine, registry, suppressions
from policy_checks.allowances import ALLOWANCES, Allowance
from policy_checks.baseline import BASELINE, Recorded
from policy_checks.config import Config
from policy_checks.record import record
from policy_checks.rule import CRASHES, UNREADABLE, Crash, Finding, Rule
from policy_checks.suppressions import SUPPRESSIONS
from policy_checks.workspace import Kind, Workspace

AnyRule = Rule[Any, Any]

# A file that could not be read and a rule that crashed are told whatever is selected.
_ALWAYS = ("POL001", "POL002")
_UNUSED_ALLOWANCE = "POL007"
_UNUSED, _STALE = "POL003", "POL008"  # known only after everything else was said


@record
class Judgement:
    """Findings in order, suppressed ones among them; `crashed` when the program itself failed somewhere.

    `recorded` is the baseline, each entry knowing whether it is stale.
    """

    findings: tuple[Finding, ...]
    crashed: bool
    recorded: tuple[Recorded, ...] = ()


def judge(workspace: Workspace, rules: Sequence[AnyRule], settings: Config, today: date, recorded: Sequence[Recorded] = ()) -> Judgement:
    """Runs the selected rules over a workspace. `today` decides which waivers have expired, `recorded` is the baseline."""
    chosen = {rule.code: rule for rule in (*rules, *map(registry.rule, _ALWAYS))}
    about_run = {rule.code: rule for rule in chosen.values() if rule.subject in (UNREADABLE, CRASHES, SUPPRESSIONS, ALLOWANCES, BASELINE)}
    of_files = [rule for code, rule in chosen.items() if code not in about_run]
    outcome = engine.run(workspace, of_files, settings.options)
    crashed_in = {code.strip() for crash in outcome.crashes for code in crash.rule.split(",")}
    complete = set(chosen) - crashed_in
    declared = suppressions.declared(
        workspace.read_so_far(), settings, today, registry.codes(), [commit.path for commit in workspace.commits]
    )

    def told(rule: AnyRule, subjects: Sequence[Any]) -> list[Finding | Crash]:
        return [result for subject in subjects for result in engine.judge(rule, subject, settings.options(rule.options))]

    allowed = _allowances(workspace, of_files, settings, outcome, complete) if _UNUSED_ALLOWANCE in chosen else ()
    subjects: dict[Kind[Any], Sequence[Any]] = {
        UNREADABLE: outcome.unreadable,
        CRASHES: outcome.crashes,
        SUPPRESSIONS: declared,
        ALLOWANCES: allowed,
    }
    health = [result for code, rule in about_run.items() if code not in (_UNUSED, _STALE) for result in told(rule, subjects[rule.subject])]
    findings, applied = suppressions.apply(engine.in_order([*outcome.findings, *_findings(health)]), declared, complete)
    findings, held = baseline.apply(findings, recorded, complete)
    last = told(chosen[_UNUSED], applied) if _UNUSED in chosen else []
    last += told(chosen[_STALE], held) if _STALE in chosen else []
    findings += suppressions.apply(_findings(last), applied, complete)[0]
    crashed = bool(outcome.crashes) or any(isinstance(one, Crash) for one in (*health, *last))
    return Judgement(engine.in_order(findings), crashed, held)


def _allowances(
    workspace: Workspace, rules: Sequence[AnyRule], settings: Config, outcome: engine.Outcome, complete: set[str]
) -> tuple[Allowance, ...]:
    """What the policy allows; nothing where a rule did not run to its end that honours it in a run of the whole policy."""
    if workspace.commits or not allowances.are_there(settings):
        return ()
    whole = registry.selected(settings.keys.select, settings.keys.ignore, settings.keys.extend_select)
    honouring = {rule.code for rule in (*whole, *rules) if allowances.is_honoured_by(rule)}
    if not honouring <= complete:
        return ()
    return allowances.judged(workspace, rules, settings, {error.file.path for error in outcome.unreadable})


def _findings(results: Sequence[Finding | Crash]) -> list[Finding]:
    return [result for result in results if isinstance(result, Finding)]
