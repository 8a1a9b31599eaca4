"""A package in uv.lock that nothing leads to: no member of the workspace, extra or group, directly or not.

Why: uv never writes such an entry, and `uv lock --check` does not see it. It is a leftover of a merge by hand, or the
edge to it was deleted: then something that was resolved is silently no longer installed.

Fix: run `uv lock --upgrade-package NAME`, which resolves anew and writes only what is needed (`uv lock` alone finds
nothing to do), or take uv.lock from a commit that can be trusted. Each orphan that no other orphan needs is reported.

References: astral-sh/uv#21484 (verify that uv.lock is legitimate)
"""

from collections.abc import Iterator

from policy_checks.lock.integrity.artifacts import shown
from policy_checks.lock.integrity.surroundings import SURROUNDINGS, Surroundings
from policy_checks.lock.integrity.targets import Targets, reached, roots
from policy_checks.readers.uv_lock import Package
from policy_checks.rule import Example, NoOptions, Problem, Related, Rule, Severity

_SHOWN = 5  # followers that a message names


def check(around: Surroundings, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each orphan that no other one needs, with those that stand there for its sake."""
    targets, lock = around.targets, around.lock
    if not (roots(lock) or lock.manifest.requirements or lock.manifest.dependency_groups):
        return  # a workspace without members: LCK002 compares the two
    found = reached(targets)
    orphans = [package for package in lock.packages if package.number not in found]
    told: set[int] = set()
    for package in _heads_first(targets, orphans):
        if package.number in told:
            continue
        followers = [other for other in _followers(targets, package) if other.number not in found | told]
        told |= {package.number, *[other.number for other in followers]}
        yield _problem(targets, package, followers)


def _heads_first(targets: Targets, orphans: list[Package]) -> list[Package]:
    """Orphans that no orphan needs, then the others: those that need each other in a circle."""
    needed = {other.number for package in orphans for other in _direct(targets, package)}
    return sorted(orphans, key=lambda package: (package.number in needed, package.number))


def _direct(targets: Targets, package: Package) -> Iterator[Package]:
    for extra in ("", *package.optional_dependencies):
        for _edge, target in targets.leaving((package.number, extra)):
            if target is not package:
                yield target


def _followers(targets: Targets, package: Package) -> list[Package]:
    found: dict[int, Package] = {}
    waiting = [package]
    while waiting:
        for other in _direct(targets, waiting.pop()):
            if other.number not in found and other is not package:
                found[other.number] = other
                waiting.append(other)
    return [found[number] for number in sorted(found)]


def _problem(targets: Targets, package: Package, followers: list[Package]) -> Problem:
    lock = targets.lock
    named = ", ".join(other.name for other in followers[:_SHOWN]) + (
        f" and {len(followers) - _SHOWN} more" if len(followers) > _SHOWN else ""
    )
    with_them = f", nor to what only it needs ({named})" if followers else ""
    message = f"nothing in this lock leads to {shown(package)}{with_them}; run `uv lock --upgrade-package {package.name}`, or restore what led there"
    related = tuple([Related(lock.place((*other.at, "name")), f"{shown(other)}, needed only by it") for other in followers[:_SHOWN]])
    return Problem(lock.place((*package.at, "name")), message, related=related)


_HEAD = """\
version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
%s"""
_PACKAGE = """
[[package]]
%s
version = "1.0"
source = { registry = "https://index.example/simple" }
"""


def _package(name: str, *needs: str, orphan: bool = False) -> str:
    line = f'name = "{name}"'
    edges = "".join(f'    {{ name = "{need}" }},\n' for need in needs)
    return _PACKAGE % (f"⟦{line}⟧" if orphan else line) + (f"dependencies = [\n{edges}]\n" if needs else "")


def _lock(project: str, *packages: str) -> dict[str, str]:
    return {"uv.lock": _HEAD % project + "".join(packages)}


_ON_ANYIO = 'dependencies = [\n    { name = "anyio" },\n]\n'
_MEMBER = '\n[[package]]\nname = "tool"\nversion = "1.0"\nsource = { editable = "tool" }\ndependencies = [\n    { name = "idna" },\n]\n'

RULE = Rule(
    code="LCK014",
    name="orphan-package",
    severity=Severity.ERROR,
    subject=SURROUNDINGS,
    check=check,
    examples=(
        Example("an entry that was added", _lock(_ON_ANYIO, _package("anyio"), _package("idna", orphan=True)), message="idna 1.0"),
        Example(
            "an edge that was deleted, and what hung on it",
            _lock("", _package("anyio", "idna", "sniffio", orphan=True), _package("idna"), _package("sniffio")),
            message="(idna, sniffio)",
        ),
        Example("orphans in a circle", _lock("", _package("anyio", "idna", orphan=True), _package("idna", "anyio"))),
        Example(
            "an extra that nobody asks for",
            _lock(_ON_ANYIO, _package("anyio") + '\n[package.optional-dependencies]\ntrio = [\n    { name = "trio" },\n]\n', _package("trio", orphan=True)),
        ),
        Example("everything is needed", _lock(_ON_ANYIO, _package("anyio", "idna"), _package("idna"))),
        Example("an extra of the project", _lock('\n[package.optional-dependencies]\nweb = [\n    { name = "anyio" },\n]\n', _package("anyio"))),
        Example("a dependency group", _lock('\n[package.dev-dependencies]\ntest = [\n    { name = "anyio" },\n]\n', _package("anyio"))),
        Example("an edge that holds nowhere still leads there", _lock(_ON_ANYIO.replace(" }", ", marker = \"sys_platform == 'never'\" }"), _package("anyio"))),
        Example(
            "a member of the workspace",
            {"uv.lock": (_HEAD % "").replace("\n[[package]]", '\n[manifest]\nmembers = [\n    "app",\n    "tool",\n]\n\n[[package]]') + _MEMBER + _package("idna")},
        ),
        Example(
            "a workspace whose root is no project",
            {"uv.lock": 'version = 1\nrequires-python = ">=3.12"\n\n[manifest]\n\n[manifest.dependency-groups]\ndev = [{ name = "idna" }]\n' + _package("idna")},
        ),
    ),
)  # fmt: skip
