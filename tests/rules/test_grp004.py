"""GRP004 on the real aliases, under any order, and the reference that it recommends."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policy_checks import config
from policy_checks.rules.groups.grp004_alias_drift import RULE, Options
from tests.real_uv import needs_uv, uv
from tests.rules.declared import megatron, needs_real, problems

OPTIONS = {"aliases": [{"names": ["extra:training", "extra:mlm"]}]}
HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n\n[project.optional-dependencies]\n'
SAME = ['"a>=1,<2"', '"b[x,y]"', "\"c; python_version >= '3.12'\"", '"d @ https://index.example/d-1.0.zip"', '"e"']


@needs_real
def test_the_real_aliases_have_not_drifted() -> None:
    files = megatron()
    assert problems(RULE, files, OPTIONS) == []
    head, mlm, rest = files["pyproject.toml"].partition("mlm = [")
    files["pyproject.toml"] = head + mlm + rest.replace('    "gigatoken",\n', "", 1).replace('"wandb"', '"wandb>=0.19"', 1)
    told = [problem.message for problem in problems(RULE, files, OPTIONS)]
    assert len(told) == 2
    assert 'lacks `gigatoken`: add what is missing, or write `mlm = ["megatron-core[training]"]`' in told[0]
    assert "which has `wandb` instead" in told[1]


@given(st.permutations(SAME), st.permutations(SAME))
def test_order_does_not_matter(training: list[str], mlm: list[str]) -> None:
    text = HEAD + f"training = [{', '.join(training)}]\nmlm = [{', '.join(mlm)}]\n"
    assert problems(RULE, {"pyproject.toml": text}, OPTIONS) == []


@given(st.sampled_from(SAME))
def test_each_requirement_matters(left_out: str) -> None:
    text = HEAD + f"training = [{', '.join(SAME)}]\nmlm = [{', '.join(one for one in SAME if one != left_out)}]\n"
    assert len(problems(RULE, {"pyproject.toml": text}, OPTIONS)) == 1
    text = HEAD + f"mlm = [{', '.join(SAME)}]\ntraining = [{', '.join(one for one in SAME if one != left_out)}]\n"
    assert len(problems(RULE, {"pyproject.toml": text}, OPTIONS)) == 1


def test_a_source_for_one_of_them() -> None:
    text = HEAD + 'training = ["a"]\nmlm = ["a"]\n\n[tool.uv.sources]\na = { git = "https://git.example/a", extra = "mlm" }\n'
    assert len(problems(RULE, {"pyproject.toml": text}, OPTIONS)) == 1


@needs_uv
def test_uv_takes_the_reference_that_is_recommended(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/pyproject.toml").write_text('[project]\nname = "lib"\nversion = "1"\nrequires-python = ">=3.11"\n')
    text = HEAD + 'training = ["lib"]\nmlm = ["app[training]"]\n\n[tool.uv.sources]\nlib = { path = "lib" }\n'
    (tmp_path / "pyproject.toml").write_text(text)
    assert uv(tmp_path, "lock").returncode == 0
    assert uv(tmp_path, "export", "--frozen", "--extra", "mlm").stdout.count("./lib") == 1
    assert problems(RULE, {"pyproject.toml": text}, OPTIONS) == []


@pytest.mark.parametrize("names", [["extra:a"], ["extra:a", "extra:A"], ["a", "b"], ["extra:a", "extra:"]])
def test_names_that_mean_nothing_are_refused(names: list[str]) -> None:
    with pytest.raises(config.ConfigError):
        config.of({"aliases": [{"names": names}]}).options(Options)


def test_what_includes_itself_over_and_over_stays_small() -> None:
    groups = ['g0 = ["a"]'] + [
        f'g{number} = [{{ include-group = "g{number - 1}" }}, {{ include-group = "G{number - 1}" }}]' for number in range(1, 60)
    ]
    text = "[dependency-groups]\n" + "\n".join(groups) + '\nsame = ["a"]\n'
    assert problems(RULE, {"pyproject.toml": text}, {"aliases": [{"names": ["group:same", "group:g59"]}]}) == []
    circle = HEAD + 'training = ["app[mlm]", "a"]\nmlm = ["a", "app[training]"]\n'
    assert problems(RULE, {"pyproject.toml": circle}, OPTIONS) == []
