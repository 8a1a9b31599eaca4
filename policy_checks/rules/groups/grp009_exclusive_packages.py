"""Packages that must never be installed together, and are.

Why: two builds of one library overwrite each other's files, or load two runtimes into one process: the CPU and the GPU build of
torch, wheels for CUDA 12 and 13, two forks under one import name. No resolver knows that they exclude each other: their names
differ, or an extra of a dependency of a dependency brings the second one in.

Fix: take the dependency that starts one of the two paths out of the environment, restrict it with a marker, or declare
extras and groups that are never installed together in `[tool.uv] conflicts`; then `uv lock`.
`[[tool.policy-checks.exclusive]]` has `sides`, a table of lists (`sides = { cpu = ["torch+cpu"], cuda = ["torch+cu*", "nvidia-*-cu13"] }`):
names or globs, with versions (`numpy <2`), a local version (`torch+cu*`) or a source (`torch @ https://index.example/cpu*`). It
holds in the `environments`, `groups`, `extras` and `members` that it lists: `all` is whatever is locked, nothing means every
declared environment. Two packages whose markers exclude each other, or that stand on two sides of a declared conflict, are not together.

References: guide section "Dependency management"; https://docs.astral.sh/uv/concepts/projects/config/#conflicting-dependencies
"""

from collections.abc import Iterator, Mapping

from policy_checks.environment import Environment
from policy_checks.lock.exclusive import Meeting, item, meetings
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject, declaration, locked_at
from policy_checks.lock.scopes import Scope, is_of_another, scopes, undeclared
from policy_checks.readers.uv_lock import Lock
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Related, Rule, Severity
from policy_checks.source import Place, Unreadable


@record
class Exclusive:
    """One table of `[[tool.policy-checks.exclusive]]`: sides of which one installation may hold one."""

    sides: Mapping[str, tuple[str, ...]]  # a name for each side, and its packages
    environments: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for one side, an empty one, and for what names no package."""
        if len(self.sides) < 2 or not all(self.sides.values()):
            raise ValueError("`sides` has at least two sides, each with a package")
        for texts in self.sides.values():
            for text in texts:
                item(text)


@record
class Options:
    """What excludes each other, and the environments in which it does."""

    exclusive: tuple[Exclusive, ...] = ()
    environments: Mapping[str, Environment] = made(default_factory=dict)


def check(project: LockedProject, options: Options) -> Iterator[Problem]:
    """One problem for each two sides and place, where the shortest path to the second one starts."""
    if not options.exclusive or project.lock is None or not project.has_own_lock:
        return
    for number, exclusive in enumerate(options.exclusive):
        where = ("exclusive", number)
        for index, name, hint in undeclared(exclusive, options.environments):
            place = project.policy.place(project.place, *where, "environments", index, of=len(options.exclusive))
            yield Problem(place, f"`exclusive` is about the environment `{name}`, which is not declared; {hint}")
        for scope in scopes(project, exclusive, options.environments):
            if scope.kind != "environment" and not is_of_another(project, scope):
                for fault in scope.faults(project):
                    place = project.policy.place(project.place, *where, f"{scope.kind}s", of=len(options.exclusive))
                    yield Problem(place, f"`exclusive` {fault}")
            try:
                for meeting in meetings(scope.closure(project), exclusive.sides):
                    yield _problem(project, project.lock, meeting, scope, exclusive)
            except Unreadable as error:
                yield Problem(Place(error.file, error.span), f"cannot be searched for packages that exclude each other: {error.message}")


def _problem(project: LockedProject, lock: Lock, meeting: Meeting, scope: Scope, exclusive: Exclusive) -> Problem:
    called = [f"`{package.name}`" + (f" {package.version}" if package.version else "") for package in meeting.packages]
    told = [f"{name} ({side})" for name, side in zip(called, meeting.sides, strict=True)]
    reason = f" ({exclusive.reason})" if exclusive.reason else ""
    more = f" ({meeting.more} more such {'pair' if meeting.more == 1 else 'pairs'})" if meeting.more else ""
    starts = [declaration(project, path) for path in meeting.paths]
    places = [lock.place(path.arcs[0].edge.at) if start is None else start.place for path, start in zip(meeting.paths, starts, strict=True)]
    message = f"{told[0]} and {told[1]} are both in {scope}{reason}{more}: {meeting.paths[0]}, and {meeting.paths[1]}"
    message += f"; remove or restrict `{meeting.paths[1].arcs[0].target.name}` there, or `{meeting.paths[0].arcs[0].target.name}`"
    locked = tuple(
        Related(locked_at(lock, package), f"{name} is locked here") for package, name in zip(meeting.packages, called, strict=True)
    )
    return Problem(places[1], message, related=(Related(places[0], f"what leads to {called[0]}"), *locked))


_PYPROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"

[project.optional-dependencies]
cpu = ["torch"]

[dependency-groups]
build = [{build}]
"""
_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }

