"""GRP003 against real uv: what uv refuses is told, and what it takes without a word is told, too."""

from pathlib import Path

import pytest

from policy_checks.rules.groups.grp003_undefined_group import RULE
from tests.real_uv import needs_uv, uv
from tests.rules.declared import megatron, needs_real, problems

HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
REFUSED = [
    '[dependency-groups]\na = [{ include-group = "b" }]\n',
    '[dependency-groups]\na = [{ include-group = "b" }]\nb = [{ include-group = "a" }]\n',
    '[dependency-groups]\na = [{ include-group = "a" }]\n',
    '[dependency-groups]\na = []\n[tool.uv]\ndefault-groups = ["b"]\n',
    '[dependency-groups]\na = []\n[tool.uv.dependency-groups]\nb = { requires-python = ">=3.12" }\n',
]
TAKEN = [
    '[tool.uv]\nconflicts = [[{ extra = "a" }, { group = "b" }]]\n',
    '[project.optional-dependencies]\nall = ["app[a]"]\n',
]
FINE = [
    '[dependency-groups]\na = [{ include-group = "B_c" }]\nb-c = []\n[tool.uv]\ndefault-groups = ["A"]\n',
    '[dependency-groups]\na = [{ include-group = "c" }]\nb = [{ include-group = "c" }]\nc = []\n[tool.uv]\ndefault-groups = "all"\n',
]


@needs_uv
@pytest.mark.parametrize(("rest", "refused"), [*((rest, True) for rest in REFUSED), *((rest, False) for rest in (*TAKEN, *FINE))])
def test_agrees_with_uv(tmp_path: Path, rest: str, *, refused: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(HEAD + rest)
    assert (uv(tmp_path, "lock").returncode != 0) == refused
    assert bool(problems(RULE, {"pyproject.toml": HEAD + rest})) == (rest not in FINE)


def test_every_circle_is_told_once() -> None:
    groups = '[dependency-groups]\na = [{ include-group = "b" }]\nb = [{ include-group = "c" }, { include-group = "b" }]\n'
    groups += 'c = [{ include-group = "a" }]\nd = [{ include-group = "a" }]\n'
    told = [problem.message for problem in problems(RULE, {"pyproject.toml": groups})]
    assert [message.partition(";")[0].partition(": ")[2] for message in told] == ["b → b", "a → b → c → a"]


def test_an_extra_of_a_project_beside_it() -> None:
    files = {
        "pyproject.toml": HEAD + 'dependencies = ["lib[cpu]"]\n[tool.uv.sources]\nlib = { workspace = true }\n',
        "lib/pyproject.toml": '[project]\nname = "lib"\nversion = "1"\n[project.optional-dependencies]\ngpu = []\n',
    }
    (problem,) = problems(RULE, files)
    assert problem.message == "`lib` has no extra `cpu`; perhaps `gpu`"


@needs_real
def test_the_groups_that_the_guide_takes_for_granted() -> None:
    assert problems(RULE, megatron()) == []
    environments = {"dev": {"groups": ["dev", "test"]}, "lts": {"extras": ["mlm", "lts"], "groups": ["no-pypi-wheels"]}}
    (problem,) = problems(RULE, megatron(), {"environments": environments})
    assert problem.message == "the environment `dev` names the group `dev`, which no project defines; `dev` is an extra"


def test_a_policy_in_a_file_of_its_own() -> None:
    files = {"pyproject.toml": HEAD, "policy-checks.toml": 'environments.lts.groups = ["old"]\n'}
    (problem,) = problems(RULE, files)
    assert problem.place.file.path == "policy-checks.toml"
    assert problem.place.file.cut(problem.place.span) == '"old"'
