"""The range of a CI job, from what GitHub and GitLab tell it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from policy_checks.commits.ci_ranges import Job, github, gitlab
from tests.commits.conftest import commit
from tests.conftest import Git

A, B, C, ZEROS = "a" * 40, "b" * 40, "c" * 40, "0" * 40
REPOSITORY = {"default_branch": "main"}


@pytest.mark.parametrize(
    ("event", "payload", "job"),
    [
        ("pull_request", {"pull_request": {"base": {"sha": A}, "head": {"sha": B}}}, Job(A, B)),
        ("pull_request_target", {"pull_request": {"base": {"sha": A}, "head": {"sha": B}}}, Job(A, B)),
        ("merge_group", {"merge_group": {"base_sha": A, "head_sha": B}}, Job(A, B)),
        ("push", {"ref": "refs/heads/main", "before": A, "after": B, "repository": REPOSITORY}, Job(A, B)),
        ("push", {"ref": "refs/heads/main", "before": ZEROS, "after": B, "repository": REPOSITORY}, Job("", B)),
        ("push", {"ref": "refs/heads/topic", "before": ZEROS, "after": B, "repository": REPOSITORY}, Job("", B, "main")),
        ("push", {"ref": "refs/heads/topic", "before": A, "after": B, "forced": True, "repository": REPOSITORY}, Job("", B, "main")),
        ("push", {"ref": "refs/heads/topic", "before": A, "after": ZEROS, "deleted": True}, Job(A, "")),
        ("push", {"before": 1, "after": ["x"], "repository": 2}, Job("", "")),
        ("pull_request", {"pull_request": "x"}, Job("", "")),
        ("schedule", {}, None),
        ("workflow_dispatch", {"inputs": {}}, None),
    ],
)
def test_github(event: str, payload: dict[str, Any], job: Job | None) -> None:
    assert github(event, payload) == job


@pytest.mark.parametrize(
    ("variables", "job"),
    [
        ({"CI_COMMIT_SHA": B, "CI_COMMIT_BEFORE_SHA": A, "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}, Job(A, B)),
        ({"CI_COMMIT_SHA": B, "CI_COMMIT_BEFORE_SHA": ZEROS, "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}, Job("", B)),
        ({"CI_COMMIT_SHA": B, "CI_COMMIT_BEFORE_SHA": ZEROS, "CI_COMMIT_BRANCH": "topic", "CI_DEFAULT_BRANCH": "main"}, Job("", B, "main")),
        ({"CI_MERGE_REQUEST_IID": "1", "CI_COMMIT_SHA": B, "CI_COMMIT_BEFORE_SHA": ZEROS, "CI_MERGE_REQUEST_DIFF_BASE_SHA": A}, Job(A, B)),
        (
            {  # the result of a merge, or a merge train: HEAD is a commit of GitLab's own
                "CI_MERGE_REQUEST_IID": "1", "CI_COMMIT_SHA": C, "CI_MERGE_REQUEST_DIFF_BASE_SHA": "d" * 40,
                "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": A, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": B, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            },
            Job(A, B, "main"),
        ),
    ],
)  # fmt: skip
def test_gitlab(variables: dict[str, str], job: Job) -> None:
    assert gitlab(variables) == job


@pytest.fixture
def shared(git: Git, tmp_path: Path) -> list[str]:
    """Three commits on main, then two on a topic branch; their ids."""
    (tmp_path / "pyproject.toml").write_text('[tool.policy-checks.commits]\nsignature = "off"\n')
    made = [commit(git, "-s", "-m", name) for name in ("one", "two")]
    git("switch", "--quiet", "-c", "topic")
    return [*made, *(commit(git, "-s", "-m", name) for name in ("mine", "last"))]


def run(root: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "policy_checks", "commits", "check", *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "GITHUB", "GITLAB"))}
    done = subprocess.run(command, cwd=root, env=clean | environment, capture_output=True, text=True, check=False)
    assert "internal error" not in done.stderr
    return done.returncode, done.stderr


def on_github(root: Path, event: str, payload: object, *arguments: str) -> tuple[int, str]:
    file = root.parent / "event.json"
    file.write_text(json.dumps(payload))
    return run(root, *arguments, GITHUB_ACTIONS="true", GITHUB_EVENT_NAME=event, GITHUB_EVENT_PATH=str(file))


def test_a_pull_request_is_judged_by_its_own_head(git: Git, tmp_path: Path, shared: list[str]) -> None:
    git("switch", "--quiet", "main")
    commit(git, "-m", "theirs")
    git("merge", "--quiet", "--no-edit", "topic")  # what GitHub checks out
    event = {"pull_request": {"base": {"sha": shared[1]}, "head": {"sha": shared[3]}}}
    assert on_github(tmp_path, "pull_request", event) == (0, f"policy-checks: 2 commits, {shared[1]}..{shared[3]}\n")
    assert "HEAD^!" in on_github(tmp_path, "pull_request", event, "HEAD^!")[1]  # a range that is named wins


def test_pushes(git: Git, tmp_path: Path, shared: list[str]) -> None:
    pushed = {"ref": "refs/heads/topic", "before": ZEROS, "after": shared[3], "repository": REPOSITORY}
    assert "2 commits, main.." in on_github(tmp_path, "push", pushed)[1]
    assert "1 commit, " in on_github(tmp_path, "push", pushed | {"before": shared[2]})[1]
    assert on_github(tmp_path, "push", pushed | {"after": ZEROS, "deleted": True})[0] == 0
    assert "4 commits, " in on_github(tmp_path, "push", pushed | {"ref": "refs/heads/main"})[1]
    assert on_github(tmp_path, "push", {})[0] == 2
    assert on_github(tmp_path, "push", [])[0] == 2
    (tmp_path / "pyproject.toml").unlink()
    assert on_github(tmp_path, "push", pushed)[0] == 1


def test_a_job_about_no_commits_compares_with_main(git: Git, tmp_path: Path, shared: list[str]) -> None:
    assert "2 commits, main..HEAD" in on_github(tmp_path, "schedule", {})[1]


def test_a_merge_request(tmp_path: Path, shared: list[str]) -> None:
    told = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "1", "CI_COMMIT_SHA": shared[3], "CI_MERGE_REQUEST_DIFF_BASE_SHA": shared[1]}
    assert "2 commits, " in run(tmp_path, **told)[1]


def test_a_base_that_the_clone_has_not_is_said(tmp_path: Path, shared: list[str]) -> None:
    shallow = tmp_path.parent / "shallow"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", tmp_path.as_uri(), shallow], check=True)
    code, said = on_github(shallow, "merge_group", {"merge_group": {"base_sha": shared[1], "head_sha": shared[3]}})
    assert code == 2
    assert "`git fetch --unshallow` brings it (on GitHub `fetch-depth: 0`" in said


def test_what_github_writes_cannot_be_read(tmp_path: Path, shared: list[str]) -> None:
    code, said = run(tmp_path, GITHUB_ACTIONS="true", GITHUB_EVENT_NAME="push", GITHUB_EVENT_PATH="nothing")
    assert code == 2
    assert "GITHUB_EVENT_PATH" in said
