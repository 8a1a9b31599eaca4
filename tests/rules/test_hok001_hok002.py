"""HOK001 and HOK002: how versions are written, and the fix on a project that real uv has locked."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from policy_checks import fixes, workspace
from policy_checks.readers.pre_commit_config import PRE_COMMIT_CONFIG, PreCommitConfig, read
from policy_checks.rule import Finding, Problem
from policy_checks.rules.hooks import hok002_mutable_rev as hok002
from policy_checks.rules.hooks.hok001_tool_version_drift import RULE
from policy_checks.source import SourceFile, Unreadable
from policy_checks.workspace import Workspace
from tests.real_uv import needs_uv, uv

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm/head"
CONFIG = ".pre-commit-config.yaml"
LOCK = (
    'version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
    'dependencies = [{ name = "black" }, { name = "ruff" }, { name = "flake8" }]\n'
    + "".join(
        f'\n[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "https://index.example/simple" }}\n'
        for name, version in (("black", "26.3.0"), ("flake8", "7.1.2"), ("ruff", "0.9.10"))
    )
)


def problems(files: Workspace) -> list[Problem]:
    found = files.all(RULE.subject)
    assert not any(isinstance(one, Unreadable) for one in found), found
    return [problem for one in found if not isinstance(one, Unreadable) for problem in RULE.check(one, RULE.options())]


def told(files: Mapping[str, str]) -> list[str]:
    """What is marked, by the place it starts at."""
    return [problem.place.file.cut(problem.place.span) for problem in problems(workspace.in_memory({"uv.lock": LOCK, **files}))]


def hook(repository: str, rev: str) -> dict[str, str]:
    return {CONFIG: f"repos:\n- repo: {repository}\n  rev: {rev}\n  hooks:\n  - id: x\n"}


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example/PyCQA/flake8",
        "https://git.example/pycqa/flake8/",
        "https://git.example/pycqa/flake8.git",
        "git@git.example:pycqa/flake8",
    ],
)
def test_every_spelling_of_a_repository(url: str) -> None:
    assert told(hook(url, "7.0.0")) == ["7.0.0"]
    assert told(hook(url, "7.1.2")) == []


@pytest.mark.parametrize("rev", ["main", "v7", '""', "a1" * 20, f"{'a1' * 20} # newest", "[1, 2]", "{a: b}", "null"])
def test_what_names_no_version_is_not_compared(rev: str) -> None:
    assert told(hook("https://git.example/pycqa/flake8", rev)) == []


@pytest.mark.parametrize("comment", ["# frozen: 7.0.0", "# frozen: v7.0.0", "# v7.0.0", "# 7.0.0 (do not touch)"])
def test_a_frozen_revision_is_told_and_left_to_pre_commit(comment: str) -> None:
    (problem,) = problems(workspace.in_memory({"uv.lock": LOCK, **hook("https://git.example/pycqa/flake8", f"{'a1' * 20}  {comment}")}))
    assert problem.fix is None
    assert "run `pre-commit autoupdate --freeze`" in problem.message


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("pip install ruff==0.1.0", ["ruff==0.1.0"]),
        ("python -m pip install -q 'ruff==0.1.0'", ["ruff==0.1.0"]),
        ("uv pip install ruff==0.1.0 black==26.3.0", ["ruff==0.1.0"]),
        ("uvx --from ruff==0.1.0 ruff check", ["ruff==0.1.0"]),
        ("uv tool run ruff@0.1.0 check", ["ruff@0.1.0"]),
        ("uv run --with=x --with ruff==0.1.0 y", ["ruff==0.1.0"]),
        ("pipx run ruff==0.1.0", ["ruff==0.1.0"]),
        ("sudo env A=1 pip install black[jupyter]==25.1.0", ["black[jupyter]==25.1.0"]),
        ("bash -c 'uvx ruff@0.1.0 check'", ["ruff@0.1.0"]),
        ("uvx ruff@latest check; uvx ruff check; pip install 'ruff>=0.1' ruff==0.9.* ruff==$V", []),
        ("echo ruff==0.1.0; git checkout ruff@0.1.0; pip install ruff-lsp==0.1.0", []),
    ],
)
def test_commands(line: str, marked: list[str]) -> None:
    assert told({"lint.sh": f"{line}\n"}) == marked


@pytest.mark.parametrize(
    ("table", "marked"),
    [
        ("[tool.ruff]\nrequired-version = '>=0.9,<0.10'", []),
        ("[tool.ruff]\nrequired-version = '0.9.10'", []),
        ("[tool.ruff]\nrequired-version = '0.9.9'", ["0.9.9"]),
        ("[tool.ruff]\nrequired-version = 'nonsense'", ["nonsense"]),
        ("[tool.black]\nrequired_version = '26.3.0'", []),
        ("[tool.black]\nrequired-version = '26.3'", ["26.3"]),  # black compares texts: the whole version, or its first part
    ],
)
def test_demanded_versions(table: str, marked: list[str]) -> None:
    assert told({"pyproject.toml": table}) == marked


def test_several_locked_versions_of_one_tool_are_all_right() -> None:
    forked = LOCK + '\n[[package]]\nname = "ruff"\nversion = "0.8.0"\nsource = { registry = "https://index.example/simple" }\n'
    files = {"uv.lock": forked, "a.sh": "uvx ruff@0.8.0\nuvx ruff@0.9.10\nuvx ruff@0.7.0\n"}
    (problem,) = problems(workspace.in_memory(files))
    assert "0.9.10 and 0.8.0 in uv.lock" in problem.message
    assert problem.fix is None


@needs_uv
def test_after_the_fix_the_lock_is_still_fresh(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["black"]\n\n'
        '[tool.uv.sources]\nblack = { path = "black" }\n\n[tool.black]\nrequired-version = "25"  # as locked\n'
    )
    (tmp_path / "black").mkdir()
    (tmp_path / "black/pyproject.toml").write_text('[project]\nname = "black"\nversion = "26.3.0"\nrequires-python = ">=3.11"\n')
    done = uv(tmp_path, "lock")
    assert done.returncode == 0, done.stderr
    found = [Finding(RULE.code, RULE.name, RULE.severity, problem) for problem in problems(workspace.on_disk(tmp_path))]
    fixes.write(tmp_path, fixes.plan(found))
    assert 'required-version = "26"  # as locked' in (tmp_path / "pyproject.toml").read_text()
    assert problems(workspace.on_disk(tmp_path)) == []
    assert uv(tmp_path, "lock", "--check").returncode == 0


def test_megatron_agrees_with_its_lock_and_a_bump_of_the_lock_alone_is_told() -> None:
    if not REAL.is_dir():
        pytest.skip("the real lock is not here")
    lock = next(REAL.rglob("uv.lock")).read_text()
    hooks = hook("https://git.example/psf/black", "'refs/tags/26.3.0:refs/tags/26.3.0'")
    assert problems(workspace.in_memory({"uv.lock": lock, **hooks})) == []
    bumped = lock.replace('name = "black"\nversion = "26.3.0"', 'name = "black"\nversion = "26.5.1"')
    (problem,) = problems(workspace.in_memory({"uv.lock": bumped, **hooks}))
    assert problem.fix is not None
    assert [edit.text for _file, edit in problem.fix.edits] == ["26.5.1", "26.5.1"]


def moving(text: str) -> list[str]:
    (config,) = workspace.in_memory({CONFIG: text}).all(PRE_COMMIT_CONFIG)
    assert isinstance(config, PreCommitConfig), config
    return [problem.place.file.cut(problem.place.span) for problem in hok002.check(config, hok002.RULE.options())]


@pytest.mark.parametrize("rev", ["main", "master", "HEAD", "stable", "latest", "develop", "2.x", "v3.X", "refs/heads/v2", "origin/1.0"])
def test_what_moves(rev: str) -> None:
    assert moving(hook("https://git.example/a/b", rev)[CONFIG]) == [rev]


@pytest.mark.parametrize("rev", ["1", "v2", "r18", "20240101", "v1.2.3", "a-tag-2.0", "refs/tags/v1", "0123abc", "a1" * 20, "A1" * 20])
def test_what_stays(rev: str) -> None:
    assert moving(hook("https://git.example/a/b", f'"{rev}"')[CONFIG]) == []


@pytest.mark.parametrize(
    "text", ["", "repos:\n", "repos: {}\n", "- a\n", "repos:\n- repo: x\n- 3\n- rev: [a]\n", "repos:\n- hooks: [1, {id: {}}]\n"]
)
def test_odd_configurations_hold_nothing(text: str) -> None:
    assert moving(text) == []


def test_a_broken_configuration_is_told() -> None:
    with pytest.raises(Unreadable, match="not YAML"):
        read(SourceFile(CONFIG, b"repos: [\n"))
