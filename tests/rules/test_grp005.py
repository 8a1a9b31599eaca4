"""GRP005 against real uv, which finds no solution exactly where declarations contradict each other; and on the real project."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from policy_checks.lock import agreement
from policy_checks.rules.groups.grp005_duplicate_or_conflicting_declaration import RULE
from tests.real_uv import needs_uv, uv
from tests.rules.declared import REAL, megatron, needs_real, problems

HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
VERSIONS = ["0.9", "1.0", "1.5", "2.0"]
TOGETHER = [
    ('a = ["lib<1"]', 'b = ["lib>=1"]', True),
    ('a = ["lib==1.0"]', 'b = ["lib>=1"]', False),
    ('a = ["lib~=1.0"]', 'b = ["lib>=2"]', True),
    ('a = ["lib>=1"]', 'b = ["lib>=2"]', False),
    ('a = ["lib==1.*"]', 'b = ["lib!=1.0"]', False),
    ("a = [\"lib<1; sys_platform == 'linux'\"]", "b = [\"lib>=1; python_version >= '3.12'\"]", True),
    ("a = [\"lib<1; python_version < '3.11'\"]", 'b = ["lib>=1"]', False),
]


def wheel(folder: Path, version: str) -> None:
    """An empty wheel of `lib`."""
    info = f"lib-{version}.dist-info"
    with zipfile.ZipFile(folder / f"lib-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: lib\nVersion: {version}\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


@needs_uv
@pytest.mark.parametrize("declared_apart", [False, True])
@pytest.mark.parametrize(("left", "right", "contradict"), TOGETHER)
def test_agrees_with_uv(tmp_path: Path, left: str, right: str, *, contradict: bool, declared_apart: bool) -> None:
    (tmp_path / "wheels").mkdir()
    for version in VERSIONS:
        wheel(tmp_path / "wheels", version)
    text = HEAD + f"\n[project.optional-dependencies]\n{left}\n\n[dependency-groups]\n{right}\n\n[tool.uv]\nno-index = true\n"
    text += 'find-links = ["wheels"]\n' + ('conflicts = [[{ extra = "a" }, { group = "b" }]]\n' if declared_apart else "")
    (tmp_path / "pyproject.toml").write_text(text)
    done = uv(tmp_path, "lock")
    assert (done.returncode != 0) == (contradict and not declared_apart), done.stderr
    assert bool(problems(RULE, {"pyproject.toml": text})) == (contradict and not declared_apart)


def test_markers_that_exclude_each_other() -> None:
    """They can be satisfied; that uv forks for one list only is for uv to say."""
    text = HEAD + "[dependency-groups]\na = [\"lib<1; sys_platform == 'linux'\"]\nb = [\"lib>=1; sys_platform == 'win32'\"]\n\n[tool.uv]\n"
    assert problems(RULE, {"pyproject.toml": text}) == []


PARTS = st.sampled_from(["==1.0", "==1.*", "~=1.4", ">=1", "<1.5", ">1.0", "<=1.5", "!=1.5", "==2", "==1.5.post1", "<2.0rc1", "==2.0rc1"])
SPECIFIERS = st.lists(PARTS, min_size=0, max_size=2).map(",".join)
SOME = [Version(text) for text in "0.9 1.0 1.0.post1 1.1 1.4 1.5.dev1 1.5 1.5.post1 1.6 2.0a1 2.0rc1 2.0 2.1".split()]


@given(SPECIFIERS, SPECIFIERS)
def test_a_version_that_both_accept_is_an_intersection(left: str, right: str) -> None:
    both = SpecifierSet(",".join(filter(None, (left, right))))
    if any(both.contains(version, prereleases=True) for version in SOME):
        assert agreement.intersect(left, right)
    assert agreement.intersect(left, right) == agreement.intersect(right, left)


@needs_real
def test_the_real_project() -> None:
    files = megatron()
    environments = {"lts": {"extras": ["mlm", "ssm"], "groups": ["build"], "requirements": ["lts.txt"]}}
    path = REAL / "head/docker/lts/requirements.txt"
    text = "multi-storage-client==0.49.0\nemerging_optimizers @ git+https://github.com/NVIDIA-NeMo/Emerging-Optimizers.git@v0.2.0\n"
    text += "opentelemetry-api==1.33.1\n"
    files["lts.txt"] = path.read_text() if path.is_file() else text
    assert problems(RULE, files, {"environments": environments}) == []
    told = [
        problem.message for problem in problems(RULE, files, {"environments": environments, "declarations": {"agreement": "everywhere"}})
    ]
    assert len(told) == 2
    assert told[0].startswith("`multi-storage-client==0.49.0` in `lts.txt` has no version in common with `multi-storage-client~=0.50`")
    assert "v0.2.0, in the extra `dev` from git" in told[1]
    options = {"environments": environments, "declarations": {"agreement": "identical", "ignore": ["multi-*", "emerging-optimizers"]}}
    assert any("`opentelemetry-api==1.33.1`" in problem.message for problem in problems(RULE, files, options))


def test_prose_with_the_name_of_a_requirements_file_is_none() -> None:
    assert problems(RULE, {"docs/requirements.txt": "The system shall work.\nThe system shall work.\n"}) == []


def test_a_workspace_is_resolved_as_one() -> None:
    member = '[project]\nname = "lib"\nversion = "1"\ndependencies = ["numpy<2"]\n'
    files = {
        "pyproject.toml": HEAD + 'dependencies = ["numpy>=2"]\n\n[tool.uv.workspace]\nmembers = ["lib"]\n',
        "lib/pyproject.toml": member,
    }
    (problem,) = problems(RULE, files)
    assert problem.place.file.path == "lib/pyproject.toml"
    apart = files | {"pyproject.toml": HEAD + 'dependencies = ["numpy>=2"]\n\n[tool.uv]\n'}
    assert problems(RULE, apart) == []
