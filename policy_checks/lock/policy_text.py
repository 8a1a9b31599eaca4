"""Where the policy of a repository is written, for a finding about the policy itself: a name in it that means nothing."""

from policy_checks.readers import pyproject
from policy_checks.readers.toml import Document, Key
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Workspace

_TABLE = ("tool", "policy-checks")


@record(eq=False)
class PolicyText:
    """The repository's own policy; None where there is none: it comes from a preset, a file named by hand, or a test."""

    document: Document | None
    table: tuple[Key, ...]  # the path of the policy's table there

    def place(self, fallback: Place, *path: Key, of: int | None = None) -> Place:
        """Where a setting stands, else its nearest enclosing table, else the fallback.

        `of` is how many tables a list has in all: those that presets bring come before those written here.
        """
        if self.document is None:
            return fallback
        if of is not None:
            number = self._number(str(path[0]), int(path[1]), of)
            path = (path[0], number, *path[2:]) if number >= 0 else ()
        place = self.document.place(*self.table, *path)
        return place if place.span != Span(0, 0) else fallback

    def is_own(self, key: str, number: int, of: int) -> bool:
        """Whether a table of a list is written here, not in a preset, which may speak of what some repositories do not have."""
        return self.document is None or self._number(key, number, of) >= 0

    def _number(self, key: str, number: int, of: int) -> int:
        """Where a table stands in the list that is written here; negative for one that a preset brings."""
        written = self.document.get(*self.table, key) if self.document is not None else None
        return number - (of - (len(written) if isinstance(written, list) else 0))


def policy_text(workspace: Workspace) -> PolicyText:
    """The policy at the root of a workspace; what cannot be read of it is told by whoever loads the configuration."""
    for path, table in (("policy-checks.toml", ()), ("pyproject.toml", _TABLE)):
        try:
            file = workspace.get(path)
            found = None if file is None else _document(file)
        except Unreadable:
            continue
        if found is not None and found.get(*table) is not None:
            return PolicyText(found, table)
    return PolicyText(None, ())


def _document(file: SourceFile) -> Document:
    """The parsed file, shared with the project that it belongs to."""
    return file.once(pyproject.read).document
