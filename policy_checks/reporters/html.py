"""One self-contained page: no script, no request, a content security policy that forbids both."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import groupby

from policy_checks.reporters import Report, count, fix_line, region, summary, where
from policy_checks.reporters.excerpt import Excerpt, excerpt
from policy_checks.reporters.markup import markup
from policy_checks.rule import Finding

_COLUMNS = 110  # of a source line: what a wide window shows without scrolling

_STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --soft: light-dark(#f6f8fa, #151b23);
  --error: light-dark(#b3261e, #ff8a80); --warning: light-dark(#8a5300, #ffc266); --note: light-dark(#0550ae, #79c0ff) }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 }
h2 { font: 600 1rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; border-bottom: 1px solid var(--line); margin: 2rem 0 0 }
table { border-collapse: collapse }
th, td { text-align: left; padding: .2rem 1.5rem .2rem 0; border-bottom: 1px solid var(--line) }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
ol { list-style: none; padding: 0 }
li { margin: 1rem 0 }
code { font-size: .875rem }
p { margin: .2rem 0; overflow-wrap: anywhere }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .8rem; margin: .4rem 0;
  overflow-x: auto }
caption { text-align: left }
mark { background: none; font-weight: bold; text-decoration: underline wavy; text-underline-offset: .25em }
.error { color: var(--error) } .warning { color: var(--warning) } .note { color: var(--note) }
.quiet { opacity: .75 }
"""


def render(report: Report) -> Iterator[str]:
    """The page: what was found by rule, then every finding by file, suppressed ones below."""
    digest = b64encode(sha256(_STYLE.encode()).digest()).decode()
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'\">"
    yield f"<title>policy-checks: {markup(summary(report))}</title>"
    yield from f"<style>{_STYLE}</style></head><body><main>".split("\n")
    yield f"<h1>policy-checks</h1><p>{markup(summary(report))}</p>"
    if report.counted:
        yield from _table(report.counted)
        yield from _files(report.counted)
    if report.suppressed:
        yield f"<details><summary>{count(len(report.suppressed), 'suppressed findings')}</summary>"
        yield from _files(report.suppressed)
        yield "</details>"
    yield f'<footer class="quiet"><p>policy-checks {markup(report.tool_version)}</p></footer></main></body></html>'


def _table(findings: Iterable[Finding]) -> Iterator[str]:
    counts = Counter((finding.code, finding.name, finding.severity.value) for finding in findings)
    yield '<table><caption class="quiet">Findings by rule</caption><thead><tr><th scope="col">Rule</th><th scope="col">Name</th>'
    yield '<th scope="col">Severity</th><th scope="col" class="number">Findings</th></tr></thead><tbody>'
    for (code, name, severity), number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f'<tr><th scope="row">{markup(code)}</th><td>{markup(name)}</td>'
        yield f'<td class="{severity}">{severity}</td><td class="number">{number:,}</td></tr>'
    yield "</tbody></table>"


def _files(findings: Iterable[Finding]) -> Iterator[str]:
    for path, group in groupby(findings, key=lambda finding: finding.problem.place.file.path):
        yield f"<section><h2>{markup(path)}</h2><ol>"
        for finding in group:
            yield from _finding(finding)
        yield "</ol></section>"


def _finding(finding: Finding) -> Iterator[str]:
    problem, severity = finding.problem, finding.severity.value
    span = region(problem.place)
    yield f'<li class="finding"><p><span class="quiet">line {span.line}, column {span.column}</span> '
    yield f'<strong class="{severity}">{markup(finding.code)} {markup(finding.name)}</strong> {markup(problem.message)}</p>'
    if line := excerpt(problem.place, _COLUMNS):
        yield _source(line, severity)
    for related in problem.related:
        yield f'<p class="quiet"><code>{markup(where(related.place))}</code> {markup(related.message)}</p>'
    if problem.fix:
        yield f"<p>{markup(fix_line(problem.fix))}</p>"
    if finding.suppressed:
        yield f'<p class="quiet">suppressed ({markup(finding.suppressed.by)}): {markup(finding.suppressed.reason)}</p>'
    yield "</li>"


def _source(line: Excerpt, severity: str) -> str:
    marked = f'<mark class="{severity}">{markup(line.marked)}</mark>' if line.marked else ""
    return f'<pre tabindex="0"><code>{markup(line.before)}{marked}{markup(line.after)}</code></pre>'
