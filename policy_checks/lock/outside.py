"""Requirements files beside a lock: packages pinned outside it, and what they pull in as far as the lock knows it.

An approximation by intent: a package named in such a file brings what its locked version brings. What the lock does
not know is named, never dropped. A file in pip's hash-checking mode lists everything that is installed: nothing is added to it.
"""

import posixpath
import re
from collections.abc import Sequence

from policy_checks.lock import requirements
from policy_checks.lock.graph import Arc, Graph, Section
from policy_checks.lock.package_pattern import admits
from policy_checks.readers import requirements_txt
from policy_checks.readers.names import is_name, normalized
from policy_checks.readers.requirements_txt import CONSTRAINT, EDITABLE, OPTIONS, REQUIREMENT, Line
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import Package, Requirement
from policy_checks.record import record
from policy_checks.source import SourceFile, Unreadable
from policy_checks.workspace import Workspace

# `name[extras] @ URL` without a marker: no need for `packaging`, whose import costs more than reading a whole lock.
_AT_URL = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([A-Za-z0-9._,\s-]*)\])?\s*@\s*(\S+)")


@record
class Named:
    """One package that a file names."""

    name: str
    extras: tuple[str, ...]
    specifier: str
    marker: str
    written: Text
    locked: tuple[Package, ...] = ()  # what the closure has for it

    @property
    def is_locked(self) -> bool:
        """Whether the closure speaks for it: the file accepts a version that is locked."""
        return any(admits(self.specifier, package.version) for package in self.locked)

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.name}{extras}" + (f" {self.specifier}" if self.specifier else "")


@record(eq=False)
class Outside:
    """What some requirements files ask for. `unseen`: lines whose dependencies nobody can see, and what they are called."""

    arcs: tuple[Arc, ...] = ()
    named: tuple[Named, ...] = ()
    unseen: tuple[tuple[Text, str], ...] = ()
    faults: tuple[Unreadable, ...] = ()
    missing: tuple[str, ...] = ()  # paths that name no file


def read(workspace: Workspace, graph: Graph, folder: str, paths: Sequence[str]) -> Outside:
    """What files (relative to the repository's root) ask for; `folder` is the lock's."""
    return _Reading(workspace, graph, folder).all(paths)


