"""What earlier runs found out about the same files under the same circumstances, and what this one finds out.

A verdict is kept under a digest of everything that it may rest on, and counts only where that is the same to the last byte. It is
kept only if nothing of it changed while the tools were at work.
"""

import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from policy_checks.formatting import executables, fingerprint
from policy_checks.formatting.fingerprint import Interpreter, Searched, Settings
from policy_checks.formatting.listing import MODULES, Listing, listed
from policy_checks.formatting.outcome import Message, Outcome
from policy_checks.formatting.policy import Tool
from policy_checks.formatting.processes import Children
from policy_checks.formatting.store import Store, digest, entries, merged
from policy_checks.formatting.surroundings import Further, Surroundings
from policy_checks.record import record

FIXED = (Tool.BLACK, Tool.ISORT)  # ruff takes a tenth of a second for 80,000 lines: less than to be careful would
_PATIENCE = 0.02  # seconds in which a file system's clock is expected to go on


@record
class Fixed:
    """What a fixer makes of a file, and what it says of it."""

    after: bytes
    messages: tuple[Message, ...]


@record
class New:
    """A verdict that was found out; it rests on files and all that they import, or on no more than its key."""

    tool: Tool
    path: str
    key: str
    closure: str
    value: Any
    files: tuple[str, ...] = ()


class Results:
    """The verdicts on a repository, while a run is at work."""

    def __init__(self, root: Path, kept: Path, scratch: Path, environment: Mapping[str, str], children: Children, pool: Executor) -> None:
        self._root, self._scratch, self._environment, self._children, self._pool = root, scratch, environment, children, pool
        self._store = Store(kept)
        self._settings = Settings(root, environment)
        self._began = _marked(scratch / "began").stat().st_ctime_ns
        self._asked: dict[tuple[str, ...], Future[Interpreter | None]] = {}
        self._searched: dict[tuple[str, ...], Searched | None] = {}
        self._bases: dict[tuple[Tool, tuple[str, ...]], str | None] = {}
        self._listing: Future[Listing | None] | None = None
        self._new: list[New] = []
        self._program = fingerprint.program()
        self.stopped = threading.Event()
        self._surroundings: Surroundings | None = None

    def prepare(self, tools: Iterable[Tool]) -> None:
        """Finds out beforehand, beside whatever goes on, what verdicts of these tools are going to rest on."""
        words = {tuple(executables.interpreter(found)) for tool in tools if tool is not Tool.RUFF and (found := self._executable(tool))}
        for one in filter(None, words):
            self._asked[one] = self._pool.submit(fingerprint.asked, one, self._children, self._root)
        if self._asked:
            self._listing = self._pool.submit(listed, self._root, self._pool)

    def base(self, tool: Tool, arguments: Sequence[str]) -> str | None:
        """A digest of all that a tool's verdicts rest on but for the files; None where they may rest on more than can be seen."""
        asked = (tool, tuple(arguments))
        if asked not in self._bases:
            self._bases[asked] = self._based(*asked)
        return self._bases[asked]

    def fixed(self, tool: Tool, arguments: Sequence[str], contents: Mapping[str, bytes]) -> dict[str, Fixed]:
        """What is known of a fixer's work on these files."""
        keys = self._fixer_keys(tool, arguments, contents)
        shelf = self._store.shelf(tool) if keys else {}
        known = {}
        for path, key in keys.items():
            for entry in entries(shelf, path, key):
                after, messages = _fixed(entry[3], contents[path], self._store)
                if after is not None and messages is not None:
                    known[path] = Fixed(after, messages)
        return known

    def keep_fixed(
        self, tool: Tool, arguments: Sequence[str], before: Mapping[str, bytes], after: Mapping[str, bytes], outcome: Outcome
    ) -> None:
        """Keeps a fixer's work, unless it failed or says something of no file in particular."""
        about = by_path(outcome, before)
        if about is None:
            return
        for path, key in self._fixer_keys(tool, arguments, before).items():
            text = self._store.put_text(after[path]) if after[path] != before[path] else ""
            self._new.append(New(tool, path, key, "", [text, told(about[path])]))

    def judging(self, files: Sequence[str], tools: Sequence[Tool]) -> Surroundings:
        """From now on, linters look at the files as they are."""
        marker = _marked(self._scratch / "judging")
        patience = time.monotonic() + _PATIENCE
        while time.monotonic() < patience and any(_changed(self._root / path) >= marker.stat().st_ctime_ns for path in files):
            time.sleep(_PATIENCE / 10)  # just written by ourselves: the clock has to go on
            marker = _marked(marker)
        assert self._listing is not None, "there is a linter whose verdicts can be kept"
        self._surroundings = Surroundings(self._root, self._store, self._listing, marker, self.stopped)
        self._surroundings.prepare(
            [path for path in files if path.endswith(MODULES)], lambda: self._further(tools), self._pool, with_parts=Tool.PYLINT in tools
        )
        return self._surroundings

    def may_know(self, tool: Tool) -> bool:
        """Whether a tool's verdicts can be kept at all: it has to be a Python script, so that its interpreter says what they rest on."""
        executable = self._executable(tool)
        return executable is not None and tuple(executables.interpreter(executable)) in self._asked

    def above(self, path: str) -> str:
        """A digest of the settings in the folders above a file."""
        return self._settings.above(path)

    def known(self, tool: Tool, path: str, key: str) -> list[list[Any]]:
        """The verdicts with a key; whether one holds depends on its closure."""
        return list(entries(self._store.shelf(tool), path, key))

    def keep(self, new: New) -> None:
        """Keeps a verdict, to be written at the end."""
        self._new.append(new)

    def close(self) -> None:
        """Writes down what was found out and what is certain to hold."""
        certain = self._certain()
        shelves: dict[Tool, dict[str, list[Any]]] = {}
        for new in certain:
            shelves.setdefault(new.tool, {})[new.path] = [new.key, new.closure, int(time.time()), new.value]
        for tool, found in shelves.items():
            self._store.put(tool, lambda shelf, found=found: merged(shelf, found))  # type: ignore[misc]
        if self._surroundings is not None:
            self._surroundings.remember()

    def _certain(self) -> list[New]:
        """The new verdicts of which nothing changed since the run began."""
        if not self._new:
            return []
        if not self._settings.is_unchanged(self._began) or self._is_elsewhere():
            return []
        if any(self._found(words) != before for words, before in self._searched.items()):
            return []
        changed = self._surroundings.unsettled() if self._surroundings else set()
        return [new for new in self._new if not new.files or not changed or not changed & self._reach(new.files)]

    def _is_elsewhere(self) -> bool:
        """Whether modules have come or gone. A folder in which nothing has since the run began has the same files."""
        before = self._files()
        if not any(_changed(self._root / folder) >= self._began for folder in before.folders):
            return False
        after = listed(self._root, self._pool)
        return after is None or after.digest() != before.digest()  # other folders alone are those of tools' own caches

    def _files(self) -> Listing:
        assert self._listing is not None, "a verdict that can be kept is that of a tool that was prepared for"
        listing = self._listing.result()
        assert listing is not None, "there is no base without it"
        return listing

    def _executable(self, tool: Tool) -> Path | None:
        return executables.find(tool, self._root, self._environment)

    def _further(self, tools: Iterable[Tool]) -> Further:
        """Folders outside the repository in which linters look for modules, and the plugins that settings name."""
        folders, plugins = [*self._settings.mypy_path()], self._settings.mypy_plugins()
        for tool in tools:
            executable = self._executable(tool)
            found = self._search(executable) if executable else None
            folders += found.folders if found else ()
        return tuple(dict.fromkeys(folders)), plugins

    def _reach(self, files: Iterable[str]) -> set[str]:
        assert self._surroundings is not None, "a verdict with files is a linter's"
        return self._surroundings.reach(files)

    def _based(self, tool: Tool, arguments: Sequence[str]) -> str | None:
        executable = self._executable(tool)
        found = self._search(executable) if executable else None
        if executable is None or found is None or self._listing is None or self._listing.result() is None:
            return None
        settings = self._settings.everywhere(tool, arguments)
        if settings is None:
            return None
        return digest(self._program, str(self._root), str(executable), executable.read_bytes(), found.said, settings)

    def _search(self, executable: Path) -> Searched | None:
        words = tuple(executables.interpreter(executable))
        if words not in self._asked:
            return None
        if words not in self._searched:
            self._searched[words] = self._found(words)
        return self._searched[words]

    def _found(self, words: tuple[str, ...]) -> Searched | None:
        interpreter = self._asked[words].result()
        return fingerprint.searched(interpreter, self._root) if interpreter else None

    def _fixer_keys(self, tool: Tool, arguments: Sequence[str], contents: Mapping[str, bytes]) -> dict[str, str]:
        base = self.base(tool, arguments) if tool in FIXED else None
        if base is None:
            return {}
        names = ""
        if tool is Tool.ISORT:  # tells modules of one's own by what there is
            folders = {"", *(parent for path in contents for parent in fingerprint.folders(path))}
            names = fingerprint.names(self._root, folders)
            if self._settings.names_source_paths(arguments, contents):
                names = digest(self._files().digest(), names)
        return {
            path: digest(base, names, self._settings.above(path), path, data)
            for path, data in contents.items()
            if not self._settings.has_more(tool, path)
        }


