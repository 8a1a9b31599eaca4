"""A package that has to be built on the machine that installs it.

Why: a wheel is unpacked, a source archive is run: its build is code of strangers with the rights of whoever installs.
It needs a compiler, headers and build dependencies that no lock holds, takes minutes where a wheel takes none, and
fails on the day one of them changes.

Fix: lock a version that has wheels, or another package; or build a wheel once and take it from an index of your own.
What has to stay goes into `allowed-builds`, by name or glob: it is then a decision that a review has seen. The rule is
silent until that list is there (an empty one allows nothing). Only packages of an index are judged, and only those that
some dependency can reach: a git, path or URL source is the project's own choice, which SRC001 and SRC002 look at.

References: cargo-deny `bans.build`; https://docs.astral.sh/uv/reference/settings/#no-build; PEP 517
"""

from collections.abc import Iterator

from policy_checks.lock.allowances import unused
from policy_checks.lock.artifact_choice import has_sources, has_wheel
from policy_checks.lock.closure import Closure
from policy_checks.lock.graph import Selection
from policy_checks.lock.integrity.artifacts import shown
from policy_checks.lock.list_scopes import any_of
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject, declaration
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import record
from policy_checks.rule import Example, Problem, Related, Rule, Severity
from policy_checks.source import Place, Unreadable


@record
class Options:
    """What may be built."""

    allowed_builds: tuple[str, ...] | None = None  # names or globs; None: no build is judged


def check(project: LockedProject, options: Options) -> Iterator[Problem]:
    """One problem for each package of an index that is reached and has no wheel, and for each allowance that nothing needs."""
    lock = project.lock
    if lock is None or not project.has_own_lock or options.allowed_builds is None:
        return
    for place, told in unused(project.workspace, lock, "allowed-builds", options.allowed_builds):
        yield Problem(place, told)
    built = [package for package in lock.packages if _is_built(package) and not any_of(options.allowed_builds, package.name)]
    if not built:
        return
    try:
        closure = project.closure(Selection(everything=True))
        reached = {package.number for package in closure.packages}
        for package in built:
            if package.number in reached:
                yield _problem(project, lock, closure, package)
    except Unreadable as error:
        yield Problem(Place(error.file, error.span), f"cannot be searched for packages that are built: {error.message}")


def _is_built(package: Package) -> bool:
    return package.source.kind == "registry" and not has_wheel(package) and has_sources(package)


def _problem(project: LockedProject, lock: Lock, closure: Closure, package: Package) -> Problem:
    path = closure.shortest(package)
    told = f" ({path})" if path else ""
    message = f"{shown(package)} has no wheel in uv.lock and is built wherever it is installed{told}"
    todo = f"lock a version with wheels, or add `{package.name}` to `allowed-builds`"
    written = declaration(project, path) if path else None
    related = (Related(written.place, "the path starts here"),) if written else ()
    return Problem(lock.place((*package.at, "sdist")), f"{message}; {todo}", related=related)


_PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["wget"]
"""
_HEAD = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "wget"MARKER },
]
"""
_SDIST = 'sdist = { url = "https://files.example/wget-3.2.zip", hash = "sha256:00", size = 9 }'
_WHEEL = '\nwheels = [\n    { url = "https://files.example/wget-3.2-py3-none-any.whl", hash = "sha256:01", size = 9 },\n]'


def _files(
    artifacts: str, marker: str = "", source: str = '{ registry = "https://index.example/simple" }', policy: str = ""
) -> dict[str, str]:
    head = _HEAD.replace("MARKER", marker)
    package = f'\n[[package]]\nname = "wget"\nversion = "3.2"\nsource = {source}\n{artifacts}\n'
    return {"pyproject.toml": _PROJECT + policy, "uv.lock": head + package}


RULE = Rule(
    code="SRC005",
    name="built-from-source",
    severity=Severity.WARNING,
    subject=LOCKED_PROJECT,
    check=check,
    options=Options,
    idle=lambda options: options.allowed_builds is None,
    examples=(
        Example(
            "only a source archive",
            _files(f"⟦{_SDIST}⟧"),
            options={"allowed-builds": []},
            message="wget 3.2 has no wheel in uv.lock and is built wherever it is installed (dependencies → wget); lock a version with wheels",
        ),
        Example("another package is allowed", _files(f"⟦{_SDIST}⟧"), options={"allowed-builds": ["antlr4-*"]}),
        Example(
            "an allowance for a package that is no longer locked",
            _files(_SDIST, policy='\n[tool.policy-checks]\nallowed-builds = ["wget", ⟦"antlr4-*"⟧]\n'),
            message="`allowed-builds` names `antlr4-*`, which is no package of any uv.lock here",
        ),
        Example("no policy", _files(_SDIST)),
        Example("a wheel", _files(_SDIST + _WHEEL), options={"allowed-builds": []}),
        Example("an allowed build", _files(_SDIST), options={"allowed-builds": ["WGet"]}),
        Example(
            "a dependency that only a platform that does not exist could ask for",
            _files(_SDIST, ", marker = \"sys_platform == 'never'\""),
            options={"allowed-builds": []},
        ),
        Example(
            "a source of the project's own choice",
            _files(
                "",
                source='{ git = "https://git.example/wget?rev=0123456789012345678901234567890123456789#0123456789012345678901234567890123456789" }',
            ),
            options={"allowed-builds": []},
        ),
    ),
)
