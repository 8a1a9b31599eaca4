"""SARIF 2.1.0 (OASIS), as code-scanning services read it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from policy_checks.reporters import Report, raw_path, region
from policy_checks.reporters.fingerprint import fingerprints
from policy_checks.reporters.json import listed
from policy_checks.rule import Finding, Fix, Related, Severity, Suppressed
from policy_checks.source import Edit, Place, SourceFile

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def render(report: Report) -> Iterator[str]:
    """One log with one run; suppressed findings are in it, marked as such."""
    rules = {finding.code: finding for finding in sorted(report.findings, key=lambda finding: finding.code)}
    index = {code: number for number, code in enumerate(rules)}
    driver = {
        "name": "policy-checks",
        "version": report.tool_version,
        "rules": [_rule(finding, report.help.get(finding.code, "")) for finding in rules.values()],
    }
    yield f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{{'
    yield f'"tool": {json.dumps({"driver": driver})}, "columnKind": "unicodeCodePoints", "results": ['
    yield from listed(_result(finding, fingerprint, index) for finding, fingerprint in fingerprints(report.findings))
    yield "]}]}"


def _rule(finding: Finding, documentation: str) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": finding.code,
        "name": finding.name,
        "defaultConfiguration": {"level": _LEVEL[finding.severity]},
    }
    if title := documentation.strip().partition("\n")[0]:
        rule["shortDescription"] = {"text": title}
        rule["help"] = {"text": documentation.strip()}
    return rule


def _result(finding: Finding, fingerprint: str, index: Mapping[str, int]) -> dict[str, Any]:
    problem = finding.problem
    result = {
        "ruleId": finding.code,
        "ruleIndex": index[finding.code],
        "level": _LEVEL[finding.severity],
        "message": {"text": problem.message},
        "locations": [_location(problem.place)],
        "partialFingerprints": {"codePathLine/v1": fingerprint},
        # Either every result of a run says whether it is suppressed or none does (section 3.27.23).
        "suppressions": [_suppression(finding.suppressed)] if finding.suppressed else [],
    }
    if problem.related:
        result["relatedLocations"] = [_related(number, related) for number, related in enumerate(problem.related, start=1)]
    if problem.fix:
        result["fixes"] = [_fix(problem.fix)]
    return result


def _artifact(file: SourceFile) -> dict[str, str]:
    return {"uri": quote(raw_path(file.path)), "uriBaseId": "%SRCROOT%"}


def _region(place: Place) -> dict[str, int]:
    span = region(place)
    return {"startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}


def _location(place: Place) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(place.file), "region": _region(place)}}


def _related(number: int, related: Related) -> dict[str, Any]:
    return {"id": number, **_location(related.place), "message": {"text": related.message}}


def _suppression(suppressed: Suppressed) -> dict[str, str]:
    kind = "inSource" if suppressed.by == "inline" else "external"
    return {"kind": kind, "status": "accepted", "justification": suppressed.reason}


def _fix(fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[tuple[SourceFile, Edit]]] = {}
    for file, edit in fix.edits:
        changes.setdefault(file.path, []).append((file, edit))
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {"artifactLocation": _artifact(edits[0][0]), "replacements": [_replacement(*edit) for edit in edits]}
            for edits in changes.values()
        ],
        "properties": {"safe": fix.safe},
    }


def _replacement(file: SourceFile, edit: Edit) -> dict[str, Any]:
    return {"deletedRegion": _region(Place(file, edit.span)), "insertedContent": {"text": edit.text}}
