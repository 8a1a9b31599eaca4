"""What the examples of GRP001 cannot show: two files, the real project, and bans that mean nothing."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from policy_checks.environment import Environment
from policy_checks.lock.bans import Ban, covers
from policy_checks.lock.closure import reach
from policy_checks.lock.graph import Graph, Selection
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.rule import Problem
from policy_checks.rules.groups.grp001_banned_package import RULE, Options
from policy_checks.workspace import in_memory

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real locks are not here")
ENVIRONMENTS = {"dev": Environment(extras=("dev",)), "lts": Environment(extras=("mlm", "ssm"), groups=("build",))}


def megatron(state: str = "head") -> LockedProject:
    files = {name: (REAL / state / name).read_text() for name in ("pyproject.toml", "uv.lock")}
    (project,) = in_memory(files).all(LOCKED_PROJECT)
    assert isinstance(project, LockedProject)
    return project


def problems(project: LockedProject, *bans: Ban) -> list[Problem]:
    return list(RULE.check(project, Options(bans, ENVIRONMENTS)))


@needs_real
def test_modelopt_is_banned_where_it_is_and_only_there() -> None:
    project = megatron()
    (problem,) = problems(project, Ban("nvidia-modelopt*", ("dev",)))
    assert "dev (extra) → nvidia-modelopt" in problem.message
    assert problem.place.file.path == "pyproject.toml"
    assert "nvidia-modelopt" in problem.place.file.cut(problem.place.span)
    (related,) = problem.related
    assert related.place.file.path == "uv.lock"
    assert related.place.file.cut(related.place.file.line_span(related.place.line)) == 'name = "nvidia-modelopt"'
    assert problems(project, Ban("nvidia-modelopt*", ("lts",))) == []


@needs_real
def test_a_ban_of_what_a_dependency_brings_starts_at_the_requirement() -> None:
    (problem,) = problems(megatron(), Ban("Starlette", ("dev",), "no web server", "aiohttp"))
    assert re.search(r"is banned in `dev` \(no web server\): dev \(extra\) → \S+ → .*starlette", problem.message)
    assert "use `aiohttp` instead of" in problem.message
    assert problem.place.file.path == "pyproject.toml"


@needs_real
@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_ban_is_kept_exactly_where_the_package_is_not_reached(data: st.DataObject) -> None:
    project = _PROJECT or megatron()
    assert project.lock is not None
    package = data.draw(st.sampled_from(project.lock.packages))
    closure = reach(Graph(project.lock), Selection(extras=("dev",)))
    found = problems(project, Ban(package.name, ("dev",)))
    assert bool(found) == (package.name in {reached.name for reached in closure.packages})


_PROJECT = megatron() if REAL.is_dir() else None


@needs_real
def test_what_a_ban_is_about_has_to_exist() -> None:
    project = megatron()
    (undeclared,) = problems(project, Ban("torch", ("lst",)))
    assert "`lst`, which is not declared; perhaps `lts`" in undeclared.message
    (missing,) = RULE.check(project, Options((Ban("torch"),), {"old": Environment(groups=("lts",))}))
    assert "takes the group `lts`, which uv.lock does not have" in missing.message


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [("nvidia_ModelOpt*", "nvidia-modelopt-core", True), ("torch", "torchvision", False), ("a.b", "a-b", True), ("*", "x", True)],
)
def test_globs(pattern: str, name: str, *, expected: bool) -> None:
    assert covers(Ban(pattern), name) == expected