[package.optional-dependencies]
cpu = [
    { name = "torch"FIRST },
]

[package.dev-dependencies]
build = [
    { name = "engine"SECOND },
]

[[package]]
name = "torch"
version = "2.6.0+cpu"
source = { registry = "https://index.example/cpu" }

[[package]]
name = "engine"
version = "1.0"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "nvidia-cublas-cu12" },
]

[[package]]
name = "nvidia-cublas-cu12"
version = "12.8"
source = { registry = "https://index.example/simple" }
"""


def _files(first: str = "", second: str = "", *, build: str = '"engine"') -> dict[str, str]:
    lock = _LOCK
    for name, marker in (("FIRST", first), ("SECOND", second)):
        lock = lock.replace(name, f', marker = "{marker}"' if marker else "")
    return {"pyproject.toml": _PYPROJECT.format(build=build), "uv.lock": lock}


def _options(*sides: str, **more: object) -> dict[str, object]:
    return {
        "environments": {"gpu": {"extras": ["cpu"], "groups": ["build"]}, "cpu": {"extras": ["cpu"]}},
        "exclusive": [{"sides": {"cpu": [sides[0]], "cuda": [sides[1]]}, **more}],
    }


RULE = Rule(
    code="GRP009",
    name="exclusive-packages",
    severity=Severity.ERROR,
    subject=LOCKED_PROJECT,
    options=Options,
    check=check,
    idle=lambda options: not options.exclusive,
    examples=(
        Example(
            "a CPU build, and wheels for a GPU that a dependency of a group brings",
            _files(build='⟦"engine"⟧'),
            options=_options("torch+cpu", "nvidia-*-cu*", reason="one runtime"),
            message="`torch` 2.6.0+cpu (cpu) and `nvidia-cublas-cu12` 12.8 (cuda) are both in `gpu` (one runtime): cpu (extra) → torch, and build (group) → engine → nvidia-cublas-cu12",
        ),
        Example(
            "told apart by the index",
            _files(build='⟦"engine"⟧'),
            options=_options("torch @ https://index.example/cpu*", "nvidia-cublas-cu12 >=12"),
        ),
        Example(
            "without environments: everything that is locked",
            _files(build='⟦"engine"⟧'),
            options={"exclusive": [{"sides": {"a": ["torch"], "b": ["engine"]}}]},
            message="are both in everything that is locked",
        ),
        Example("another environment", _files(), options=_options("torch+cpu", "nvidia-*-cu*", environments=["cpu"])),
        Example(
            "markers that exclude each other",
            _files("sys_platform == 'darwin'", "sys_platform == 'linux'"),
            options=_options("torch", "nvidia-*"),
        ),
        Example("another local version", _files(), options=_options("torch+cu*", "nvidia-*")),
        Example("another version", _files(), options=_options("torch <2", "nvidia-*")),
        Example("nothing excludes anything", _files(), options={"environments": {"gpu": {"extras": ["cpu"], "groups": ["build"]}}}),
    ),
)
