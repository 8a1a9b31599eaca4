"""The log that the doctor is given: a file, or what is piped in. It is streamed, whatever its size."""

import os
import select
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from policy_checks.commands import doctor_machine
from policy_checks.containers.doctor import log, log_diagnosis, space
from policy_checks.containers.doctor.pitfalls import PITFALLS
from policy_checks.containers.doctor.verdicts import Check, Evidence, Status, Trouble
from policy_checks.failure import Failure
from policy_checks.record import replace

GROUP = "log"
WAIT = 3.0  # seconds for the first byte of a pipe that nobody spoke of: whoever calls may hold one open for nothing
_INPUT = "standard input"


def checks(name: str | None) -> Iterator[Check]:
    """What a log shows; nothing where there is none. Raises Failure for one that cannot be read."""
    if name is None:
        piped = _is_piped()
        if piped is None:
            said = f"nothing came on {_INPUT} for {WAIT:.0f} seconds, so it was not read: `--log -` waits for it"
            yield Check(GROUP, _INPUT, Status.UNKNOWN, said)
        elif piped:
            yield from _read(sys.stdin.buffer, _INPUT, quiet=True)
    elif name == "-":
        yield from _read(sys.stdin.buffer, _INPUT)
    else:
        try:
            if not stat.S_ISDIR(Path(name).stat().st_mode):
                with Path(name).open("rb") as file:
                    yield from _read(file, name)
                return
        except OSError as error:
            raise Failure(f"--log {name}: {error.strerror or error}") from None
        raise Failure(f"--log {name}: this is a folder, name the log in it")


def _is_piped() -> bool | None:
    """Whether something is piped or redirected to us; None for a pipe on which nothing comes."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:  # closed
        return False
    if stat.S_ISREG(mode):
        return True
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return False
    return True if os.name == "nt" or select.select([0], [], [], WAIT)[0] else None


def _read(stream: BinaryIO, name: str, *, quiet: bool = False) -> Iterator[Check]:
    """One line for each pitfall, or one that there is none; `quiet`: nothing at all about an empty stream."""
    try:
        found = log.read(stream)
    except OSError as error:
        raise Failure(f"{name}: {error.strerror or error}") from None
    if not found.lines:
        if not quiet:
            yield Check(GROUP, name, Status.UNKNOWN, "the log is empty")
        return
    shown = list(log_diagnosis.troubles(found, name))
    for trouble in map(_with_space, shown):
        yield Check(GROUP, trouble.pitfall, Status.WRONG, f"{name}:{trouble.evidence[0].line}: {trouble.problem}", trouble)
    if not shown and not found.given_up:
        yield Check(GROUP, name, Status.OK, f"no known pitfall in {found.lines} line{'s' * (found.lines != 1)}")
    for key in found.given_up:
        problem = PITFALLS[key].problem if key in PITFALLS else key
        yield Check(GROUP, key, Status.UNKNOWN, f"{problem}: not looked for to the end, {log.TRIED} lines nearly said so")


def _with_space(trouble: Trouble) -> Trouble:
    """A full disk with what is free there now, where the path of the log is one of this machine."""
    evidence = list(trouble.evidence)
    for number, one in enumerate(evidence):
        if one.path and not one.line:
            existing = next((folder for folder in Path(one.path).parents if folder.is_dir()), None)
            if existing is not None and existing != Path(existing.anchor):
                evidence[number] = Evidence(f"{one.path}: here and now {space.told(doctor_machine.measured(existing))}", one.path)
    return replace(trouble, evidence=tuple(evidence))
