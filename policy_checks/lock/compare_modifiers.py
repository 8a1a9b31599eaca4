"""Comparisons of a lock with what bends resolution: constraints, overrides, exclusions and build constraints."""

from collections.abc import Iterable, Iterator

from policy_checks.lock import markers, requirements, specifiers, validity
from policy_checks.lock.comparison import Comparison, change_of, stale
from policy_checks.lock.differences import Difference
from policy_checks.lock.markers import InvalidMarker
from policy_checks.lock.requirements import Requirement, meaning
from policy_checks.lock.specifiers import canonical_version
from policy_checks.readers.table import Table, Text, name_of
from policy_checks.record import record, replace


def compare(comparison: Comparison) -> Iterator[Difference]:
    """Every difference between these settings of a workspace and those that its lock remembers."""
    yield from _constraints(comparison)
    yield from _overrides(comparison)
    yield from _excludes(comparison)
    yield from _build_constraints(comparison)


def _constraints(comparison: Comparison) -> Iterator[Difference]:
    """Only names that the lock holds or remembers count; a constraint's extras never do."""
    lock, uv = comparison.lock, comparison.workspace.pyproject.uv
    declared = _root_requirements(comparison, uv.texts("constraint-dependencies"))
    remembered = {requirement.name for requirement in lock.manifest.constraints}
    mine = [requirement for requirement in declared if requirement.name in lock.by_name or requirement.name in remembered]
    theirs = comparison.remembered(lock.manifest.constraints)
    for change in comparison.changes(_constraining(comparison, mine), _constraining(comparison, theirs)):
        message = f"uv resolves anew because the constraint on `{change.name}` changed"
        yield change_of(
            comparison, f"constraint on {change.name}", change, uv.place("constraint-dependencies"), message,
            lock.place(("manifest", "constraints")),
        )  # fmt: skip


def _constraining(comparison: Comparison, some: list[Requirement]) -> list[Requirement]:
    """What restricts anything: no extras, no empty specifiers, no marker that never holds."""
    found = []
    for requirement in some:
        if requirement.origin.kind == "registry" and not requirement.specifier:
            continue
        try:
            never = markers.simplify(meaning(requirement), comparison.under).is_false
        except InvalidMarker:
            never = False  # said when the requirement is compared
        if not never:
            found.append(replace(requirement, extras=()))
    return found


def _root_requirements(comparison: Comparison, texts: Iterable[Text]) -> list[Requirement]:
    return comparison.lowered((requirements.parse(text) for text in texts), comparison.root_scope)


@record
class _Override:
    package: str  # empty: for all packages
    version: str
    requirements: tuple[Requirement, ...]


def _overrides(comparison: Comparison) -> Iterator[Difference]:
    lock, uv = comparison.lock, comparison.workspace.pyproject.uv
    remembered = {some.requirements[0].name for some in lock.manifest.overrides if not some.package and some.requirements}
    scoped = {some.package for some in lock.manifest.overrides if some.package}
    mine: dict[tuple[str, str], list[Requirement]] = {}
    for override in _declared_overrides(comparison, uv):
        if override.package:
            if override.package in lock.by_name or override.package in scoped:
                mine.setdefault((override.package, override.version), []).extend(override.requirements)
        else:
            counted = [some for some in override.requirements if some.name in lock.by_name or some.name in remembered]
            mine.setdefault(("", ""), []).extend(counted)
    theirs: dict[tuple[str, str], list[Requirement]] = {}
    for some in lock.manifest.overrides:
        theirs.setdefault((some.package, canonical_version(some.version or "")), []).extend(comparison.remembered(some.requirements))
    for target in sorted({*mine, *theirs}):
        where = f" in {target[0]}" if target[0] else ""
        changes = list(comparison.changes(mine.get(target, ()), theirs.get(target, ())))
        for change in changes:
            message = f"uv resolves anew because the override of `{change.name}`{where} changed"
            yield change_of(
                comparison, f"override of {change.name}{where}", change, uv.place("override-dependencies"), message,
                lock.place(("manifest", "overrides")),
            )  # fmt: skip
        if target[0] and not changes and (target in mine) != (target in theirs):  # an empty scope counts too
            yield stale(
                f"overrides{where}", target[0] if target in mine else "", target[0] if target in theirs else "",
                uv.place("override-dependencies"), f"uv resolves anew because the overrides{where} changed",
                lock.place(("manifest", "overrides")),
            )  # fmt: skip


