"""What the examples of GRP001 cannot show: two files, the real project, paths that are real, and bans that mean nothing."""

import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from policy_checks import config
from policy_checks.environment import Environment, Markers
from policy_checks.lock.bans import Ban, Depth, covers
from policy_checks.lock.graph import Path as Chain, Selection, extra_marker
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.lock.markers import FALSE, and_
from policy_checks.rule import Problem
from policy_checks.rules.groups.grp001_banned_package import RULE, Options
from policy_checks.workspace import in_memory

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real locks are not here")
LTS_FILE = "docker/lts/requirements.txt"
ENVIRONMENTS = {
    "dev": Environment(extras=("dev",)),
    "lts": Environment(extras=("mlm", "ssm"), groups=("build",), requirements=(LTS_FILE,)),
}
PYPROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["leaf"]

[project.optional-dependencies]
a = ["leaf"]
b = ["leaf"]

[dependency-groups]
dev = ["leaf"]
"""
LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"
conflicts = [[
    { package = "app", extra = "a" },
    { package = "app", extra = "b" },
]]

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "leaf" },
]

[package.optional-dependencies]
a = [
    { name = "leaf" },
]
b = [
    { name = "leaf" },
]

[package.dev-dependencies]
dev = [
    { name = "leaf" },
]

[[package]]
name = "leaf"
version = "1.0"
source = { registry = "https://index.example/simple" }
"""


def project(**files: str) -> LockedProject:
    (found,) = in_memory({"pyproject.toml": PYPROJECT, "uv.lock": LOCK} | files).all(LOCKED_PROJECT)
    assert isinstance(found, LockedProject)
    return found


@cache
def megatron(state: str = "head") -> LockedProject:
    files = {name: (REAL / state / name).read_text() for name in ("pyproject.toml", "uv.lock")}
    return project(**files, **{LTS_FILE: (REAL / "head/lts-requirements.txt").read_text()})


def problems(project: LockedProject, *bans: Ban) -> list[Problem]:
    return list(RULE.check(project, Options(bans, ENVIRONMENTS)))


@needs_real
def test_modelopt_is_banned_where_it_is_and_only_there() -> None:
    (problem,) = problems(megatron(), Ban("nvidia-modelopt*", ("dev",)))
    assert "dev (extra) → nvidia-modelopt" in problem.message
    assert problem.place.file.path == "pyproject.toml"
    assert "nvidia-modelopt" in problem.place.file.cut(problem.place.span)
    (related,) = problem.related
    assert related.place.file.path == "uv.lock"
    assert related.place.file.cut(related.place.file.line_span(related.place.line)) == 'name = "nvidia-modelopt"'
    assert problems(megatron(), Ban("nvidia-modelopt*", ("lts",))) == []


@needs_real
def test_a_ban_of_what_a_dependency_brings_starts_at_the_requirement() -> None:
    (problem,) = problems(megatron(), Ban("Starlette", ("dev",), reason="no web server", use_instead="aiohttp"))
    assert re.search(r"is banned in `dev` \(no web server\): dev \(extra\) → \S+ → .*starlette", problem.message)
    assert problem.message.endswith("use `aiohttp` instead: remove or restrict `fastapi` there")
    assert problem.place.file.path == "pyproject.toml"


@needs_real
def test_the_requirements_file_of_lts_is_searched_over_the_lock() -> None:
    (problem,) = problems(megatron(), Ban("starlette", ("lts",)))
    assert f"{LTS_FILE} (requirements) → fastapi → starlette" in problem.message
    assert problem.place.file.path == LTS_FILE
    assert problem.place.file.cut(problem.place.span) == "fastapi==0.136.3"
    (other,) = problems(megatron(), Ban("opentelemetry-api <1.34", ("lts",)))  # the lock holds a newer one
    assert other.place.file.cut(other.place.span) == "opentelemetry-api==1.33.1"


@needs_real
def test_before_lts_moved_each_side_of_the_conflict_holds_its_own_fork() -> None:
    """`lts` and `dev` were extras in conflict, and the group `test` forks with them: 1.33 with either, 1.42 with neither."""
    state = megatron("before-lts-moved")
    environments = {
        "lts": Environment(extras=("lts",), groups=("test",)),
        "dev": Environment(extras=("dev",), groups=("test",)),
        "neither": Environment(groups=("test",)),
    }

    def broken(package: str) -> set[str]:
        return {name for name in environments if list(RULE.check(state, Options((Ban(package, (name,)),), environments)))}

    assert broken("opentelemetry-sdk ==1.33.1") == {"lts", "dev"}
    assert broken("opentelemetry-sdk >1.33.1") == {"neither"}
    assert broken("opentelemetry-exporter-prometheus ==0.54b1") == {"lts", "dev"}
    assert broken("nvidia-modelopt") == {"dev"}
    both = {"both": Environment(extras=("dev", "lts"))}
    assert any("which conflict" in one.message for one in RULE.check(state, Options((Ban("x"),), both)))


