"""Which files a name can mean, wherever a tool would look for modules.

Where that is depends on settings, plugins and the files at hand. So a name stands for every file of the repository that could be
meant by it, `a.b` for each that ends in `a/b.py`, and so on: more than a tool reads, never less.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from policy_checks.formatting.listing import Listing

_ENDS = (".py", ".pyi", "/__init__.py", "/__init__.pyi")
Place = tuple[str, ...]  # a module's folders and its name; a package's folders


class Modules:
    """The modules of a listing, and of folders `outside` of it that tools look in too."""

    def __init__(self, root: Path, listing: Listing, outside: Sequence[str]) -> None:
        self._root, self._files, self._outside = root, listing.modules, tuple(outside)
        self._opaque: dict[str, list[str]] = {}
        for folder in listing.opaque:
            self._opaque.setdefault(folder.rpartition("/")[2], []).append(folder)
        self._known: dict[str, frozenset[str]] = {}
        self._names: dict[str, frozenset[str]] = {}
        self.looks: set[str] = set()  # where files were looked for that are not in the listing

    def meant(self, path: str, name: str) -> frozenset[str]:
        """The files that a file's import of a name may lead to, those of the packages on the way among them."""
        if name.startswith("."):
            return frozenset(self._relative(path, name))
        if name not in self._known:
            self._known[name] = frozenset(self._absolute(name.split(".")))
        return self._known[name]

    def packages(self, folder: str) -> Iterator[str]:
        """The files of a package and of those that it lies in."""
        while True:
            yield from (path for path in (_join(folder, "__init__.py"), _join(folder, "__init__.pyi")) if path in self._files)
            if not folder:
                return
            folder = parent(folder)

    def parts(self, package: str) -> dict[str, list[str]]:
        """The modules directly in the package with this `__init__` file, by name."""
        return self._parts.get(parent(package), {})

    @cached_property
    def _parts(self) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {}
        for path in self._files:
            place = _place(path)
            if place:
                found.setdefault("/".join(place[:-1]), {}).setdefault(place[-1], []).append(path)
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[tuple[Place, str]]]:
        found: dict[str, list[tuple[Place, str]]] = {}
        for path in self._files:
            place = tuple(part.removesuffix("-stubs") for part in _place(path))  # PEP 561: stubs of `a` may lie in `a-stubs`
            if place:
                found.setdefault(place[-1], []).append((place, path))
        return found

    def _relative(self, path: str, name: str) -> Iterator[str]:
        left = name.lstrip(".")
        folder = parent(path)
        for _ in range(len(name) - len(left) - 1):
            folder = parent(folder)
        yield from self.packages(folder)
        for part in filter(None, left.split(".")):
            below = self._parts.get(folder, {})
            yield from (path for paths in below.values() for path in paths) if part == "*" else below.get(part, ())
            folder = _join(folder, part)

    def _absolute(self, parts: Sequence[str]) -> Iterator[str]:
        everything = parts[-1] == "*"
        wanted = tuple(parts[:-1] if everything else parts)
        for number in range(1, len(wanted) + 1):
            begin = wanted[:number]
            for place, path in self._by_name.get(begin[-1], ()):
                if place[-number:] == begin:
                    yield path
                    if everything and number == len(wanted) and "/__init__." in path:
                        yield from (part for paths in self.parts(path).values() for part in paths)
        for number, part in enumerate(wanted):
            for folder in self._opaque.get(part, ()):
                yield from self._below(folder, wanted[number + 1 :])
        for folder in self._outside:
            if wanted[0] in self._held(folder):
                yield from self._below(folder, wanted)
        if len(wanted) > 1 and wanted[0] == self._root.name and "__init__.py" in self._files:  # the root is itself a package
            yield from self._absolute(parts[1:])

    def _held(self, folder: str) -> frozenset[str]:
        """The names of what can be imported from a folder outside."""
        if folder not in self._names:
            self.looks.add(f"{folder}/")
            self._names[folder] = frozenset(look(self._root, f"{folder}/"))
        return self._names[folder]

    def _below(self, folder: str, parts: Iterable[str]) -> Iterator[str]:
        """What lies on the way from a folder whose files are not listed."""
        yield from self._present(folder, _ENDS[2:])
        for part in parts:
            folder = f"{folder}/{part}"
            yield from self._present(folder, _ENDS)

    def _present(self, folder: str, ends: Iterable[str]) -> Iterator[str]:
        for end in ends:
            self.looks.add(folder + end)
            if look(self._root, folder + end):
                yield folder + end


def look(root: Path, path: str) -> list[str]:
    """What is found at a place that is not listed: a file's name, or the names of what can be imported from a folder (with `/` at its end)."""
    if not path.endswith("/"):
        return [path] if os.path.isfile(root / path) else []
    try:
        return sorted({name.partition(".")[0].removesuffix("-stubs") for name in os.listdir(root / path)})
    except OSError:
        return []


def parent(path: str) -> str:
    """The folder of a path."""
    return path.rpartition("/")[0]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _place(path: str) -> Place:
    *folders, name = path.split("/")
    name = name.partition(".")[0]
    return tuple(folders) if name == "__init__" else (*folders, name)
