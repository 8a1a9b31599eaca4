"""What the doctor says: one check a line, and what is wrong with its cause, evidence and fix."""

from enum import StrEnum

from policy_checks.record import record


class Status(StrEnum):
    """Wrong makes the exit code 1; a note is advice or a fact, and unknown is never taken for fine."""

    OK = "ok"
    NOTE = "note"
    UNKNOWN = "unknown"
    WRONG = "wrong"


@record
class Evidence:
    """Where it shows: a line of the log or of a file (1-based), a path, the free space."""

    text: str
    path: str = ""
    line: int = 0


@record
class Trouble:
    """Something that is wrong, told as the guide's table of pitfalls does."""

    pitfall: str  # a key of `pitfalls.PITFALLS`, or the name of the check
    problem: str
    cause: str
    fix: str
    evidence: tuple[Evidence, ...] = ()


@record
class Check:
    """One thing that was looked at; `trouble` where it is wrong."""

    group: str
    name: str
    status: Status
    said: str
    trouble: Trouble | None = None