def is_real(held: LockedProject, path: Chain, extra: str) -> bool:
    """Whether every step of a path is an edge that stands in the lock, and all of its markers can hold at once."""
    assert held.lock is not None
    start, where = path.arcs[0], held.graph.supported
    member = path.section.member
    assert member is not None
    tables = {"dependencies": member.dependencies, "extra": member.optional_dependencies.get(path.section.name, ())}
    edges = tables[path.section.kind] if path.section.kind in tables else member.groups[path.section.name]
    if start.edge not in edges:
        return False
    for before, arc in zip(path.arcs, path.arcs[1:], strict=False):
        owner = before.target
        asked = [owner.dependencies, *(owner.optional_dependencies.get(extra, ()) for extra in before.extras)]
        if not any(arc.edge in some for some in asked):
            return False
    for arc in path.arcs:
        where = and_(where, held.graph.condition(arc, frozenset([extra_marker(member.name, extra)])))
    return where is not FALSE


@needs_real
@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_ban_is_broken_exactly_where_the_package_is_reached_by_a_path_that_is_there(data: st.DataObject) -> None:
    held = megatron(data.draw(st.sampled_from(["head", "before-lts-moved"])))
    assert held.lock is not None
    extra = data.draw(st.sampled_from(sorted(held.graph.extras)))
    package = data.draw(st.sampled_from(held.lock.packages))
    ban = Ban(f"{package.name} =={package.version}" if package.version else package.name, ("it",))
    closure = held.closure(Selection((extra,)))
    found = list(RULE.check(held, Options((ban,), {"it": Environment(extras=(extra,))})))
    shortest = closure.shortest(package)
    assert bool(found) == (package in closure.packages) == (shortest is not None)
    if shortest is not None:
        assert is_real(held, shortest, extra)
        assert any(str(shortest) in problem.message for problem in found)


def test_what_a_ban_is_about_has_to_exist() -> None:
    policy = PYPROJECT + '\n[tool.policy-checks.environments.old]\ngroups = ["lts"]\n\n[[tool.policy-checks.bans]]\npackage = "x"\n'
    held = project(**{"pyproject.toml": policy + 'environments = ["old",\n  "odl"]\n'})
    undeclared, missing = RULE.check(held, Options((Ban("x", ("old", "odl")),), {"old": Environment(groups=("lts",))}))
    assert "`odl`, which is not declared; perhaps `old`" in undeclared.message
    assert undeclared.place.file.cut(undeclared.place.span) == '"odl"'
    assert "takes the group `lts`, which uv.lock does not have" in missing.message
    assert missing.place.file.cut(missing.place.span) == "tool.policy-checks.environments.old"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        (Environment(extras=("a", "b")), "takes the extra `a` and the extra `b`, which conflict"),
        (Environment(member="other"), "takes the member `other`, which uv.lock does not have"),
        (Environment(markers=Markers(python="3.9")), "is for python_version == '3.9', which uv.lock does not support"),
        (Environment(requirements=("gone.txt",)), "takes the requirements file `gone.txt`, which is not there"),
    ],
)
def test_an_environment_that_cannot_be(environment: Environment, told: str) -> None:
    messages = [problem.message for problem in RULE.check(project(), Options((Ban("x"),), {"it": environment}))]
    assert any(told in message for message in messages)


@pytest.mark.parametrize(
    ("ban", "told"),
    [
        (Ban("leaf", groups=("dve",)), "takes the group `dve`, which uv.lock does not have; perhaps `dev`"),
        (Ban("leaf", extras=("c",)), "takes the extra `c`"),
        (Ban("leaf", members=("other",)), "takes the member `other`"),
        (Ban("leaf", groups=("dev",), until=date(2027, 1, 31)), "banned in the group `dev` until 2027-01-31: dev (group) → leaf"),
        (Ban("leaf", extras=("a",)), "banned in the extra `a`: a (extra) → leaf"),
        (Ban("leaf", members=("app",)), "banned in the member `app`: dependencies → leaf (3 more paths)"),
        (Ban("leaf", ("all",)), "banned in everything that is locked: dependencies → leaf (3 more paths)"),
        (Ban("leaf"), "banned in everything that is locked"),
        (Ban("leaf", only_via=("other",)), "banned unless via `other` in everything"),
        (Ban("leaf", depth=Depth.DIRECT), "banned as a direct dependency in everything"),
    ],
)
def test_scopes(ban: Ban, told: str) -> None:
    (problem,) = RULE.check(project(), Options((ban,)))
    assert told in problem.message


@pytest.mark.parametrize("package", ["", "torch @ https://index.example", "torch ==", "torch[", "torch[]", "a b", "torch; os_name == 'nt'"])
def test_a_ban_that_cannot_be_read_is_a_fault_of_the_configuration(package: str) -> None:
    with pytest.raises(config.ConfigError, match=r"bans\[0\]"):
        config.of({"bans": [{"package": package}]}).options(Options)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [("nvidia_ModelOpt*", "nvidia-modelopt-core", True), ("torch", "torchvision", False), ("a.b", "a-b", True), ("*", "x", True)],
)
def test_globs(pattern: str, name: str, *, expected: bool) -> None:
    assert covers(Ban(pattern), name) == expected
