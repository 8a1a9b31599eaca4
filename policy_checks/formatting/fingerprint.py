"""What a verdict rests on besides the files: the tool as it is installed, its settings, the environment, this program."""

import glob
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from policy_checks.formatting.modules import parent
from policy_checks.formatting.processes import Children
from policy_checks.formatting.store import digest
from policy_checks.record import record

_SETTINGS = (
    *("pyproject.toml", "setup.cfg", "tox.ini", ".editorconfig", ".isort.cfg"),
    *(".pylintrc", "pylintrc", ".pylintrc.toml", "pylintrc.toml", "mypy.ini", ".mypy.ini"),
)
_OF_THE_USER = (
    *("~/.pylintrc", "~/.isort.cfg", "~/.mypy.ini", "~/.black", "~/.editorconfig", "/etc/pylintrc"),
    *(f"{base}/{name}" for base in ("~/.config", "$XDG_CONFIG_HOME") for name in ("pylintrc", "black", "mypy/config")),
)
_READ_BY_TOOLS = ("PYTHON", "MYPY", "PYLINT", "BLACK", "ISORT", "XDG_CONFIG_HOME", "HOME", "LC_", "LANG")
_PROGRAM = Path(__file__).parent
_SEARCHED = "import json, sys; print(json.dumps([sys.version, sys.platform, sys.base_prefix, sys.path]))"
_EDITABLE = re.compile(rb"['\"]([^'\"\n]+)['\"]\s*:\s*['\"]([^'\"\n]+)['\"]")  # in the finder that setuptools writes

# Settings by which a tool looks at more than its files, its environment and what is imported. pylint itself is asked for its own.
_MORE = {
    "isort": re.compile(rb"\b(?:skip_gitignore|old_finders|virtual_env|conda_env)\b"),
    "mypy": re.compile(rb"\b(?:python_executable|custom_typeshed_dir|shadow_file)\b"),
}
_SOURCE_PATHS = re.compile(rb"\bsrc[_-]paths?\b")  # further folders whose modules isort takes for one's own
_MORE_ARGUMENTS = (
    "--skip-gitignore",
    "--gitignore",
    "--old-finders",
    "--python-executable",
    "--custom-typeshed",
    "--shadow-file",
    "--virtual-env",
)
_VALUE = rb"\s*[=:]\s*([^\n]*(?:\n[ \t\"'\]][^\n]*)*)"  # of a key in TOML or in an INI file, with the lines that continue it
_MYPY_PATH, _PLUGINS = re.compile(rb"\bmypy_path" + _VALUE), re.compile(rb"\bplugins" + _VALUE)


@record
class Interpreter:
    """What an interpreter (named by words: itself and its options) answers to the question where it looks for modules."""

    words: tuple[str, ...]
    answer: str
    base: str
    path: tuple[str, ...]


@record
class Searched:
    """An interpreter's word on itself, and the folders outside its own in which it looks for modules."""

    said: str
    folders: tuple[str, ...]


def program() -> str:
    """What this program itself is made of, as far as a verdict passes through it."""
    states = [(entry.name, entry.stat()) for entry in os.scandir(_PROGRAM) if entry.name.endswith(".py")]
    return digest(*sorted(f"{name}:{state.st_size}:{state.st_mtime_ns}" for name, state in states))


def asked(words: Sequence[str], children: Children, root: Path) -> Interpreter | None:
    """Asks an interpreter; None where it does not answer."""
    try:
        done = children.run([*words, "-c", _SEARCHED], root)
        _version, _platform, base, path = json.loads(done.stdout)
    except (OSError, ValueError):
        return None
    return Interpreter(tuple(words), done.stdout, base, tuple(path))


