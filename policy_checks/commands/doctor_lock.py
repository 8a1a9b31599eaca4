"""What the doctor finds about uv.lock: whether it matches the project, and whether the environment holds what it says."""

import os
from collections.abc import Iterator

from policy_checks.commands import doctor_machine
from policy_checks.commands.disk_tree import DiskTree
from policy_checks.commands.doctor_machine import Here
from policy_checks.containers.doctor import environment
from policy_checks.containers.doctor.pitfalls import trouble
from policy_checks.containers.doctor.repository import GROUP
from policy_checks.containers.doctor.verdicts import Check, Evidence, Status, Trouble
from policy_checks.lock import freshness
from policy_checks.lock.differences import Difference, Verdict
from policy_checks.readers import uv_lock
from policy_checks.source import SourceFile, Unreadable
from policy_checks.workspace import Disk

_FEW = 5


def lock(here: Here) -> Iterator[Check]:
    """Whether uv.lock matches the project, as `lock check` decides it."""
    if not (here.project / "pyproject.toml").is_file():
        yield Check(GROUP, "lock", Status.NOTE, f"no pyproject.toml in {here.project}: no project of uv's")
        return
    tree = DiskTree(here.project)
    found = freshness.judge(tree, tree.project)
    evidence = tuple(_evidence(one, tree.location, here) for one in found.differences[:_FEW])
    first = found.differences[0].message if found.differences else ""
    is_there = tree.is_file(f"{tree.project}/{freshness.LOCK_NAME}".lstrip("/"))
    match found.verdict:
        case Verdict.FRESH:
            yield Check(GROUP, "lock", Status.OK, "uv.lock matches the project")
        case Verdict.UNKNOWN:
            yield Check(GROUP, "lock", Status.UNKNOWN, f"whether uv.lock matches the project cannot be told offline: {first}")
        case Verdict.STALE:
            count = len(found.differences)
            said = f"uv.lock is stale: {count} difference{'s' * (count != 1)}; `policy-checks lock check` shows all"
            yield Check(GROUP, "lock", Status.WRONG, said, trouble("stale-lock", evidence))
        case Verdict.INVALID if not is_there and found.differences[0].what == freshness.LOCK_NAME:
            yield Check(GROUP, "lock", Status.WRONG, first, trouble("missing-lock", evidence))
        case Verdict.INVALID:
            known = Trouble("invalid-project", "uv refuses the project or its lock", first, "mend the line that is named", evidence)
            yield Check(GROUP, "lock", Status.WRONG, f"uv refuses it: {first}", known)


def _evidence(difference: Difference, root: str, here: Here) -> Evidence:
    place = difference.place
    try:
        line = place.line
    except Unreadable:  # a position in a file that is not text
        line = 1
    sides = (
        f": declared {difference.declared or 'nothing'}, locked {difference.locked or 'nothing'}"
        if difference.kind is Verdict.STALE
        else ""
    )
    return Evidence(f"{difference.what}{sides}", os.path.relpath(os.path.join(root, place.file.path), here.root), line)


def drift(here: Here) -> Iterator[Check]:
    """Whether the environment holds what uv.lock says; only what comes from an index has a version to compare."""
    settings = doctor_machine.read(str(here.environment / "pyvenv.cfg"))
    if settings is None or not (here.project / "uv.lock").is_file():
        return
    parsed = uv_lock.parse(SourceFile("uv.lock", Disk(here.project).read("uv.lock")))
    locked: dict[str, list[str | None]] = {}
    for package in parsed.packages:
        locked.setdefault(package.name, []).append(package.version if package.source.kind == "registry" else None)
    yield environment.drift(doctor_machine.virtual(here.environment, settings), locked)
