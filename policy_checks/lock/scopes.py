"""Where a policy about packages holds: environments, groups, extras, members, or everything that a lock holds."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Protocol

from policy_checks.environment import ALL, Environment
from policy_checks.lock.closure import Closure
from policy_checks.lock.graph import Graph, Selection
from policy_checks.lock.locked_project import LockedProject
from policy_checks.lock.markers import FALSE
from policy_checks.lock.outside import Named, Outside
from policy_checks.readers.names import normalized
from policy_checks.readers.uv_lock import Conflict
from policy_checks.record import record, replace


class About(Protocol):
    """A table of the policy that says where it holds."""

    @property
    def environments(self) -> tuple[str, ...]:
        """Declared ones, or `all`."""
        ...

    @property
    def groups(self) -> tuple[str, ...]:
        """Dependency groups."""
        ...

    @property
    def extras(self) -> tuple[str, ...]:
        """Extras of the project."""
        ...

    @property
    def members(self) -> tuple[str, ...]:
        """Projects of a workspace."""
        ...


@record
class Scope:
    """One of these places, and what it takes of the lock."""

    kind: str  # environment, group, extra or member; empty: everything
    name: str
    selection: Selection
    own: bool = True  # whether the project's own dependencies belong to it
    requirements: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.kind:
            return "everything that is locked"
        return f"`{self.name}`" if self.kind == "environment" else f"the {self.kind} `{self.name}`"

    def closure(self, project: LockedProject) -> Closure:
        """What it reaches; raises Unreadable."""
        return project.closure(self.selection, own=self.own, requirements=self.requirements)

    def outside(self, project: LockedProject) -> Outside:
        """What its requirements files name."""
        return project.outside(self.requirements)

    def faults(self, project: LockedProject) -> Iterator[str]:
        """Why it cannot be judged as it stands, each ready to follow its name."""
        graph = project.graph
        for kind, name, hint in self.missing(graph):
            yield f"takes the {kind} `{name}`, which uv.lock does not have{hint}"
        for taken in conflicting(graph, self.selection):
            names = " and ".join(f"the {'extra' if side.extra else 'group'} `{side.extra or side.group}`" for side in taken)
            yield f"takes {names}, which conflict (`[tool.uv] conflicts`)"
        if graph.within(self.selection.target) is FALSE:
            yield f"is for {self.selection.target}, which uv.lock does not support"
        for path in self.outside(project).missing:
            yield f"takes the requirements file `{path}`, which is not there"

    def missing(self, graph: Graph) -> Iterator[tuple[str, str, str]]:
        """What it takes that the lock does not have: kind, name, and what was perhaps meant."""
        if not self.kind:
            return
        chosen = self.selection
        known = graph.chosen(chosen)
        groups = graph.groups_of(known) if chosen.members else graph.groups
        for kind, names, there in (
            ("member", chosen.members, graph.members),
            ("extra", chosen.extras, graph.extras_of(known)),
            ("group", chosen.groups, groups),
        ):
            for name in names:
                if name not in there:
                    near = get_close_matches(name, list(there), 1)
                    yield kind, name, f"; perhaps `{near[0]}`" if near else ""


def of_environment(project: LockedProject, name: str, environment: Environment) -> Scope:
    """An environment. Its requirements files belong to the lock that it speaks of: of several the one at the root, unless it names parts."""
    plain = Scope("environment", name, project.selection(environment))
    chosen = plain.selection
    named = bool(chosen.extras or chosen.groups or chosen.members)
    beside = not is_of_another(project, plain) if named else _is_home(project)
    return replace(plain, requirements=environment.requirements) if beside else plain


def _is_home(project: LockedProject) -> bool:
    """Whether what speaks of no part of a project means this one."""
    return not project.folder or project.is_alone


def scopes(project: LockedProject, about: About, declared: Mapping[str, Environment]) -> Iterator[Scope]:
    """Where a table of the policy holds; without a word about it in every declared environment, or everywhere if there is none."""
    named = about.environments
    if not (named or about.groups or about.extras or about.members):
        named = tuple(declared) or (ALL,)
    for name in named:
        if name in declared:
            yield of_environment(project, name, declared[name])
        elif name == ALL:
            files = dict.fromkeys(path for one in declared.values() if _is_home(project) for path in one.requirements)
            yield Scope("", ALL, Selection(everything=True), requirements=tuple(files))
    members = tuple(map(normalized, about.members))
    for extra in map(normalized, about.extras):
        yield Scope("extra", extra, Selection(extras=(extra,), members=members), own=False)
    for group in map(normalized, about.groups):
        yield Scope("group", group, Selection(groups=(group,), members=members), own=False)
    if not (about.extras or about.groups):
        for member in members:
            yield Scope("member", member, Selection(members=(member,), everything=True))


def is_of_another(project: LockedProject, scope: Scope) -> bool:
    """Whether all that a scope takes is missing here: below the root of a repository it means another project."""
    chosen = scope.selection
    taken = len(chosen.extras) + len(chosen.groups) + len(chosen.members)
    return bool(project.folder and taken) and len(list(scope.missing(project.graph))) == taken


def conflicting(graph: Graph, selection: Selection) -> Iterator[list[Conflict]]:
    """The sides of declared conflicts of which a selection takes more than one; everything takes what goes together."""
    own = {package.name for package in graph.chosen(selection)}
    for sides in () if selection.everything else graph.lock.conflicts:
        mine = [side for side in sides if side.package in own]
        taken = [
            side for side in mine if side.extra in selection.extras or side.group in selection.groups or not (side.extra or side.group)
        ]
        if len(taken) > 1:
            yield taken


def undeclared(about: About, declared: Mapping[str, Environment]) -> Iterator[tuple[int, str, str]]:
    """Environments that a table names and nobody declares: their number, their name, and what to do."""
    for number, name in enumerate(about.environments):
        if name not in declared and name != ALL:
            near = get_close_matches(name, [*declared, ALL], 1)
            yield number, name, f"perhaps `{near[0]}`" if near else "declare it in `[tool.policy-checks.environments]`"


def applies(closure: Closure, named: Named) -> bool:
    """Whether a line of a requirements file holds somewhere in a selection."""
    return closure.graph.applies(named.marker, closure.selection.target)
