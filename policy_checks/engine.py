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


@record
class Group:
    """Rules about one kind: its subjects are read once for all of them, with the needles of them all."""

    kind: Kind[Any]
    rules: tuple[AnyRule, ...]

    @property
    def needles(self) -> tuple[str, ...]:
        """What a file must hold for any of the rules; empty as soon as one of them wants every file."""
        if not all(rule.needles for rule in self.rules):
            return ()
        return tuple(sorted({needle for rule in self.rules for needle in rule.needles}))


def groups(rules: Iterable[AnyRule], options_of: OptionsOf) -> list[Group]:
    """The rules that have something to judge, by kind."""
    members: dict[Kind[Any], list[AnyRule]] = {}
    for rule in rules:
        if rule.idle is None or not rule.idle(options_of(rule.options)):
            members.setdefault(rule.subject, []).append(rule)
    return [Group(kind, tuple(rules)) for kind, rules in members.items()]


def run(workspace: Workspace, rules: Sequence[AnyRule], options_of: OptionsOf) -> Outcome:
    """Judges every subject by every rule about its kind; one read of a kind serves all its rules."""
    findings: list[Finding] = []
    unreadable: dict[tuple[str, int, str], Unreadable] = {}
    crashes: list[Crash] = []
    at_work = groups(rules, options_of)
    workspace.expect(needle for group in at_work if not group.kind.alone for needle in group.needles)
    for group in at_work:
        try:
            subjects = workspace.all(group.kind, group.needles)
        except Exception as error:  # a reader's fault is as loud as a rule's
            crashes.append(Crash(", ".join(rule.code for rule in group.rules), None, f"reading {group.kind.name}: {_described(error)}"))
            continue
        for subject in subjects:
            if isinstance(subject, Unreadable):
                unreadable.setdefault((subject.file.path, subject.span.start, subject.message), subject)
                continue
            for rule in group.rules:
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
    """Findings by path, position and code: the same on every run. What several subjects say of one place is said once."""

    def key(finding: Finding) -> tuple[str, int, int, str, str]:
        place = finding.problem.place
        return place.file.path, place.span.start, place.span.end, finding.code, finding.problem.message

    # The first of equal ones: every project of a repository finds the same fault in its policy.
    said = {key(finding): finding for finding in reversed(list(findings))}
    return tuple(said[one] for one in sorted(said))


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
