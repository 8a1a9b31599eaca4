"""Which rules a selection means."""

import pytest

from policy_checks import registry

OFF = {rule.code for rule in registry.all_rules() if not rule.on_by_default}
ON = {rule.code for rule in registry.all_rules()} - OFF


def codes(*select: str, ignore: tuple[str, ...] = (), extend: tuple[str, ...] = ()) -> set[str]:
    return {rule.code for rule in registry.selected(select, ignore, extend)}


def test_a_rule_may_be_off_by_default() -> None:
    assert sorted(OFF) == ["PIP002"]
    assert codes() == ON


@pytest.mark.parametrize("named", ["PIP", "PIP0", "PIP002"])
def test_naming_its_family_turns_it_on(named: str) -> None:
    assert codes(named) >= OFF
    assert codes(extend=(named,)) == ON | OFF
    assert not codes("P") & OFF


def test_what_is_selected_beside_replaces_nothing() -> None:
    assert codes("LCK001", extend=("PIP002",)) == {"LCK001", "PIP002"}
    assert codes(extend=("PIP002",), ignore=("PIP",)) == {code for code in ON if not code.startswith("PIP")} | {"PIP002"}
    assert "PIP002" not in codes(extend=("PIP",), ignore=("PIP002",))
