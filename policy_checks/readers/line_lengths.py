"""How long a line may be: what each tool of a folder goes by, written or by its own default."""

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum

from policy_checks.readers.ini import Ini
from policy_checks.readers.tool_settings import ToolSettings, ToolTable
from policy_checks.readers.written import Written
from policy_checks.record import record
from policy_checks.source import Place


class Part(IntEnum):
    """What a tool does with the number; who comes first decides what the others have to say."""

    FORMATTER = 0
    SORTER = 1
    EDITOR = 2
    LINTER = 3


@record(eq=False)
class Limit:
    """One tool's number; a default stands where the tool is configured."""

    tool: str
    part: Part
    value: int
    place: Place
    is_default: bool = False
    may_be_longer: bool = False  # a longer one is meant so: comments and strings, which no formatter breaks

    def __str__(self) -> str:
        return f"{self.tool}{' (its default)' if self.is_default else ''} {self.value}"


# isort 8, `profiles.py`: those that set a length and do not sort one name a line (there it does not matter); without one it is 79.
ISORT_PROFILES = {"black": 88, "plone": 88, "appnexus": 88, "hug": 100, "wemake": 80}
BLACK_HOOKS, RUFF_HOOKS = ("black", "black-jupyter"), ("ruff", "ruff-check", "ruff-format")
# What Python files fall under, after braces are resolved.
_ALL_PYTHON = frozenset(("*", "**", "*.py", "**.py", "**/*.py"))


def limits(settings: ToolSettings) -> tuple[Limit, ...]:
    """Every limit of a folder that is in force."""
    found = (*_black(settings), *_ruff(settings), *_yapf(settings), *_isort(settings), *_editor(settings.editor), *_linters(settings))
    return tuple(sorted(found, key=lambda limit: (limit.part, limit.is_default)))


def _black(settings: ToolSettings) -> Iterator[Limit]:
    table = settings.get("black")
    given = [*settings.arguments(BLACK_HOOKS, "--line-length", "-l")]
    yield from _written("black", Part.FORMATTER, given)
    if table and (number := table.number("line_length")) is not None:
        yield Limit("black", Part.FORMATTER, number, table.place("line_length"))
    elif table and not given:
        yield Limit("black", Part.FORMATTER, 88, table.place(), is_default=True)


def _ruff(settings: ToolSettings) -> Iterator[Limit]:
    table = settings.get("ruff")
    yield from _written("ruff", Part.FORMATTER, [*settings.arguments(RUFF_HOOKS, "--line-length")])
    if table is None or "extend" in table.values:
        return
    number = table.number("line_length")
    formats = "format" in table.values or bool(settings.hook("ruff-format"))
    if number is not None:
        yield Limit("ruff", Part.FORMATTER, number, table.place("line_length"))
    elif formats:  # a ruff that only lints may not look at lines at all
        yield Limit("ruff", Part.FORMATTER, 88, table.place(), is_default=True)
    lint = table.values.get("lint", table.values)
    style = lint.get("pycodestyle") if isinstance(lint, dict) else None
    longest = style.get("max-line-length") if isinstance(style, dict) else None
    if isinstance(longest, int):
        place = table.place("lint.pycodestyle.max-line-length" if "lint" in table.values else "pycodestyle.max-line-length")
        yield Limit("ruff's pycodestyle", Part.LINTER, longest, place, may_be_longer=True)


def _yapf(settings: ToolSettings) -> Iterator[Limit]:
    table = settings.get("yapf")
    if table and (number := table.number("column_limit")) is not None:
        yield Limit("yapf", Part.FORMATTER, number, table.place("column_limit"))


def _isort(settings: ToolSettings) -> Iterator[Limit]:
    table = settings.get("isort")
    given = [*settings.arguments(("isort",), "--line-length", "--line-width", "-l", "-w")]
    yield from _written("isort", Part.SORTER, given)
    if table is None or given:
        return
    number = table.number("line_length")
    if number is not None:
        yield Limit("isort", Part.SORTER, number, table.place("line_length"))
        return
    profile = table.text("profile")
    if profile and profile.text in ISORT_PROFILES:
        yield Limit("isort", Part.SORTER, ISORT_PROFILES[profile.text], profile.place, is_default=True)
    elif not isort_profile_given(settings):
        yield Limit("isort", Part.SORTER, 79, table.place(), is_default=True)


def _editor(editor: Ini | None) -> Iterator[Limit]:
    """The last section about Python files counts (EditorConfig specification)."""
    found = None
    for section, values in editor.sections.items() if editor else ():
        inner = re.fullmatch(r"(.*)\{([^{}]*)\}(.*)", section)
        globs = {f"{inner[1]}{part.strip()}{inner[3]}" for part in inner[2].split(",")} if inner else {section}
        if editor and globs & _ALL_PYTHON and "max_line_length" in values:
            value = values["max_line_length"].strip()
            place = editor.place(section, "max_line_length")
            found = Limit(".editorconfig", Part.EDITOR, int(value), place) if re.fullmatch(r"\d{1,9}", value) else None
    if found:
        yield found


def _linters(settings: ToolSettings) -> Iterator[Limit]:
    pylint, flake8, style = settings.get("pylint"), settings.get("flake8"), settings.get("pycodestyle")
    for tool, table, default, judged in (
        ("pylint", pylint, 100, pylint is None or _pylint_measures(pylint)),
        ("flake8", flake8, 79, flake8 is None or _flake8_measures(flake8)),
        ("pycodestyle", style, 79, style is None or _flake8_measures(style)),
    ):
        given = [*settings.arguments((tool,), "--max-line-length")]
        if not judged:
            continue
        yield from _written(tool, Part.LINTER, given)
        if table is None or given:
            continue
        longer = tool == "flake8" and "B950" in {*table.words("select"), *table.words("extend_select"), *table.words("extend_ignore")}
        number = table.number("max_line_length")
        if number is not None:
            yield Limit(tool, Part.LINTER, number, table.place("max_line_length"), may_be_longer=longer)
        elif "max_line_length" not in table.values:
            yield Limit(tool, Part.LINTER, default, table.place(), is_default=True, may_be_longer=True)


def _pylint_measures(table: ToolTable) -> bool:
    """Whether C0301 line-too-long is on; what is enabled by name wins over what is disabled by category."""
    names = {"c0301", "line-too-long"}
    enabled, disabled = ({word.lower() for word in table.words(key)} for key in ("enable", "disable"))
    if names & disabled:
        return False
    return bool(names & enabled) or not disabled & {"all", "c", "format"}


def _flake8_measures(table: ToolTable) -> bool:
    """Whether E501 is on: the longest matching prefix of its code decides, and ignoring wins."""
    ignored = {*table.words("ignore"), *table.words("extend_ignore")}
    selected = {*table.words("select"), *table.words("extend_select")}
    strongest = max((len(code) for code in selected if "E501".startswith(code)), default=0 if not table.words("select") else -1)
    return strongest >= 0 and strongest > max((len(code) for code in ignored if "E501".startswith(code)), default=-1)


def _written(tool: str, part: Part, given: Sequence[Written]) -> Iterator[Limit]:
    for value in given:
        if re.fullmatch(r"\d{1,9}", value.text):
            yield Limit(tool, part, int(value.text), value.place)


def isort_profile_given(settings: ToolSettings) -> bool:
    """Whether a hook tells isort its profile, or another file to read."""
    return any(settings.arguments(("isort",), "--profile", "--settings-path", "--sp", "--settings-file"))
