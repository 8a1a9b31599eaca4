"""The verdict on one project folder, as `lock check` shows it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policy_checks.commands.disk_tree import DiskTree
from policy_checks.lock import freshness, memory
from policy_checks.lock.differences import Difference, Judgement, Verdict
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span, Unreadable

if TYPE_CHECKING:
    from policy_checks.rule import Finding

_EXIT = {Verdict.FRESH: 0, Verdict.STALE: 1, Verdict.INVALID: 1, Verdict.UNKNOWN: 2}


@record
class Judged:
    """A project folder as it was asked for, its path in its tree, and what was found."""

    folder: str
    project: str
    freshness: Judgement
    integrity: tuple["Finding", ...] = ()
    base: str = ""  # the project's path as the findings on its integrity have it

    @property
    def exit_code(self) -> int:
        """0 fresh (and sound, where that was asked), 1 stale, invalid or unsound, 2 undecided."""
        return _EXIT[self.freshness.verdict] or int(bool(self.integrity))


def judge(folder: str, python: str, *, keep: bool, integrity: bool = False) -> Judged:
    """The verdict on one project; a fault in one hides no other.

    `keep`: a fresh one is remembered. `integrity`: what uv does not look at is judged as well.
    """
    path = Path(os.path.abspath(folder))
    if not path.is_dir():
        return _failed(folder, "there is no such folder")
    tree = DiskTree(path)
    try:
        found = freshness.judge(tree, tree.project, python)
    except Exception as error:  # noqa: BLE001  # whatever it is, the other folders are still to be judged
        return _failed(folder, f"internal error: {type(error).__name__}: {error}")
    if keep and found.verdict is Verdict.FRESH and not tree.asked_git:
        memory.remember(str(path), python, tree.seen())
    if not integrity or found.verdict is Verdict.INVALID:  # what uv refuses cannot be looked into
        return Judged(folder, tree.project, found)
    from policy_checks.commands import lock_integrity

    base, findings = lock_integrity.findings(tree)
    return Judged(folder, tree.project, found, findings, base)


def _failed(folder: str, message: str) -> Judged:
    place = Place(SourceFile(folder, b""), Span(0, 0))
    return Judged(folder, "", Judgement(Verdict.UNKNOWN, (Difference(Verdict.UNKNOWN, folder, "", "", place, message, None, ""),)))


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


def as_json(judged: Judged) -> str:
    """One line for programs."""
    import json

    base = judged.project
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
        for difference in judged.freshness.differences
    ]
    differences += [
        {
            "code": finding.code,
            "what": finding.name,
            "declared": "",
            "locked": "",
            "path": _shown(finding.problem.place.file.path, judged.base),
            "line": _line(finding.problem.place),
            "message": finding.problem.message,
        }
        for finding in judged.integrity
    ]
    return json.dumps({"dir": judged.folder, "verdict": str(judged.freshness.verdict), "differences": differences}, ensure_ascii=False)


# The rules that report the same in `policy-checks check`.
_CODE = {Verdict.STALE: "LCK002", Verdict.UNKNOWN: "LCK004", Verdict.INVALID: "POL001"}
_SUMMARY = {
    Verdict.FRESH: "uv.lock matches the project",
    Verdict.STALE: "uv.lock does not match the project",
    Verdict.UNKNOWN: "cannot tell offline whether uv.lock matches the project",
    Verdict.INVALID: "uv refuses the project",
}


def as_text(judged: Judged) -> Iterator[str]:
    """The verdict, each difference in two columns, the command, and what is unsound."""
    found, base = judged.freshness, judged.project
    count = len(judged.integrity)
    unsound = f"; {count} fault{'s' * (count != 1)} that uv does not look for" if count else ""
    yield f"{judged.folder}: {found.verdict} — {_SUMMARY[found.verdict]}{unsound}"
    for difference in found.differences:
        yield ""
        yield f"  {_what(difference, base)}"
        yield from _columns(difference, base)
        yield f"    {difference.message}"
    commands = dict.fromkeys(difference.command for difference in found.differences if difference.kind is Verdict.STALE)
    if commands:
        yield ""
        yield f"  to mend it, run inside the container: {' && '.join(commands)}"
    for finding in judged.integrity:
        place = finding.problem.place
        yield ""
        yield f"  {_shown(place.file.path, judged.base)}:{_line(place)}: {finding.code} {finding.name}"
        yield f"    {finding.problem.message}"


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
