"""Git references: what a project declares, which commit the lock holds for it, and how both are rewritten to that commit.

uv writes a git source as `URL?subdirectory=DIR&rev=REF#COMMIT` (or `branch=`, `tag=`, or neither), and the requirement
as the same text without the commit.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import record
from policy_checks.source import Edit, Place, Span

_COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_REFERENCES = ("rev", "tag", "branch")


@record
class Reference:
    """A declared git source: what it follows (`rev`, `tag`, `branch`; empty: the default branch) and its name."""

    url: str
    kind: str
    name: str

    @property
    def is_pinned(self) -> bool:
        """Whether it is a full commit id (SHA-1 or SHA-256)."""
        return self.kind == "rev" and _COMMIT.fullmatch(self.name) is not None

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`" if self.kind else "the default branch"


def of_url(url: str) -> Reference | None:
    """The reference of a PEP 508 URL (`git+https://host/repo@ref#subdirectory=dir`); None for another kind of URL."""
    if not url.startswith("git+"):
        return None
    plain = url.removeprefix("git+").partition("#")[0]
    _path, at, name = urlsplit(plain).path.rpartition("@")
    if not at:
        return Reference(plain, "", "")
    return Reference(plain[: -len(f"@{name}")], "rev", unquote(name))


@record
class Locked:
    """A package that the lock took from a declared reference, and its commit."""

    package: Package
    commit: str


def locked(lock: Lock, name: str, declared: Reference) -> Locked | None:
    """What the lock holds for a reference; None when it holds nothing, or not one commit: it is stale, then."""
    found = []
    for package in lock.by_name.get(name, ()):
        source = package.source
        if source.kind != "git" or not _COMMIT.fullmatch(source.commit) or _bare(source.url) != _bare(declared.url):
            continue
        kind, reference = _reference(source.location)
        # A member whose sibling was pinned before it finds the commit itself.
        if (kind, reference) in ((declared.kind, declared.name), ("rev", source.commit)):
            found.append(Locked(package, source.commit))
    return found[0] if len({one.commit for one in found}) == 1 else None


def _bare(url: str) -> str:
    """A repository's URL without what does not tell it from another."""
    parts = urlsplit(url.removeprefix("git+"))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}{parts.path.rstrip('/').removesuffix('.git')}"


def _reference(location: str) -> tuple[str, str]:
    query = location.partition("#")[0].partition("?")[2]
    for kind, _, value in (part.partition("=") for part in query.split("&")):
        if kind in _REFERENCES:
            return kind, unquote(value)
    return "", ""


def _pinned(location: str, commit: str) -> str:
    """A git source's text with its reference replaced by a commit."""
    whole, hash_mark, fragment = location.partition("#")
    url, _, query = whole.partition("?")
    parts = [part for part in query.split("&") if part and part.partition("=")[0] not in _REFERENCES]
    parts.insert(sum(part.startswith("subdirectory=") for part in parts), f"rev={commit}")
    return f"{url}?{'&'.join(parts)}{hash_mark}{fragment}"


def lock_edits(lock: Lock, found: Locked) -> Iterator[Edit]:
    """The edits that pin every mention of a package's git source in the lock, so that `uv lock --check` still passes."""
    location = found.package.source.location
    pinned = _pinned(location, found.commit)
    if pinned == location:
        return
    text = lock.file.text
    for old, new in ((location, pinned), (location.partition("#")[0], pinned.partition("#")[0])):
        for match in re.finditer(re.escape(f'git = "{old}"'), text):
            yield Edit(Span(*match.span()), f'git = "{new}"')


def locked_place(lock: Lock, found: Locked) -> Place:
    """The line of the lock that holds the commit."""
    return lock.place((*found.package.at, "source"))
