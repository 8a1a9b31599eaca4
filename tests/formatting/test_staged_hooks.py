"""`format --staged` under the runners that put away what is not staged, and as a hook of git itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.formatting.conftest import BAD, commit
from tests.formatting.test_staged import FIXERS, GOOD, MIDDLE, git, on_disk, stage, staged

PROGRAM = Path(sys.executable).parent / "policy-checks"
CONFIGURATION = f"""\
repos:
  - repo: local
    hooks:
      - {{id: format, name: format, entry: '{PROGRAM} format --staged {FIXERS}', language: system, pass_filenames: false, types_or: [python]}}
"""


@pytest.fixture(params=["pre-commit", "prek"])
def hooked(request: pytest.FixtureRequest, repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A repository in which a runner was installed that has a home of its own."""
    for name in ("PRE_COMMIT_HOME", "PREK_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name))
    (repo / ".pre-commit-config.yaml").write_text(CONFIGURATION)
    commit(repo)
    subprocess.run([PROGRAM.parent / request.param, "install"], cwd=repo, check=True, capture_output=True)
    return repo


def committed(root: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(["git", "commit", "--message=new", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_runner_stops_the_commit_and_keeps_what_is_not_staged(hooked: Path) -> None:
    stage(hooked, "new.py", f"x = {{  1 }}\n{MIDDLE}y = 2\n")
    (hooked / "new.py").write_text(f"x = {{  1 }}\n{MIDDLE}y = {{ 3 }}\n")
    code, said = committed(hooked)
    assert code == 1, said
    assert "files were modified by this hook" in said.lower()
    assert on_disk(hooked, "new.py") == f"x = {{1}}\n{MIDDLE}y = {{ 3 }}\n"
    assert staged(hooked, "new.py") == f"x = {{  1 }}\n{MIDDLE}y = 2\n"
    subprocess.run([PROGRAM, "format", "--staged", FIXERS], cwd=hooked, check=True, capture_output=True)
    code, said = committed(hooked)
    assert code == 0, said
    assert git(hooked, "cat-file", "blob", "HEAD:new.py") == f"x = {{1}}\n{MIDDLE}y = 2\n"
    assert on_disk(hooked, "new.py") == f"x = {{1}}\n{MIDDLE}y = {{ 3 }}\n"


def test_a_runner_that_cannot_bring_both_together_takes_formatting_back(hooked: Path) -> None:
    stage(hooked, "new.py", "x = {  1 }\n")
    (hooked / "new.py").write_text("x = {  1, 2 }\n")
    code, said = committed(hooked)
    assert code == 1, said
    assert (staged(hooked, "new.py"), on_disk(hooked, "new.py")) == ("x = {  1 }\n", "x = {  1, 2 }\n")


def test_a_runner_lets_a_formatted_commit_pass(hooked: Path) -> None:
    stage(hooked, "new.py", GOOD)
    (hooked / "new.py").write_text(BAD)
    code, said = committed(hooked)
    assert code == 0, said
    assert on_disk(hooked, "new.py") == BAD


def test_a_runner_over_all_files_puts_nothing_away(hooked: Path, request: pytest.FixtureRequest) -> None:
    stage(hooked, "new.py", f"x = {{  1 }}\n{MIDDLE}y = 2\n")
    (hooked / "new.py").write_text(f"x = {{  1 }}\n{MIDDLE}y = {{ 3 }}\n")
    runner = PROGRAM.parent / ("prek" if "prek" in request.node.name else "pre-commit")
    done = subprocess.run([runner, "run", "--all-files"], cwd=hooked, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert on_disk(hooked, "new.py") == f"x = {{1}}\n{MIDDLE}y = {{ 3 }}\n"
    assert staged(hooked, "new.py") == f"x = {{  1 }}\n{MIDDLE}y = 2\n", "that is for the runner's user to add"
    assert os.listdir(hooked / ".git").count("index.lock") == 0


def hook(root: Path) -> None:
    script = root / ".git/hooks/pre-commit"
    script.parent.mkdir(exist_ok=True)
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m policy_checks format --staged {FIXERS}\n')
    script.chmod(0o755)


@pytest.mark.parametrize("how", [[], ["--all"], ["new.py"], ["--include", "new.py"]])
def test_in_a_hook_of_git_itself_the_commit_is_formatted(repo: Path, how: list[str]) -> None:
    (repo / "new.py").write_text("x = 1\n")
    commit(repo)
    hook(repo)
    (repo / "new.py").write_text(BAD)
    if not how:
        git(repo, "add", "new.py")
    if how != ["--all"]:
        stage(repo, "other.py", "y = {  2 }\n") if how != ["new.py"] else stage(repo, "other.py", "y = 2\n")
    git(repo, "commit", "--message=new", *how)
    assert git(repo, "cat-file", "blob", "HEAD:new.py") == staged(repo, "new.py") == on_disk(repo, "new.py") == GOOD
    assert git(repo, "status", "--porcelain").split() == (["A", "other.py"] if how == ["new.py"] else [])


def test_in_a_hook_of_a_linked_working_tree(repo: Path, tmp_path: Path) -> None:
    hook(repo)
    git(repo, "worktree", "add", str(tmp_path / "linked"))
    stage(tmp_path / "linked", "new.py", BAD)
    git(tmp_path / "linked", "commit", "--message=new")
    assert git(tmp_path / "linked", "cat-file", "blob", "HEAD:new.py") == on_disk(tmp_path / "linked", "new.py") == GOOD
    assert not (repo / "new.py").exists()