class _Reading:
    """One reading of some files and of those that they include, each once."""

    def __init__(self, workspace: Workspace, graph: Graph, folder: str) -> None:
        self._workspace, self._graph = workspace, graph
        local = [package for package in graph.lock.packages if package.source.kind in ("editable", "virtual", "directory")]
        self._local = {posixpath.normpath(posixpath.join(folder, one.source.location or ".")): one for one in local}
        self._seen: set[tuple[str, bool]] = set()
        self._constraints: dict[str, list[str]] = {}
        self._lines: list[tuple[Line, bool]] = []
        self._arcs: list[Arc] = []
        self._named: list[Named] = []
        self._unseen: list[tuple[Text, str]] = []
        self._faults: list[Unreadable] = []

    def all(self, paths: Sequence[str]) -> Outside:
        """Lines first: a constraint may follow what it constrains."""
        missing = []
        for path in paths:
            file = self._file(path)
            if file is None:
                missing.append(path)
            else:
                self._collect(file, constraints=False)
        for line, closed in self._lines:
            try:
                self._read(line, closed=closed)
            except Unreadable as error:
                self._faults.append(error)
        return Outside(tuple(self._arcs), tuple(self._named), tuple(self._unseen), tuple(self._faults), tuple(missing))

    def _file(self, path: str) -> SourceFile | None:
        try:
            return self._workspace.get(posixpath.normpath(path))
        except Unreadable as error:
            self._faults.append(error)
            return SourceFile(path, b"")

    def _collect(self, file: SourceFile, *, constraints: bool) -> None:
        if (file.path, constraints) in self._seen:
            return
        self._seen.add((file.path, constraints))
        try:
            found = file.once(requirements_txt.read)
        except Unreadable as error:
            self._faults.append(error)
            return
        for line in found.lines:
            for option, value in line.options:
                if option in (REQUIREMENT, CONSTRAINT):
                    self._include(line, value, constraints=constraints or option == CONSTRAINT)
                elif option not in OPTIONS:
                    self._faults.append(line.written.refused(f"`{option}` is no option of a requirements file"))
            if not constraints:
                self._lines.append((line, found.is_closed))
            elif line.requirement is not None:
                self._constrain(line.requirement)

    def _include(self, line: Line, value: str, *, constraints: bool) -> None:
        path = requirements_txt.included(line.written.file.path, value)
        file = None if path is None else self._file(path)
        if file is None:
            self._faults.append(line.written.refused(f"`{value}` is no file of the repository: what it asks for cannot be seen"))
        else:
            self._collect(file, constraints=constraints)

    def _constrain(self, text: Text) -> None:
        try:
            declared = requirements.parse(text)
        except Unreadable as error:
            self._faults.append(error)
            return
        if not declared.marker:
            self._constraints.setdefault(declared.name, []).append(declared.specifier)

    def _read(self, line: Line, *, closed: bool) -> None:
        editable = line.value(EDITABLE)
        if editable is not None:
            self._unnamed(line.written, editable, closed=closed)
        elif line.requirement is not None:
            text = line.requirement
            at_url = _AT_URL.fullmatch(text.text)
            if at_url is not None:
                self._add(at_url[1], _extras(at_url[2]), text, closed=closed)
            elif _is_place(text.text):
                self._unnamed(text, text.text, closed=closed)
            else:
                declared = requirements.parse(text)
                self._add(declared.name, declared.extras, text, declared.specifier, declared.marker, closed=closed)

    def _unnamed(self, text: Text, value: str, *, closed: bool) -> None:
        """A URL or a path: the package is told by what the lock knows of that folder, by its fragment or its wheel's name."""
        place, _, marker = value.partition(" ;")
        path, extras = _split_extras(place.strip())
        package = None if "://" in path else self._project(text, path.removeprefix("file:"))
        if package is not None:
            self._follow(package.name, (package,), extras, text, "", marker.strip())
            return
        from urllib.parse import unquote, urlsplit

        url = urlsplit(place.strip())
        egg = re.search(r"(?:^|&)egg=([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?", unquote(url.fragment))
        wheel = re.fullmatch(r"([A-Za-z0-9_.]+)-[^-/]+(?:-[^-/]+){3,4}\.whl", posixpath.basename(url.path))
        name = egg[1] if egg else wheel[1] if wheel else ""
        if is_name(name):
            self._add(name, _extras(egg[2]) if egg else extras, text, marker=marker.strip(), closed=closed)
        else:
            self._unseen.append((text, value))

    def _project(self, text: Text, path: str) -> Package | None:
        """The project in a folder; pip takes a path from where it runs, uv from the file."""
        here = posixpath.dirname(text.file.path)
        found = (self._local.get(posixpath.normpath(candidate)) for candidate in (path, posixpath.join(here, path)))
        return next((package for package in found if package is not None), None)

    def _add(self, name: str, extras: tuple[str, ...], text: Text, specifier: str = "", marker: str = "", *, closed: bool) -> None:
        name = normalized(name)
        specifier = ",".join(filter(None, (specifier, *self._constraints.get(name, ()))))
        locked = self._graph.lock.by_name.get(name, ())
        if locked and not closed:
            self._follow(name, locked, extras, text, specifier, marker)
            return
        self._named.append(Named(name, extras, specifier, marker, text))
        if not closed:
            self._unseen.append((text, name))

    def _follow(self, name: str, locked: Sequence[Package], extras: tuple[str, ...], text: Text, specifier: str, marker: str) -> None:
        """What the lock knows of a package; of several versions those that the file accepts, if it accepts any."""
        several = len(locked) > 1
        fitting = tuple([package for package in locked if not several or admits(specifier, package.version)]) or tuple(locked)
        requirement = Requirement(name, extras, (), marker, specifier, None, None, {}, ())
        section = Section("requirements", text.file.path)
        self._arcs += [Arc(None, section, package, extras, marker, requirement, text) for package in fitting]
        self._named.append(Named(name, extras, specifier, marker, text, fitting))


def _is_place(text: str) -> bool:
    """Whether a line is a URL or a path and not a name (pip: `./` or an archive's ending makes a path)."""
    word = text.split(maxsplit=1)[0]
    return (
        word.startswith((".", "/", "file:")) or "://" in word.partition("@")[0] or bool(re.search(r"/|\.(?:whl|zip|tar\.\w+|tgz)$", word))
    )


def _split_extras(text: str) -> tuple[str, tuple[str, ...]]:
    found = re.fullmatch(r"([^\[]+)\[([^\]]*)\]", text)
    return (found[1], _extras(found[2])) if found else (text, ())


def _extras(text: str | None) -> tuple[str, ...]:
    return tuple(sorted({normalized(name.strip()) for name in (text or "").split(",") if name.strip()}))
