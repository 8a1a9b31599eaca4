"""The tools that rewrite files, in the order in which they have to run: what ruff mends is sorted and formatted afterwards."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from policy_checks.formatting import notebooks
from policy_checks.formatting.outcome import Message, Outcome
from policy_checks.formatting.policy import Tool
from policy_checks.formatting.processes import Done
from policy_checks.record import record, replace

# black 26: "cannot parse: x.py:1:4"; before: "cannot format x.py: Cannot parse for target version Python 3.12: 1:4: def ("
_BLACK = re.compile(r"^error: cannot (?:parse|format):? (?P<text>.*)$", re.MULTILINE)
_BLACK_POSITION = re.compile(r":\s?(\d+):(\d+)(?:$|:)")
_ISORT = re.compile(r"Unable to parse file (?P<text>.*)$", re.MULTILINE)
_SKIPPED = "Skipping .ipynb files"  # black says so, unless it is told to be quiet, where its extra is not installed
_NO_NOTEBOOKS = "notebooks are not looked at, because black's extra for them is not installed: `black[jupyter]`"
_REASON = 300  # characters of a tool's last line, which may list thousands of files


@record
class Fixer:
    """How one tool is told to rewrite files and how its answer is read.

    Which settings it takes depends on the first of the files (isort) or on their common folder
    (black), so files below different `settings` files are given to different processes.
    """

    tool: Tool
    arguments: tuple[str, ...]
    settings: tuple[str, ...]
    read: Callable[[Done, Sequence[str]], Outcome]


def groups(files: Sequence[str], root: Path, settings: Sequence[str]) -> list[list[str]]:
    """The files by the nearest folder above them that holds one of the settings files."""
    found: dict[PurePosixPath, PurePosixPath] = {}

    def nearest(folder: PurePosixPath) -> PurePosixPath:
        if folder not in found:
            here = folder == PurePosixPath() or any((root / folder / name).is_file() for name in settings)
            found[folder] = folder if here else nearest(folder.parent)
        return found[folder]

    grouped: dict[PurePosixPath, list[str]] = {}
    for path in files:
        grouped.setdefault(nearest(PurePosixPath(path).parent), []).append(path)
    return list(grouped.values())


def last_line(done: Done) -> str:
    """Why a process failed, in one line: its last words, or the signal that ended it."""
    if done.code < 0:
        return f"ended by signal {-done.code}"
    lines = [line.strip() for line in (done.stderr.strip() or done.stdout.strip()).splitlines() if line.strip()]
    return lines[-1][:_REASON] if lines else f"exit code {done.code} without a word"


def _outcome(done: Done, messages: Sequence[Message] = (), failure: str = "") -> Outcome:
    return Outcome(tuple(messages), failure, done.stdout + done.stderr, done.seconds)


def _ruff(done: Done, _files: Sequence[str]) -> Outcome:
    return _outcome(done, failure="" if done.code == 0 else last_line(done))


def _isort(done: Done, files: Sequence[str]) -> Outcome:
    """A file that isort cannot read is only a warning to it, and no reason for another exit code than 0."""
    broken = [_about(found["text"], files, "unreadable") for found in _ISORT.finditer(done.stderr)]
    return _outcome(done, broken, "" if done.code == 0 else last_line(done))


def _black(done: Done, files: Sequence[str]) -> Outcome:
    """123 stands for an internal error and for a file that is no Python; only the first is black's fault."""
    said = [found["text"] for found in _BLACK.finditer(done.stderr)]
    notes = [Message("", 0, 0, "notebooks", "", _NO_NOTEBOOKS, is_note=True)] * (_SKIPPED in done.stderr)
    if done.code == 0:
        return _outcome(done, notes)
    if done.code != 123 or not said or any("INTERNAL ERROR" in text for text in said):
        return _outcome(done, failure=next((text for text in said if "INTERNAL ERROR" in text), last_line(done)))
    return _outcome(done, [*(_about(text, files, "cannot-parse") for text in said), *notes])


def _about(text: str, files: Sequence[str], code: str) -> Message:
    """A message whose file is the one (the longest one) that its text names."""
    path = max((name for name in files if name in text), key=len, default="")
    position = _BLACK_POSITION.search(text)
    line, column = map(int, position.groups()) if position else (0, 0)
    return Message(path, line, column, code, "", text.removeprefix(path).lstrip(": ") or "cannot be parsed")


def fixer(tool: Tool, files: Sequence[str]) -> Fixer:
    """How a tool is told to rewrite these files: black leaves out notebooks in silence where it is quiet and its extra is not installed."""
    told = FIXERS[tool]
    return replace(told, arguments=()) if tool is Tool.BLACK and notebooks.has_any(files) else told


FIXERS: Mapping[Tool, Fixer] = {
    fixer.tool: fixer
    for fixer in (
        Fixer(Tool.RUFF, ("check", "--fix", "--exit-zero", "--no-cache", "--quiet"), (), _ruff),
        Fixer(Tool.ISORT, (), (".isort.cfg", "pyproject.toml", "setup.cfg", "tox.ini", ".editorconfig"), _isort),
        Fixer(Tool.BLACK, ("--quiet",), ("pyproject.toml",), _black),
    )
}
