"""Rules proven by their own examples: exact spans, exact fix, silence afterwards. For third-party rules too."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from policy_checks import baseline, config, fixes, judgement
from policy_checks.rule import Example, Finding, Rule
from policy_checks.workspace import Workspace, in_memory

AnyRule = Rule[Any, Any]
Marked = dict[str, list[tuple[int, int]]]

TODAY = date(2026, 1, 1)  # examples about dates count from here
_NOW = datetime.combine(TODAY, time(), UTC)
_MARK = re.compile("[⟦⟧]")


def faults(rule: AnyRule, example: Example, rules: tuple[AnyRule, ...]) -> Iterator[str]:
    """What a rule does otherwise than its example says; `rules` are all rules, for the rules about a run."""
    files, expected = unmarked({**example.files, **example.commits})
    commits = {name: files.pop(name) for name in example.commits}
    settings = _settings(example, files)
    findings = _findings(rule, rules, in_memory(files, commits, _NOW), settings)
    spans: Marked = {}
    for finding in findings:
        place = finding.problem.place
        spans.setdefault(place.file.path, []).append((place.span.start, place.span.end))
        if example.message not in finding.problem.message:
            yield f"the message {finding.problem.message!r} does not hold {example.message!r}"
    if {path: sorted(found) for path, found in spans.items()} != expected:
        yield f"reported {_shown(spans, files | commits)}, expected {_shown(expected, files | commits)}"
    yield from _fix_faults(rule, example, rules, findings, files, settings)


def _settings(example: Example, files: Mapping[str, str]) -> config.Config:
    """The example's options; without any, the configuration that may be among its files."""
    if example.options:
        return config.of(example.options)
    return config.load_from(in_memory(files).get)


def _fix_faults(
    rule: AnyRule, example: Example, rules: tuple[AnyRule, ...], findings: list[Finding], files: Mapping[str, str], settings: config.Config
) -> Iterator[str]:
    plan = fixes.plan(findings, unsafe=True)
    changed = {change.file.path: change.text for change in plan.changes}
    if changed != dict(example.fixed):
        yield f"the fix gives {changed!r}, expected {dict(example.fixed)!r}"
    elif changed and any(finding in plan.fixed for finding in _findings(rule, rules, in_memory({**files, **changed}, date=_NOW), settings)):
        yield "what was fixed is reported again"


def unmarked(texts: Mapping[str, str]) -> tuple[dict[str, str], Marked]:
    """Texts without their marks, and the spans that stood between them. Raises ValueError for a mark without its pair."""
    plain, marked = {}, {}
    for path, text in texts.items():
        marks = [match.start() - index for index, match in enumerate(_MARK.finditer(text))]
        if _MARK.findall(text) != list("⟦⟧") * (len(marks) // 2):
            raise ValueError(f"{path}: the marks ⟦ and ⟧ do not come in pairs")
        plain[path] = _MARK.sub("", text)
        if marks:
            marked[path] = list(zip(marks[::2], marks[1::2], strict=True))
    return plain, marked


def _findings(rule: AnyRule, rules: tuple[AnyRule, ...], workspace: Workspace, settings: config.Config) -> list[Finding]:
    held = workspace.get(settings.keys.baseline)
    recorded = baseline.read(held) if held else ()
    judged = judgement.judge(workspace, rules if rule.code.startswith("POL") else (rule,), settings, TODAY, recorded)
    return [finding for finding in judged.findings if finding.code == rule.code and finding.suppressed is None]


def _shown(spans: Marked, texts: Mapping[str, str]) -> str:
    return repr({path: [texts[path][start:end] for start, end in found] for path, found in spans.items()})
