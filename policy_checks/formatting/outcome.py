"""What a tool said about files, and what a run adds up to."""

from collections.abc import Mapping
from typing import Protocol

from policy_checks.formatting.policy import Tool
from policy_checks.record import made, record


@record
class Message:
    """One finding of a tool; lines and columns are 1-based, a line of 0 stands for the whole file.

    `is_note` marks an explanation that belongs to another message and does not count.
    """

    path: str
    line: int
    column: int
    code: str  # the tool's own: E501, W0611, assignment
    name: str  # its readable name where the tool has one
    text: str
    is_note: bool = False


@record
class Outcome:
    """What one process of a tool came to; a failure is the reason why there is no verdict."""

    messages: tuple[Message, ...] = ()
    failure: str = ""
    output: str = ""  # all that it wrote: shown beside a failure, or when asked for
    seconds: float = 0.0
    accepted: bool = False  # the tool's own settings let its messages pass (pylint's fail-under, exit-zero)
    known: int = 0  # files whose verdict an earlier run has left


@record
class Row:
    """A tool's line of the table."""

    tool: Tool
    files: int
    outcome: Outcome
    changed: Mapping[str, tuple[bytes, bytes]] = made(default_factory=dict)  # path → before, after
    known: int = 0  # files whose verdict an earlier run has left

    @property
    def counted(self) -> tuple[Message, ...]:
        """The messages that fail the run."""
        return () if self.outcome.accepted else tuple(message for message in self.outcome.messages if not message.is_note)


@record
class Report:
    """A whole run; `messages` and `failures` are not any one tool's."""

    check: bool
    files: int
    rows: tuple[Row, ...]
    messages: tuple[Message, ...] = ()
    failures: tuple[str, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()  # what is said beside the verdict
    judged: Mapping[str, bytes] = made(default_factory=dict)  # the files as the linters saw them

    @property
    def exit_code(self) -> int:
        """0 clean or all mended, 1 something to mend, 2 no verdict."""
        if self.failures or any(row.outcome.failure for row in self.rows):
            return 2
        left = self.messages or any(row.counted or (self.check and row.changed) for row in self.rows)
        return 1 if left else 0


class Progress(Protocol):
    """Told that a tool begins or goes on (True) with so many of its files done, or has ended (False)."""

    def __call__(self, tool: Tool, begins: bool, files: int = 0, done: int = 0) -> None:
        """Called in whatever thread; returns at once."""
        ...


def silent(tool: Tool, begins: bool, files: int = 0, done: int = 0) -> None:
    """The Progress of a run that nobody watches."""


def joined(outcomes: list[Outcome]) -> Outcome:
    """Several processes of one tool as one: in order of place, and a message that each of them gave is one message."""
    messages = dict.fromkeys(message for outcome in outcomes for message in outcome.messages)
    return Outcome(
        tuple(sorted(messages, key=lambda message: (message.path, message.line))),  # stable: a note stays below its message
        next((outcome.failure for outcome in outcomes if outcome.failure), ""),
        "".join(outcome.output for outcome in outcomes),
        sum(outcome.seconds for outcome in outcomes),
        any(outcome.accepted for outcome in outcomes) and all(outcome.accepted or not outcome.messages for outcome in outcomes),
        sum(outcome.known for outcome in outcomes),
    )
