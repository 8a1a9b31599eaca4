"""The files that linters find beside those that they are given, and what of them a verdict rests on."""

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from policy_checks.formatting import parts
from policy_checks.formatting.closure import Closure, Closures
from policy_checks.formatting.imports import Imports, read
from policy_checks.formatting.listing import Files, Listing
from policy_checks.formatting.modules import Modules, look
from policy_checks.formatting.parts import Part
from policy_checks.formatting.store import Shelf, Store, digest
from policy_checks.formatting.visible import Visible

_FILES, _IMPORTS, _PARTS, _CLOSURES = "files", "imports", "parts", "closures"
Further = tuple[Sequence[str], Sequence[str]]  # folders outside the repository that hold modules, and names of plugins


class Surroundings:
    """A repository's modules and their imports, as linters see them from now on."""

    def __init__(self, root: Path, store: Store, listing: "Future[Listing | None]", marker: Path, stopped: threading.Event) -> None:
        self.root, self._store, self._listing, self._stopped = root, store, listing, stopped
        self.files = Files(root, store.shelf(_FILES), marker)
        self._imports: dict[str, Imports] = {}
        self._new = False
        self._reached: set[str] = set()
        self._closures: Future[Mapping[str, Closure]] | None = None
        self._computed: Closures | None = None
        self._asked: tuple[Sequence[str], Callable[[], Further]] | None = None
        self._request = ""
        self._plugins: list[str] = []
        self._visible: Visible | None = None
        self._parts: dict[str, tuple[Part, ...]] = {}
        self._with_parts = self._new_parts = False
        self._written: list[object] = []  # what remember() has kept already
        self._lock = threading.Lock()

    def prepare(self, files: Iterable[str], further: Callable[[], Further], pool: Executor, *, with_parts: bool) -> None:
        """Has the closures of files found out, while other things go on; with the parts of modules where they are going to be wanted."""
        self._asked, self._with_parts = (list(files), further), with_parts
        self._closures = pool.submit(self._prepared, *self._asked)

    def closure(self, path: str) -> Closure:
        """The closure of one file, waited for."""
        return self._closures_by_path()[path]

    def _closures_by_path(self) -> Mapping[str, Closure]:
        assert self._closures is not None, "prepare() comes first"
        return self._closures.result()

    def _computing(self) -> Closures:
        """The closures with the way to them, also where they were known without it."""
        with self._lock:
            if self._computed is None:
                assert self._asked is not None, "prepare() comes first"
                files, further = self._asked
                listing = self._listing.result()
                assert listing is not None, "without it nothing is known"
                modules = Modules(self.root, listing, further()[0])
                self._computed = Closures(modules, self._read)
                self._reached = self._computed.prepare([*files, *self._plugins])
            return self._computed

    def reach(self, files: Iterable[str]) -> set[str]:
        """The files and all that they import, directly or not."""
        self._closures_by_path()
        return self._computing().prepare(files)

    def visible(self) -> Visible:
        """What of the closures the files can get to see."""
        self._closures_by_path()
        computed = self._computing()
        with self._lock:
            if self._visible is None:
                self._visible = Visible(computed.modules, self._read_parts, self._reached)
            return self._visible

    def plugins(self) -> list[str]:
        """The files of the plugins that settings name."""
        self._closures_by_path()
        return self._plugins

    def unsettled(self) -> set[str]:
        """The files that may have changed since the run began, among all that were looked at."""
        return {path for path in self._reached if not self.files.are_settled([path])}

    def remember(self) -> None:
        """Keeps what need not be found out again."""
        state: list[object] = [len(self._parts), len(self._imports), self._computed, len(files := self.files.to_remember())]
        if state == self._written:
            return
        self._written = state
        if self._new_parts:
            parts_of = {content: _parts_row(found) for path, found in list(self._parts.items()) if (content := self.files.digest(path))}
            self._store.put(_PARTS, lambda _shelf: parts_of)
        self._keep()
        if not files.items() <= self._store.shelf(_FILES).items():
            self._store.put(
                _FILES, lambda shelf: {path: state for path, state in shelf.items() if os.path.exists(self.root / path)} | files
            )
        if self._new:
            rows = {files[path][-1]: self._row(path) for path in self._imports if path in files}
            used = {state[-1] for state in self._store.shelf(_FILES).values() if isinstance(state, list) and isinstance(state[-1], str)}
            self._store.put(_IMPORTS, lambda shelf: {name: row for name, row in shelf.items() if name in used} | rows)

    def _prepared(self, files: Sequence[str], further: Callable[[], Further]) -> Mapping[str, Closure]:
        folders, names = further()
        listing = self._listing.result()
        if listing is None:
            return {}
        self._request = digest(listing.digest(), *folders, "", *names)
        if kept := self._kept(files):
            return kept
        modules = Modules(self.root, listing, folders)
        self._plugins = sorted({path for name in names for path in modules.meant("", name)})
        self._computed = Closures(modules, self._read)
        self._reached = self._computed.prepare([*files, *self._plugins])
        return {path: self._computed.of(path) for path in (*files, *self._plugins)}

    def _kept(self, files: Sequence[str]) -> Mapping[str, Closure]:
        """The closures as they were, where all that they were found out from is the same; nothing otherwise."""
        shelf = self._store.shelf(_CLOSURES)
        try:
            reached, rows, of, plugins = shelf["reached"], shelf["rows"], shelf["of"], shelf["plugins"]
            if shelf["request"] != self._request or not of.keys() >= {*files, *plugins}:
                return {}
            if shelf["content"] != self._content(reached, shelf["looks"]):
                return {}
            found = [Closure(row[0], frozenset(row[1].split()), row[2] is True) for row in rows]
            kept = {path: found[of[path]] for path in (*files, *plugins)}
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return {}
        self._reached, self._plugins = set(reached), plugins
        return kept

    def _keep(self) -> None:
        """Keeps the closures with what they were found out from."""
        if self._computed is None or self.unsettled():
            return
        closures = self._closures_by_path()
        found = list(dict.fromkeys(closures.values()))
        numbers = {one: number for number, one in enumerate(found)}
        reached, looks = sorted(self._reached), sorted(self._computed.modules.looks)
        row = {
            "request": self._request,
            "reached": reached,
            "looks": looks,
            "content": self._content(reached, looks),
            "plugins": self._plugins,
            "rows": [[one.digest, " ".join(sorted(one.tops)), one.known] for one in found],
            "of": {path: numbers[one] for path, one in closures.items()},
        }
        self._store.put(_CLOSURES, lambda _shelf: row)

    def _content(self, paths: Iterable[str], looks: Iterable[str]) -> str:
        """The files, and what there was where more was looked for."""
        there = [str(look(self.root, path)) for path in looks]
        return digest(*(f"{path}\0{self.files.digest(path)}" for path in paths), "", *there)

    def _read(self, path: str) -> Imports:
        if path not in self._imports:
            self._imports[path] = self._found(path)
        return self._imports[path]

    def _found(self, path: str) -> Imports:
        content = self.files.digest(path)
        if content is None or path.endswith((".so", ".pyd")):
            return Imports(content or "", (), ())
        kept = _kept_imports(self._remembered().get(content))
        if kept is not None:
            return kept
        if self._stopped.is_set():
            raise InterruptedError("stopped")
        self._new, data = True, self.files.read(path)
        if not self._with_parts:
            return read(data)
        found, self._parts[path] = parts.read(data)
        self._new_parts = True
        return found

    def _read_parts(self, path: str) -> tuple[Part, ...]:
        if path in self._parts:
            return self._parts[path]
        content = self.files.digest(path)
        if content is None or path.endswith((".so", ".pyd")):
            return (Part(content or "", frozenset(), frozenset(), ()),)
        found = _kept_parts(self._store.shelf(_PARTS).get(content))
        if not found:
            if self._stopped.is_set():
                raise InterruptedError("stopped")
            found, self._new_parts = parts.read(self.files.read(path))[1], True
        self._parts[path] = found
        return found

    def _remembered(self) -> Shelf:
        return self._store.shelf(_IMPORTS)

    def _row(self, path: str) -> list[Any]:
        one = self._imports[path]
        return [one.seen, " ".join(one.names), " ".join(one.attributes), one.known]


def _kept_imports(row: Any) -> Imports | None:
    if not (isinstance(row, list) and len(row) == 4 and all(isinstance(part, str) for part in row[:3])):
        return None
    return Imports(row[0], tuple(row[1].split(" ")) if row[1] else (), tuple(row[2].split(" ")) if row[2] else (), row[3] is True)


def _parts_row(found: tuple[Part, ...]) -> list[list[str]]:
    return [[part.digest, *(" ".join(sorted(some)) for some in (part.defines, part.mentions, part.imports))] for part in found]


def _kept_parts(rows: Any) -> tuple[Part, ...]:
    if not isinstance(rows, list) or not all(
        isinstance(row, list) and len(row) == 4 and all(isinstance(one, str) for one in row) for row in rows
    ):
        return ()
    return tuple(Part(row[0], frozenset(row[1].split()), frozenset(row[2].split()), tuple(row[3].split())) for row in rows)
