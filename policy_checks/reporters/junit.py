"""JUnit XML, as CI servers show it: a test case per finding, one that passes when there is none.

Suppressed findings are skipped tests. Everything XML cannot hold is escaped visibly.
"""

from collections.abc import Iterator

from policy_checks.reporters import Report, details, where
from policy_checks.reporters.markup import markup
from policy_checks.rule import Finding


def render(report: Report) -> Iterator[str]:
    """The document; `time` is the whole run's, in seconds."""
    cases = len(report.findings) or 1
    totals = f'tests="{cases}" failures="{len(report.counted)}" errors="0" time="{report.seconds:.3f}"'
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f"<testsuites {totals}>"
    yield f'<testsuite name="policy-checks" skipped="{len(report.suppressed)}" {totals}>'
    for finding in report.findings:
        yield from _case(finding)
    if not report.findings:
        yield f'<testcase classname="policy-checks" name="{report.files} {markup(report.subject)} are clean"/>'
    yield "</testsuite>"
    yield "</testsuites>"


def _case(finding: Finding) -> Iterator[str]:
    problem, name = finding.problem, markup(f"{finding.code} {finding.name}")
    path, place, message = markup(problem.place.file.path), markup(where(problem.place)), markup(problem.message)
    yield f'<testcase classname="{path}" name="{name} at {place}" file="{path}" line="{problem.place.line}">'
    if finding.suppressed:
        yield f'<skipped message="{markup(f"{finding.suppressed.by}: {finding.suppressed.reason}")}"/>'
    else:
        yield f'<failure type="{finding.severity.value}" message="{message}">{place}: {message}'
        yield from map(markup, details(problem))
        yield "</failure>"
    yield "</testcase>"
