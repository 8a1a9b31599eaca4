"""A git reference: one place that names a repository and what to take of it, and how that place would be pinned."""

from collections.abc import Callable
from enum import StrEnum
from functools import cached_property

from policy_checks.lock import git_pin
from policy_checks.lock.git_pin import Locked, Reference
from policy_checks.readers.names import normalized
from policy_checks.readers.uv_lock import Lock
from policy_checks.record import record
from policy_checks.source import Edit, Place, Span


class GitScope(StrEnum):
    """Where git references are judged; each one includes those before it."""

    DECLARED = "declared"  # pyproject.toml and requirements files
    IMAGES = "images"  # what a Dockerfile installs, clones or adds
    EVERYWHERE = "everywhere"  # what scripts and CI jobs install


@record
class Pin:
    """How a reference is written as a commit: the text around the id, and the edit that does it (span None: left to people)."""

    before: str
    after: str = ""
    span: Span | None = None
    lead: str = ""  # what has to stand before it in the file

    def text(self, commit: str) -> str:
        """The pin with a commit, as a message shows it."""
        return f"{self.before}{commit}{self.after}"

    def edit(self, commit: str) -> Edit | None:
        """The edit that writes it."""
        return None if self.span is None else Edit(self.span, self.lead + self.text(commit))


@record
class Located:
    """Where a reference stands, and how it would be pinned."""

    place: Place  # what says which commit; else the URL, or the whole requirement
    url: Place  # the URL, or the requirement that holds it
    pin: Pin


@record(eq=False)
class GitReference:
    """One place that names a git repository, and perhaps what to take of it; its position is only looked up when asked for."""

    name: str  # the package's, as it is written; else the repository's
    reference: Reference
    find: Callable[[], Located]
    lock: Lock | None = None  # the one beside it or above
    is_resolved: bool = False  # whether that lock resolves it, so that both change together

    @cached_property
    def located(self) -> Located:
        """Where it stands."""
        return self.find()

    @cached_property
    def locked(self) -> Locked | None:
        """What the lock holds for it."""
        return git_pin.locked(self.lock, normalized(self.name), self.reference) if self.lock else None
