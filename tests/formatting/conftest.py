"""A repository with a base commit on `main`, a branch on top of it, and the real tools of this environment."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from policy_checks import cli

Format = Callable[..., int]
BAD = 'import sys, os\nx = {  "a":1 }\n'  # black and isort change it, pylint and ruff have something to say

SETTINGS = """\
[tool.black]
line-length = 100
[tool.isort]
profile = "black"
[tool.ruff.lint]
select = ["S506"]
[tool.pylint."messages control"]
disable = ["all"]
enable = ["unused-import", "missing-class-docstring", "missing-function-docstring"]
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository, the working directory of the test; a branch `feature` without changes is checked out."""
    root = tmp_path / "repo"
    root.mkdir()
    (root / "pyproject.toml").write_text(SETTINGS)
    (root / "old.py").write_text("x = 1\n")
    for arguments in (
        ["init", "--quiet"],
        ["add", "."],
        ["commit", "--quiet", "--message=base"],
        ["switch", "--quiet", "--create=feature"],
    ):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    for name in ("UV_PROJECT_ENVIRONMENT", "BASE_REF", "CHECK_ONLY", "SKIP_DOCS", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return root


@pytest.fixture
def run_format(repo: Path) -> Format:
    """`policy-checks format` in the repository; returns the exit code."""
    return lambda *arguments: cli.main(["format", *arguments])


def commit(root: Path, message: str = "change") -> None:
    """Commits everything."""
    subprocess.run(["git", "add", "--all"], cwd=root, check=True)
    subprocess.run(["git", "commit", "--quiet", f"--message={message}"], cwd=root, check=True)


def install(folder: Path, name: str, script: str) -> Path:
    """A tool of our own making; returns its environment."""
    executable = folder / "bin" / name
    executable.parent.mkdir(parents=True, exist_ok=True)
    executable.write_text(script)
    executable.chmod(0o755)
    return folder
