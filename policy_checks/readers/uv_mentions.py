"""Every command of a repository that is about uv: run, shown in a code block, or named in passing."""

from collections.abc import Iterator

from policy_checks.readers.commands import COMMANDS, DOCUMENTED
from policy_checks.readers.inline_code import IN_PASSING
from policy_checks.readers.shell import ShellCommand
from policy_checks.source import Unreadable
from policy_checks.workspace import Workspace

# What stands behind uv in prose, where `uvicorn` is as common as uv itself; in lists of strings it is a quote.
_IN_PROSE = tuple(f"uv{mark}" for mark in " =<>~@[")


def mentions(workspace: Workspace) -> Iterator[ShellCommand | Unreadable]:
    """These commands, and others among them; what cannot be read in between."""
    yield from workspace.all(COMMANDS, ("uv",))
    yield from workspace.all(DOCUMENTED, _IN_PROSE)
    yield from workspace.all(IN_PASSING, _IN_PROSE)
