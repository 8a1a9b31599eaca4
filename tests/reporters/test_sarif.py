"""SARIF 2.1.0: what code scanning services demand of a log."""

import json
from typing import Any

from policy_checks.record import replace
from policy_checks.reporters import Report
from policy_checks.rule import Suppressed
from policy_checks.source import Place, SourceFile, Span
from tests.reporters.reports import finding, hostile, pinned, report, suppressed, text


def _run(what: Report) -> Any:
    log = json.loads(text("sarif", what))
    assert sorted(log) == ["$schema", "runs", "version"]
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    return run


def test_the_tool_and_its_rules() -> None:
    help_text = "Git source without a commit.\n\nWhy: a branch moves.\nFix: pin it.\n"
    run = _run(replace(report(pinned(), pinned()), help={"SRC001": help_text}))
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("policy-checks", "1.2.3")
    assert driver["rules"] == [
        {
            "id": "SRC001",
            "name": "unpinned-git-source",
            "defaultConfiguration": {"level": "error"},
            "shortDescription": {"text": "Git source without a commit."},
            "help": {"text": help_text.strip()},
        }
    ]


def test_a_result() -> None:
    result = _run(report(pinned()))["results"][0]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("SRC001", 0, "error")
    assert result["message"] == {"text": "mla follows the branch main; pin `rev`"}
    region = {"startLine": 2, "startColumn": 42, "endLine": 2, "endColumn": 57}
    artifact = {"uri": "pyproject.toml", "uriBaseId": "%SRCROOT%"}
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
    (related,) = result["relatedLocations"]
    assert (related["id"], related["message"]) == (1, {"text": "locked here at 0a1b2c"})
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "uv.lock"
    (fix,) = result["fixes"]
    replacement = {"deletedRegion": region, "insertedContent": {"text": 'rev = "0a1b2c"'}}
    assert fix["description"] == {"text": "pin the locked commit"}
    assert fix["artifactChanges"] == [{"artifactLocation": artifact, "replacements": [replacement]}]
    assert list(result["partialFingerprints"]) == ["codePathLine/v1"]


def test_every_result_says_whether_it_is_suppressed() -> None:
    inline = suppressed(pinned(), Suppressed("inline", "no uv here"))
    results = _run(report(pinned(), suppressed(pinned()), inline))["results"]
    assert [result["suppressions"] for result in results] == [
        [],
        [{"kind": "external", "status": "accepted", "justification": "the base image has no uv yet"}],
        [{"kind": "inSource", "status": "accepted", "justification": "no uv here"}],
    ]


def test_nothing_found() -> None:
    assert _run(report())["results"] == []


def test_a_path_is_a_uri_whatever_bytes_it_holds() -> None:
    odd = SourceFile("a b/é:%\udcff.sh", b"pip")
    location = _run(report(finding(Place(odd, Span(0, 3)))))["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/%C3%A9%3A%25%FF.sh"


def test_hostile_content_is_one_valid_log() -> None:
    run = _run(hostile())
    assert all(result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] for result in run["results"])
