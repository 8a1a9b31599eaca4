"""The range that a CI job is about, as GitHub Actions and GitLab tell it to every job: variables, and on GitHub the event's JSON."""

import re
from collections.abc import Mapping
from typing import Any

from policy_checks.record import record

_ID = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


@record
class Job:
    """The two ends of a range. An empty `base`: nothing is told of what came before; an empty `head`: nothing is there to judge.

    `trunk` is the branch to compare with where there is no base, empty where the head is its own first push.
    """

    base: str
    head: str
    trunk: str = ""


def github(event: str, payload: Mapping[str, Any]) -> Job | None:
    """The range of an event, None for one that is about no commits (`schedule`, `workflow_dispatch`).

    A pull request is judged by its own head, not by the merge that GitHub checks out; a merge group by what the queue built.
    """
    if event in ("pull_request", "pull_request_target"):
        request = payload.get("pull_request")
        return Job(_id(request, "base", "sha"), _id(request, "head", "sha"))
    if event == "merge_group":
        return Job(_id(payload, "merge_group", "base_sha"), _id(payload, "merge_group", "head_sha"))
    if event == "push":
        head, base = _id(payload, "after"), _id(payload, "before")
        # What a forced push replaced is not in a fresh clone.
        return Job("" if payload.get("forced") else base, head, _trunk(payload, str(payload.get("ref", ""))))
    return None


def gitlab(environment: Mapping[str, str]) -> Job:
    """The range of a pipeline: of a merge request, also of the result of one and of a merge train, or of a push."""

    def one(*names: str) -> str:
        return next((value for name in names if (value := _known(environment.get(name, "")))), "")

    if environment.get("CI_MERGE_REQUEST_IID"):
        # The target's own commit is told where GitLab merged the two first: HEAD is then no commit of anybody.
        base = one("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA")
        return Job(
            base, one("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "CI_COMMIT_SHA"), environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")
        )
    trunk = environment.get("CI_DEFAULT_BRANCH", "")
    return Job(one("CI_COMMIT_BEFORE_SHA"), one("CI_COMMIT_SHA"), "" if environment.get("CI_COMMIT_BRANCH") == trunk else trunk)


def _id(payload: Any, *path: str) -> str:
    for key in path:
        payload = payload.get(key) if isinstance(payload, dict) else None
    return _known(payload) if isinstance(payload, str) else ""


def _known(commit: str) -> str:
    """The commit, empty for zeros, which stand for none."""
    return commit if _ID.fullmatch(commit) and commit.strip("0") else ""


def _trunk(payload: Mapping[str, Any], ref: str) -> str:
    repository = payload.get("repository")
    trunk = repository.get("default_branch") if isinstance(repository, dict) else None
    return trunk if isinstance(trunk, str) and ref != f"refs/heads/{trunk}" else ""
