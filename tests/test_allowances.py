"""When an entry of `allowed-installs` is called unused (POL007), and when nothing is known of it."""

from datetime import date

import pytest

from policy_checks import config, judgement, registry
from policy_checks.allowances import is_honoured_by
from policy_checks.config import Config
from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity
from policy_checks.workspace import in_memory, per_file

ENTRY = '[[allowed-installs]]\npaths = ["{}"]\nreason = "why"\n'
SCRIPT = {"a.sh": "pip install x\n"}


def unused(files: dict[str, str], policy: str, *select: str, rules: tuple[registry.AnyRule, ...] = ()) -> list[str]:
    """Where POL007 finds something in a run of these codes (none: those that the policy selects)."""
    tree = in_memory({**files, "policy-checks.toml": policy})
    settings: Config = config.load_from(tree.get)
    chosen = (
        registry.selected(select, ())
        if select
        else registry.selected(settings.keys.select, settings.keys.ignore, settings.keys.extend_select)
    )
    judged = judgement.judge(tree, (*chosen, *rules), settings, date(2026, 1, 1))
    places = [one.problem.place for one in judged.findings if one.code == "POL007"]
    return [f"{place.file.path}:{place.line}" for place in places]


def test_unused() -> None:
    assert unused(SCRIPT, ENTRY.format("b.sh")) == ["policy-checks.toml:1"]
    assert unused(SCRIPT, ENTRY.format("b.sh") + ENTRY.format("a.sh")) == ["policy-checks.toml:1"]
    assert unused(SCRIPT, ENTRY.format("a.sh")) == []


def test_two_that_allow_the_same_are_both_used() -> None:
    assert unused(SCRIPT, ENTRY.format("*.sh") + ENTRY.format("a.sh")) == []


@pytest.mark.parametrize("select", [("POL",), ("PIP001", "POL007"), ("PIP002", "POL007")])
def test_nothing_is_known_when_a_rule_did_not_run(select: tuple[str, ...]) -> None:
    assert unused(SCRIPT, ENTRY.format("b.sh"), *select) == []


def test_a_rule_that_the_policy_leaves_off_is_not_waited_for() -> None:
    by_default = [rule.code for rule in registry.all_rules() if is_honoured_by(rule) and rule.on_by_default]
    assert unused(SCRIPT, ENTRY.format("b.sh"), *by_default, "POL007") == ["policy-checks.toml:1"]
    on = 'extend-select = ["PIP002"]\n' + ENTRY.format("b.sh")
    assert unused(SCRIPT, on, *by_default, "POL007") == []
    assert unused(SCRIPT, on) == ["policy-checks.toml:2"]


def test_documentation_counts_where_its_rule_is_on() -> None:
    files = {"README.md": "```sh\npip install x\n```\n"}
    assert unused(files, ENTRY.format("README.md")) == ["policy-checks.toml:1"]
    assert unused(files, 'extend-select = ["PIP002"]\n' + ENTRY.format("README.md")) == []


def test_nothing_is_known_of_files_that_cannot_be_read() -> None:
    files = {"ci/a.yml": "apiVersion: v1\nkind: Pod\nx: [install\n"}
    assert unused(files, ENTRY.format("ci")) == []
    assert unused(files, ENTRY.format("docker")) == ["policy-checks.toml:1"]


def test_a_preset_may_allow_what_nobody_does() -> None:
    assert unused(SCRIPT, 'extends = ["preset:recommended"]\n') == []
    extended = {"base.toml": ENTRY.format("b.sh"), **SCRIPT}
    assert unused(extended, 'extends = ["base.toml"]\n') == ["base.toml:1"]


def test_rules_that_ask_nothing_do_not_matter() -> None:
    def crash(_subject: object, _options: NoOptions) -> list[Problem]:
        raise ZeroDivisionError

    rule = Rule(
        code="XXX001",
        name="crashing-rule",
        severity=Severity.ERROR,
        subject=per_file("any", lambda _path: True, lambda file: [file]),
        check=crash,
        examples=(Example("none"),),
    )
    assert unused(SCRIPT, ENTRY.format("b.sh"), rules=(rule,)) == ["policy-checks.toml:1"]
