"""A package that an environment must not hold.

Why: an environment promises what it leaves out, too: nothing bleeding-edge in the one with long-term support, no
package whose licence or build the image cannot carry. The promise breaks silently: not by a line that someone adds,
but by a dependency of a dependency, of which no diff of pyproject.toml shows anything.

Fix: take the dependency that starts the path out of the environment's groups and extras, give it a marker, or move it
to another group; then `uv lock`. `policy-checks lock why PACKAGE --environment NAME --all` shows every path. The whole
closure in uv.lock is searched: extras of dependencies, markers, the forks of declared conflicts. A dependency that
only a platform that does not exist could ask for (`sys_platform == 'never'`) is not reached. A requirements file of an
environment brings what the lock knows of the packages that it names; a name that the lock does not know is reported.

A ban names a package, a glob (`nvidia-*`), versions (`urllib3 <2.6.3`) or an extra (`transformer-engine[core_cu12]`), and
holds in the `environments`, `groups`, `extras` and `members` that it lists: `all` is whatever is locked, nothing means
every declared environment. `depth = "direct"` leaves alone what comes with other packages, `only-via` allows the
packages that may ask for it, and `until` is the last day on which it holds: of a later commit it is reported itself.

References: guide section "Dependency management"; cargo-deny `bans`; PEP 735; PEP 440
"""

import posixpath
from collections.abc import Iterator, Mapping
from datetime import date

from policy_checks.environment import ALL, Environment
from policy_checks.lock.bans import Ban, forbids, remedy, told
from policy_checks.lock.closure import Closure
from policy_checks.lock.graph import Arc
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject, declaration, locked_at
from policy_checks.lock.scopes import Scope, applies, is_of_another, scopes, undeclared
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
    """One problem for each package and scope, where the shortest path to it starts."""
    if not options.bans or project.lock is None or not project.has_own_lock:
        return
    yield from _undeclared(project, options)
    met: set[Scope] = set()
    for number, ban in enumerate(options.bans):
        if _is_over(project, ban):
            place = _written(project, ban, options, "until")
            yield Problem(place, f"the ban of `{ban.package}` was to hold until {ban.until}; take it out, or set another day")
            continue
        for scope in scopes(project, ban, options.environments):
            try:
                if scope not in met:
                    met.add(scope)
                    yield from _unjudged(project, scope, options, number)
                yield from _banned(project, project.lock, ban, scope)
            except Unreadable as error:
                yield Problem(Place(error.file, error.span), f"cannot be searched for banned packages: {error.message}")


def _is_over(project: LockedProject, ban: Ban) -> bool:
    """Whether the last day of a ban had passed when the lock was committed; what is not committed is judged by today."""
    judged = project.workspace.date(posixpath.join(project.lock_folder, "uv.lock")) if ban.until else None
    return judged is not None and ban.until is not None and ban.until < judged.date()


def _written(project: LockedProject, ban: Ban, options: Options, *key: str | int) -> Place:
    """Where a key of a ban is written: in its file, or as far as the project's own text tells."""
    return ban.origin.find(*key) or project.policy.place(project.place, "bans", options.bans.index(ban), *key, of=len(options.bans))


def _undeclared(project: LockedProject, options: Options) -> Iterator[Problem]:
    """A ban that means nothing would look like one that is kept."""
    for ban in options.bans:
        for index, name, hint in undeclared(ban, options.environments):
            place = _written(project, ban, options, "environments", index)
            yield Problem(place, f"the ban of `{ban.package}` is about the environment `{name}`, which is not declared; {hint}")
    if ALL in options.environments:
        place = project.policy.place(project.place, "environments", ALL)
        yield Problem(place, f"`{ALL}` stands for everything that is locked: give this environment another name")


def _unjudged(project: LockedProject, scope: Scope, options: Options, number: int) -> Iterator[Problem]:
    """What a scope takes and is not there, and what its requirements files name and nobody can follow."""
    if not is_of_another(project, scope):
        for fault in scope.faults(project):
            if scope.kind == "environment":
                place, named = project.policy.place(project.place, "environments", scope.name), f"the environment {scope}"
            else:
                place = project.policy.place(project.place, "bans", number, f"{scope.kind}s", of=len(options.bans))
                named = f"the ban of `{options.bans[number].package}`"
            yield Problem(place, f"{named} {fault}; it cannot be kept")
    outside = scope.outside(project)
    for error in outside.faults:
        yield Problem(Place(error.file, error.span), f"cannot be searched for banned packages: {error.message}")
    for text, called in outside.unseen:
        yield Problem(text.place, f"`{called}` is not in uv.lock: what it pulls into {scope} cannot be seen")


