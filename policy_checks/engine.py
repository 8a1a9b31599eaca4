"""Runs rules over a workspace. A rule or a reader that crashes is contained, named, and never silent."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from policy_checks.record import record
from policy_checks.rule import Crash, Finding, Rule
from policy_checks.source import Place, Unreadable
from policy_checks.workspace import Kind, Workspace

AnyRule = Rule[Any, Any]
OptionsOf = Callable[[type[Any]], Any]


@record
class Outcome:
    """What a run found: the rules' findings, and what could not be judged."""

    findings: tuple[Finding, ...]
    unreadable: tuple[Unreadable, ...]
    crashes: tuple[Crash, ...]


def run(workspace: Workspace, rules: Sequence[AnyRule], options_of: OptionsOf) -> Outcome:
    """Judges every subject by every rule about its kind; one read of a kind serves all its rules."""
    findings: list[Finding] = []
    unreadable: dict[tuple[str, int, str], Unreadable] = {}
    crashes: list[Crash] = []
    at_work = [rule for rule in rules if rule.idle is None or not rule.idle(options_of(rule.options))]
    for kind, members in _by_kind(at_work):
        try:
            subjects = workspace.all(kind, _needles(members))
        except Exception as error:  # a reader's fault is as loud as a rule's
            crashes.append(Crash(", ".join(rule.code for rule in members), None, f"reading {kind.name}: {_described(error)}"))
            continue
        for subject in subjects:
            if isinstance(subject, Unreadable):
                unreadable.setdefault((subject.file.path, subject.span.start, subject.message), subject)
                continue
            for rule in members:
                judged = judge(rule, subject, options_of(rule.options))
                crashes += [result for result in judged if isinstance(result, Crash)]
                findings += [result for result in judged if isinstance(result, Finding)]
    return Outcome(tuple(findings), tuple(unreadable.values()), tuple(crashes))


def judge(rule: AnyRule, subject: Any, options: Any) -> list[Finding | Crash]:
    """One rule over one subject; what it yielded before a crash is kept."""
    results: list[Finding | Crash] = []
    try:
        # One by one: what comes before a crash is kept.
        for problem in rule.check(subject, options):
            results.append(Finding(rule.code, rule.name, rule.severity, problem))  # noqa: PERF401
    except Exception as error:
        results.append(Crash(rule.code, _place(subject), _described(error)))
    return results


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings by path, position and code: the same on every run."""

    def key(finding: Finding) -> tuple[str, int, int, str, str]:
        place = finding.problem.place
        return place.file.path, place.span.start, place.span.end, finding.code, finding.problem.message

    return tuple(sorted(findings, key=key))


def _by_kind(rules: Sequence[AnyRule]) -> list[tuple[Kind[Any], list[AnyRule]]]:
    groups: dict[Kind[Any], list[AnyRule]] = {}
    for rule in rules:
        groups.setdefault(rule.subject, []).append(rule)
    return list(groups.items())


def _needles(rules: Sequence[AnyRule]) -> tuple[str, ...]:
    """What a file must hold for any of the rules; empty as soon as one of them wants every file."""
    if not all(rule.needles for rule in rules):
        return ()
    return tuple(sorted({needle for rule in rules for needle in rule.needles}))


def _place(subject: Any) -> Place | None:
    """Where a subject stands, if it says so."""
    place = getattr(subject, "place", None)
    return place if isinstance(place, Place) else None


def _described(error: Exception) -> str:
    trace, where = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        where, trace = f" ({code.co_qualname}, line {trace.tb_lineno})", trace.tb_next
    return f"{type(error).__name__}: {error}{where}"
