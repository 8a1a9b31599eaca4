"""Path patterns as .gitignore has them: `*` stays within a folder, `**` does not, a folder covers what is below it."""

import re
from collections.abc import Callable
from fnmatch import translate
from functools import cache

Part = Callable[[str], re.Match[str] | None] | None  # None stands for `**`


def matches(path: str, pattern: str) -> bool:
    """Whether a pattern covers a path. One without an inner `/` holds at any depth, else it starts at the root."""
    folder, _, name = path.rpartition("/")
    parts = _parts(pattern)
    states = _entered(pattern, folder) if folder else _opened(parts, {0})
    return len(parts) in states or len(parts) in _step(parts, states, name)


@cache
def _parts(pattern: str) -> tuple[Part, ...]:
    names = [name for name in pattern.split("/") if name not in ("", ".")]
    if not names:  # an empty pattern must not cover everything
        return (lambda _name: None,)
    if "/" not in pattern.rstrip("/"):
        names.insert(0, "**")
    return tuple(None if name == "**" else re.compile(translate(name)).match for name in names)


@cache
def _entered(pattern: str, folder: str) -> frozenset[int]:
    """How many parts of the pattern may be spent once inside a folder; all of them when it is covered whole."""
    parts = _parts(pattern)
    above, _, name = folder.rpartition("/")
    states = _entered(pattern, above) if above else _opened(parts, {0})
    return states if len(parts) in states else _step(parts, states, name)


def _step(parts: tuple[Part, ...], states: frozenset[int], name: str) -> frozenset[int]:
    # A set of states instead of backtracking: the work grows with the pattern, never with its stars' combinations.
    reached = set()
    for state in states:
        if state < len(parts):
            part = parts[state]
            if part is None:
                reached.add(state)
            elif part(name):
                reached.add(state + 1)
    return _opened(parts, reached)


def _opened(parts: tuple[Part, ...], states: set[int]) -> frozenset[int]:
    """The states, and those behind a `**`, which may also stand for no folder."""
    for state, part in enumerate(parts):
        if part is None and state in states:
            states.add(state + 1)
    return frozenset(states)
