"""GRP006: policies whose places are partly not there."""

import pytest

from policy_checks import config
from policy_checks.rules.groups.grp006_misplaced_package import RULE, Options
from tests.rules.declared import megatron, needs_real, problems

HEAD = '[project]\nname = "app"\nversion = "1"\n'


@needs_real
def test_formatters_stand_in_their_group() -> None:
    placements = [{"packages": ["black", "isort", "ruff", "pylint"], "groups": ["linting"]}, {"packages": ["pytest*"], "groups": ["test"]}]
    assert problems(RULE, megatron(), {"placements": placements}) == []
    told = problems(RULE, megatron(), {"placements": [{"packages": ["Deep.Gemm"], "groups": ["batch_invariant"]}]})
    assert [problem.message for problem in told] == [
        "`deep-gemm` may only stand in the group `batch_invariant`: take it out of the group `no-pypi-wheels`"
    ]


def test_one_of_the_places_is_enough() -> None:
    files = {"pyproject.toml": HEAD + '[dependency-groups]\nlint = ["black"]\n'}
    assert problems(RULE, files, {"placements": [{"packages": ["black"], "groups": ["lint", "format"]}]}) == []
    (problem,) = problems(RULE, files, {"placements": [{"packages": ["ruff"], "groups": ["lnt"]}]})
    assert problem.message == "no project defines the group `lnt`; perhaps `lint`"


def test_a_placement_of_nothing_is_refused() -> None:
    with pytest.raises(config.ConfigError):
        config.of({"placements": [{"packages": []}]}).options(Options)
