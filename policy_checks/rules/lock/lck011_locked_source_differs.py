"""A package in uv.lock comes from another git commit, URL, folder or index than the project declares.

Why: what is installed is the source of the package's entry. uv compares the declared source only with what the lock
remembers of the requirement, not with that entry: after a merge, one can name commit A and the other install commit B,
and `uv lock --check` passes. That a branch or tag has moved since cannot be known offline and is not reported.

Fix: `uv lock --upgrade-package NAME`. `uv lock` alone finds nothing to do.

References: astral-sh/uv#8050
"""

from collections.abc import Iterator

from policy_checks.lock.integrity.artifacts import inside, shown
from policy_checks.lock.integrity.obligations import Obligation, Section
from policy_checks.lock.integrity.sources import fault
from policy_checks.lock.integrity.surroundings import SURROUNDINGS, Surroundings
from policy_checks.lock.markers import FALSE, and_
from policy_checks.readers.uv_lock import Package
from policy_checks.rule import Example, NoOptions, Problem, Related, Rule, Severity


def check(around: Surroundings, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each package and each way in which its source differs."""
    told: set[tuple[int, str]] = set()
    for section, wanted, links in around.obligations.sections:
        for one in wanted:
            for link in links:
                if link.edge.name != one.meant.name or not (found := fault(one.meant, link.target)):
                    continue
                if (link.target.number, found) not in told and and_(one.where, link.where) is not FALSE:
                    told.add((link.target.number, found))
                    yield _problem(around, section, one, link.target, found)


def _problem(around: Surroundings, section: Section, one: Obligation, package: Package, found: str) -> Problem:
    place = inside(around.lock.place((*package.at, "source")), package.source.location)
    message = f"{shown(package)} {found} as {section} declares; run `uv lock --upgrade-package {package.name}`"
    text = around.declaration(section.package, one.requirement)
    related = [] if text is None else [Related(text.place, "declared here, with its source in `[tool.uv.sources]`")]
    return Problem(place, message, related=(*related, Related(around.lock.place(one.meant.at), "what the lock remembers of it")))


_HEAD = """\
version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [
    { name = "idna" },
]

[package.metadata]
requires-dist = [{ name = "idna"%s }]

[[package]]
name = "idna"
version = "3.10"
source = { %s }
"""
_A, _B = "0a" * 20, "0b" * 20
_GIT = "https://git.example/idna.git"


def _lock(declared: str, locked: str) -> dict[str, str]:
    return {"uv.lock": _HEAD % (f", {declared}" if declared else "", locked)}


RULE = Rule(
    code="LCK011",
    name="locked-source-differs",
    severity=Severity.ERROR,
    subject=SURROUNDINGS,
    check=check,
    examples=(
        Example("another commit", _lock(f'git = "{_GIT}?rev={_A}"', f'git = "⟦{_GIT}?rev={_B}#{_B}⟧"'), message="is locked at rev 0b0b"),
        Example("a commit that its own entry belies", _lock(f'git = "{_GIT}?rev={_A}"', f'git = "⟦{_GIT}?rev={_A}#{_B}⟧"'), message="is locked at the commit 0b0b"),
        Example("another repository", _lock(f'git = "{_GIT}?rev=v3"', f'git = "⟦https://git.example/fork.git?rev=v3#{_A}⟧"'), message="the repository"),
        Example("another branch", _lock(f'git = "{_GIT}?branch=main"', f'git = "⟦{_GIT}?branch=next#{_A}⟧"'), message="branch next, not at branch main"),
        Example("an index instead of git", _lock(f'git = "{_GIT}"', 'registry = "⟦https://index.example/simple⟧"')),
        Example("another index", _lock('index = "https://gpu.example/whl"', 'registry = "⟦https://index.example/simple⟧"'), message="not from https://gpu.example/whl"),
        Example("another folder", _lock('editable = "libs/idna"', 'editable = "⟦old/idna⟧"')),
        Example("the declared commit", _lock(f'git = "{_GIT}?rev={_A}"', f'git = "{_GIT}?rev={_A}#{_A}"')),
        Example("an abbreviated commit", _lock(f'git = "{_GIT}?rev={_A[:7]}"', f'git = "{_GIT}?rev={_A[:7]}#{_A}"')),
        Example("a branch, wherever it stands", _lock(f'git = "{_GIT}?branch=main"', f'git = "{_GIT}?branch=main#{_A}"')),
        Example("the declared index", _lock('index = "https://gpu.example/whl"', 'registry = "https://gpu.example/whl"')),
        Example("any index", _lock('specifier = ">=3"', 'registry = "https://index.example/simple"')),
        Example("the declared folder", _lock('directory = "libs/idna"', 'directory = "libs/idna"')),
        Example("an archive", _lock('url = "https://files.example/idna.zip"', 'url = "https://files.example/idna.zip"')),
    ),
)  # fmt: skip
