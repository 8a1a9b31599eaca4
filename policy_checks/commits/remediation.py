"""Remediation commits: a commit whose message signs off an earlier one of the same series, as the DCO app has them (its lib/dco.js)."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from policy_checks.commits.commit import Commit, Identity
from policy_checks.commits.policy import Remediation

_PROMISE = r"I, (?P<name>.*) <(?P<email>.*)>, hereby add my Signed-off-by to this commit: (?P<commit>.*?)\s*$"
_INDIVIDUAL = re.compile(f"^{_PROMISE}", re.IGNORECASE | re.MULTILINE)
_THIRD_PARTY = re.compile(f"^On behalf of (?P<whose_name>.*) <(?P<whose_email>.*)>, {_PROMISE}", re.IGNORECASE | re.MULTILINE)


class Remediations:
    """What the commits of a series say about each other; read when the first commit without a sign-off asks."""

    def __init__(self, commits: Iterable[Commit]) -> None:
        self._commits = tuple(commits)

    def cover(self, commit: Commit, allowed: Remediation) -> bool:
        """Whether a commit is signed off by another one."""
        return any(_is(commit.author, whose) and level <= _LEVELS[allowed] for level, whose in self._found.get(commit.file.path, ()))

    @cached_property
    def _found(self) -> dict[str, list[tuple[int, tuple[str, str]]]]:
        """The level of each remediation and whose commit it signs off, by that commit's id."""
        found: dict[str, list[tuple[int, tuple[str, str]]]] = {}
        for commit in self._commits:
            if "hereby add my" in commit.message.lower():
                for target, level, whose in _in(commit):
                    found.setdefault(target, []).append((level, whose))
        return found


_LEVELS = {Remediation.OFF: 0, Remediation.INDIVIDUAL: 1, Remediation.THIRD_PARTY: 2}


def _in(commit: Commit) -> Iterator[tuple[str, int, tuple[str, str]]]:
    for match in _INDIVIDUAL.finditer(commit.message):
        who = (match["name"], match["email"])
        if _is(commit.author, who):
            yield match["commit"], _LEVELS[Remediation.INDIVIDUAL], who
    for match in _THIRD_PARTY.finditer(commit.message):
        who = (match["name"], match["email"])
        if _is(commit.author, who) or _is(commit.committer, who):
            yield match["commit"], _LEVELS[Remediation.THIRD_PARTY], (match["whose_name"], match["whose_email"])


def _is(person: Identity, who: tuple[str, str]) -> bool:
    return (person.name.lower(), person.email.lower()) == (who[0].lower(), who[1].lower())
