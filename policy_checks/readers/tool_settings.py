"""What a folder tells the tools that judge Python code: pyproject.toml, their own files, and the arguments of hooks."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from policy_checks.readers import pre_commit_config, pyproject, toml
from policy_checks.readers.ini import Ini
from policy_checks.readers.pre_commit_config import Hook, PreCommitConfig
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.written import Written, unquoted
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Unreadable
from policy_checks.workspace import Kind, Workspace


@record(eq=False)
class ToolTable:
    """What one file says to one tool: values by key, in lower case with `_` between words."""

    tool: str
    file: SourceFile
    values: Mapping[str, Any]
    _places: Callable[[str], Place]  # by key; empty: the table itself

    def place(self, key: str = "") -> Place:
        """Where a value stands, inside its quotes; without a key the table's header. `a.b.0` is below `a` (TOML)."""
        return unquoted(self._places(key))

    def number(self, key: str) -> int | None:
        """A whole number, also where it is written as text."""
        value = self.values.get(key)
        if isinstance(value, str) and (plain := re.fullmatch(r"\s*(\d{1,9})\s*", value)):
            return int(plain[1])
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def text(self, key: str) -> Written | None:
        """A text, or a number as it is written (`python_version = 3.12`)."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        return Written(str(value).strip(), self.place(key))

    def words(self, key: str) -> tuple[str, ...]:
        """A list, or a text of words parted by commas or blanks."""
        value = self.values.get(key)
        if isinstance(value, list):
            return tuple(str(item) for item in value)
        return tuple(word for word in re.split(r"[\s,]+", value) if word) if isinstance(value, str) else ()

    def flag(self, key: str) -> bool:
        """Whether something is switched on."""
        return str(self.values.get(key, "")).strip().lower() in ("true", "1", "yes", "on")


@record(eq=False)
class ToolSettings:
    """All of one folder: for each tool the table that it reads (the first one, in the tool's own order)."""

    folder: str
    pyproject: PyProject | None
    tables: Mapping[str, ToolTable]
    hooks: PreCommitConfig | None
    editor: Ini | None
    workspace: Workspace

    def __contains__(self, tool: str) -> bool:
        return tool in self.tables

    def get(self, tool: str) -> ToolTable | None:
        """A tool's table, None where the folder has none for it."""
        return self.tables.get(tool)

    def hook(self, *ids: str) -> tuple[Hook, ...]:
        """The hooks of these ids."""
        every = self.hooks.repositories if self.hooks else ()
        return tuple(hook for repository in every for hook in repository.hooks if hook.id in ids)

    def arguments(self, ids: tuple[str, ...], *names: str) -> Iterator[Written]:
        """The values that hooks are given for an option: `--name=value`, `--name value`, `-l100`."""
        for hook in self.hook(*ids):
            for index, word in enumerate(hook.arguments):
                name, equals, value = word.text.partition("=")
                if name in names and equals:
                    yield Written(value, word.part(value) or word.place)
                elif name in names and index + 1 < len(hook.arguments):
                    yield hook.arguments[index + 1]
                elif short := next((letter for letter in names if len(letter) == 2 and name.startswith(letter) and name != letter), ""):
                    yield Written(name.removeprefix(short), word.part(name.removeprefix(short)) or word.place)


# Where each tool looks, the first that has something for it wins: file name and table or section (`*`: the whole file, `a.*`: all below).
# black, ruff and mypy: their documentation; isort `settings.py`, flake8 `options/config.py`, pylint `config/find_default_config_files.py`.
_SOURCES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "black": (("pyproject.toml", "tool.black"),),
    "ruff": ((".ruff.toml", ""), ("ruff.toml", ""), ("pyproject.toml", "tool.ruff")),
    "isort": (
        (".isort.cfg", "settings isort"),
        ("pyproject.toml", "tool.isort"),
        ("setup.cfg", "isort tool:isort"),
        ("tox.ini", "isort tool:isort"),
    ),
    "yapf": ((".style.yapf", "style"), ("setup.cfg", "yapf"), ("pyproject.toml", "tool.yapf")),
    "pylint": (
        ("pylintrc", "*"),
        ("pylintrc.toml", "tool.pylint"),
        (".pylintrc", "*"),
        (".pylintrc.toml", "tool.pylint"),
        ("pyproject.toml", "tool.pylint"),
        ("setup.cfg", "pylint.*"),
        ("tox.ini", "pylint.*"),
    ),
    "flake8": (("setup.cfg", "flake8"), ("tox.ini", "flake8"), (".flake8", "flake8"), ("pyproject.toml", "tool.flake8")),
    "pycodestyle": (("setup.cfg", "pycodestyle"), ("tox.ini", "pycodestyle pep8")),
    "mypy": (("mypy.ini", "mypy"), (".mypy.ini", "mypy"), ("pyproject.toml", "tool.mypy"), ("setup.cfg", "mypy")),
    "pyright": (("pyproject.toml", "tool.pyright"),),
    "basedpyright": (("pyproject.toml", "tool.basedpyright"),),
    "ty": (("ty.toml", "environment"), ("pyproject.toml", "tool.ty.environment")),
    "tox": (("tox.ini", "tox"), ("tox.toml", ""), ("pyproject.toml", "tool.tox")),
    # pytest: "Initialization: determining rootdir and configfile" in its reference; `[tool.pytest]` is of 9.0
    "pytest": (
        ("pytest.toml", "pytest"),
        (".pytest.toml", "pytest"),
        ("pytest.ini", "pytest"),
        (".pytest.ini", "pytest"),
        ("pyproject.toml", "tool.pytest.ini_options"),
        ("pyproject.toml", "tool.pytest"),
        ("tox.ini", "pytest"),
        ("setup.cfg", "tool:pytest"),
    ),
    "setuptools": (("setup.cfg", "options"),),
    "metadata": (("setup.cfg", "metadata"),),
}
_NAMES = frozenset(name for sources in _SOURCES.values() for name, _section in sources) | {".editorconfig"}
_FLATTENED = ("pylint",)  # tools whose tables are a mere grouping


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[ToolSettings | Unreadable]:
    folders: dict[str, list[str]] = {}
    for path in workspace.paths:
        folder, name = posixpath.split(path)
        if name in _NAMES or pre_commit_config.is_config(path):
            folders.setdefault(folder, []).append(name)
    for folder, names in folders.items():
        yield from _folder(workspace, folder, names)


