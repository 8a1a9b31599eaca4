"""The Python versions that the tools of a folder are told to judge for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policy_checks.readers.line_lengths import BLACK_HOOKS, RUFF_HOOKS
from policy_checks.readers.tool_settings import ToolSettings, ToolTable
from policy_checks.record import record
from policy_checks.source import Place

Version = tuple[int, int]
_PLUS = re.compile(r"--py(3)(\d{1,2})-plus")
_SHORT = re.compile(r"(?:py)?([23])(\d{1,2})")  # `py310`, isort's `310`
_DOTTED = re.compile(r"(\d)\s*[.,]\s*(\d{1,2})(?:\.\d+)?")  # `3.10`, pylint's `3, 10`


@record(eq=False)
class Target:
    """One setting. `is_minimum`: it says the oldest version that has to work; else just the one that is judged."""

    tool: str
    key: str
    versions: tuple[Version, ...]
    place: Place
    is_minimum: bool
    spelling: str = "{}.{}"  # how one version is written there

    def __str__(self) -> str:
        return f"{self.tool} `{self.key}`"

    def spelled(self, version: Version) -> str:
        """A version as this setting writes it."""
        return self.spelling.format(*version)


# Tool, key, whether it is a minimum, how it is written. The documentation of each says so: ruff "the minimum Python version to target",
# black "versions that should be supported", pylint "minimum Python version"; mypy and pyright judge for one version.
_SETTINGS = (
    ("ruff", "target_version", True, "py{}{}"),
    ("black", "target_version", True, "py{}{}"),
    ("pylint", "py_version", True, "{}.{}"),
    ("mypy", "python_version", False, "{}.{}"),
    ("pyright", "pythonversion", False, "{}.{}"),
    ("basedpyright", "pythonversion", False, "{}.{}"),
    ("ty", "python_version", False, "{}.{}"),
    ("isort", "py_version", False, "{}{}"),
)
_WRITTEN: Mapping[str, str] = {"target_version": "target-version", "pythonversion": "pythonVersion"}


def targets(settings: ToolSettings) -> Iterator[Target]:
    """Every target that is written and understood."""
    for tool, key, is_minimum, spelling in _SETTINGS:
        table = settings.get(tool)
        if table and key in table.values and (target := _target(table, key, is_minimum, spelling)):
            yield target
    yield from _of_hooks(settings)


def _of_hooks(settings: ToolSettings) -> Iterator[Target]:
    """What hooks are given: `--py310-plus` of pyupgrade and its kin, black's and ruff's `--target-version`, mypy's `--python-version`."""
    for hook in settings.hook("pyupgrade", "reorder-python-imports"):
        for word in hook.arguments:
            if plus := _PLUS.fullmatch(word.text):
                yield Target(hook.id, word.text, ((int(plus[1]), int(plus[2])),), word.place, is_minimum=True, spelling="--py{}{}-plus")
    for written in settings.arguments(RUFF_HOOKS, "--target-version"):
        if found := version(written.text):
            yield Target("ruff", "--target-version", (found,), written.place, is_minimum=True, spelling="py{}{}")
    given = [*settings.arguments(BLACK_HOOKS, "--target-version", "-t")]  # black takes it several times
    if given and (all_found := tuple(filter(None, (version(written.text) for written in given)))):
        yield Target("black", "--target-version", all_found, given[0].place, is_minimum=True, spelling="py{}{}")
    for written in settings.arguments(("mypy",), "--python-version"):
        if found := version(written.text):
            yield Target("mypy", "--python-version", (found,), written.place, is_minimum=False)


def _target(table: ToolTable, key: str, is_minimum: bool, spelling: str) -> Target | None:
    value = table.values[key]
    named = value if isinstance(value, list) else [value]
    versions = tuple(found for one in named if (found := version(one)))
    if not versions or len(versions) < len(named):
        return None
    place = table.place(f"{key}.0") if isinstance(value, list) and len(named) == 1 else table.place(key)
    return Target(table.tool, key if table.file.path.endswith(".ini") else _WRITTEN.get(key, key), versions, place, is_minimum, spelling)


def version(value: Any) -> Version | None:
    """`py310`, `310`, `3.10` or `3, 10`; None for anything else."""
    text = str(value).strip().lower()
    found = _DOTTED.fullmatch(text) or _SHORT.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None
