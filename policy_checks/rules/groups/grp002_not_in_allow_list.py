"""A package that is not in the closed list of its group, extra or environment.

Why: some groups are closed by intent: what is in `linting` or in an image with long-term support has been looked at
once, name by name. A ban names what must not come; an allow-list names all that may, so that a new dependency (also
one that another package brings) is a decision of its own and not a side effect.

Fix: take the dependency that starts the path out, or add the package to `packages` of the allow-list. With
`depth = "direct"` only what the project itself asks for has to be listed. Several lists about one group add up. An entry
that allows nothing any more is reported, too: take it out.

References: guide section "Dependency management"; cargo-deny `bans.allow`; PEP 735
"""

from collections.abc import Iterator, Mapping, Sequence

from policy_checks.environment import Environment
from policy_checks.lock.bans import Depth, is_direct
from policy_checks.lock.closure import Closure, any_arc
from policy_checks.lock.graph import Arc
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject, declaration, locked_at
from policy_checks.lock.package_pattern import Pattern, admits, pattern
from policy_checks.lock.scopes import Scope, applies, is_of_another, scopes, undeclared
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Related, Rule, Severity
from policy_checks.source import Place, Unreadable


@record
class AllowList:
    """One table of `[[tool.policy-checks.allow-lists]]`: all that the places it names may hold.

    Raises ValueError for a list about nothing and for a package that cannot be read.
    """

    packages: tuple[str, ...]  # names or globs, with a range of versions where only that is allowed
    environments: tuple[str, ...] = ()  # `all`: whatever a lock holds
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    depth: Depth = Depth.ANY
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuses what cannot be kept."""
        if not (self.environments or self.groups or self.extras or self.members):
            raise ValueError("name at least one of `groups`, `extras`, `environments` and `members`")
        for text in self.packages:
            if pattern(text).extras:
                raise ValueError(f"{text!r}: an allow-list allows packages, with whatever extras; ban the others in `bans`")


@record
class Options:
    """The closed lists, and the environments that they may be about."""

    allow_lists: tuple[AllowList, ...] = ()
    environments: Mapping[str, Environment] = made(default_factory=dict)


Position = tuple[int, int]  # the number of an allow-list, and of an entry in it


@record
class Entry:
    """One allowed package, and where it is written."""

    pattern: Pattern
    at: Position


@record(eq=False)
class Closed:
    """Everything that the lists say about one place."""

    scope: Scope
    entries: list[Entry]
    numbers: list[int]
    depth: Depth
    reason: str


def check(project: LockedProject, options: Options) -> Iterator[Problem]:
    """One problem for each package that is not listed, where the shortest path to it starts, and for each entry without use."""
    if not options.allow_lists or project.lock is None or not project.has_own_lock:
        return
    for number, allowed in enumerate(options.allow_lists):
        for index, name, hint in undeclared(allowed, options.environments):
            place = _place(project, options, number, "environments", index)
            yield Problem(place, f"this allow-list is about the environment `{name}`, which is not declared; {hint}")
    used: set[Position] = set()
    unjudged: set[int] = set()  # lists of which nothing is known
    for closed in _closed(project, options):
        try:
            problems = list(_judged(project, project.lock, closed, used))
        except Unreadable as error:
            problems = [
                Problem(Place(error.file, error.span), f"cannot be compared with the allow-list of {closed.scope}: {error.message}")
            ]
            unjudged |= set(closed.numbers)
        faults = [] if is_of_another(project, closed.scope) else list(closed.scope.faults(project))
        for fault in faults:
            place = _place(project, options, closed.numbers[0], f"{closed.scope.kind}s")
            problems.append(Problem(place, f"the allow-list of {closed.scope} cannot be kept: it {fault}"))
            unjudged |= set(closed.numbers)
        yield from problems
    if project.is_alone:
        yield from _unused(project, options, used, unjudged)


def _closed(project: LockedProject, options: Options) -> Sequence[Closed]:
    found: dict[Scope, Closed] = {}
    for number, allowed in enumerate(options.allow_lists):
        entries = [Entry(pattern(text), (number, index)) for index, text in enumerate(allowed.packages)]
        for scope in scopes(project, allowed, options.environments):
            here = found.get(scope)
            if here is None:
                found[scope] = Closed(scope, list(entries), [number], allowed.depth, allowed.reason)
            else:
                depth = Depth.ANY if Depth.ANY in (here.depth, allowed.depth) else Depth.DIRECT
                reason = "; ".join(filter(None, dict.fromkeys((here.reason, allowed.reason))))
                found[scope] = Closed(scope, [*here.entries, *entries], [*here.numbers, number], depth, reason)
    return tuple(found.values())


def _judged(project: LockedProject, lock: Lock, closed: Closed, used: set[Position]) -> Iterator[Problem]:
    scope = closed.scope
    if is_of_another(project, scope):
        return
    outside = scope.outside(project)
    for error in outside.faults:
        yield Problem(Place(error.file, error.span), f"cannot be compared with the allow-list of {scope}: {error.message}")
    for text, called in outside.unseen:
        yield Problem(text.place, f"`{called}` is not in uv.lock: what it pulls into {scope} cannot be seen")
    closure = scope.closure(project)
    members = {own.number for own in project.graph.members.values()}
    for package in closure.packages:
        if package.number not in members:
            yield from _problem(project, lock, closure, package, closed, used)
    for named in outside.named:
        about = [one for one in closed.entries if one.pattern.names(named.name)]
        judged_above = named.is_locked if any(one.pattern.specifier for one in about) else bool(named.locked)
        if judged_above or not applies(closure, named):
            continue
        allowing = [one for one in about if one.pattern.overlaps(named.specifier)]
        used |= {one.at for one in allowing}
        if not allowing:
            yield Problem(named.written.place, _message(f"`{named}`", closed, f"{named.written.file.path} (requirements) → {named}"))


def _problem(
    project: LockedProject, lock: Lock, closure: Closure, package: Package, closed: Closed, used: set[Position]
) -> Iterator[Problem]:
    allowing = [one for one in closed.entries if one.pattern.names(package.name) and one.pattern.accepts(package.version)]
    used |= {one.at for one in allowing}
    if allowing:
        return

    def last(arc: Arc) -> bool:
        return is_direct(lock, arc) and admits(arc.specifier, arc.target.version)

    path = closure.shortest(package, last if closed.depth is Depth.DIRECT else any_arc)
    if path is None:
        return
    called = f"`{package.name}`" + (f" {package.version}" if package.version else "")
    start = declaration(project, path)
    related = (Related(locked_at(lock, package), f"{called} is locked here"),)
    yield Problem(path.arcs[0].place(lock) if start is None else start.place, _message(called, closed, str(path)), related=related)


def _message(called: str, closed: Closed, path: str) -> str:
    reason = f" ({closed.reason})" if closed.reason else ""
    return f"{called} is not in the allow-list of {closed.scope}{reason}: {path}; take it out, or add it to `packages` of that list"


def _unused(project: LockedProject, options: Options, used: set[Position], unjudged: set[int]) -> Iterator[Problem]:
    """Entries that allow nothing; those of a preset or of a file that is extended are not written here, and may be for others."""
    for number, allowed in enumerate(options.allow_lists):
        for index, written in enumerate(allowed.packages):
            if (number, index) in used or number in unjudged:
                continue
            place = _place(project, options, number, "packages", index)
            if place.file.cut(place.span).strip("\"'") == written:
                yield Problem(place, f"`{written}` allows nothing: no place of this allow-list holds it; take the entry out")


def _place(project: LockedProject, options: Options, number: int, *path: str | int) -> Place:
    return project.policy.place(project.place, "allow-lists", number, *path, of=len(options.allow_lists))


_PYPROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["tool-kit"]

[dependency-groups]
lts = ["tool-kit"]
linting = [{linting}]
{more}"""
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

