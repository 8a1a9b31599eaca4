"""What the examples of GRP002 cannot show: requirements files, the real project, and lists that mean nothing."""

import pytest

from policy_checks import config
from policy_checks.environment import Environment
from policy_checks.lock.bans import Depth
from policy_checks.rules.groups.grp002_not_in_allow_list import RULE, AllowList, Options
from tests.rules.test_grp001 import ENVIRONMENTS, PYPROJECT, megatron, needs_real, project


def messages(*lists: AllowList, **files: str) -> list[str]:
    environments = {"beside": Environment(requirements=("more.txt",))}
    return [problem.message for problem in RULE.check(project(**files), Options(lists, environments))]


def test_a_requirements_file_is_listed_too() -> None:
    (problem,) = messages(AllowList(("leaf",), ("beside",)), **{"more.txt": "other==2 --hash=sha256:00\n"})
    assert "`other ==2` is not in the allow-list of `beside`: more.txt (requirements) → other ==2" in problem
    assert messages(AllowList(("leaf", "other >=2"), ("beside",)), **{"more.txt": "other==2 --hash=sha256:00\n"}) == []
    (unseen,) = messages(AllowList(("leaf", "other"), ("beside",)), **{"more.txt": "other==2\n"})
    assert "`other` is not in uv.lock" not in unseen or "cannot be seen" in unseen


def test_what_a_list_is_about_has_to_exist() -> None:
    assert "`besid`, which is not declared; perhaps `beside`" in messages(AllowList(("leaf",), ("besid",)))[0]
    assert "takes the group `dve`" in messages(AllowList(("leaf",), groups=("dve",)))[0]


def test_an_entry_without_use_is_told_where_it_stands() -> None:
    table = '\n[[tool.policy-checks.allow-lists]]\ngroups = ["dev"]\npackages = ["leaf", "gone"]\n'
    held = project(**{"pyproject.toml": PYPROJECT + table})
    (problem,) = RULE.check(held, Options((AllowList(("leaf", "gone"), groups=("dev",)),)))
    assert problem.place.file.cut(problem.place.span) == '"gone"'
    # One of a preset stands in no file of the repository, and may be for others.
    assert messages(AllowList(("leaf", "gone"), groups=("dev",))) == []


@pytest.mark.parametrize("table", [{"packages": ["a"]}, {"packages": ["a["], "groups": ["x"]}, {"packages": ["a[b]"], "groups": ["x"]}])
def test_a_list_that_cannot_be_kept_is_a_fault_of_the_configuration(table: dict[str, object]) -> None:
    with pytest.raises(config.ConfigError, match=r"allow-lists\[0\]"):
        config.of({"allow-lists": [table]}).options(Options)


@needs_real
def test_a_closed_group_of_the_real_project() -> None:
    direct = AllowList(("black", "isort", "pylint", "ruff"), groups=("linting",), depth=Depth.DIRECT)
    missing = [problem.message.split("`")[1] for problem in RULE.check(megatron(), Options((direct,), ENVIRONMENTS))]
    assert missing == ["flake8"]
