"""The contract, key by key."""

import json
from typing import Any

from policy_checks.reporters import Report
from tests.reporters.reports import HOSTILE, finding, hostile, lines, pinned, place, report, source, suppressed, text

KEYS = ["code", "name", "severity", "message", "path", "line", "column", "end_line", "end_column", "suppressed", "fix", "related"]


def _read(what: Report) -> Any:
    return json.loads(text("json", what))


def test_the_object() -> None:
    bare = finding(place(source("ci/build.sh", "set -e\r\npip install x\r\n"), "pip install"))
    read = _read(report(suppressed(bare), pinned()))
    assert list(read) == ["version", "findings", "summary"]
    assert read["version"] == 1
    assert read["summary"] == {"files": 3136, "findings": 1, "suppressed": 1, "seconds": 0.84}
    assert [list(found) for found in read["findings"]] == [KEYS, KEYS]
    assert read["findings"][0] == {
        "code": "PIP001",
        "name": "bare-pip-install",
        "severity": "error",
        "message": "write `uv sync --locked`",
        "path": "ci/build.sh",
        "line": 2,
        "column": 1,
        "end_line": 2,
        "end_column": 12,
        "suppressed": {"by": "waiver", "reason": "the base image has no uv yet"},
        "fix": None,
        "related": [],
    }


def test_a_fix_and_a_related_place() -> None:
    found = _read(report(pinned()))["findings"][0]
    assert found["suppressed"] is None
    edit = {"path": "pyproject.toml", "line": 2, "column": 42, "end_line": 2, "end_column": 57, "text": 'rev = "0a1b2c"'}
    assert found["fix"] == {"title": "pin the locked commit", "safe": True, "edits": [edit]}
    where = {"path": "uv.lock", "line": 2, "column": 8, "end_line": 2, "end_column": 13}
    assert found["related"] == [{**where, "message": "locked here at 0a1b2c"}]


def test_nothing_found() -> None:
    assert _read(report()) == {"version": 1, "findings": [], "summary": {"files": 3136, "findings": 0, "suppressed": 0, "seconds": 0.84}}


def test_a_finding_is_a_line() -> None:
    assert len(lines("json", report(pinned(), pinned()))) == 4


def test_columns_count_characters_and_not_bytes() -> None:
    found = _read(report(finding(place(source("a.sh", "echo é日😀 pip install\n"), "pip install"))))["findings"][0]
    assert (found["column"], found["end_column"]) == (10, 21)


def test_names_that_are_not_utf8_come_back_as_they_were() -> None:
    found = _read(hostile())["findings"][0]
    assert (found["path"], found["message"], found["fix"]["safe"]) == (HOSTILE, HOSTILE, False)
