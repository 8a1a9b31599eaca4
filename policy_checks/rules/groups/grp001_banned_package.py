"""A package that an environment must not hold.

Why: an environment promises what it leaves out, too: nothing bleeding-edge in the one with long-term support, no
package whose licence or build the image cannot carry. The promise breaks silently: not by a line that someone adds,
but by a dependency of a dependency, of which no diff of pyproject.toml shows anything.

Fix: take the dependency that starts the path out of the environment's groups and extras, give it a marker, or move it
to another group; then `uv lock`. `policy-checks lock why PACKAGE --environment NAME --all` shows every path. The whole
closure in uv.lock is searched: extras of dependencies, markers, the forks of declared conflicts. A dependency that
only a platform that does not exist could ask for (`sys_platform == 'never'`) is not reached.

References: guide section "Dependency management"; cargo-deny `bans`; PEP 735
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from policy_checks.environment import Environment
from policy_checks.lock.bans import Ban, covers
from policy_checks.lock.closure import Closure, reach
from policy_checks.lock.graph import Graph
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject, declaration, locked_at, selection
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Related, Rule, Severity
from policy_checks.source import Place, Unreadable


@record
class Options:
    """The bans, and the environments that they are about."""

    bans: tuple[Ban, ...] = ()
    environments: Mapping[str, Environment] = made(default_factory=dict)


def check(project: LockedProject, options: Options) -> Iterator[Problem]:
    """One problem for each package and environment, where the shortest path to it starts."""
    if not options.bans or project.lock is None or not project.has_own_lock:
        return
    yield from _undeclared(project, options)
    try:
        yield from _banned(project, project.lock, options)
    except Unreadable as error:
        yield Problem(Place(error.file, error.span), f"cannot be searched for banned packages: {error.message}")


def _undeclared(project: LockedProject, options: Options) -> Iterator[Problem]:
    """A ban that means nothing would look like one that is kept."""
    for number, ban in enumerate(options.bans):
        for name in ban.environments:
            if name not in options.environments:
                place = project.pyproject.document.place("tool", "policy-checks", "bans", number, "environments")
                near = get_close_matches(name, options.environments, 1)
                hint = f"; perhaps `{near[0]}`" if near else "; declare it in `[tool.policy-checks.environments]`"
                yield Problem(place, f"the ban of `{ban.package}` is about the environment `{name}`, which is not declared{hint}")


def _banned(project: LockedProject, lock: Lock, options: Options) -> Iterator[Problem]:
    graph = Graph(lock)
    for name, environment in options.environments.items():
        bans = [ban for ban in options.bans if not ban.environments or name in ban.environments]
        if not bans:
            continue
        yield from _unknown(project, graph, name, environment)
        closure = reach(graph, selection(environment))
        for package in closure.packages:
            for ban in bans:
                if covers(ban, package.name):
                    yield _problem(project, lock, closure, package, name, ban)


def _unknown(project: LockedProject, graph: Graph, name: str, environment: Environment) -> Iterator[Problem]:
    """Groups and extras of an environment that the lock does not have; another project's environment is none of its own."""
    chosen = selection(environment)
    missing = [("extra", extra) for extra in chosen.extras if extra not in graph.extras]
    missing += [("group", group) for group in chosen.groups if group not in graph.groups]
    if project.folder and len(missing) == len(chosen.extras) + len(chosen.groups):
        return
    for kind, what in missing:
        place = project.pyproject.document.place("tool", "policy-checks", "environments", name)
        yield Problem(place, f"the environment `{name}` takes the {kind} `{what}`, which uv.lock does not have; its bans cannot be kept")


def _problem(project: LockedProject, lock: Lock, closure: Closure, package: Package, environment: str, ban: Ban) -> Problem:
    path = closure.shortest(package)
    assert path is not None  # the package was reached
    count, more = closure.count(package)
    others = f" ({'more than ' if more else ''}{count - 1} more {'path' if count == 2 else 'paths'})" if count > 1 else ""
    called = f"`{package.name}`" + (f" {package.version}" if package.version else "")
    reason = f" ({ban.reason})" if ban.reason else ""
    instead = f"use `{ban.use_instead}` instead of" if ban.use_instead else "remove or restrict"
    message = f"{called} is banned in `{environment}`{reason}: {path}{others}; {instead} `{path.arcs[0].target.name}` there"
    start = declaration(project, path)
    locked = locked_at(lock, package)
    related = (Related(locked, f"{called} is locked here"),)
    return Problem(lock.place(path.arcs[0].edge.at) if start is None else start.place, message, related=related)


_PYPROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["tool-kit"]

[project.optional-dependencies]
dev = [{dev}]

[dependency-groups]
lts = [{lts}]
"""
_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "tool-kit" },
]

[package.optional-dependencies]
dev = [
    { name = "nvidia-modelopt" },
]

[package.dev-dependencies]
lts = [
    { name = "runner", extra = ["cuda"] },
]

[package.metadata]
requires-dist = [
    { name = "nvidia-modelopt", marker = "extra == 'dev'" },
    { name = "tool-kit" },
]
provides-extras = ["dev"]

[package.metadata.requires-dev]
lts = [{ name = "runner", extras = ["cuda"] }]

[[package]]
name = "nvidia-modelopt"
version = "0.45.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "runner"
version = "2.0"
source = { registry = "https://index.example/simple" }

[package.optional-dependencies]
cuda = [
    { name = "nvidia-modelopt"MARKER },
]

[[package]]
name = "tool-kit"
version = "1.0"
source = { registry = "https://index.example/simple" }
"""
_BAN = {
    "environments": {"lts": {"groups": ["lts"]}, "dev": {"extras": ["dev"]}},
    "bans": [{"package": "nvidia_modelopt*", "environments": ["lts"], "reason": "not carried on the LTS base"}],
}


def _files(marker: str = "", *, dev: str = '"nvidia-modelopt"', lts: str = '"runner[cuda]"') -> dict[str, str]:
    condition = f', marker = "{marker}"' if marker else ""
    return {"pyproject.toml": _PYPROJECT.format(dev=dev, lts=lts), "uv.lock": _LOCK.replace("MARKER", condition)}


RULE = Rule(
    code="GRP001",
    name="banned-package",
    severity=Severity.ERROR,
    subject=LOCKED_PROJECT,
    options=Options,
    check=check,
    examples=(
        Example(
            "reached through an extra of a dependency",
            _files(lts='⟦"runner[cuda]"⟧'),
            options=_BAN,
            message="`nvidia-modelopt` 0.45.0 is banned in `lts` (not carried on the LTS base): lts (group) → runner[cuda] → nvidia-model",
        ),
        Example(
            "required by the environment itself",
            _files(dev='⟦"nvidia-modelopt"⟧'),
            options={**_BAN, "bans": [{"package": "nvidia-modelopt", "environments": ["dev"], "use-instead": "quantizer"}]},
            message="dev (extra) → nvidia-modelopt; use `quantizer` instead of `nvidia-modelopt` there",
        ),
        Example("only another environment holds it", _files("sys_platform == 'never'"), options=_BAN),
        Example(
            "behind a marker that contradicts requires-python",
            _files("python_full_version < '3.10'"),
            options=_BAN,
        ),
        Example("no package of that name is locked", _files(), options={**_BAN, "bans": [{"package": "torch", "environments": ["lts"]}]}),
        Example("nothing is banned", _files(), options={"environments": {"lts": {"groups": ["lts"]}}}),
    ),
)
