"""SRC007 and SRC008 in real projects: what they find by eye, and that uv accepts a lock after the fix."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_checks import fixes, workspace
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.rule import Finding, NoOptions, Problem
from policy_checks.rules.sources.src007_unused_configuration import RULE, check
from policy_checks.rules.sources.src008_stale_metadata import check as check_metadata
from tests.real_uv import needs_uv, uv

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real locks are not here")
PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["leaf"]

[tool.uv]
no-build-isolation-package = ["leaf", "no-such-1"]
constraint-dependencies = [
    "leaf<2",
    # a comment
    "no-such-2>=1; sys_platform == 'linux'", # why
    "no-such-3>=1"
]
override-dependencies = ["no-such-4>=1"]

[tool.uv.extra-build-dependencies]
no-such-5 = [
    "leaf",
]

[tool.uv.sources]
leaf = { path = "leaf" }
No_Such_6 = { path = "leaf" }
"""


def projects(found: workspace.Workspace) -> Iterator[LockedProject]:
    for project in found.all(LOCKED_PROJECT):
        assert isinstance(project, LockedProject), project
        yield project


def problems(found: workspace.Workspace) -> list[Problem]:
    return [problem for project in projects(found) for problem in check(project, NoOptions())]


def mended(root: Path) -> int:
    """Applies the fixes once; how many there were."""
    findings = [Finding(RULE.code, RULE.name, RULE.severity, problem) for problem in problems(workspace.on_disk(root))]
    plan = fixes.plan(findings, unsafe=True)
    for change in plan.changes:
        (root / change.file.path).write_text(change.text)
    return len(plan.fixed)


@needs_uv
def test_what_is_removed_leaves_the_lock_fresh(tmp_path: Path) -> None:
    leaf = tmp_path / "leaf"
    leaf.mkdir()
    (leaf / "pyproject.toml").write_text('[project]\nname = "leaf"\nversion = "1.0"\nrequires-python = ">=3.9"\ndependencies = []\n')
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    assert uv(tmp_path, "lock").returncode == 0
    lock = tmp_path / "uv.lock"
    assert all(f"no-such-{number}" in lock.read_text() for number in (2, 3, 4)), "the lock remembers what it does not use"
    rounds = 0
    while mended(tmp_path):
        rounds += 1
        done = uv(tmp_path, "lock", "--check")
        assert done.returncode == 0, done.stderr
    assert rounds == 2, "two edits of one list of the lock wait for each other"
    assert "no-such" not in lock.read_text() + (tmp_path / "pyproject.toml").read_text().lower().replace("_", "-")
    before = lock.read_text()
    assert uv(tmp_path, "lock").returncode == 0
    assert lock.read_text() == before, "uv would write the same lines"


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('["no-such"]', "[]"),
        ('["no-such",]', "[]"),
        ('["a", "no-such"]', '["a"]'),
        ('["no-such", "a"]', '["a"]'),
        ('["a" , "no-such" , "b"]', '["a" , "b"]'),
        ('[\n    "a",\n    "no-such"\n]', '[\n    "a",\n]'),
        ('[\r\n    "no-such", # why\r\n    "a",\r\n]', '[\r\n    "a",\r\n]'),
        ('[\n    "a", "no-such",\n]', '[\n    "a",\n]'),
        ("[\n    'no-such', 'a',\n]", "[\n    'a',\n]"),
    ],
)
def test_a_list_stays_a_list(written: str, left: str) -> None:
    files = {
        "pyproject.toml": f'[project]\nname = "app"\nversion = "1"\n[tool.uv]\nno-build-package = {written}\n',
        "uv.lock": 'version = 1\nrequires-python = ">=3.11"\n'
        + "".join(f'[[package]]\nname = "{name}"\nversion = "1"\nsource = {{ registry = "https://index.example" }}\n' for name in "ab"),
    }
    (problem,) = problems(workspace.in_memory(files))
    finding = Finding(RULE.code, RULE.name, RULE.severity, problem)
    (change,) = fixes.plan([finding], unsafe=True).changes
    assert change.text == files["pyproject.toml"].replace(written, left)


def test_members_have_sources_and_indexes_of_their_own() -> None:
    member = (
        '[project]\nname = "member"\nversion = "1"\ndynamic = ["dependencies"]\n[tool.uv.sources]\nleaf = { git = "https://git.example/leaf" }\n'
        'other = { index = "gpu" }\n[[tool.uv.index]]\nname = "gpu"\nurl = "https://gpu.example"\nexplicit = true\n'
    )
    files = {
        "pyproject.toml": "[tool.uv.workspace]\nmembers = ['packages/*']\n[tool.uv.sources]\nleaf = { path = 'leaf' }\nelsewhere = { path = 'x' }\n",
        "uv.lock": 'version = 1\nrequires-python = ">=3.11"\n[manifest]\nmembers = ["member"]\n'
        '[[package]]\nname = "member"\nversion = "1"\nsource = { virtual = "packages/member" }\n[package.metadata]\n'
        'requires-dist = [{ name = "leaf", git = "https://git.example/leaf" }]\n',
        "packages/member/pyproject.toml": member,
        "examples/one/pyproject.toml": member,  # in the folder of the lock, but no member
    }
    told = {(problem.place.file.path, problem.message.split("`")[3]) for problem in problems(workspace.in_memory(files))}
    assert told == {("pyproject.toml", "elsewhere"), ("packages/member/pyproject.toml", "other")}


@needs_real
def test_megatron() -> None:
    found = workspace.in_memory({name: (REAL / "head" / name).read_text() for name in ("pyproject.toml", "uv.lock")})
    told = [problem.message.split("; ")[0] for problem in problems(found)]
    assert told == [
        "`override-dependencies` names `torchvision`, which is no package in uv.lock",
        "`no-build-isolation-package` names `transformer-engine-torch`, which is no package in uv.lock",
    ]
    (project,) = projects(found)
    (metadata,) = check_metadata(project, NoOptions())
    assert metadata.message.startswith("the metadata of `flash-mla` is of commit 9edee0c, and uv.lock holds b7643bd54521;")


@needs_real
def test_megatron_before_lts_moved() -> None:
    folder = REAL / "before-lts-moved"
    found = workspace.in_memory({name: (folder / name).read_text() for name in ("pyproject.toml", "uv.lock")})
    assert [problem.message.split("`")[3] for problem in problems(found)] == ["torchvision", "transformer-engine-torch"]
    assert [problem for project in projects(found) for problem in check_metadata(project, NoOptions())] == []


@needs_uv
@needs_real
def test_megatron_stays_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyproject.toml", "uv.lock"):
        (tmp_path / name).write_text((REAL / "head" / name).read_text())
    pythons = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.1[2-9]*/bin"))
    for folder in pythons:
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    if uv(tmp_path, "lock", "--check").returncode != 0:
        pytest.skip("there is no Python 3.12 for uv to find")
    assert mended(tmp_path) == 2
    done = uv(tmp_path, "lock", "--check")
    assert done.returncode == 0, done.stderr