def searched(interpreter: Interpreter, root: Path) -> Searched | None:
    """What lies in its folders now; None where it looks for modules in ways that we cannot follow."""
    words = interpreter.words
    said, outside = [interpreter.answer, *words, _state(Path(words[0]).resolve())], []
    for folder in filter(None, interpreter.path):
        if os.path.basename(folder) in ("site-packages", "dist-packages"):
            try:
                found, more = list(_installed(folder)), _led_to(folder)
            except OSError:
                return None
            if more is None:
                return None
            said += [folder, *found]
            outside += more
        elif (
            not (folder.startswith(interpreter.base) and "python" in os.path.basename(folder)) and os.path.basename(folder) != "lib-dynload"
        ):
            outside.append(folder)
    home = Path(words[0]).parent.parent / "pyvenv.cfg"
    said.append(home.read_text("utf-8", "replace") if home.is_file() else "")
    return Searched(digest(*said), tuple(folder for folder in dict.fromkeys(outside) if folder != str(root)))


def _installed(folder: str) -> Iterator[str]:
    """What is installed in a folder: each installation renews its `*.dist-info`, a package its `__init__.py`."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.name == "__pycache__":
                continue
            if not entry.is_dir():
                yield f"{entry.name} {_state(entry.path)}"
            elif entry.name.endswith((".dist-info", ".egg-info")):
                yield f"{entry.name} {_state(entry.path)} {_state(os.path.join(entry.path, 'RECORD'))}"
            else:
                yield f"{entry.name} {_state(os.path.join(entry.path, '__init__.py'))}"


def _led_to(folder: str) -> list[str] | None:
    """The folders that the finders of editable installations lead to; None where one maps names to other ones."""
    found = []
    for finder in glob.glob(f"{glob.escape(folder)}/__editable__*finder.py"):
        for name, target in _EDITABLE.findall(Path(finder).read_bytes()):
            path = Path(os.fsdecode(target))
            if path.is_absolute() and path.stem != os.fsdecode(name).rpartition(".")[2]:
                return None
            found += [str(path.parents[name.count(b".")])] * path.is_absolute()
    return found


def _state(path: str | Path) -> str:
    try:
        state = os.stat(path)
    except OSError:
        return ""
    return f"{state.st_size}:{state.st_mtime_ns}"


class Settings:
    """The files of settings that a tool may read for a file, as they were when first looked at."""

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self._root, self._environment = root, environment
        self._bytes: dict[Path, bytes | None] = {}
        self._folders: dict[str, str] = {}

    def everywhere(self, tool: str, arguments: Sequence[str]) -> str | None:
        """What holds for all files; None where a setting makes the tool look at what we do not see."""
        named = [word.rpartition("=")[2] for word in arguments]
        above = [folder / name for folder in self._root.parents for name in _SETTINGS]
        variables = {name: value for name, value in sorted(self._environment.items()) if name.startswith(_READ_BY_TOOLS)}
        files = [*above, *self._of_the_user(), *(self._root / name for name in (*named, *variables.values()) if name and "\0" not in name)]
        held = [self._read(path) for path in files]
        here = [self._read(self._root / name) for name in _SETTINGS]
        opaque = _MORE.get(tool)
        if any(word.startswith(_MORE_ARGUMENTS) for word in arguments) or (
            opaque and any(opaque.search(data) for data in (*held, *here) if data)
        ):
            return None
        parts = [f"{name}={value}" for name, value in variables.items()]
        lock = self._read(self._root / "uv.lock") or b""
        return digest(tool, *arguments, "", *parts, "", lock, *(data if data is not None else b"\0" for data in held), self.above(""))

    def above(self, path: str) -> str:
        """The settings in the folders above a file, from the root on."""
        folder = parent(path)
        if folder not in self._folders:
            held = [self._read(self._root / folder / name) for name in _SETTINGS]
            here = digest(*(data if data is not None else b"\0" for data in held))
            self._folders[folder] = digest(self.above(folder), here) if folder else here
        return self._folders[folder]

    def has_more(self, tool: str, path: str) -> bool:
        """Whether the settings above a file make the tool look at what we do not see."""
        opaque = _MORE.get(tool)
        if opaque is None:
            return False
        return any(opaque.search(self._read(self._root / folder / name) or b"") for folder in folders(path) for name in _SETTINGS)

    def names_source_paths(self, arguments: Sequence[str], paths: Iterable[str]) -> bool:
        """Whether isort is told where modules of one's own lie, beside the places where it looks by itself."""
        places = {folder for path in paths for folder in folders(path)} | {""}
        named = (Path(word.rpartition("=")[2]) for word in arguments if "\0" not in word)
        files = (*(Path(folder, name) for folder in places for name in _SETTINGS), *named)
        told = any(_SOURCE_PATHS.search(self._read(self._root / file) or b"") for file in files)
        return told or any(word.startswith("--src") for word in arguments)

    def mypy_path(self) -> list[str]:
        """The folders outside the repository that mypy's settings name as places of modules."""
        told = ":".join([*self._words(_MYPY_PATH), self._environment.get("MYPYPATH", "")]).replace("$MYPY_CONFIG_FILE_DIR", ".")
        words = [os.path.expandvars(os.path.expanduser(word)) for word in re.split(f"[,:{os.pathsep}]", told) if word]
        found = [os.path.normpath(self._root / word) for word in words]
        return [folder for folder in dict.fromkeys(found) if os.path.isdir(folder) and folder != str(self._root)]

    def mypy_plugins(self) -> list[str]:
        """The modules that mypy's settings name as plugins, files among them as names."""
        words = [word.partition(":")[0].removeprefix("./") for word in self._words(_PLUGINS)]
        return [word.removesuffix(".py").strip("/").replace("/", ".") for word in words if word]

    def _words(self, key: re.Pattern[bytes]) -> list[str]:
        places = [folder / name for folder in (self._root, *self._root.parents) for name in _SETTINGS]
        found = [value for place in (*places, *self._of_the_user()) for value in key.findall(self._read(place) or b"")]
        return re.split(r"[,;\s\"'\[\]]+", os.fsdecode(b" ".join(found)))

    def is_unchanged(self, began: int) -> bool:
        """Whether all of them are still what they were."""
        return all(_is_unchanged(path, data, began) for path, data in self._bytes.items())

    def _of_the_user(self) -> list[Path]:
        return [Path(os.path.expandvars(os.path.expanduser(name))) for name in _OF_THE_USER]

    def _read(self, path: Path) -> bytes | None:
        if path not in self._bytes:
            self._bytes[path] = _bytes(path)
        return self._bytes[path]


