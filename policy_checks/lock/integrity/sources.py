"""Whether a locked package comes from where a requirement says that it comes from."""

import re
from urllib.parse import parse_qsl

from policy_checks.lock import urls
from policy_checks.readers.uv_lock import Package, Requirement, Source

_COMMIT = re.compile("[0-9a-f]{40}")
# A tag may be a date: only what has digits and letters is taken for an abbreviated commit.
_ABBREVIATED = re.compile("(?=.*[0-9])(?=.*[a-f])[0-9a-f]{7,39}")
_TREES = ("directory", "editable", "virtual")


def fault(requirement: Requirement, package: Package) -> str:
    """What of the locked source differs from the declared one, empty for nothing. A requirement that names none is met by any."""
    if requirement.source is not None:
        return _source_fault(requirement.source, package.source)
    if requirement.index is not None:
        return _index_fault(requirement.index, package.source)
    return ""


def _index_fault(index: str, locked: Source) -> str:
    if locked.kind != "registry":
        return f"comes from {_shown(locked)}, not from the index {_public(index)}"
    if not urls.is_url(locked.location) or _canonical(locked.location) == _canonical(index):
        return ""  # a folder is locked relative to the lock, and declared as an absolute URL
    return f"comes from the index {_public(locked.location)}, not from {_public(index)}"


def _source_fault(declared: Source, locked: Source) -> str:
    if declared.kind != locked.kind and not (declared.kind in _TREES and locked.kind in _TREES):
        return f"comes from {_shown(locked)}, not from {_shown(declared)}"
    if declared.kind == "git":
        return _git_fault(declared, locked)
    if _canonical(declared.location.partition("#")[0]) != _canonical(locked.location.partition("#")[0]):
        return f"comes from {_shown(locked)}, not from {_shown(declared)}"
    if declared.subdirectory != locked.subdirectory:
        return f"is built in the folder `{locked.subdirectory or '.'}` of the archive, not in `{declared.subdirectory or '.'}`"
    if declared.kind in _TREES and "virtual" in (declared.kind, locked.kind) and declared.kind != locked.kind:
        return f"is locked as {locked.kind}, not as {declared.kind}"
    return ""


def _git_fault(declared: Source, locked: Source) -> str:
    if _canonical(declared.url) != _canonical(locked.url):
        return f"comes from the repository {_public(locked.url)}, not from {_public(declared.url)}"
    wanted, found = _options(declared), _options(locked)
    for key in ("rev", "tag", "branch"):
        if wanted.get(key) != found.get(key) and not _same_commit(wanted.get(key), found.get(key)):
            return f"is locked at {_reference(found)}, not at {_reference(wanted)}"
    for key in ("subdirectory", "path"):
        if wanted.get(key, "") != found.get(key, ""):
            return f"is built in `{found.get(key) or '.'}` of the repository, not in `{wanted.get(key) or '.'}`"
    commit = wanted.get("rev", "").lower()
    if _COMMIT.fullmatch(commit) and locked.commit.lower() != commit:
        return f"is locked at the commit {locked.commit[:12]}, not at the declared {commit[:12]}"
    if _ABBREVIATED.fullmatch(commit) and not locked.commit.lower().startswith(commit):
        return f"is locked at the commit {locked.commit[:12]}, which the declared {commit} does not abbreviate"
    return ""


def _same_commit(left: str | None, right: str | None) -> bool:
    return left is not None and right is not None and left.lower() == right.lower() and bool(_COMMIT.fullmatch(left.lower()))


def _options(source: Source) -> dict[str, str]:
    return dict(parse_qsl(source.location.partition("#")[0].partition("?")[2], keep_blank_values=True))


def _reference(options: dict[str, str]) -> str:
    found = [f"{key} {options[key]}" for key in ("rev", "tag", "branch") if key in options]
    return found[0] if found else "the default branch"


def _canonical(location: str) -> str:
    """The one spelling of a URL; a path stays as it is."""
    try:
        return urls.canonical(location)
    except urls.InvalidUrl:
        return location


def _public(location: str) -> str:
    """A location for a message: without credentials."""
    return _canonical(location)


def _shown(source: Source) -> str:
    kind = {"registry": "the index", "git": "git", "url": "the URL", "path": "the archive"}.get(source.kind, "the folder")
    return f"{kind} {_public(source.location)}"
