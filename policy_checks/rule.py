"""What a rule is made of: its subject, the problems it yields, and the findings that come of them."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Generic, TypeVar

from policy_checks.record import made, record
from policy_checks.source import Edit, Place, SourceFile, Unreadable
from policy_checks.workspace import Kind

S = TypeVar("S")
Opts = TypeVar("Opts")


class Severity(StrEnum):
    """How much a finding weighs; every level fails the run, the order is that of the report."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@record
class Fix:
    """Edits that mend one problem, whole or not at all; an unsafe one needs `--unsafe-fixes`."""

    title: str
    edits: tuple[tuple[SourceFile, Edit], ...]
    safe: bool = True


@record
class Related:
    """A second place that explains a problem: the locked value, the line a path starts from."""

    place: Place
    message: str


@record
class Problem:
    """What a rule yields. It cannot choose its code or severity, or hide itself."""

    place: Place
    message: str
    fix: Fix | None = None
    related: tuple[Related, ...] = ()


@record
class Suppressed:
    """Why a finding is not counted: the reason given, and where (`inline`, `waiver`, `per-file-ignores` or `baseline`)."""

    by: str
    reason: str


@record
class Finding:
    """What reporters see: a problem with its rule's code, name and severity."""

    code: str
    name: str
    severity: Severity
    problem: Problem
    suppressed: Suppressed | None = None


@record
class Crash:
    """A fault of this program: the rule (or rules) that could not judge, what it looked at, and the error."""

    rule: str
    where: Place | None
    error: str


@record
class NoOptions:
    """The options of a rule that has none."""


@record
class Example:
    """Small files for one rule: documentation and test at once.

    `⟦` and `⟧` stand around what must be reported; a text without them must stay silent.
    `fixed` holds the files that the fix changes, as they are afterwards. `commits` are raw
    commit objects by id. `options` are the rule's settings as they stand in the configuration.
    """

    title: str
    files: Mapping[str, str] = made(default_factory=dict)
    fixed: Mapping[str, str] = made(default_factory=dict)
    commits: Mapping[str, str] = made(default_factory=dict)
    options: Mapping[str, Any] = made(default_factory=dict)
    message: str = ""  # a part of the message that must be there


@record
class Rule(Generic[S, Opts]):
    """One rule: everything about it is written in its module, whose docstring documents it.

    `options` is a record; its fields are keys of `[tool.policy-checks]` (kebab-case).
    `needles`: a file that holds none of these texts cannot hold a problem, so it is not parsed.
    `idle`: whether options leave the rule nothing to judge, so that its subjects are not even read.
    `on_by_default`: whether it runs without being named by its family or its code.
    """

    code: str
    name: str
    severity: Severity
    subject: Kind[S]
    check: Callable[[S, Opts], Iterable[Problem]]
    examples: tuple[Example, ...]
    options: type[Opts] = NoOptions  # type: ignore[assignment]
    needles: tuple[str, ...] = ()
    idle: Callable[[Opts], bool] | None = None
    on_by_default: bool = True


def made_by_the_run(name: str) -> Kind[Any]:
    """A kind that no workspace holds: its subjects are what a run leaves behind, and the engine hands them over."""
    return Kind(name, lambda _workspace, _needles: ())


UNREADABLE: Kind[Unreadable] = made_by_the_run("unreadable file")
CRASHES: Kind[Crash] = made_by_the_run("crash")
