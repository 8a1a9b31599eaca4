"""A rule or a reader that crashes is contained, named, and never silent."""

from collections.abc import Iterator
from datetime import date

import pytest

from policy_checks import config, judgement
from policy_checks.judgement import AnyRule, Judgement
from policy_checks.record import replace
from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import in_memory, per_file


def every(path: str) -> bool:
    return bool(path)


def whole(file: SourceFile) -> list[Place]:
    return [Place(file, Span(0, len(file.text)))]


def says(place: Place, _options: NoOptions) -> Iterator[Problem]:
    yield Problem(place, f"seen {place.file.path}")


def crashes(place: Place, _options: NoOptions) -> Iterator[Problem]:
    yield Problem(place, "before the crash")
    raise RuntimeError(f"no room for {place.file.path}")


FILES = per_file("file", every, whole)
SAYING: AnyRule = Rule("TST101", "saying-rule", Severity.WARNING, FILES, says, (Example("x", {"a": "a"}),))
CRASHING: AnyRule = replace(SAYING, code="TST102", name="crashing-rule", check=crashes)


def judged(*rules: AnyRule) -> Judgement:
    return judgement.judge(in_memory({"b": "bb", "a": "a"}), rules, config.of({}), date(2026, 1, 1))


def told(result: Judgement) -> list[tuple[str, str, str]]:
    return [(finding.code, finding.problem.place.file.path, finding.problem.message.split(":")[0]) for finding in result.findings]


def test_findings_come_in_order() -> None:
    result = judged(SAYING)
    assert told(result) == [("TST101", "a", "seen a"), ("TST101", "b", "seen b")]
    assert not result.crashed


def test_a_crashing_rule_hides_no_other() -> None:
    result = judged(CRASHING, SAYING)
    assert result.crashed
    assert [one for one in told(result) if one[0] == "TST101"] == told(judged(SAYING))
    assert [path for code, path, _ in told(result) if code == "TST102"] == ["a", "b"]
    crash = [finding.problem.message for finding in result.findings if finding.code == "POL002"]
    assert len(crash) == 2
    assert "TST102" in crash[0]
    assert "RuntimeError: no room for a" in crash[0]


@pytest.mark.parametrize("error", [RuntimeError("broken"), RecursionError("deep"), MemoryError("full")])
def test_a_crashing_reader_is_named_with_the_rules_it_served(error: Exception) -> None:
    def broken(_file: SourceFile) -> list[Place]:
        raise error

    result = judged(replace(SAYING, subject=per_file("broken kind", every, broken)))
    assert result.crashed
    (finding,) = result.findings
    assert finding.code == "POL002"
    assert "TST101" in finding.problem.message
    assert "broken kind" in finding.problem.message


def test_what_two_kinds_cannot_read_is_told_once() -> None:
    def refuse(file: SourceFile) -> list[Place]:
        raise Unreadable(file, Span(0, 1), "no sense in it")

    rules = [replace(SAYING, code=code, subject=per_file(code, every, refuse)) for code in ("TST103", "TST104")]
    result = judged(*rules)
    assert told(result) == [("POL001", "a", "no sense in it"), ("POL001", "b", "no sense in it")]
    assert not result.crashed
