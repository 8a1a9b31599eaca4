"""The contract for programs: one JSON object, one finding a line, ASCII only.

Lines and columns are 1-based, columns count characters, an end is the first position behind.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policy_checks.reporters import Report, region
from policy_checks.rule import Finding, Fix
from policy_checks.source import Place

VERSION = 1


def render(report: Report) -> Iterator[str]:
    """The object, spread over lines so that reports can be compared with diff."""
    yield f'{{"version": {VERSION}, "findings": ['
    yield from listed(map(_finding, report.findings))
    totals = {
        "files": report.files,
        "findings": len(report.counted),
        "suppressed": len(report.suppressed),
        "seconds": round(report.seconds, 3),
    }
    yield f'], "summary": {json.dumps(totals)}}}'


def listed(items: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The items of a JSON array, one a line."""
    lines = [json.dumps(item) for item in items]
    yield from (line + "," for line in lines[:-1])
    yield from lines[-1:]


def _finding(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": problem.message,
        **_place(problem.place),
        "suppressed": {"by": finding.suppressed.by, "reason": finding.suppressed.reason} if finding.suppressed else None,
        "fix": _fix(problem.fix) if problem.fix else None,
        "related": [{**_place(related.place), "message": related.message} for related in problem.related],
    }


def _place(place: Place) -> dict[str, Any]:
    shown = region(place)
    return {
        "path": place.file.path, "line": shown.line, "column": shown.column, "end_line": shown.end_line, "end_column": shown.end_column,
    }  # fmt: skip


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{**_place(Place(file, edit.span)), "text": edit.text} for file, edit in fix.edits]
    return {"title": fix.title, "safe": fix.safe, "edits": edits}
