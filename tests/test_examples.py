"""Every example of every rule: exact spans, exact fix, silence afterwards; and the form of every rule's module."""

import re

import pytest

from policy_checks import documentation, registry
from policy_checks.examples import faults
from policy_checks.registry import AnyRule
from policy_checks.rule import Example

RULES = registry.all_rules()
CASES = [pytest.param(rule, example, id=f"{rule.code}: {example.title}") for rule in RULES for example in rule.examples]


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_example(rule: AnyRule, example: Example) -> None:
    assert list(faults(rule, example, RULES)) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_form(rule: AnyRule) -> None:
    assert re.fullmatch("[A-Z]{3}[0-9]{3}", rule.code)
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)+", rule.name)
    told = documentation.explanation(rule)
    assert told.title.endswith(".")
    assert "\n" not in told.title
    shown = [documentation.reports(example) for example in rule.examples]
    # No small file makes a rule crash: tests/test_engine.py shows POL002.
    assert any(shown) or rule.code == "POL002", "no example proves that the rule can fail"
    assert shown.count(False) * 2 >= len(shown), "at least half of the examples say when it must not fire"
    assert len({example.title for example in rule.examples}) == len(rule.examples)