def by_path(outcome: Outcome, files: Iterable[str]) -> dict[str, list[Message]] | None:
    """The messages of each file; None where there is no verdict, or where some are about nothing or something else."""
    about: dict[str, list[Message]] = {path: [] for path in files}
    if outcome.failure or any(message.path not in about for message in outcome.messages):
        return None
    for message in outcome.messages:
        about[message.path].append(message)
    return about


def told(messages: Iterable[Message]) -> list[list[Any]]:
    """Messages as they are kept."""
    return [[one.path, one.line, one.column, one.code, one.name, one.text, one.is_note] for one in messages]


def messages(kept: Any) -> tuple[Message, ...] | None:
    """Messages that were kept; None for anything else."""
    kinds = (str, int, int, str, str, str, bool)
    if not isinstance(kept, list):
        return None
    if not all(isinstance(one, list) and len(one) == len(kinds) and all(map(isinstance, one, kinds)) for one in kept):
        return None
    return tuple(Message(*one) for one in kept)


def _fixed(kept: Any, before: bytes, store: Store) -> tuple[bytes | None, tuple[Message, ...] | None]:
    if not (isinstance(kept, list) and len(kept) == 2 and isinstance(kept[0], str)):
        return None, None
    return store.text(kept[0]) if kept[0] else before, messages(kept[1])


def _marked(path: Path) -> Path:
    path.write_bytes(b".")
    return path


def _changed(path: Path) -> int:
    try:
        return os.stat(path).st_ctime_ns
    except OSError:
        return 0
