"""pylint's verdicts: what is known of each file, and what has to be run for the others.

pylint looks for modules also in the folders that the packages of all its files lie in. Which of these hold a module of a name that
a file may import is part of that file's circumstances; and a run over some of the files is given a file from each such
folder besides, so that it finds what a run over all files finds.
"""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from policy_checks.formatting import fingerprint
from policy_checks.formatting.outcome import Outcome
from policy_checks.formatting.policy import Tool
from policy_checks.formatting.pylint_parts import ACROSS, Division
from policy_checks.formatting.results import New, Results, by_path, messages, told
from policy_checks.formatting.store import UNKNOWN, digest
from policy_checks.formatting.surroundings import Surroundings

_OF_ALL = ""  # the path under which stands what is about no file in particular
_SETTINGS = "settings:"
_ALIKE = ("E1101", "I1101")  # no-member, c-extension-no-member


class Verdicts:
    """What is kept of pylint's verdicts on some files, under the digest `base` of everything else."""

    def __init__(self, results: Results, surroundings: Surroundings, base: str, files: Sequence[str]) -> None:
        self._results, self._surroundings, self._base, self.files = results, surroundings, base, tuple(files)
        self._keys = {path: digest(base, results.above(path), path, surroundings.files.digest(path) or "") for path in files}
        self._visible: dict[str, str] = {}
        self.division = self._kept_division()

    def known(self) -> dict[str, Outcome]:
        """The verdicts on files that are known; waits for what the files import only where something may be known."""
        known = {}
        for path in self.files:
            for entry in self._results.known(Tool.PYLINT, path, self._keys[path]):
                said = messages(entry[3][1:]) if isinstance(entry[3], list) and entry[3] else None
                if said is not None and self._holds(path, entry):
                    known[path] = Outcome(said, known=1)
                    break
        return known

    def _holds(self, path: str, entry: list[Any]) -> bool:
        """Whether what a file imports is the same, or at least what it can get to see of it."""
        if self._closures[path] == UNKNOWN:
            return False
        if entry[1] == self._closures[path]:
            return True
        if entry[3][0] in ("", UNKNOWN) or entry[3][0] != self._seen(path):
            return False
        self._results.keep(New(Tool.PYLINT, path, self._keys[path], self._closures[path], entry[3], (path,)))
        return True

    def across(self) -> Outcome | None:
        """What is known of the checks that look across files."""
        for entry in self._results.known(Tool.PYLINT, _OF_ALL, self._key_of_all):
            said = messages(entry[3])
            if said is not None and entry[1] == self._closure_of_all != UNKNOWN:
                return Outcome(said)
        return None

    def with_neighbours(self, missing: Sequence[str]) -> list[str]:
        """The files of a run over the missing ones, in an order in which it looks for modules as a run over all does."""
        roots = {self._root(path) for path in missing}
        wanted = {root for path in missing for found in self._holders(self._surroundings.closure(path).tops).values() for root in found}
        added = [min((path for path in self.files if self._root(path) == root), key=self._size) for root in wanted - roots]
        order = {root: number for number, root in enumerate(self._roots)}
        return sorted((*missing, *added), key=lambda path: order[self._root(path)])

    def look_ahead(self) -> None:
        """Finds out and keeps, while pylint is at work, what keep() is going to ask for."""
        for path in self.files:
            self._seen(path)
        self._surroundings.remember()

    def keep_division(self, found: Division) -> None:
        """Keeps what the settings say."""
        self.division = found
        value = [list(found.across), found.is_whole, found.is_certain, list(found.source_roots)]
        self._results.keep(New(Tool.PYLINT, _SETTINGS, digest(self._base, "settings"), "", value))

    def keep(self, outcome: Outcome, files: Sequence[str]) -> None:
        """Keeps the verdicts on files. A file of which there are mere remarks is left out: whether they pass depends on the others."""
        about = by_path(outcome, files)
        if about is None or (outcome.accepted and outcome.messages):
            return
        for path, said in about.items():
            said = [message for message in said if message.code not in ACROSS.values()]
            if not any(message.code.startswith("I") for message in said):
                # A missing member is told with what is called alike, and that may be anything.
                seen = "" if any(message.code in _ALIKE for message in said) else self._seen(path)
                self._results.keep(New(Tool.PYLINT, path, self._keys[path], self._closures[path], [seen, *told(said)], (path,)))

    def keep_across(self, outcome: Outcome) -> None:
        """Keeps what the checks that look across files say."""
        about = by_path(outcome, self.files)
        if about is not None and not (outcome.accepted and outcome.messages):
            said = [message for found in about.values() for message in found if message.code in ACROSS.values()]
            self._results.keep(New(Tool.PYLINT, _OF_ALL, self._key_of_all, self._closure_of_all, told(said), self.files))

    @cached_property
    def _closures(self) -> dict[str, str]:
        return {path: self._closure(path) for path in self.files}

    def _closure(self, path: str) -> str:
        found = self._surroundings.closure(path)
        return self._with_names(found.digest, found.tops) if found.known else UNKNOWN

    def _seen(self, path: str) -> str:
        if path not in self._visible:
            self._visible[path] = self._looked_at(path)
        return self._visible[path]

    def _looked_at(self, path: str) -> str:
        if not self._surroundings.closure(path).known:
            return UNKNOWN
        found = self._surroundings.visible().of(path)
        return self._with_names(found.digest, found.tops)

    def _with_names(self, content: str, tops: frozenset[str]) -> str:
        # pylint has isort tell which modules are one's own, and isort goes by the names there are.
        holders = [f"{name}:{','.join(roots)}" for name, roots in sorted(self._holders(tops).items())]
        return digest(content, *sorted(tops & self._own), "", *holders)

    def _holders(self, tops: frozenset[str]) -> Mapping[str, list[str]]:
        """Those of the names that are held by one of the folders, and by which."""
        found: dict[str, list[str]] = {}
        for root, held in self._roots.items():
            for name in held & tops:
                found.setdefault(name, []).append(root)
        return found

    @cached_property
    def _own(self) -> set[str]:
        return fingerprint.importable(self._at(""))

    @cached_property
    def _roots(self) -> dict[str, set[str]]:
        """The folders that the files' packages lie in, in pylint's order, and the names of modules in each."""
        return {root: fingerprint.importable(Path(root)) for root in dict.fromkeys(map(self._root, self.files))}

    def _root(self, path: str) -> str:
        """The folder that a file's package lies in, as pylint finds it (`discover_package_path`)."""
        folder = os.path.dirname(os.path.realpath(self._at(path)))
        for source in self.division.source_roots if self.division else ():
            root = os.path.realpath(self._at(os.path.expanduser(source)))
            if os.path.commonpath([root, folder]) == root:
                return root
        while os.path.exists(os.path.join(folder, "__init__.py")) and folder != os.path.dirname(folder):
            folder = os.path.dirname(folder)
        return folder

    @cached_property
    def _key_of_all(self) -> str:
        return digest(self._base, "across", *(self._keys[path] for path in self.files))

    @cached_property
    def _closure_of_all(self) -> str:
        return UNKNOWN if UNKNOWN in self._closures.values() else digest(*self._closures.values())

    def _size(self, path: str) -> int:
        return os.path.getsize(self._at(path))

    def _at(self, path: str) -> Path:
        return self._surroundings.root / path

    def _kept_division(self) -> Division | None:
        for entry in self._results.known(Tool.PYLINT, _SETTINGS, digest(self._base, "settings")):
            if _is_division(entry[3]):
                across, is_whole, is_certain, roots = entry[3]
                return Division(tuple(across), is_whole, is_certain, tuple(roots))
        return None


def _is_division(kept: Any) -> bool:
    if not (isinstance(kept, list) and len(kept) == 4 and isinstance(kept[0], list) and isinstance(kept[3], list)):
        return False
    return (
        set(kept[0]) <= {*ACROSS}
        and isinstance(kept[1], bool)
        and isinstance(kept[2], bool)
        and all(isinstance(one, str) for one in kept[3])
    )
