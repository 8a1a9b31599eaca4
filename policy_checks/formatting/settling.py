"""Runs the fixers in their order until none of them has anything left to do.

Once is not enough: black puts two strings into one line, and ruff makes them one (ISC001).
"""

from pathlib import Path

from policy_checks.formatting.bench import Bench, Contents, awaited
from policy_checks.formatting.fixers import FIXERS, fixer
from policy_checks.formatting.notebooks import readable
from policy_checks.formatting.outcome import Message, Row, joined
from policy_checks.formatting.policy import Tool
from policy_checks.formatting.rewriting import rewrite
from policy_checks.record import replace

_ROUNDS = 5  # two are rare, three were never seen: whoever needs more is going in circles


def settle(bench: Bench, folder: Path, contents: Contents) -> tuple[dict[Tool, Row], Contents, tuple[Message, ...]]:
    """Each fixer's row, the files as they are then, and those that the fixers would change for ever.

    `folder` is the tree that holds the contents. A fixer sees a file again when another one has changed it since.
    """
    rows: dict[Tool, Row] = {}
    tools = [tool for tool in FIXERS if tool in bench.job.policy.tools]
    left: dict[Tool, Contents] = {tool: {} for tool in tools}  # the files as each fixer left them
    after = dict(contents)
    for _round in range(_ROUNDS):
        for tool in tools:
            mine = _unseen(tool, after, left[tool])
            if mine or tool not in rows:
                # in a thread, because there a process is waited for without holding back Ctrl-C
                row, rewritten = awaited(bench.pool.submit(rewrite, bench, fixer(tool, tuple(mine)), folder, mine))
                rows[tool] = _again(rows[tool], row) if tool in rows else row
                left[tool] |= rewritten
                after |= rewritten
        if not any(_unseen(tool, after, left[tool]) for tool in tools):
            return rows, after, ()
    restless = sorted({path for tool in tools for path in _unseen(tool, after, left[tool])})
    text = f"{', '.join(tools)} undo each other's changes for ever: make their settings agree"
    return rows, after, tuple(Message(path, 0, 0, "unsettled", "", text) for path in restless)


def _unseen(tool: Tool, contents: Contents, left: Contents) -> Contents:
    """The files that are not as the tool left them."""
    return {path: contents[path] for path in readable(tool, contents) if left.get(path) != contents[path]}


def _again(first: Row, second: Row) -> Row:
    changed = {
        path: (first.changed[path][0] if path in first.changed else before, after) for path, (before, after) in second.changed.items()
    }
    return replace(first, outcome=joined([first.outcome, second.outcome]), changed={**first.changed, **changed})
