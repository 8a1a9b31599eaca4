"""Code Quality: the keys GitLab reads, and fingerprints that stay."""

import json
from typing import Any

from policy_checks.rule import Finding, Severity
from tests.reporters.reports import finding, lines, pinned, place, report, source, suppressed, text


def _read(*findings: Finding) -> Any:
    return json.loads(text("gitlab", report(*findings)))


def _bare(script: str, path: str = "ci/build.sh", message: str = "write `uv sync --locked`") -> Finding:
    return finding(place(source(path, script), "pip install"), message)


def test_an_issue() -> None:
    issue = _read(pinned(), suppressed(pinned()))
    assert [sorted(keys) for keys in issue] == [["check_name", "description", "fingerprint", "location", "severity"]]
    assert issue[0]["check_name"] == "unpinned-git-source"
    assert issue[0]["description"].startswith("SRC001 mla follows the branch main; pin `rev`; uv.lock:2:8: locked here")
    assert issue[0]["severity"] == "major"
    assert issue[0]["location"] == {"path": "pyproject.toml", "lines": {"begin": 2, "end": 2}}


def test_severities_are_among_those_gitlab_knows() -> None:
    where = place(source("a.sh", "pip"), "pip")
    assert [issue["severity"] for issue in _read(*[finding(where, severity=level) for level in Severity])] == ["major", "minor", "info"]


def test_nothing_found() -> None:
    assert lines("gitlab", report()) == ["[", "]"]


def test_a_fingerprint_stays_when_lines_move_or_the_message_changes() -> None:
    first, moved, reworded = _bare("pip install x\n"), _bare("# new\n\n\tpip install x  \r\n"), _bare("pip install x\n", message="other")
    assert len({_read(found)[0]["fingerprint"] for found in (first, moved, reworded)}) == 1


def test_equal_lines_paths_and_codes_are_told_apart() -> None:
    here, elsewhere, other = _bare("pip install x\n"), _bare("pip install x\n", path="b.sh"), _bare("pip install y\n")
    assert len({issue["fingerprint"] for issue in _read(here, here, elsewhere, other)}) == 4
