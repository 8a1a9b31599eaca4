"""GRP008: what it says to write is what it then accepts."""

import re

import pytest
from hypothesis import given, strategies as st
from packaging.requirements import Requirement

from policy_checks import config
from policy_checks.rules.groups.grp008_version_bounds import RULE, Options
from tests.rules.declared import megatron, needs_real, problems

HEAD = '[project]\nname = "app"\nversion = "1"\ndependencies = ["{}"]\n'
LOCK = 'version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "x"\nversion = "1.7.2+cpu"\nsource = {{ registry = "https://index.example" }}\n'
CLAUSES = st.sampled_from(["==1.7", "==1.*", "~=1.4", ">=1", "<2", ">1.0", "<=1.9", "!=1.5", "===1.7", "~=1.4.2"])
DEMANDS = st.sampled_from(["allowed", "required", "forbidden"])


@given(st.lists(CLAUSES, max_size=3, unique=True), st.sampled_from(["", "[a,b]"]), st.booleans(), DEMANDS, DEMANDS, DEMANDS)
def test_what_it_says_to_write_is_right(clauses: list[str], extras: str, marked: bool, lower: str, upper: str, pins: str) -> None:
    bounds = {"lower": lower, "upper": upper, "pins": pins}
    if pins == "required" and "required" in (lower, upper):
        return
    options = {"bounds": [bounds]}
    text = f"x{extras}{','.join(clauses)}" + ("; sys_platform == 'linux'" if marked else "")
    for _ in range(5):  # one fault is told at a time
        found = problems(RULE, {"pyproject.toml": HEAD.format(text), "uv.lock": LOCK.format()}, options)
        if not found:
            return
        match = re.search(r"write `([^`]+)`$", found[0].message)
        assert match is not None
        before, after = Requirement(text), Requirement(match[1])
        assert (before.name, before.extras, str(before.marker)) == (after.name, after.extras, str(after.marker))
        text = match[1]
    pytest.fail(f"still at fault: {text}")


@needs_real
def test_the_real_project() -> None:
    options = {"bounds": [{"groups": ["linting"], "pins": "required"}]}
    (problem,) = problems(RULE, megatron(), options)
    assert problem.message == "`ruff` must be pinned in the group `linting`: write `ruff==0.9.10`"
    sources = {"bounds": [{"extras": ["dev"], "packages": ["nemo-lens", "emerging-optimizers"], "lower": "required"}]}
    assert problems(RULE, megatron(), sources) == []  # they come from git


def test_a_group_that_is_not_there_is_told() -> None:
    policy = '\n[[tool.policy-checks.bounds]]\ngroups = ["lint", "test-*"]\npins = "required"\n'
    (problem,) = problems(RULE, {"pyproject.toml": HEAD.format("x") + policy})
    assert problem.place.file.cut(problem.place.span) == '"lint"'


def test_demands_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(config.ConfigError):
        config.of({"bounds": [{"pins": "required", "lower": "required"}]}).options(Options)
