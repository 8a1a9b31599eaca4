"""Configuration files laid over one another: what each extends first, itself last."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any, TypeGuard

from policy_checks.config.decoding import Path, Wrong, decode, suggestion
from policy_checks.readers import toml
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Unreadable

Read = Callable[[str], SourceFile | None]

PRESETS = FilePath(__file__).parents[1] / "presets"
PROJECT, OWN = "pyproject.toml", "policy-checks.toml"
TABLE = ("tool", "policy-checks")
PRESET, OUTSIDE = "preset:", "../"  # how the path of a file begins that is not the repository's own
_ADDS = "extend-select"  # a list that is added to those of the layers below


@record
class Layer:
    """The policy table of one file; `prefix` is the table's path there."""

    document: toml.Document
    prefix: Path

    def place(self, path: Path, *, of_key: bool = False) -> Place:
        """Where a path below the table is written."""
        find = self.document.key_place if of_key else self.document.place
        return find(*self.prefix, *path)


@record
class Merged:
    """The table that several layers make together, and which layer each part of it comes from; `files` names them, the lowest first."""

    data: Mapping[str, Any]
    origins: Mapping[Path, tuple[Layer, Path]]
    files: tuple[str, ...] = ()

    def origin(self, path: Path) -> tuple[Layer, Path] | None:
        """The layer that holds a path, and the path there; None when no file does."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.origins:
                layer, start = self.origins[path[:length]]
                return layer, (*start, *path[length:])
        return None

    def place(self, path: Path, *, of_key: bool = False) -> Place | None:
        """Where a path is written."""
        found = self.origin(path)
        return found[0].place(found[1], of_key=of_key) if found else None


def merge(layers: Iterable[Layer]) -> Merged:
    """Tables merge, lists of tables append and so does `extend-select`, everything else is replaced by the later layer (an empty list clears)."""
    data: dict[str, Any] = {}
    origins: dict[Path, tuple[Layer, Path]] = {}
    files = []
    for layer in layers:
        files.append(layer.document.file.path)
        table = {key: value for key, value in layer.document.get(*layer.prefix).items() if key != "extends"}
        origins[()] = (layer, ())
        data = _laid_over(data, table, (), layer, origins)
    return Merged(data, origins, tuple(files))


def _laid_over(
    below: dict[str, Any], above: dict[str, Any], path: Path, layer: Layer, origins: dict[Path, tuple[Layer, Path]]
) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        at, held = (*path, key), result.get(key)
        if isinstance(held, dict) and isinstance(value, dict):
            result[key] = _laid_over(held, value, at, layer, origins)
        elif isinstance(held, list) and isinstance(value, list) and (at == (_ADDS,) or (_holds_tables(held) and _holds_tables(value))):
            origins.update({(*at, len(held) + index): (layer, (*at, index)) for index in range(len(value))})
            result[key] = [*held, *value]
        else:
            for covered in [one for one in origins if one[: len(at)] == at]:
                del origins[covered]
            origins[at] = (layer, at)
            result[key] = value
    return result


def _holds_tables(value: Any) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


@record
class _Extends:
    extends: tuple[str, ...] = ()


class Stack:
    """Collects a file and what it extends, bases first, each once; `wrong` holds what could not be followed.

    `read` gives the files of a tree; `outside` those beside it, None where nothing is beside it: in a revision.
    """

    def __init__(self, read: Read, outside: Read | None = None) -> None:
        self.layers: list[Layer] = []
        self.wrong: list[tuple[Place, str, str]] = []
        self.file = read
        self._outside = outside
        self._met: set[str] = set()

    def add(self, layer: Layer, chain: tuple[str, ...] = ()) -> None:
        """One layer after its bases; `chain` names the files that led here."""
        path = layer.document.file.path
        self._met.add(path)
        for index, name in enumerate(self._names(layer)):
            target = _resolved(path, name)
            if target in (*chain, path):
                self._refuse(layer, index, f"{' → '.join((*chain, path, target))}: a file cannot extend itself")
            elif target not in self._met:
                self._follow(layer, index, target, (*chain, path))
        self.layers.append(layer)

    def _follow(self, layer: Layer, index: int, target: str, chain: tuple[str, ...]) -> None:
        if target.startswith(PRESET):
            file, known = preset(target), [f"preset:{name}" for name in presets()]
            message = f"there is no {target!r}{suggestion(target, known)}; presets: {', '.join(known)}"
        elif message := self._unseen(target):
            file = None
        else:
            read = self._outside if self._outside and target.startswith(OUTSIDE) else self.file
            file, message = read(target), f"there is no file {target!r}"
        if file is None:
            self._refuse(layer, index, message)
        elif base := self.parsed(file):
            self.add(base, chain)

    def _unseen(self, target: str) -> str:
        """Why a name is not even looked up; empty where it is."""
        if target.startswith("/") or "\\" in target:
            return f"{target!r} lies outside the repository and is no relative path with `/` between its parts"
        if not target.startswith(OUTSIDE):
            return ""
        if not target.endswith(".toml"):
            return f"{target!r} lies outside the repository and is no .toml file"
        if self._outside is None:
            return f"{target!r} lies outside the tree that is judged; name the configuration on disk with --config, or bring that file in"
        return ""

    def parsed(self, file: SourceFile, *, required: bool = True) -> Layer | None:
        """A file's policy table; a fault is noted where it cannot be read, is no table, or is required and not there."""
        try:
            document = toml.document(file)
        except Unreadable as error:
            self.wrong.append((Place(error.file, error.span), "", error.message))
            return None
        layer = Layer(document, TABLE if posixpath.basename(file.path) == PROJECT else ())
        found = document.get(*layer.prefix)
        if isinstance(found, dict):
            return layer
        if required or found is not None:
            self.wrong.append((layer.place(()), "", "expected a table [tool.policy-checks]"))
        return None

    def _names(self, layer: Layer) -> Iterator[str]:
        wrong: list[Wrong] = []
        decoded = decode(_Extends, layer.document.get(*layer.prefix), wrong, closed=False)
        self.wrong += [(layer.place(one.path), "extends", one.message) for one in wrong]
        yield from decoded.extends if decoded else ()

    def _refuse(self, layer: Layer, index: int, message: str) -> None:
        self.wrong.append((layer.place(("extends", index)), f"extends[{index}]", message))


def presets() -> list[str]:
    """The names of the presets that come with the package."""
    return sorted(file.stem for file in PRESETS.glob("*.toml"))


def preset(target: str) -> SourceFile | None:
    """The preset `preset:NAME`, None when there is no such."""
    name = target.removeprefix(PRESET)
    return SourceFile(target, (PRESETS / f"{name}.toml").read_bytes()) if name in presets() else None


def _resolved(path: str, name: str) -> str:
    """A name in `extends` as seen from the file that holds it, relative to the root."""
    return name if name.startswith(PRESET) else posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
