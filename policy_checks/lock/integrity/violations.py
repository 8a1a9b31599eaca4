"""Locked versions that a requirement, a constraint or an override rules out."""

from collections import deque
from collections.abc import Iterator

from policy_checks.lock import markers
from policy_checks.lock.integrity.obligations import Obligations, Section
from policy_checks.lock.integrity.targets import roots
from policy_checks.lock.integrity.versions import admits
from policy_checks.lock.markers import FALSE, TRUE, InvalidMarker, Marker, and_, or_
from policy_checks.lock.specifiers import InvalidSpecifier
from policy_checks.readers.uv_lock import Package, Requirement
from policy_checks.record import record


@record
class Violation:
    """A package and the requirement that rules out its version; `by` and `verb` tell whose it is."""

    package: Package
    requirement: Requirement
    section: Section | None  # None: a requirement of the manifest
    by: str
    verb: str


def violations(obligations: Obligations) -> Iterator[Violation]:
    """Every violation, each requirement's text once for a package."""
    told: set[tuple[int, str]] = set()
    for found in (*_of_sections(obligations), *_of_the_manifest(obligations)):
        key = (found.package.number, found.requirement.specifier)
        if key not in told:
            told.add(key)
            yield found


def _violates(package: Package, requirement: Requirement) -> bool:
    """Only versions from an index are the requirement's to choose; a text that is no specifier is another rule's matter."""
    if not requirement.specifier or requirement.source is not None or package.version is None or package.source.kind != "registry":
        return False
    try:
        return not admits(requirement.specifier, package.version)
    except InvalidSpecifier:
        return False


def _of_sections(obligations: Obligations) -> Iterator[Violation]:
    for section, wanted, links in obligations.sections:
        for one in wanted:
            for link in links:
                if link.edge.name != one.meant.name or not _violates(link.target, one.meant) or and_(one.where, link.where) is FALSE:
                    continue
                if one.by is None:
                    yield Violation(link.target, one.requirement, section, str(section), "requires")
                else:
                    yield Violation(link.target, one.by, None, "the manifest's override", "is")


def _of_the_manifest(obligations: Obligations) -> Iterator[Violation]:
    lock, manifest = obligations.lock, obligations.lock.manifest
    scoped = {requirement.name for some in manifest.overrides if some.package for requirement in some.requirements}
    overrides = [requirement for some in manifest.overrides if not some.package for requirement in some.requirements]
    given = [(requirement, "constraint") for requirement in manifest.constraints]
    given += [(requirement, "override") for requirement in overrides if requirement.name not in scoped]
    for requirement, kind in given:
        for package in lock.by_name.get(requirement.name, ()):
            if _violates(package, requirement) and _applies(obligations, package, requirement):
                yield Violation(package, requirement, None, f"the manifest's {kind}", "is")
    groups = [(f"the group `{name}`", item) for name, some in manifest.dependency_groups.items() for item in some]
    for by, requirement in (*groups, *[("the workspace", item) for item in manifest.requirements]):
        packages = lock.by_name.get(requirement.name, ())
        # Without edges there is no telling which fork a group takes: one that fits is enough.
        if packages and all(_violates(package, requirement) for package in packages) and _applies(obligations, packages[0], requirement):
            yield Violation(packages[0], requirement, None, by, "requires")


def _applies(obligations: Obligations, package: Package, requirement: Requirement) -> bool:
    """Whether a requirement applies anywhere where a package is installed."""
    try:
        where = markers.parse(requirement.marker) if requirement.marker else TRUE
        if where is TRUE:
            return True
        return and_(obligations.here(where), _reached(obligations).get(package.number, FALSE)) is not FALSE
    except InvalidMarker:
        return False


def _reached(obligations: Obligations) -> dict[int, Marker]:
    """Where each package is installed at most: markers are and-ed along a path and or-ed over paths."""
    targets = obligations.targets
    reached: dict[int, Marker] = {}
    waiting: deque[int] = deque()

    def follow(number: int, where: Marker) -> None:
        before = reached.get(number, FALSE)
        now = or_(before, where)
        if now is not before:
            reached[number] = now
            waiting.append(number)

    for root in roots(obligations.lock):
        follow(root.number, obligations.world)
    for some in obligations.lock.manifest.dependency_groups.values():
        for requirement in some:
            for package in obligations.lock.by_name.get(requirement.name, ()):
                follow(package.number, obligations.world)
    while waiting:
        number = waiting.popleft()
        package = obligations.lock.packages[number]
        edges = [pair for extra in ("", *package.optional_dependencies) for pair in targets.leaving((number, extra))]
        for edge, target in (*edges, *[pair for name in package.groups for pair in targets.groups[number, name]]):
            where = and_(reached[number], obligations.here(markers.parse(edge.marker)) if edge.marker else TRUE)
            if where is not FALSE:
                follow(target.number, where)
    return reached