def _banned(project: LockedProject, lock: Lock, ban: Ban, scope: Scope) -> Iterator[Problem]:
    pattern = ban.pattern
    named = [one for one in scope.outside(project).named if pattern.names(one.name)]
    held = [package for package in lock.packages if pattern.names(package.name) and pattern.accepts(package.version)]
    if not named and not held:
        return
    closure = scope.closure(project)
    reached = {package.number for package in closure.packages}
    for package in held:
        if package.number in reached:
            yield from _problem(project, lock, closure, package, scope, ban)
    for one in named:
        judged_above = one.is_locked if pattern.specifier else bool(one.locked)
        if not judged_above and pattern.asks(one.extras) and pattern.overlaps(one.specifier) and applies(closure, one):
            file = one.written.file.path
            yield Problem(
                one.written.place,
                f"`{one}` is {told(ban, str(scope))}: {file} (requirements) → {one}; {remedy(ban, one.name, direct=True)}",
            )


def _problem(project: LockedProject, lock: Lock, closure: Closure, package: Package, scope: Scope, ban: Ban) -> Iterator[Problem]:
    def last(arc: Arc) -> bool:
        return forbids(ban, lock, arc)

    path = closure.shortest(package, last)
    if path is None:
        return
    count, more = closure.count(package, last)
    others = f" ({'more than ' if more else ''}{count - 1} more {'path' if count == 2 else 'paths'})" if count > 1 else ""
    called = f"`{package.name}`" + (f" {package.version}" if package.version else "")
    message = f"{called} is {told(ban, str(scope))}: {path}{others}; {remedy(ban, path.arcs[0].target.name, direct=len(path.arcs) == 1)}"
    start = declaration(project, path)
    related = (Related(locked_at(lock, package), f"{called} is locked here"),)
    yield Problem(path.arcs[0].place(lock) if start is None else start.place, message, related=related)


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
_BAN: dict[str, object] = {
    "environments": {"lts": {"groups": ["lts"]}, "dev": {"extras": ["dev"]}},
    "bans": [{"package": "nvidia_modelopt*", "environments": ["lts"], "reason": "not carried on the LTS base"}],
}


_ENDED = """
[[tool.policy-checks.bans]]
package = "runner"
environments = ["lts"]
until = ⟦2025-12-31⟧
"""
_BESIDE = {"environments": {"lts": {"requirements": ["docker/lts.txt"]}}, "bans": _BAN["bans"]}


def _files(marker: str = "", *, dev: str = '"nvidia-modelopt"', lts: str = '"runner[cuda]"') -> dict[str, str]:
    condition = f', marker = "{marker}"' if marker else ""
    return {"pyproject.toml": _PYPROJECT.format(dev=dev, lts=lts), "uv.lock": _LOCK.replace("MARKER", condition)}


def _beside(text: str) -> dict[str, str]:
    return {**_files(), "docker/lts.txt": text}


def _ban(package: str, **more: object) -> dict[str, object]:
    return {"environments": _BAN["environments"], "bans": [{"package": package, "environments": ["lts"], **more}]}


RULE = Rule(
    code="GRP001",
    name="banned-package",
    severity=Severity.ERROR,
    subject=LOCKED_PROJECT,
    options=Options,
    check=check,
    idle=lambda options: not options.bans,
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
        Example(
            "a range of versions",
            _files(lts='⟦"runner[cuda]"⟧'),
            options=_ban("runner <2.1"),
            message="`runner` 2.0 is banned (`runner <2.1`) in `lts`: lts (group) → runner[cuda]",
        ),
        Example("a locked version outside the range", _files(), options=_ban("runner <2.0")),
        Example("an extra of a package", _files(lts='⟦"runner[cuda]"⟧'), options=_ban("runner[cuda]")),
        Example("another extra, and another version, of a package", _files(), options=_ban("runner[cuda] >2")),
        Example("another extra of a package", _files(), options=_ban("runner[rocm]")),
        Example("only what is asked for directly", _files(), options=_ban("nvidia-modelopt", depth="direct")),
        Example("brought by a package that may", _files(), options=_ban("nvidia-modelopt", **{"only-via": ["runner"]})),
        Example(
            "brought by a requirements file beside the lock",
            _beside("tool-kit==1.0\n⟦runner[cuda]==2.1⟧  # newer than the lock\n"),
            options=_BESIDE,
            message="docker/lts.txt (requirements) → runner[cuda] → nvidia-modelopt",
        ),
        Example(
            "a requirements file names what the lock does not know",
            _beside("⟦other-kit==3.0⟧\n"),
            options=_BESIDE,
            message="`other-kit` is not in uv.lock: what it pulls into `lts` cannot be seen",
        ),
        Example("a requirements file without it", _beside("-r more.txt\n") | {"docker/more.txt": "runner\n"}, options=_BESIDE),
        Example("a group of its own", _files(lts='⟦"runner[cuda]"⟧'), options={"bans": [{"package": "nvidia-*", "groups": ["lts"]}]}),
        Example("until a day that is to come", _files(lts='⟦"runner[cuda]"⟧'), options=_ban("runner", until=date(2026, 1, 1))),
        Example(
            "a ban that was to end",
            {**_files(), "pyproject.toml": _PYPROJECT.format(dev="", lts="") + _ENDED},
            options=_ban("runner", until=date(2025, 12, 31)),
            message="the ban of `runner` was to hold until 2025-12-31",
        ),
        Example("everything that is locked", _files(dev='⟦"nvidia-modelopt"⟧'), options=_ban("nvidia-*", environments=["all"])),
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
