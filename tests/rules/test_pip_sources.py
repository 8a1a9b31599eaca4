"""PIP001 in every kind of file that runs commands: the span is what names the install, and look-alike text is silent."""

import pytest

from policy_checks import workspace
from policy_checks.examples import unmarked
from policy_checks.rules.pip.pip001_bare_pip_install import RULE
from policy_checks.source import Unreadable
from tests.rules.pip_sources import SOURCES


@pytest.mark.parametrize(("path", "text"), [case for cases in SOURCES.values() for case in cases])
def test_source(path: str, text: str) -> None:
    files, expected = unmarked({path: text})
    spans = []
    for subject in workspace.in_memory(files).all(RULE.subject, RULE.needles):
        assert not isinstance(subject, Unreadable), subject
        spans += [(problem.place.span.start, problem.place.span.end) for problem in RULE.check(subject, RULE.options())]
    assert sorted(spans) == expected.get(path, [])
