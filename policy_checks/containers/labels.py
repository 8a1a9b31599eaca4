"""The labels of a pull request, in each of the forms that CI hands them out."""

import json
from typing import Any

from policy_checks.failure import Failure


def of_text(text: str) -> tuple[str, ...]:
    """The labels of a list in one text: GitLab's `a,b`, a label a line, or a JSON list as `toJson` of a GitHub workflow makes it."""
    try:
        listed = json.loads(text)
    except ValueError:
        listed = None
    if not isinstance(listed, list) or not all(isinstance(label, str) for label in listed):
        listed = text.replace("\n", ",").split(",")
    return tuple(label.strip() for label in listed if label.strip())


def of_event(data: bytes, name: str) -> tuple[str, ...] | None:
    """The labels in a GitHub event's file; None for an event that is about no pull request. Raises Failure for what is no event."""
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise Failure(f"{name} is no JSON object as GitHub writes an event: name another file with --event, or the labels with --labels")
    request = payload.get("pull_request")
    issue = payload.get("issue")
    if request is None and isinstance(issue, dict) and "pull_request" in issue:  # a comment on a pull request
        request = issue
    return None if request is None else _names(request, name)


def _names(request: Any, name: str) -> tuple[str, ...]:
    listed = request.get("labels") if isinstance(request, dict) else None
    names = [label.get("name") if isinstance(label, dict) else None for label in listed] if isinstance(listed, list) else [None]
    if not all(isinstance(label, str) for label in names):
        raise Failure(f"{name} is about a pull request, but its `labels` cannot be read: name them with --labels")
    return tuple(map(str, names))
