"""Where verdicts are kept: JSON files in a folder that no clone can bring along.

Several runs may read and write at once: a file is read whole and replaced by one rename, after what others kept meanwhile
was read again. So an entry may be lost, and is then found out anew; nothing is ever half written.
"""

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

Shelf = dict[str, Any]
FORMAT = 1
NEWEST = 4  # verdicts for each file by each tool: a few branches, or an edit and its reversal
UNKNOWN = "unknown"  # in place of a digest: never the same
NEWEST_OF_ALL = 16  # of those on all files of a run at once
_FILES = 20_000
_LARGEST = 20_000_000  # bytes of a file of verdicts; a larger one is begun anew
_ABANDONED = 24 * 3600  # seconds
_TEXTS = 200  # rewritten files that are kept


def folder(root: Path) -> Path:
    """Where the verdicts on a repository are kept: in git's own folder, which a checkout cannot fill as it could `.cache`."""
    from policy_checks import git

    found = os.fsdecode(git.run(root, "rev-parse", "--git-common-dir").removesuffix(b"\n"))
    return root / found / "policy-checks" / "format"


def digest(*parts: bytes | str) -> str:
    """Parts as a short text; where one ends and the next begins counts."""
    whole = blake2b(digest_size=16)
    for part in parts:
        data = os.fsencode(part) if isinstance(part, str) else part
        whole.update(b"%d:" % len(data))
        whole.update(data)
    return whole.hexdigest()


def forget(kept: Path) -> None:
    """Empties the folder."""
    shutil.rmtree(kept, ignore_errors=True)


class Store:
    """The files of a folder, each read once; raises nothing for what cannot be read or written: then it is not known."""

    def __init__(self, kept: Path) -> None:
        self._folder = kept
        self._shelves: dict[str, Shelf] = {}

    def shelf(self, name: str) -> Shelf:
        """What is kept under a name, as it was when first asked for."""
        if name not in self._shelves:
            self._shelves[name] = self._read(name)
        return self._shelves[name]

    def put(self, name: str, merge: Callable[[Shelf], Shelf]) -> None:
        """Keeps what `merge` makes of what is there now."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            data = json.dumps({"format": FORMAT, "kept": merge(self._read(name))}, separators=(",", ":")).encode()
            if len(data) <= _LARGEST:
                self._replace(f"{name}.json", data)
            for left in self._folder.glob("*.json.*"):  # by runs that were killed
                if time.time() - left.stat().st_mtime > _ABANDONED:
                    left.unlink()
        except OSError:
            return  # a cache that cannot be written is no fault of the files

    def text(self, name: str) -> bytes | None:
        """The bytes with this digest."""
        try:
            data = (self._folder / "texts" / name).read_bytes()
        except OSError:
            return None
        return data if digest(data) == name else None

    def put_text(self, data: bytes) -> str:
        """Keeps bytes; returns their digest."""
        name = digest(data)
        try:
            texts = self._folder / "texts"
            texts.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._replace(f"texts/{name}", data)
            for old in sorted(texts.iterdir(), key=lambda file: file.stat().st_mtime_ns)[:-_TEXTS]:
                old.unlink()
        except OSError:
            return name
        return name

    def _read(self, name: str) -> Shelf:
        try:
            found = json.loads((self._folder / f"{name}.json").read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        kept = found.get("kept") if isinstance(found, dict) and found.get("format") == FORMAT else None
        return kept if isinstance(kept, dict) else {}

    def _replace(self, name: str, data: bytes) -> None:
        staging = self._folder / f"{name}.{os.getpid()}-{threading.get_ident()}"
        try:
            staging.write_bytes(data)
            staging.replace(self._folder / name)
        except OSError:
            staging.unlink(missing_ok=True)
            raise


def entries(shelf: Mapping[str, Any], path: str, key: str) -> Iterator[list[Any]]:
    """The entries of a file whose first part is the key; what has another form is passed over."""
    return (entry for entry in _listed(shelf, path) if entry[0] == key)


def merged(shelf: Shelf, new: Mapping[str, list[Any]]) -> Shelf:
    """A shelf with new entries, the newest of each file; the files that were judged last, where there are too many."""
    for path, entry in new.items():
        old = [one for one in _listed(shelf, path) if one[:2] != entry[:2]]
        shelf.pop(path, None)
        shelf[path] = [entry, *old][: NEWEST if path else NEWEST_OF_ALL]
    return dict(list(shelf.items())[-_FILES:])


def _listed(shelf: Mapping[str, Any], path: str) -> list[list[Any]]:
    found = shelf.get(path)
    return [entry for entry in found if isinstance(entry, list) and len(entry) == 4] if isinstance(found, list) else []