[package.dev-dependencies]
linting = [
    { name = "checker" },
]
lts = [
    { name = "tool-kit" },
]

[package.metadata]
requires-dist = [{ name = "tool-kit" }]

[package.metadata.requires-dev]
linting = [{ name = "checker" }]
lts = [{ name = "tool-kit" }]

[[package]]
name = "checker"
version = "2.0"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "click-plugins" },
]

[[package]]
name = "click-plugins"
version = "1.1"
source = { registry = "https://index.example/simple" }

[[package]]
name = "tool-kit"
version = "1.0"
source = { registry = "https://index.example/simple" }
"""


def _files(linting: str = '"checker"', more: str = "") -> dict[str, str]:
    return {"pyproject.toml": _PYPROJECT.format(linting=linting, more=more), "uv.lock": _LOCK}


def _list(*packages: str, **more: object) -> dict[str, object]:
    return {"allow-lists": [{"groups": ["linting"], "packages": list(packages), **more}]}


_WRITTEN = """
[[tool.policy-checks.allow-lists]]
groups = ["linting"]
packages = ["checker", "click-*", {unused}]
"""

RULE = Rule(
    code="GRP002",
    name="not-in-allow-list",
    severity=Severity.ERROR,
    subject=LOCKED_PROJECT,
    options=Options,
    check=check,
    idle=lambda options: not options.allow_lists,
    examples=(
        Example(
            "brought by a package that is allowed",
            _files('⟦"checker"⟧'),
            options=_list("checker", reason="each tool is looked at once"),
            message="`click-plugins` 1.1 is not in the allow-list of the group `linting` (each tool is looked at once): "
            "linting (group) → checker → click-plugins",
        ),
        Example("only another version is allowed", _files('⟦"checker"⟧'), options=_list("checker >=3", "click-plugins")),
        Example(
            "an entry that allows nothing",
            _files(more=_WRITTEN.format(unused='⟦"click"⟧')),
            options=_list("checker", "click-*", "click"),
            message="`click` allows nothing: no place of this allow-list holds it",
        ),
        Example("all of it is listed", _files(), options=_list("checker", "Click_*")),
        Example("only what is asked for has to be listed", _files(), options=_list("checker", depth="direct")),
        Example(
            "two lists about one group add up",
            _files(),
            options={"allow-lists": [{"groups": ["linting"], "packages": [name]} for name in ("checker", "click-plugins")]},
        ),
        Example("nothing is closed", _files()),
    ),
)
