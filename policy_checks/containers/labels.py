"""The labels of a pull request, in each of the forms that CI hands them out."""

import json
import re
from typing import Any

from policy_checks.failure import Failure

_JSON = re.compile(r"\s*(?:\[\s*)*[{\"]")  # a label may begin with a bracket, `[bug]`, but hardly with these


def of_text(text: str) -> tuple[str, ...]:
    """The labels of a list in one text: GitLab's `a,b`, a label a line, or JSON as `toJson` of a GitHub workflow makes it.

    JSON is a list of names, a list of objects that have a `name`, or `null`. Raises Failure for any other that holds a string: half of
    a list would select nothing, and the default image would be built.
    """
    names = _of_json(text)
    if names is None:
        if _JSON.match(text):
            raise Failure(
                "the labels are JSON, but no list of names or of objects with a `name`: type `a, b`, or what `toJson` makes of them"
            )
        names = text.replace("\n", ",").split(",")
    return tuple(name.strip() for name in names if name.strip())


def _of_json(text: str) -> list[str] | None:
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if listed is None:
        return []
    names = [label.get("name") if isinstance(label, dict) else label for label in listed] if isinstance(listed, list) else [None]
    return [str(name) for name in names] if all(isinstance(name, str) for name in names) else None


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
