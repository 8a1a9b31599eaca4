"""A whole verdict: the rules' findings, what could not be judged, and what was suppressed with which reason."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from policy_checks import engine, registry, suppressions
from policy_checks.config import Config
from policy_checks.record import record
from policy_checks.rule import CRASHES, UNREADABLE, Crash, Finding, Rule
from policy_checks.suppressions import SUPPRESSIONS
from policy_checks.workspace import Kind, Workspace

AnyRule = Rule[Any, Any]

# A file that could not be read and a rule that crashed are told whatever is selected.
_ALWAYS = ("POL001", "POL002")
_UNUSED = "POL003"  # known only after everything else was said


@record
class Judgement:
    """Findings in order, suppressed ones among them; `crashed` when the program itself failed somewhere."""

    findings: tuple[Finding, ...]
    crashed: bool


def judge(workspace: Workspace, rules: Sequence[AnyRule], settings: Config, today: date) -> Judgement:
    """Runs the selected rules over a workspace. `today` decides which waivers have expired."""
    chosen = {rule.code: rule for rule in (*rules, *map(registry.rule, _ALWAYS))}
    about_run = {rule.code: rule for rule in chosen.values() if rule.subject in (UNREADABLE, CRASHES, SUPPRESSIONS)}
    outcome = engine.run(workspace, [rule for code, rule in chosen.items() if code not in about_run], settings.options)
    declared = suppressions.declared(
        workspace.read_so_far(), settings, today, registry.codes(), [commit.path for commit in workspace.commits]
    )

    def told(rule: AnyRule, subjects: Sequence[Any]) -> list[Finding | Crash]:
        return [result for subject in subjects for result in engine.judge(rule, subject, settings.options(rule.options))]

    subjects: dict[Kind[Any], Sequence[Any]] = {UNREADABLE: outcome.unreadable, CRASHES: outcome.crashes, SUPPRESSIONS: declared}
    health = [result for code, rule in about_run.items() if code != _UNUSED for result in told(rule, subjects[rule.subject])]
    crashed_in = {code.strip() for crash in outcome.crashes for code in crash.rule.split(",")}
    complete = set(chosen) - crashed_in
    findings, applied = suppressions.apply([*outcome.findings, *_findings(health)], declared, complete)
    last = told(chosen[_UNUSED], applied) if _UNUSED in chosen else []
    findings += suppressions.apply(_findings(last), applied, complete)[0]
    return Judgement(engine.in_order(findings), bool(outcome.crashes) or any(isinstance(one, Crash) for one in (*health, *last)))


def _findings(results: Sequence[Finding | Crash]) -> list[Finding]:
    return [result for result in results if isinstance(result, Finding)]
