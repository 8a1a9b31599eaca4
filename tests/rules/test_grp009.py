"""GRP009 on the real locks: forks of a declared conflict are not together, and what no platform takes is not there."""

import pytest

from policy_checks import config
from policy_checks.lock.exclusive import item
from policy_checks.rules.groups.grp009_exclusive_packages import RULE, Options
from tests.rules.declared import megatron, needs_real, problems


def exclusive(*packages: str, **more: object) -> dict[str, object]:
    return {"exclusive": [{"sides": {name: [package] for name, package in zip("ab", packages, strict=True)}, **more}]}


@needs_real
def test_two_sides_of_a_declared_conflict_are_not_together() -> None:
    files = megatron("before-lts-moved")
    versions = "opentelemetry-api <1.34", "opentelemetry-api >=1.34"
    assert problems(RULE, files, exclusive(*versions)) == []
    (problem,) = problems(RULE, files, exclusive(versions[0], "nvidia-modelopt", environments=["all"]))
    assert "dev (extra) → opentelemetry-api" in problem.message


@needs_real
def test_the_environments_of_the_real_project() -> None:
    files = megatron()
    environments = {"dev": {"extras": ["dev"]}, "lts": {"extras": ["mlm", "ssm"], "groups": ["build"]}}
    both = exclusive("nvidia-modelopt", "megatron-energon") | {"environments": environments}
    (problem,) = problems(RULE, files, both)
    assert "are both in `dev`" in problem.message
    assert [place.place.file.path for place in problem.related] == ["pyproject.toml", "uv.lock", "uv.lock"]
    assert problem.place.file.cut(problem.place.span) == '"megatron-energon[av_decode]~=7.0"'
    assert problems(RULE, files, exclusive("torch", "nvidia-modelopt") | {"environments": environments}) == []  # torch is never installed
    assert problems(RULE, files, exclusive("nvidia-*-cu12", "nvidia-*-cu13") | {"environments": environments}) == []


@needs_real
def test_extras_of_packages() -> None:
    files = megatron()
    assert problems(RULE, files, exclusive("openai[voice_helpers]", "mamba-ssm")) == []
    assert len(problems(RULE, files, exclusive("openai[aiohttp]", "mamba-ssm"))) == 1


@pytest.mark.parametrize("text", ["torch @ ", "", "torch[", "torch ==", "torch+"])
def test_what_names_no_package_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"names no|not a version"):
        item(text)
    with pytest.raises(config.ConfigError):
        config.of(exclusive(text, "x")).options(Options)


def test_an_environment_that_is_not_declared() -> None:
    lock = 'version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
    files = {"pyproject.toml": '[project]\nname = "app"\nversion = "1"\n', "uv.lock": lock}
    (problem,) = problems(RULE, files, exclusive("a", "b", environments=["lst"]) | {"environments": {"lts": {}}})
    assert "`lst`, which is not declared; perhaps `lts`" in problem.message
