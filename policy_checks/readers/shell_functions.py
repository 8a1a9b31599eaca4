"""Functions of a script that run what they are given: `retry() { "$@"; }`."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from policy_checks.readers.shell_words import Spelling
from policy_checks.record import record

if TYPE_CHECKING:
    from tree_sitter import Node


_GIVEN = re.compile(r"\$\{?[@*1-9]")
_KEPT = re.compile(r"(\w+)=[(\"]*\$\{?[@*1-9]")  # `command=("$@")`


@record
class Passing:
    """A command of a function that may be given some of the call's words; the first `shifted` of them were dropped before."""

    command: "Node"
    shifted: int

    def of_call(self, words: Sequence[str]) -> int:
        """The index of the first word of a call that the function still has."""
        first = 1 + self.shifted
        # What runs a command several times is often told how often, and seldom shifts that where it can be seen.
        while not self.shifted and first < len(words) - 1 and re.fullmatch(r"\d+", words[first]):
            first += 1
        return first


def passing_on(functions: "Sequence[Node]", commands: "Sequence[Node]", spelling: Spelling) -> dict[str, list[Passing]]:
    """The functions by name, each with its commands that are given some of its words; `commands` are all of the script's, in order."""
    found: dict[str, list[Passing]] = {}
    for function in functions:
        name = function.child_by_field_name("name")
        if name is None:
            continue
        own, shifted = found.setdefault(spelling.cut(name), []), 0
        kept = set(_KEPT.findall(spelling.cut(function)))
        first = bisect_left(commands, function.start_byte, key=_start)
        for node in islice(commands, first, bisect_left(commands, function.end_byte, lo=first, key=_start)):
            text = spelling.cut(node)
            if shift := re.fullmatch(r"shift(?:\s+(\d+))?", text):
                shifted += int(shift[1] or 1)
            elif _GIVEN.search(text) or any(f"${name}" in text or f"${{{name}" in text for name in kept):
                own.append(Passing(node, shifted))
    return found


def _start(node: "Node") -> int:
    return node.start_byte
