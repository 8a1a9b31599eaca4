"""The verdict on one project folder, as `lock check` shows it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from policy_checks.commands.disk_tree import DiskTree
from policy_checks.lock import freshness, memory
from policy_checks.lock.differences import Difference, Judgement, Verdict
from policy_checks.source import Place, SourceFile, Span, Unreadable

EXIT = {Verdict.FRESH: 0, Verdict.STALE: 1, Verdict.INVALID: 1, Verdict.UNKNOWN: 2}


def judge(folder: str, python: str, *, keep: bool) -> tuple[str, Judgement]:
    """The folder's path in its tree, and the verdict; a fault in one project hides no other. `keep`: a fresh one is remembered."""
    path = Path(os.path.abspath(folder))
    if not path.is_dir():
        return "", _failed(folder, "there is no such folder")
    tree = DiskTree(path)
    try:
        found = freshness.judge(tree, tree.project, python)
    except Exception as error:  # noqa: BLE001  # whatever it is, the other folders are still to be judged
        return "", _failed(folder, f"internal error: {type(error).__name__}: {error}")
    if keep and found.verdict is Verdict.FRESH and not tree.asked_git:
        memory.remember(str(path), python, tree.seen)
    return tree.project, found


def _failed(folder: str, message: str) -> Judgement:
    place = Place(SourceFile(folder, b""), Span(0, 0))
    return Judgement(Verdict.UNKNOWN, (Difference(Verdict.UNKNOWN, folder, "", "", place, message, None, ""),))


def _shown(path: str, base: str) -> str:
    """A path relative to the folder that was asked about."""
    return os.path.relpath(path, base or ".").replace(os.sep, "/")


def _what(difference: Difference, base: str) -> str:
    """What is different; of a file that uv refuses, its name as the user knows it."""
    path = difference.place.file.path
    return _shown(path, base) if difference.what == path else difference.what


def _line(place: Place) -> int:
    try:
        return place.line
    except Unreadable:  # a position in a file that is not text
        return 1


def as_json(folder: str, base: str, found: Judgement) -> str:
    """One line for programs."""
    import json

    differences: list[dict[str, Any]] = [
        {
            "code": _CODE[difference.kind],
            "what": _what(difference, base),
            "declared": difference.declared,
            "locked": difference.locked,
            "path": _shown(difference.place.file.path, base),
            "line": _line(difference.place),
            "message": difference.message,
        }
        for difference in found.differences
    ]
    return json.dumps({"dir": folder, "verdict": str(found.verdict), "differences": differences}, ensure_ascii=False)


# The rules that report the same in `policy-checks check`.
_CODE = {Verdict.STALE: "LCK002", Verdict.UNKNOWN: "LCK004", Verdict.INVALID: "POL001"}
_SUMMARY = {
    Verdict.FRESH: "uv.lock matches the project",
    Verdict.STALE: "uv.lock does not match the project",
    Verdict.UNKNOWN: "cannot tell offline whether uv.lock matches the project",
    Verdict.INVALID: "uv refuses the project",
}


def as_text(folder: str, base: str, found: Judgement) -> Iterator[str]:
    """The verdict, each difference in two columns, and the command."""
    yield f"{folder}: {found.verdict} — {_SUMMARY[found.verdict]}"
    for difference in found.differences:
        yield ""
        yield f"  {_what(difference, base)}"
        yield from _columns(difference, base)
        yield f"    {difference.message}"
    commands = dict.fromkeys(difference.command for difference in found.differences if difference.kind is Verdict.STALE)
    if commands:
        yield ""
        yield f"  to mend it, run inside the container: {' && '.join(commands)}"


def _columns(difference: Difference, base: str) -> Iterator[str]:
    """Declared and locked side by side, each under the place where it stands."""
    left = f"declared  {_shown(difference.place.file.path, base)}:{_line(difference.place)}"
    if difference.kind is not Verdict.STALE:
        yield f"    {left.partition('  ')[2]}"
        return
    import shutil
    import textwrap

    locked = difference.locked_place
    right = "locked" if locked is None else f"locked  {_shown(locked.file.path, base)}:{_line(locked)}"
    width = max(30, (min(shutil.get_terminal_size().columns, 140) - 8) // 2)
    for pair in ((left, right), (difference.declared or "(nothing)", difference.locked or "(nothing)")):
        columns = [textwrap.wrap(text, width - 2, break_on_hyphens=False) for text in pair]
        for number in range(max(map(len, columns))):
            cells = [column[number] if number < len(column) else "" for column in columns]
            yield f"    {cells[0]:<{width}}{cells[1]}".rstrip()
