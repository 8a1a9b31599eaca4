"""The pre-push hook, run by real git against a real bare remote: nothing that is new to it gets past."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from policy_checks import git as objects
from policy_checks.commits import ranges
from policy_checks.commits.ranges import Update
from policy_checks.git import GitError
from tests.commits.conftest import commit
from tests.conftest import Git

SIGNED_OFF = ("-s", "-m", "good")


@pytest.fixture
def hooked(git: Git, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Git:
    """A repository without signatures, its first commit pushed to a remote, and the hook."""
    server = tmp_path_factory.mktemp("server")
    subprocess.run(["git", "init", "--quiet", "--bare", server], check=True)
    (tmp_path / "pyproject.toml").write_text('[tool.policy-checks.commits]\nsignature = "off"\n')
    commit(git, *SIGNED_OFF)
    git("remote", "add", "origin", str(server))
    git("push", "--quiet", "origin", "main")
    hook = tmp_path / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-m", "policy_checks", "commits", "push"])} "$@"\n')
    hook.chmod(0o755)
    return git


def push(root: Path, *arguments: str) -> tuple[bool, str]:
    """Whether git pushed, and what was said."""
    done = subprocess.run(["git", "push", *arguments], cwd=root, capture_output=True, text=True, check=False)
    assert "internal error" not in done.stderr
    return done.returncode == 0, done.stdout + done.stderr


def test_a_good_commit_passes_and_a_bad_one_does_not(hooked: Git, tmp_path: Path) -> None:
    commit(hooked, *SIGNED_OFF)
    assert push(tmp_path, "origin", "main")[0]
    commit(hooked, "-m", "bad")
    passed, said = push(tmp_path, "origin", "main")
    assert not passed
    assert "CMT002" in said
    assert "1 commit, new to " in said


def test_a_bad_commit_below_a_good_one(hooked: Git, tmp_path: Path) -> None:
    commit(hooked, "-m", "bad")
    commit(hooked, *SIGNED_OFF)
    assert not push(tmp_path, "origin", "main")[0]


def test_the_second_of_several_refs(hooked: Git, tmp_path: Path) -> None:
    hooked("branch", "good")
    hooked("switch", "--quiet", "-c", "worse")
    commit(hooked, "-m", "bad")
    assert push(tmp_path, "origin", "good")[0]
    assert not push(tmp_path, "origin", "main", "good", "worse")[0]
    assert not push(tmp_path, "origin", ":good", "worse")[0]
    assert not push(tmp_path, "--all", "origin")[0]


def test_a_new_branch_is_judged_by_what_is_new_on_it(hooked: Git, tmp_path: Path) -> None:
    hooked("switch", "--quiet", "-c", "topic")
    commit(hooked, *SIGNED_OFF)
    passed, said = push(tmp_path, "origin", "topic")
    assert passed
    assert "1 commit, new to " in said


def test_the_first_push_of_a_whole_history(hooked: Git, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    server = tmp_path_factory.mktemp("second")
    subprocess.run(["git", "init", "--quiet", "--bare", server], check=True)
    hooked("remote", "add", "second", str(server))
    commit(hooked, "--no-verify", "-m", "bad")
    commit(hooked, *SIGNED_OFF)
    passed, said = push(tmp_path, "second", "main")
    assert not passed
    assert "3 commits, new to " in said


def test_what_another_remote_has_is_new_to_this_one(hooked: Git, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    fork = tmp_path_factory.mktemp("fork")
    hooked("clone", "--quiet", "--bare", ".", str(fork))
    hooked("remote", "add", "fork", str(fork))
    commit(hooked, "-m", "bad")
    assert push(tmp_path, "--no-verify", "fork", "main")[0]
    assert not push(tmp_path, "origin", "main")[0]


def test_a_forced_push_over_commits_that_are_not_here(hooked: Git, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other") / "clone"
    hooked("clone", "--quiet", hooked("remote", "get-url", "origin").strip(), str(other))
    hooked("commit", "--quiet", "--allow-empty", "-m", "theirs", cwd=str(other))
    assert push(other, "origin", "main")[0]
    commit(hooked, *SIGNED_OFF)
    assert push(tmp_path, "--force", "origin", "main")[0]
    commit(hooked, "--amend", "-m", "bad")
    assert not push(tmp_path, "--force", "origin", "main")[0]


def test_a_deletion_and_nothing_at_all(hooked: Git, tmp_path: Path) -> None:
    hooked("branch", "topic")
    assert push(tmp_path, "origin", "topic")[0]
    passed, said = push(tmp_path, "origin", "--delete", "topic")
    assert passed
    assert "no commits are pushed" in said
    assert push(tmp_path, "origin", "main")[0]


def test_tags(hooked: Git, tmp_path: Path) -> None:
    hooked("tag", "-a", "-m", "good", "good")
    (tmp_path / "file").write_text("x")
    hooked("tag", "file", hooked("hash-object", "-w", "file").strip())
    assert push(tmp_path, "origin", "good", "file")[0]
    commit(hooked, "-m", "bad")
    hooked("tag", "-a", "-m", "bad", "bad")
    assert not push(tmp_path, "origin", "bad")[0]


def test_an_address_instead_of_a_remote(hooked: Git, tmp_path: Path) -> None:
    commit(hooked, *SIGNED_OFF)
    address = hooked("remote", "get-url", "origin").strip()
    passed, said = push(tmp_path, address, "main:one")
    assert passed
    assert "1 commit, new to " in said
    commit(hooked, "-m", "bad")
    assert not push(tmp_path, address, "main:two")[0]


def run(root: Path, **environment: str) -> tuple[int, str]:
    """The hook as pre-commit and prek start it."""
    command = [sys.executable, "-m", "policy_checks", "commits", "push"]
    variables = os.environ | {"PRE_COMMIT": "1"} | environment
    done = subprocess.run(command, cwd=root, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_under_a_runner(hooked: Git, tmp_path: Path) -> None:
    before = objects.commit_id(tmp_path, "HEAD")
    bad = commit(hooked, "-m", "bad")
    commit(hooked, *SIGNED_OFF)
    names = {"PRE_COMMIT_REMOTE_NAME": "origin", "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main"}
    for environment in (
        {"PRE_COMMIT_FROM_REF": before, "PRE_COMMIT_TO_REF": "HEAD"},
        {"PRE_COMMIT_TO_REF": "HEAD"},  # prek, the first push of a whole history
        {},  # pre-commit, the same
    ):
        code, said = run(tmp_path, **names, **environment)
        assert (code, "2 commits, new to " in said) == (1, True)
    assert run(tmp_path)[0] == 1
    assert run(tmp_path, **names, PRE_COMMIT_FROM_REF=bad, PRE_COMMIT_TO_REF="HEAD")[0] == 0
    assert run(tmp_path, **names, PRE_COMMIT_TO_REF="nothing")[0] == 2


def test_lines_that_git_does_not_write_are_refused() -> None:
    for line in ("", "a b c d", f"refs/heads/a {'1' * 40} refs/heads/a", "x" * 100):
        with pytest.raises(GitError, match="not what git tells"):
            ranges.updates([line])


def test_lines_of_git() -> None:
    new, gone, zeros = "1" * 40, "2" * 64, "0" * 40
    lines = [
        f"HEAD@{{1 day ago}} {new} refs/heads/a {zeros}\n",
        f"(delete) {zeros} refs/heads/b {new}\n",
        f"refs/heads/c {gone} refs/heads/c {gone}\n",
    ]
    assert ranges.updates(lines) == [Update(new), Update(gone, gone)]
