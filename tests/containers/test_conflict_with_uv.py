"""The guide's recipe for a conflict, run with git's own merge and real uv: what comes out matches the project."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from policy_checks import cli
from tests.conftest import Git
from tests.containers.stubs import Stubs, stubs
from tests.real_uv import UV, needs_uv, uv

__all__ = ["stubs"]

PROJECT = """\
[project]
name = "thing"
version = "1"
requires-python = ">=3.9"

[dependency-groups]
# theirs
keep = []



# ours
"""
# In place of an engine: it runs in the container what comes after the image's name.
ENGINE = 'while [ "$1" != thing:local ]; do shift; done; shift; exec "$@"'


@pytest.fixture
def merging(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A branch that has merged main, and with it a conflict in uv.lock alone."""
    monkeypatch.chdir(tmp_path)

    def commit(text: str) -> None:
        (tmp_path / "pyproject.toml").write_text(text)
        assert uv(tmp_path, "lock", UV_PYTHON=sys.executable).returncode == 0
        git("add", "pyproject.toml", "uv.lock")
        git("commit", "--quiet", "-m", "all")

    commit(PROJECT)
    git("branch", "feature")
    commit(PROJECT.replace("# theirs", "a1 = []"))
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("checkout", "--quiet", "feature")
    commit(PROJECT.replace("# ours", "a2 = []"))
    assert subprocess.run(["git", "merge", "--quiet", "origin/main"], capture_output=True, check=False).returncode == 1
    assert git("diff", "--name-only", "--diff-filter=U") == "uv.lock\n"
    return tmp_path


@needs_uv
def test_the_recipe_ends_in_a_fresh_lock(merging: Path, stubs: Stubs, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    assert UV
    stubs.add("docker", then=ENGINE)
    (stubs.folder / "uv").symlink_to(shutil.which(UV) or UV)
    for name, value in {"UV_OFFLINE": "1", "UV_PYTHON": sys.executable, "UV_CACHE_DIR": str(merging / ".uv-cache")}.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["container", "conflict", "--no-gpus"]) == 0
    assert [call[0] for call in stubs.calls[-2:]] == ["git", "docker"]
    assert {"a1 = []", "a2 = []", "keep = []"} <= set((merging / "uv.lock").read_text().splitlines())
    assert uv(merging, "lock", "--check", UV_PYTHON=sys.executable).returncode == 0
    git("add", "uv.lock")
    assert not git("diff", "--name-only", "--diff-filter=U")
