"""GRP007 on the real retired extra."""

import pytest

from policy_checks import config
from policy_checks.rules.groups.grp007_frozen_group import RULE, Options
from tests.rules.declared import megatron, needs_real, problems

OPTIONS = {"frozen": [{"name": "extra:lts", "reason": "pinned in docker/lts/requirements.txt"}]}


@needs_real
def test_the_retired_extra_is_empty() -> None:
    files = megatron()
    assert problems(RULE, files, OPTIONS) == []
    files["pyproject.toml"] = files["pyproject.toml"].replace("lts = []", 'lts = ["tqdm", "megatron-core[ssm]"]')
    told = [problem.message for problem in problems(RULE, files, OPTIONS)]
    assert len(told) == 4  # tqdm, and what the other extra holds
    assert told[0] == "the extra `lts` must stay empty (pinned in docker/lts/requirements.txt): take `tqdm` out"
    files["pyproject.toml"] = files["pyproject.toml"].replace('lts = ["tqdm", "megatron-core[ssm]"]', "")
    (gone,) = problems(RULE, files, OPTIONS)
    assert gone.message.endswith("write `lts = []`")


@needs_real
def test_the_extra_that_was_not_empty_then() -> None:
    assert len(problems(RULE, megatron("before-lts-moved"), OPTIONS)) == 13


def test_a_requirement_in_the_policy_that_is_none() -> None:
    policy = '\n[[tool.policy-checks.frozen]]\nname = "group:a"\npackages = ["x", ">=1"]\n'
    (problem,) = problems(RULE, {"pyproject.toml": '[dependency-groups]\na = ["x"]\n' + policy})
    assert problem.place.file.cut(problem.place.span) == '">=1"'


@pytest.mark.parametrize("name", ["lts", "dependencies", "build-system", "extra:", "extras:lts"])
def test_what_cannot_be_frozen_is_refused(name: str) -> None:
    with pytest.raises(config.ConfigError):
        config.of({"frozen": [{"name": name}]}).options(Options)
