"""Reports to render: small ones written down here, and one that holds everything hostile at once."""

from policy_checks.record import replace
from policy_checks.reporters import PLAIN, Report, Screen, render
from policy_checks.rule import Finding, Fix, Problem, Related, Severity, Suppressed
from policy_checks.source import Edit, Place, SourceFile, Span

WAIVED = Suppressed("waiver", "the base image has no uv yet")
HOSTILE = "a\nb\rc\td\"e'f:g,h%i]]>j\x1b[31mk\x00l<script>m</script>&n\u202eo\udcffp\ufffeq`r"


def source(path: str, text: str) -> SourceFile:
    return SourceFile(path, text.encode())


def place(file: SourceFile, marked: str) -> Place:
    """The first occurrence of a text."""
    start = file.text.index(marked)
    return Place(file, Span(start, start + len(marked)))


def finding(where: Place, message: str = "write `uv sync --locked`", severity: Severity = Severity.ERROR, code: str = "PIP001") -> Finding:
    return Finding(code, {"PIP001": "bare-pip-install", "SRC001": "unpinned-git-source"}[code], severity, Problem(where, message))


def suppressed(found: Finding, why: Suppressed = WAIVED) -> Finding:
    return replace(found, suppressed=why)


def report(*findings: Finding) -> Report:
    return Report(findings, files=3136, seconds=0.84, tool_version="1.2.3")


def lines(name: str, what: Report, screen: Screen = PLAIN) -> list[str]:
    return list(render(name, what, screen))


def text(name: str, what: Report) -> str:
    return "\n".join(lines(name, what)) + "\n"


def pinned() -> Finding:
    """A finding with a fix and a related place."""
    project = source("pyproject.toml", '[tool.uv.sources]\nmla = { git = "https://git.example/mla", branch = "main" }\n')
    lock = source("uv.lock", 'version = 1\nname = "mla"\n')
    branch = place(project, 'branch = "main"')
    fix = Fix("pin the locked commit", ((project, Edit(branch.span, 'rev = "0a1b2c"')),))
    related = (Related(place(lock, '"mla"'), "locked here at 0a1b2c"),)
    return Finding("SRC001", "unpinned-git-source", Severity.ERROR, Problem(branch, "mla follows the branch main; pin `rev`", fix, related))


def hostile() -> Report:
    """Everything that a file name, a line, a message, a title or a reason can do to a reader."""
    file = SourceFile(HOSTILE, HOSTILE.encode(errors="replace") * 2)
    fix = Fix(HOSTILE, ((file, Edit(Span(0, 1), HOSTILE)),), safe=False)
    places = [Place(file, Span(start, start + 9)) for start in range(0, len(file.text), 3)]
    worst = [Problem(where, HOSTILE, fix, (Related(where, HOSTILE),)) for where in places]
    findings = [Finding("PIP001", "bare-pip-install", Severity.ERROR, problem) for problem in worst]
    return replace(report(*findings, suppressed(findings[0], Suppressed(HOSTILE, HOSTILE))), help={"PIP001": HOSTILE}, tool_version=HOSTILE)
