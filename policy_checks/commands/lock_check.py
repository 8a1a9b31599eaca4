"""`policy-checks lock check`: does uv.lock match the project?"""

import argparse
import json
import os
import sys
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
    """Adds the arguments of the subcommand."""
    parser.add_argument("folders", nargs="*", metavar="DIR", default=["."], help="project folders (default: here)")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="json: one object a line")


def run(arguments: argparse.Namespace) -> int:
    """Judges each folder; 0 all fresh, 1 some stale or invalid, 2 undecided or failed."""
    worst = 0
    for folder in arguments.folders:
        base, found = _judge(folder)
        worst = max(worst, _EXIT[found.verdict] if isinstance(found, Judgement) else 2)
        print(_json(folder, base, found) if arguments.output_format == "json" else _text(folder, base, found))
    return worst


_EXIT = {Verdict.FRESH: 0, Verdict.STALE: 1, Verdict.INVALID: 1, Verdict.UNKNOWN: 2}


def _judge(folder: str) -> tuple[str, Judgement | str]:
    """The folder's path in its tree, and the verdict or what went wrong: no fault in one project hides the others."""
    from policy_checks.lock import freshness

    path = Path(os.path.abspath(folder))
    if not path.is_dir():
        return "", f"{folder}: not a folder"
    tree = DiskTree(path)
    try:
        return tree.project, freshness.judge(tree, tree.project, f"{sys.version_info.major}.{sys.version_info.minor}")
    except Exception as error:  # pylint: disable=broad-exception-caught  # the other folders are still to be judged
        return "", f"{folder}: internal error: {type(error).__name__}: {error}"


def _shown(path: str, base: str) -> str:
    return os.path.relpath(path, base or ".").replace(os.sep, "/")


def _line(place: Place) -> int:
    try:
        return place.line
    except Unreadable:
        return 1


def _json(folder: str, base: str, found: Judgement | str) -> str:
    if isinstance(found, str):
        difference: dict[str, Any] = {"code": "LCK000", "what": "", "declared": "", "locked": "", "path": "", "line": 1, "message": found}
        return json.dumps({"dir": folder, "verdict": "unknown", "differences": [difference]}, ensure_ascii=False)
    differences = [
        {
            "code": code(difference),
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


def code(difference: Difference) -> str:
    """The rule that reports such a difference in `policy-checks check`."""
    return {Verdict.STALE: "LCK002", Verdict.UNKNOWN: "LCK004"}.get(difference.kind, "POL001")


def _text(folder: str, base: str, found: Judgement | str) -> str:
    return str((folder, base, found))
