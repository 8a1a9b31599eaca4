"""Snippets for PIP001, as data: `spellings.toml` has lines of a shell, the other files are named after what holds them."""

from pathlib import Path

from policy_checks import workspace
from policy_checks.rules.pip.pip001_bare_pip_install import RULE
from policy_checks.source import Unreadable

CORPUS = Path(__file__).parent


def reported(files: dict[str, str]) -> dict[str, list[tuple[int, int]]]:
    """The spans that PIP001 reports without any settings, by file."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for subject in workspace.in_memory(files).all(RULE.subject, RULE.needles):
        assert not isinstance(subject, Unreadable), subject
        for problem in RULE.check(subject, RULE.options()):
            spans.setdefault(problem.place.file.path, []).append((problem.place.span.start, problem.place.span.end))
    return {name: sorted(found) for name, found in spans.items()}
