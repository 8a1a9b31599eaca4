"""`policy-checks lock check`: whether uv.lock matches its project, offline, and why it does not."""

import argparse
import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from policy_checks import git
from policy_checks.lock.differences import Difference, Judgement, Verdict
from policy_checks.lock.tree import join
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Disk


class DiskTree:
    """The files around a project on disk: its repository, or everything where there is none.

    uv looks for a workspace root in the folders above a project, and for path dependencies wherever they
    point to. Inside a repository nothing outside of it is read. Only files that uv would read are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, SourceFile | None] = {}

    @cached_property
    def _root(self) -> Path:
        # Asking git itself would cost as much as the whole check.
        return next((above for above in (self._folder, *self._folder.parents) if (above / ".git").exists()), Path(self._folder.anchor))

    @property
    def location(self) -> str:
        """The absolute path of the root."""
        return self._root.as_posix()

    @property
    def project(self) -> str:
        """The folder that is asked about, relative to the root."""
        relative = self._folder.relative_to(self._root).as_posix()
        return "" if relative == "." else relative

    def _path(self, path: str) -> Path | None:
        return None if path.startswith("../") or path == ".." or os.path.isabs(path) else self._root / path

    def file(self, path: str) -> SourceFile | None:
        """A file, read at most once."""
        if path not in self._files:
            self._files[path] = self._read(path) if self.is_file(path) else None
        return self._files[path]

    def _read(self, path: str) -> SourceFile:
        try:
            return SourceFile(path, Disk(self._root).read(path))
        except OSError as error:
            raise Unreadable(SourceFile(path, b""), Span(0, 0), f"cannot be read: {error.strerror or error}") from None

    def is_folder(self, path: str) -> bool:
        """Whether a folder stands there."""
        found = self._path(path)
        return found is not None and found.is_dir()

    def is_file(self, path: str) -> bool:
        """Whether a file stands there."""
        found = self._path(path)
        return found is not None and found.is_file()

    def names(self, folder: str) -> list[str]:
        """The names of what stands directly in a folder, sorted; without what git ignores where a folder holds nothing else."""
        found = self._path(folder)
        names = sorted(os.listdir(found)) if found is not None and found.is_dir() else []
        if not names or not (self._root / ".git").exists() or "pyproject.toml" in names:
            return names
        try:
            ignored = git.paths(git.run(self._root, "check-ignore", "-z", "--", *(join(folder, name) for name in names), accept=(0, 1)))
        except git.GitError:
            return names
        return [name for name in names if join(folder, name) not in ignored]


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `lock check`."""
    parser.add_argument("folders", nargs="*", metavar="DIR", default=["."], help="project folders (default: here)")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="json: one object a line (default: text)")


def run(arguments: argparse.Namespace) -> int:
    """Judges each folder; 0 all fresh, 1 some stale or invalid, 2 undecided or failed."""
    worst = 0
    for folder in arguments.folders:
        base, found = _judge(folder)
        worst = max(worst, _EXIT[found.verdict])
        if arguments.output_format == "json":
            print(_json(folder, base, found))
        else:
            print("\n".join(_text(folder, base, found)))
    return worst


_EXIT = {Verdict.FRESH: 0, Verdict.STALE: 1, Verdict.INVALID: 1, Verdict.UNKNOWN: 2}


def _judge(folder: str) -> tuple[str, Judgement]:
    """The folder's path in its tree, and the verdict; a fault in one project hides no other."""
    from policy_checks.lock import freshness

    path = Path(os.path.abspath(folder))
    if not path.is_dir():
        return "", _failed(folder, "there is no such folder")
    tree = DiskTree(path)
    try:
        return tree.project, freshness.judge(tree, tree.project, _python(path))
    except Exception as error:  # noqa: BLE001  # whatever it is, the other folders are still to be judged
        return "", _failed(folder, f"internal error: {type(error).__name__}: {error}")


def _failed(folder: str, message: str) -> Judgement:
    place = Place(SourceFile(folder, b""), Span(0, 0))
    return Judgement(Verdict.UNKNOWN, (Difference(Verdict.UNKNOWN, folder, "", "", place, message, None, ""),))


def _python(folder: Path) -> str:
    """The minor version that uv would take where none is declared: pinned, that of the environment, else of this interpreter."""
    for name, pattern in (
        (".python-version", r"(?:cpython[@-]?)?(3\.\d+)"),
        (".venv/pyvenv.cfg", r"(?m)^version(?:_info)?\s*=\s*(3\.\d+)"),
    ):
        try:
            found = re.search(pattern, (folder / name).read_text(errors="replace")[:10_000])
        except OSError:
            continue
        if found:
            return found[1]
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _shown(path: str, base: str) -> str:
    """A path relative to the folder that was asked about."""
    return os.path.relpath(path, base or ".").replace(os.sep, "/")


def _line(place: Place) -> int:
    try:
        return place.line
    except Unreadable:  # a position in a file that is not text
        return 1


def _json(folder: str, base: str, found: Judgement) -> str:
    differences: list[dict[str, Any]] = [
        {
            "code": _CODE[difference.kind],
            "what": difference.what,
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


def _text(folder: str, base: str, found: Judgement) -> Iterator[str]:
    yield f"{folder}: {found.verdict} — {_SUMMARY[found.verdict]}"
    for difference in found.differences:
        yield ""
        yield f"  {difference.what}"
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
    locked = difference.locked_place
    right = "locked" if locked is None else f"locked  {_shown(locked.file.path, base)}:{_line(locked)}"
    width = max(30, (min(shutil.get_terminal_size().columns, 140) - 8) // 2)
    for pair in ((left, right), (difference.declared or "(nothing)", difference.locked or "(nothing)")):
        columns = [textwrap.wrap(text, width - 2, break_on_hyphens=False) for text in pair]
        for number in range(max(map(len, columns))):
            cells = [column[number] if number < len(column) else "" for column in columns]
            yield f"    {cells[0]:<{width}}{cells[1]}".rstrip()
