"""Git references that a project declares: in `[tool.uv.sources]`, in requirements, and in requirements files."""

from collections.abc import Iterator, Mapping
from functools import partial

from policy_checks.lock import git_pin
from policy_checks.lock.git_pin import Mention, Reference
from policy_checks.lock.git_reference import GitReference, Located, Pin
from policy_checks.lock.locked_project import LockedProject
from policy_checks.lock.requirement_texts import OF_BUILDS, RESOLVED, requirement_texts
from policy_checks.readers.requirements_txt import EDITABLE, RequirementsFile
from policy_checks.readers.table import Text
from policy_checks.readers.toml import Document, Key
from policy_checks.readers.uv_lock import Lock
from policy_checks.source import Place, Span


def of_project(project: LockedProject) -> Iterator[GitReference]:
    """The git sources of one pyproject.toml, and the git URLs of its requirements."""
    document = project.pyproject.document
    if b"git" not in document.file.data:
        return
    yield from _sources(document, project.lock)
    for paths, is_resolved in ((RESOLVED, True), (OF_BUILDS, False)):
        for text in requirement_texts(document, paths):
            yield from _required(text, project.lock, is_resolved=is_resolved)


def _sources(document: Document, lock: Lock | None) -> Iterator[GitReference]:
    table = document.get("tool", "uv", "sources")
    for name, value in table.items() if isinstance(table, dict) else ():
        path: tuple[Key, ...] = ("tool", "uv", "sources", name)
        entries = [((*path, number), entry) for number, entry in enumerate(value)] if isinstance(value, list) else [(path, value)]
        for at, entry in entries:
            if isinstance(entry, dict) and isinstance(entry.get("git"), str):
                yield _source(document, at, entry, lock)


def _source(document: Document, path: tuple[Key, ...], entry: Mapping[str, object], lock: Lock | None) -> GitReference:
    kind = next((key for key in ("rev", "tag", "branch") if isinstance(entry.get(key), str)), "")
    reference = Reference(str(entry["git"]), kind, str(entry.get(kind, "")))
    return GitReference(str(path[3]), reference, partial(_locate_source, document, path, kind), lock, is_resolved=True)


def _locate_source(document: Document, path: tuple[Key, ...], kind: str) -> Located:
    url = document.place(*path, "git")
    key = document.key_span(*path, kind or "git")
    if "." in document.file.cut(key):
        # `flash-mla.git = …`: a second key has to be written with its table, too, which is left to people.
        pin = Pin('rev = "', '"')
    elif kind:
        pin = Pin('rev = "', '"', Span(key.start, document.span(*path, kind).end))
    else:
        pin = _added(url, document.span(*path))
    return Located(document.place(*path, kind) if kind else url, url, pin)


def _added(git: Place, table: Span) -> Pin:
    """The pin as one more key behind the `git` key, in an inline table or on a line of its own."""
    text = git.file.text
    if text.startswith("{", table.start):
        return Pin('rev = "', '"', Span(git.span.end, git.span.end), ", ")
    end = git.file.line_span(git.line).end
    return Pin('rev = "', '"', Span(end, end), "\r\n" if text.startswith("\r\n", end) else "\n")


def _required(text: Text, lock: Lock | None, *, is_resolved: bool) -> Iterator[GitReference]:
    """The URL in a requirement, `name @ git+https://…`, or in the value of an option of a requirements file."""
    found = git_pin.mention(text.text)
    if found is not None:
        yield GitReference(found.name, found.reference, partial(_locate_url, text, found), lock, is_resolved)


def _locate_url(text: Text, found: Mention) -> Located:
    place = text.place
    at = place.file.cut(place.span).find(text.text[found.start : found.end])
    if at < 0:  # it is written with escapes
        return Located(place, place, _url_pin(found, None))
    span = Span(place.span.start + at, place.span.start + at + found.end - found.start)
    return Located(place, Place(place.file, span), _url_pin(found, span))


def _url_pin(found: Mention, span: Span | None) -> Pin:
    """The edit that puts a commit behind the URL; without a span, because the text is written with escapes, people do it."""
    url = found.reference.url
    if found.is_bare:  # `https://host/repo.git`, which is git's only as long as nothing stands behind it
        return Pin(f"git+{url}@", "", span)
    return Pin("@", "", Span(span.start + len(f"git+{url}"), span.end) if span else None)


def of_requirements(file: RequirementsFile, lock: Lock | None) -> Iterator[GitReference]:
    """The git URLs of one requirements file; the lock beside it or above may hold the same reference."""
    for line in file.lines:
        if line.requirement is not None:
            yield from _required(line.requirement, lock, is_resolved=False)
        elif line.value(EDITABLE):
            yield from _required(line.written, lock, is_resolved=False)