def _folder(workspace: Workspace, folder: str, names: list[str]) -> Iterator[ToolSettings | Unreadable]:
    files: dict[str, PyProject | toml.Document | Ini | PreCommitConfig] = {}
    for name in names:
        try:
            files[name] = _parsed(workspace.file(posixpath.join(folder, name)), name)
        except Unreadable as error:
            yield error
    own = files.get("pyproject.toml")
    hooks = next((file for file in files.values() if isinstance(file, PreCommitConfig)), None)
    editor = files.get(".editorconfig")
    tables = {tool: table for tool, sources in _SOURCES.items() if (table := _table(tool, sources, files))}
    yield ToolSettings(
        folder, own if isinstance(own, PyProject) else None, tables, hooks, editor if isinstance(editor, Ini) else None, workspace
    )


def _parsed(file: SourceFile, name: str) -> PyProject | toml.Document | Ini | PreCommitConfig:
    if name == "pyproject.toml":
        return file.once(pyproject.read)
    if pre_commit_config.is_config(file.path):
        return file.once(pre_commit_config.read)
    return file.once(toml.document) if name.endswith(".toml") else file.once(Ini)


def _table(tool: str, sources: tuple[tuple[str, str], ...], files: Mapping[str, object]) -> ToolTable | None:
    for name, where in sources:
        file = files.get(name)
        document = file.document if isinstance(file, PyProject) else file
        if isinstance(document, toml.Document):
            found = _of_toml(tool, document, tuple(filter(None, where.split("."))))
        else:
            found = _of_ini(tool, document, where.split()) if isinstance(document, Ini) else None
        if found:
            return found
    return None


def _of_toml(tool: str, document: toml.Document, path: tuple[str, ...]) -> ToolTable | None:
    table = document.get(*path)
    if not isinstance(table, dict):
        return None
    paths = {_key(key): (*path, key) for key in table}
    values = {_key(key): value for key, value in table.items()}
    for group, below in table.items() if tool in _FLATTENED else ():
        if isinstance(below, dict):
            paths |= {_key(key): (*path, group, key) for key in below}
            values |= {_key(key): value for key, value in below.items()}

    def place(key: str) -> Place:
        first, *rest = key.split(".")
        return document.place(*paths.get(first, path), *(int(part) if part.isdecimal() else part for part in rest))

    return ToolTable(tool, document.file, values, place)


def _of_ini(tool: str, ini: Ini, wanted: list[str]) -> ToolTable | None:
    sections = [name for name in ini.sections if any(pattern in ("*", name) or _is_below(name, pattern) for pattern in wanted)]
    if not sections or not any(ini.sections[name] for name in sections):
        return None
    owners = {_key(key): (section, key) for section in sections for key in ini.sections[section]}
    values = {_key(key): value for section in sections for key, value in ini.sections[section].items()}

    def place(key: str) -> Place:
        return ini.place(*owners.get(key, (sections[-1], "")))

    return ToolTable(tool, ini.file, values, place)


def _is_below(name: str, pattern: str) -> bool:
    """`pylint.messages control` is below `pylint.*`."""
    return pattern.endswith(".*") and name.startswith(pattern[:-1])


def _key(key: str) -> str:
    return key.replace("-", "_").lower()


TOOL_SETTINGS: Kind[ToolSettings] = Kind("settings of tools", _read)
