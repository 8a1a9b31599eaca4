"""What a source tree's requirements, as the lock remembers them, oblige its edges to be: section by section.

A section is the dependencies of a source tree, or those of one of its extras or groups. uv writes an edge for each
requirement that can apply there, after overrides and exclusions; extras that name the project itself are written out.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from policy_checks.lock import markers, requires_python
from policy_checks.lock.integrity.targets import Targets, roots
from policy_checks.lock.markers import FALSE, TRUE, InvalidMarker, Marker, and_, negate, or_
from policy_checks.readers.uv_lock import Conflict, Edge, Lock, Package, Requirement, Scoped
from policy_checks.record import record, replace


@record
class Section:
    """The dependencies of a package (neither extra nor group), or those of one of its extras or groups."""

    package: Package
    extra: str = ""
    group: str = ""

    def __str__(self) -> str:
        """As a message names it."""
        if self.group:
            return f"the group `{self.group}` of {self.package.name}"
        return f"the extra `{self.extra}` of {self.package.name}" if self.extra else self.package.name


@record
class Obligation:
    """One requirement as it applies in a section; `by` is the override that takes its place."""

    requirement: Requirement
    where: Marker
    by: Requirement | None = None

    @property
    def meant(self) -> Requirement:
        """What has to be satisfied."""
        return self.by or self.requirement


@record
class Link:
    """An edge of a section with the package that it means and where it applies."""

    edge: Edge
    target: Package
    where: Marker


class Obligations:
    """The sections of all source trees of one lock, and what stands on either side."""

    def __init__(self, targets: Targets) -> None:
        """Raises Unreadable for a lock without a Python range."""
        self.targets = targets
        self._under = requires_python.of(targets.lock)
        self._overrides = _by_target(targets.lock.manifest.overrides)
        self._excludes = _by_target(targets.lock.manifest.excludes)

    @property
    def lock(self) -> Lock:
        """The lock."""
        return self.targets.lock

    @cached_property
    def world(self) -> Marker:
        """Where the lock is valid: its environments and forks, and no two sides of a conflict at once."""
        where = TRUE
        for texts in (self.lock.supported_markers, self.lock.resolution_markers):
            if texts:
                where = and_(where, or_(*[markers.restrict_extras(markers.parse(text), {}) for text in texts]))
        for some in self.lock.conflicts:
            sides = [markers.parse(f"extra == '{side(item)}'") for item in some]
            for index, one in enumerate(sides):
                for other in sides[index + 1 :]:
                    where = and_(where, negate(and_(one, other)))
        return self.here(where)

    def here(self, marker: Marker) -> Marker:
        """A marker under the requires-python of the lock, on platforms that exist."""
        return markers.on_known_platforms(markers.simplify(marker, self._under))

    def can_apply(self, requirement: Requirement) -> bool:
        """Whether a requirement applies anywhere; a marker that is none is another rule's matter."""
        try:
            return and_(self.here(_parsed(requirement)), self.world) is not FALSE
        except InvalidMarker:
            return False

    @cached_property
    def sections(self) -> tuple[tuple[Section, list[Obligation], list[Link]], ...]:
        """Every section of the packages whose requirements the lock remembers, with both of its sides.

        A section with a text that is no marker is left out: what compares the lock with the project refuses it.
        """
        found = []
        for section in self._sections():
            try:
                found.append((section, self._of(section), self._links(section)))
            except InvalidMarker:
                continue
        return tuple(found)

    def _sections(self) -> Iterator[Section]:
        members = {package.number for package in roots(self.lock)}
        for package in self.lock.packages:
            metadata = package.metadata
            if not (metadata.requires_dist or metadata.requires_dev or metadata.provides_extras):
                continue
            yield Section(package)
            # Of a package that is no member, the lock has the extras that somebody asks for, and no groups.
            member = package.number in members
            extras = [some for requirement in metadata.requires_dist for some in _extras_named(requirement)]
            for extra in dict.fromkeys((*metadata.provides_extras, *extras, *package.optional_dependencies)):
                if member or extra in package.optional_dependencies:
                    yield Section(package, extra=extra)
            for group in dict.fromkeys((*metadata.requires_dev, *package.groups)):
                if member or group in package.groups:
                    yield Section(package, group=group)

    def _links(self, section: Section) -> list[Link]:
        """The edges of a section that can be followed at all; raises InvalidMarker."""
        package = section.package
        if section.group:
            edges = self.targets.groups.get((package.number, section.group), [])
        else:
            edges = self.targets.leaving((package.number, section.extra))
        known = self._known(section)
        found = []
        for edge, target in edges:
            where = self.world
            if edge.marker:
                where = self.here(and_(markers.restrict_extras(markers.parse(edge.marker), known), where))
            if where is not FALSE:
                found.append(Link(edge, target, where))
        return found

    def _known(self, section: Section) -> Mapping[str, bool]:
        """The made-up extras of conflict markers that are decided where a section is active."""
        name = section.package.name
        own = {side(Conflict(name, section.extra, section.group)): True, side(Conflict(name, "", "")): True}
        for some in self.lock.conflicts:
            sides = [side(item) for item in some]
            if any(item in own for item in sides):
                own.update({item: False for item in sides if item not in own})
        return own

    def _of(self, section: Section) -> list[Obligation]:
        """The requirements that apply in a section; raises InvalidMarker for a text that is no marker."""
        metadata = section.package.metadata
        if section.group:
            found = [Obligation(some, _parsed(some)) for some in metadata.requires_dev.get(section.group, ())]
        else:
            found = list(self._for_extra(section.package, section.extra, frozenset()))
        bent = [obligation for one in found for obligation in self._bent(section.package, one)]
        return [one for some in bent if (one := replace(some, where=self.here(and_(some.where, self.world)))).where is not FALSE]

    def _for_extra(self, package: Package, extra: str, above: frozenset[str]) -> Iterator[Obligation]:
        for requirement in package.metadata.requires_dist:
            whole = _parsed(requirement)
            if extra and extra not in markers.extras_of(whole):
                continue  # it applies with the extra exactly where it does without
            without = markers.restrict_extras(whole, {}, default=False) if requirement.marker else whole
            where = without
            if extra:
                with_it = markers.restrict_extras(whole, {extra: True}, default=False) if requirement.marker else whole
                where = and_(with_it, negate(without))
            if where is FALSE and not (requirement.marker and not extra and without is whole):
                continue
            if requirement.name == package.name and requirement.extras:
                for other in requirement.extras:
                    if other not in above | {extra}:
                        for inner in self._for_extra(package, other, above | {extra}):
                            yield replace(inner, where=and_(inner.where, where))
                continue
            yield Obligation(requirement, where)

    def _bent(self, package: Package, one: Obligation) -> Iterator[Obligation]:
        """An obligation after exclusions and overrides; an override has its own marker, and keeps the section."""
        name = one.requirement.name
        if name in self._excludes.get(package.name, {}) or name in self._excludes.get("", {}):
            return
        overrides = self._overrides.get(package.name, {}).get(name) or self._overrides.get("", {}).get(name)
        if not overrides:
            yield one
        for override in overrides or ():
            yield Obligation(one.requirement, _parsed(override), override)


def side(item: Conflict) -> str:
    """The made-up extra that stands for one side of a conflict (crate uv-resolver-types, `universal_marker.rs`)."""
    kind = "extra" if item.extra else "group" if item.group else "project"
    return "-".join(filter(None, (kind, str(len(item.package)), item.package, item.extra or item.group)))


def _extras_named(requirement: Requirement) -> frozenset[str]:
    """Before revision 1 a lock does not list extras by themselves."""
    return markers.extras_of(_parsed(requirement)) if "extra" in requirement.marker else frozenset()


def _by_target(scoped: tuple[Scoped, ...]) -> dict[str, dict[str, list[Requirement]]]:
    """Requirements by the package that they are meant for (empty: all) and by name."""
    found: dict[str, dict[str, list[Requirement]]] = {}
    for some in scoped:
        for requirement in some.requirements:
            found.setdefault(some.package, {}).setdefault(requirement.name, []).append(requirement)
    return found


def _parsed(requirement: Requirement) -> Marker:
    return markers.parse(requirement.marker) if requirement.marker else TRUE
