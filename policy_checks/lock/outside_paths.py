"""Paths outside of the repository that a project takes packages from: as they are declared, and as uv.lock holds them."""

import posixpath
import re
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import unquote

from policy_checks.lock.integrity.artifacts import inside
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.lock.requirement_texts import OF_BUILDS, RESOLVED, direct_reference, requirement_texts
from policy_checks.readers.names import normalized
from policy_checks.readers.requirements_txt import CONSTRAINT, EDITABLE, REQUIREMENT, REQUIREMENTS_FILE, Line, RequirementsFile
from policy_checks.readers.table import Text
from policy_checks.readers.toml import Document, Key
from policy_checks.readers.uv_lock import LOCK, Lock, Package
from policy_checks.record import record
from policy_checks.source import Place, Span, Unreadable
from policy_checks.workspace import Kind, Workspace

_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:[/\\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_PATH = re.compile(r"(?:git\+)?file:|/|\.{1,2}[/\\]|~/|[A-Za-z]:[/\\]")


@record(eq=False)
class OutsidePath:
    """One path as it is written, and as seen from the root (None: it is absolute)."""

    name: str  # what it is for, as a message begins
    written: str
    path: str | None
    place: Place

    @property
    def package(self) -> str:
        """The normalised name of the package that it is for, empty where there is none."""
        named = re.fullmatch(r"(?:the source of )?`([\w.-]+)`", self.name)
        return normalized(named[1]) if named and not named[1].startswith("-") else ""

    @property
    def key(self) -> str:
        """What tells one path from another."""
        return self.path or self.written


def outside(name: str, written: str, folder: str, place: Callable[[], Place]) -> OutsidePath | None:
    """A path or `file:` URL, seen from a folder, that leaves the repository; None for any other URL, and for what a variable names."""
    plain = written.removeprefix("git+")
    if plain.startswith("file:"):
        plain = unquote(re.sub(r"^file:(?://(?:localhost)?(?=/|[^/]*$))?", "", plain).partition("#")[0])
        plain = plain[1:] if re.match(r"/[A-Za-z]:/", plain) else plain
    elif _SCHEME.match(plain):
        return None
    if "$" in plain or "{" in plain or not plain:
        return None
    if _ABSOLUTE.match(plain):
        return OutsidePath(name, written, None, place())
    path = posixpath.normpath(posixpath.join(folder, plain.replace("\\", "/")))
    return OutsidePath(name, written, path, place()) if path == ".." or path.startswith("../") else None


def _declared(project: LockedProject) -> Iterator[OutsidePath | None]:
    document, folder = project.pyproject.document, project.folder
    table = document.get("tool", "uv", "sources")
    for name, value in table.items() if isinstance(table, dict) else ():
        entries = [((name, number), entry) for number, entry in enumerate(value)] if isinstance(value, list) else [((name,), value)]
        for at, entry in entries:
            yield from _of_source(document, name, ("tool", "uv", "sources", *at), entry, folder)
    for text in requirement_texts(document, (*RESOLVED, *OF_BUILDS)):
        yield _of_requirement(text, folder)
    yield from _of_settings(document, folder)


def _of_source(document: Document, name: str, path: tuple[Key, ...], entry: object, folder: str) -> Iterator[OutsidePath | None]:
    for key in ("path", "workspace", "git", "url") if isinstance(entry, dict) else ():
        assert isinstance(entry, dict)  # the line above
        value = entry.get(key)
        if isinstance(value, str) and (key != "path" or "git" not in entry) and (key != "git" or "file:" in value):
            yield outside(
                f"the {'workspace' if key == 'workspace' else 'source'} of `{name}`", value, folder, partial(document.place, *path, key)
            )


def _of_requirement(text: Text, folder: str) -> OutsidePath | None:
    name, start = direct_reference(text.text)
    if not _PATH.match(text.text, start):
        return None
    path = text.text[start:].partition(";")[0].rstrip()
    path = path.rpartition("[")[0] if path.endswith("]") else path
    return outside(f"`{name}`" if name else "a requirement", path, folder, lambda: text.place)


def _of_settings(document: Document, folder: str) -> Iterator[OutsidePath | None]:
    links = document.get("tool", "uv", "find-links")
    for number, value in enumerate(links if isinstance(links, list) else ()):
        if isinstance(value, str):
            yield outside("`find-links`", value, folder, partial(document.place, "tool", "uv", "find-links", number))
    indexes = document.get("tool", "uv", "index")
    for number, entry in enumerate(indexes if isinstance(indexes, list) else ()):
        url = entry.get("url") if isinstance(entry, dict) else None
        if isinstance(url, str):
            yield outside("an index", url, folder, partial(document.place, "tool", "uv", "index", number, "url"))
    members = document.get("tool", "uv", "workspace", "members")
    for number, glob in enumerate(members if isinstance(members, list) else ()):
        if isinstance(glob, str) and (".." in glob or _ABSOLUTE.match(glob)):
            yield outside("a workspace member", glob, folder, partial(document.place, "tool", "uv", "workspace", "members", number))


def _of_file(file: RequirementsFile) -> Iterator[OutsidePath | None]:
    folder = posixpath.dirname(file.file.path)
    for line in file.lines:
        if line.requirement is not None:
            yield _of_requirement(line.requirement, folder)
        for name, value in line.options:
            if name in (EDITABLE, REQUIREMENT, CONSTRAINT, "--find-links"):
                path = value.rpartition("[")[0] if value.endswith("]") else value
                yield outside(f"`{name}`", path, folder, partial(_inside, line, value))


def _inside(line: Line, value: str) -> Place:
    written: Text = line.written
    place = written.place
    at = place.file.cut(place.span).find(value)
    return place if at < 0 else Place(place.file, Span(place.span.start + at, place.span.start + at + len(value)))


def _locked(lock: Lock) -> Iterator[OutsidePath | None]:
    """What the lock takes from disk; a registry can be a folder, too."""
    folder = posixpath.dirname(lock.file.path)
    for package in lock.packages:
        source = package.source
        is_path = source.kind in ("path", "directory", "editable", "virtual")
        if is_path or (source.kind == "registry" and "://" not in source.location) or "file:" in source.location:
            written = source.url if source.kind == "git" else source.location
            yield outside(f"`{package.name}`", written, folder, partial(_within, lock, package, written))


def _within(lock: Lock, package: Package, written: str) -> Place:
    return inside(lock.place((*package.at, "source")), package.source.location, written)


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[OutsidePath | Unreadable]:
    told: set[str] = set()  # what is declared need not be told of the lock, too: paths, and names of packages
    for project in workspace.all(LOCKED_PROJECT):
        if isinstance(project, Unreadable):
            yield project
            continue
        for found in _declared(project):
            if found is not None:
                told |= {found.key, found.package} - {""}
                yield found
    for file in workspace.all(REQUIREMENTS_FILE):
        if isinstance(file, Unreadable):
            yield file
        else:
            yield from filter(None, _of_file(file))
    for lock in workspace.all(LOCK):
        if isinstance(lock, Unreadable):
            yield lock
        else:
            yield from (found for found in _locked(lock) if found is not None and not told & {found.key, found.package})


OUTSIDE_PATHS: Kind[OutsidePath] = Kind("paths outside of the repository", _read)
