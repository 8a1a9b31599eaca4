"""Fixes: planned in memory, shown as a diff or written to disk.

A fix goes in whole or not at all; one that overlaps another waits for the next run. Outside its
edits every byte stays, line ends and byte order mark included.
"""

import os
import re
import stat
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path

from policy_checks.record import record
from policy_checks.rule import Finding, Fix
from policy_checks.source import Edit, SourceFile, apply


class NotWritten(Exception):
    """A file that cannot be rewritten as planned: one line that says which and why."""


@record
class Change:
    """One file: as it was read, and the text it is to have."""

    file: SourceFile
    text: str


@record
class Plan:
    """What the accepted fixes make of the files, in path order."""

    changes: tuple[Change, ...]
    fixed: tuple[Finding, ...]
    waiting: tuple[Finding, ...]  # their fixes overlap an accepted one: another run applies them


# The edits accepted for a file so far, in order, none overlapping another.
_Accepted = dict[str, tuple[SourceFile, list[Edit]]]


def plan(findings: Iterable[Finding], *, unsafe: bool = False) -> Plan:
    """The fixes of unsuppressed findings, accepted in the order given; unsafe ones only on demand."""
    accepted: _Accepted = {}
    fixed: list[Finding] = []
    waiting: list[Finding] = []
    for finding in findings:
        fix = finding.problem.fix
        if fix is None or finding.suppressed or not (fix.safe or unsafe):
            continue
        (fixed if _accept(accepted, fix) else waiting).append(finding)
    changes = (Change(file, apply(file.text, tuple(edits))) for _, (file, edits) in sorted(accepted.items()) if edits)
    return Plan(tuple(change for change in changes if change.text != change.file.text), tuple(fixed), tuple(waiting))


def _accept(accepted: _Accepted, fix: Fix) -> bool:
    """Adds all edits of a fix, or none of them when one overlaps (another of its own, too)."""
    added: list[tuple[list[Edit], Edit]] = []
    for file, edit in fix.edits:
        held, edits = accepted.setdefault(file.path, (file, []))
        index = bisect_left(edits, edit.span, key=lambda other: other.span)
        if held.data != file.data or any(_overlap(edit, other) for other in edits[max(index - 1, 0) : index + 1]):
            for others, one in added:
                others.remove(one)
            return False
        edits.insert(index, edit)
        added.append((edits, edit))
    return True


def _overlap(one: Edit, other: Edit) -> bool:
    """Whether the result would depend on the order: two edits that start together overlap, neighbours do not."""
    first, second = sorted((one.span, other.span))
    return first.start == second.start or second.start < first.end


def diff(planned: Plan) -> Iterator[str]:
    """The plan as a unified diff that `git apply` and `patch -p1` take; lines without line ends."""
    import difflib

    for change in planned.changes:
        old, new = _lines(change.file.text), _lines(change.text)
        for line in difflib.unified_diff(old, new, _label("a/", change.file.path), _label("b/", change.file.path)):
            yield line.removesuffix("\n")
            if not line.endswith("\n"):
                yield "\\ No newline at end of file"


def _lines(text: str) -> list[str]:
    """Lines as diff tools count them: only a line feed ends one, where str.splitlines knows more ends."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _label(prefix: str, path: str) -> str:
    """A path as git writes it in a diff: in C quotes unless it is plain ASCII, a tab behind one that holds spaces."""
    name = (prefix + path).encode(errors="surrogateescape").decode("latin-1")
    quoted = "".join(char if char.isascii() and char.isprintable() and char not in '"\\' else f"\\{ord(char):03o}" for char in name)
    if quoted != name:
        return f'"{quoted}"'
    return name + "\t" if " " in name else name


def write(root: Path, planned: Plan) -> None:
    """Replaces the files, each in one atomic step and with its mode, once all of them are ready beside their targets.

    Raises NotWritten, before any is replaced, for one that is not what was read or lies behind a symbolic link.
    """
    import tempfile

    staged: list[tuple[Path, Path]] = []
    path = ""
    try:
        for change in planned.changes:
            path = change.file.path
            target = _unchanged(root.resolve(), change.file)
            descriptor, name = tempfile.mkstemp(prefix=".policy-checks-", dir=target.parent)
            staged.append((Path(name), target))
            with open(descriptor, "wb") as temporary:
                temporary.write(change.text.encode())
            state = target.stat()
            if os.name == "posix" and os.geteuid() == 0:  # in a container, root works on a user's files
                os.chown(name, state.st_uid, state.st_gid)
            os.chmod(name, stat.S_IMODE(state.st_mode))
        for ready, target in staged:
            path = target.relative_to(root.resolve()).as_posix()
            os.replace(ready, target)
    except OSError as error:
        raise NotWritten(f"{path}: cannot be rewritten: {error.strerror or error}") from None
    finally:
        for ready, _ in staged:
            ready.unlink(missing_ok=True)


def _unchanged(root: Path, file: SourceFile) -> Path:
    target = root / file.path
    if target.resolve() != target or not target.is_relative_to(root):
        raise NotWritten(f"{file.path}: is or lies behind a symbolic link; edit what it points to")
    if not target.is_file() or target.read_bytes() != file.data:
        raise NotWritten(f"{file.path}: is not the file that was checked any more; run the command again")
    return target