def _declared_overrides(comparison: Comparison, uv: Table) -> Iterator[_Override]:
    for index, item in enumerate(uv.items("override-dependencies")):
        if isinstance(item, str):
            text = Text(item, uv.document, (*uv.path, "override-dependencies", index))
            yield _Override("", "", tuple(_root_requirements(comparison, [text])))
        else:
            package, version, scoped = validity.scope(uv, "override-dependencies", index, item)
            yield _Override(package, version, tuple(_root_requirements(comparison, scoped.texts("dependencies"))))


def _excludes(comparison: Comparison) -> Iterator[Difference]:
    lock, uv = comparison.lock, comparison.workspace.pyproject.uv
    theirs = {
        (some.package, canonical_version(some.version or ""), requirement.name)
        for some in lock.manifest.excludes
        for requirement in some.requirements
    }
    theirs |= {(some.package, canonical_version(some.version or ""), "") for some in lock.manifest.excludes if some.package}
    remembered = {name for package, _version_, name in theirs if not package}
    scoped = {package for package, _version_, _name in theirs if package}
    mine: dict[tuple[str, str, str], int] = {}
    for index, item in enumerate(uv.items("exclude-dependencies")):
        if isinstance(item, str):
            name = name_of(Text(item, uv.document, (*uv.path, "exclude-dependencies", index)))
            if name in lock.by_name or name in remembered:
                mine["", "", name] = index
            continue
        package, version, table = validity.scope(uv, "exclude-dependencies", index, item)
        if package in lock.by_name or package in scoped:
            mine[package, version, ""] = index
            mine |= {(package, version, name_of(text)): index for text in table.texts("dependencies")}
    for entry in sorted({*mine} ^ theirs):
        package, _, name = entry
        shown = " of ".join(filter(None, (name, package)))
        place = uv.place("exclude-dependencies", *([mine[entry]] if entry in mine else []))
        message = f"uv resolves anew because the exclusion of `{shown}` was {'added' if entry in mine else 'removed'}"
        yield stale(
            f"exclusion of {shown}", shown if entry in mine else "", "" if entry in mine else shown, place, message,
            lock.place(("manifest", "excludes")),
        )  # fmt: skip


def _build_constraints(comparison: Comparison) -> Iterator[Difference]:
    """Always compared, clause by clause; hashes count."""
    lock, uv = comparison.lock, comparison.workspace.pyproject.uv
    mine: list[tuple[Requirement, tuple[str, ...]]] = []
    for index, item in enumerate(uv.items("build-constraint-dependencies")):
        text, hashes = validity.build_constraint(uv, index, item)
        mine += [(requirement, hashes) for requirement in _root_requirements(comparison, [text])]
    remembered = lock.manifest.build_constraints
    theirs = [(found, some.hashes) for found, some in zip(comparison.remembered(remembered), remembered, strict=True)]
    left, right = ({_clausewise(comparison, *some): some[0] for some in side} for side in (mine, theirs))
    for key in sorted({*left} ^ {*right}, key=str):
        requirement = left.get(key) or right[key]
        change = requirements.Change(requirement.name, (left[key],) if key in left else (), (right[key],) if key in right else ())
        message = f"uv resolves anew because the build constraint on `{requirement.name}` was {'added' if key in left else 'removed'}"
        yield change_of(
            comparison, f"build constraint on {requirement.name}", change, uv.place("build-constraint-dependencies"), message,
            lock.place(("manifest", "build-constraints")),
        )  # fmt: skip


def _clausewise(comparison: Comparison, requirement: Requirement, hashes: tuple[str, ...]) -> tuple[object, ...]:
    marker = markers.simplify(meaning(requirement), comparison.under)
    clauses = tuple(sorted((clause.version, clause.operator, clause.star) for clause in specifiers.clauses(requirement.specifier)))
    return requirement.name, requirement.extras, clauses, marker, requirement.origin, hashes
