"""The two sides of a comparison: a uv workspace with its settings, and the lock beside it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from policy_checks.lock import lowering, markers, requirements, requires_python, validity
from policy_checks.lock.differences import Difference, Verdict
from policy_checks.lock.groups import Entry, Group
from policy_checks.lock.lowering import Scope
from policy_checks.lock.markers import InvalidMarker, Marker, and_
from policy_checks.lock.remembered import remembered
from policy_checks.lock.requirements import Change, Declared, Requirement, meaning
from policy_checks.lock.settings import Settings
from policy_checks.lock.specifiers import InvalidSpecifier
from policy_checks.lock.tree import Tree
from policy_checks.lock.workspace_members import UvWorkspace
from policy_checks.readers import uv_lock
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import Lock
from policy_checks.record import replace
from policy_checks.source import Place, Unreadable


class Comparison:
    """Everything that the comparisons of one project look at; what several of them need is worked out once.

    `python` is the minor version that uv would take for a project without requires-python.
    """

    def __init__(self, tree: Tree, workspace: UvWorkspace, settings: Settings, lock: Lock, python: str | None = None) -> None:
        self.tree, self.workspace, self.settings, self.lock, self.python = tree, workspace, settings, lock, python
        self._lowered: dict[str, tuple[Requirement, ...]] = {}

    @cached_property
    def under(self) -> Marker:
        """The Python range that the lock's markers take for granted; raises Unreadable."""
        return requires_python.of(self.lock)

    @property
    def root_scope(self) -> Scope:
        """Where constraints, overrides and the groups of a root without a project are declared."""
        own = self.workspace.pyproject
        return Scope(self.tree, self.workspace, self.workspace.root, None, own.sources, own.indexes, self.settings.ignores_sources)

    def remembered(self, some: Iterable[uv_lock.Requirement]) -> list[Requirement]:
        """Requirements of the lock in comparable form."""
        return [remembered(requirement, self.tree, self.workspace.root) for requirement in some]

    def lowered(self, some: Iterable[Declared], scope: Scope, group: str | None = None) -> list[Requirement]:
        """Declared requirements in comparable form."""
        return [requirement for declared in some for requirement in lowering.lower(declared, scope, group=group)]

    def lowered_groups(self, groups: Mapping[str, Group], scope: Scope) -> dict[str, list[Requirement]]:
        """Flattened groups in comparable form; a group's requires-python becomes part of its markers."""
        return {name: [found for entry in group.entries for found in _group_entry(entry, scope, name)] for name, group in groups.items()}

    def changes(self, declared: Iterable[Requirement], locked: Iterable[Requirement]) -> Iterator[Change]:
        """The names on which two lists disagree; raises Unreadable for a locked text that cannot be read."""
        theirs = list(locked)
        try:
            yield from requirements.changes(declared, theirs, self.under)
        except (InvalidMarker, InvalidSpecifier) as error:
            at = theirs[0].at if theirs else ()
            place = self.lock.place(at)
            raise Unreadable(place.file, place.span, str(error)) from None


def lowered(comparison: Comparison, some: Iterable[Declared], scope: Scope | None) -> list[Requirement]:
    """What a source tree or an archive declares, in comparable form; without a scope no source applies to it."""
    if scope is not None:
        return comparison.lowered(some, scope)
    return [lowering.direct(declared, comparison.tree) for declared in some]


def _group_entry(entry: Entry, scope: Scope, group: str) -> Iterator[Requirement]:
    declared = requirements.parse(entry.written)
    for requirement in lowering.lower(declared, scope, group=group):
        if entry.requires_python:
            marker = and_(meaning(requirement), *[python_range(text) for text in entry.requires_python])
            yield replace(requirement, marker=marker)
        else:
            yield requirement


def python_range(written: Text) -> Marker:
    """A requires-python as a marker; raises Unreadable for a text that is none."""
    validity.specifier(written)
    return markers.from_requires_python(written.text)


def stale(
    what: str, declared: str, locked: str, place: Place, message: str, locked_place: Place | None = None, command: str = "uv lock"
) -> Difference:
    """A certain difference."""
    return Difference(Verdict.STALE, what, declared, locked, place, message, locked_place, command)


def change_of(
    comparison: Comparison, what: str, change: Change, fallback: Place, message: str, locked_fallback: Place | None = None
) -> Difference:
    """The difference about one name whose requirements changed."""
    written = next((requirement.written for requirement in change.declared if requirement.written), None)
    at = next((requirement.at for requirement in change.locked), None)
    return stale(
        what,
        " and ".join(map(str, change.declared)),
        " and ".join(map(str, change.locked)),
        fallback if written is None else written.place,
        message,
        locked_fallback if at is None else comparison.lock.place(at),
    )