def _bytes(path: Path) -> bytes | None:
    """A regular file's bytes; None for anything else."""
    try:
        return path.read_bytes() if path.is_file() else None
    except (OSError, ValueError):
        return None


def _is_unchanged(path: Path, data: bytes | None, began: int) -> bool:
    if data is None:
        return _bytes(path) is None
    try:
        return path.stat().st_ctime_ns < began
    except OSError:
        return False


def folders(path: str) -> Iterator[str]:
    """The folders above a file, the root (empty) last."""
    folder = parent(path)
    while folder:
        yield folder
        folder = parent(folder)
    yield ""


def names(root: Path, places: Iterable[str]) -> str:
    """What isort tells modules of one's own by: the names of folders and modules in these places and in their `src`."""
    return digest(*(f"{place}:{','.join(sorted(importable(root / place)))}" for place in sorted(places)))


def importable(place: Path) -> set[str]:
    """The names of the folders and modules in a place and in its `src`."""
    found = set()
    for folder in (place, place / "src"):
        try:
            with os.scandir(folder) as entries:
                found |= {
                    entry.name.partition(".")[0] for entry in entries if entry.name.endswith((".py", ".so", ".pyd")) or entry.is_dir()
                }
        except OSError:
            continue
    return {name for name in found if name.isidentifier() and name != "__pycache__"}
