"""GitLab Code Quality: the subset of the Code Climate format that merge requests show.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from collections.abc import Iterator
from typing import Any

from policy_checks.reporters import Report, details, printable, region
from policy_checks.reporters.fingerprint import fingerprints
from policy_checks.reporters.json import listed
from policy_checks.rule import Finding, Severity

_SEVERITY = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(report: Report) -> Iterator[str]:
    """A list of the findings that count, one a line."""
    yield "["
    yield from listed(_issue(finding, fingerprint) for finding, fingerprint in fingerprints(report.counted))
    yield "]"


def _issue(finding: Finding, fingerprint: str) -> dict[str, Any]:
    problem = finding.problem
    span = region(problem.place)
    return {
        "description": "; ".join(map(printable, [f"{finding.code} {problem.message}", *details(problem)])),
        "check_name": finding.name,
        "fingerprint": fingerprint,
        "severity": _SEVERITY[finding.severity],
        "location": {"path": printable(problem.place.file.path), "lines": {"begin": span.line, "end": span.end_line}},
    }
