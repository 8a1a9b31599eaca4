"""Comparisons of a lock with what its workspace says as a whole: members, constraints, overrides, exclusions, static metadata."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from policy_checks.lock import markers, requirements, specifiers
from policy_checks.lock.comparison import Comparison, change_of, stale
from policy_checks.lock.differences import Difference
from policy_checks.lock.groups import Group, flatten
from policy_checks.lock.markers import InvalidMarker
from policy_checks.lock.requirements import Declared, Requirement, meaning
from policy_checks.lock.specifiers import canonical_version
from policy_checks.readers import toml, uv_lock
from policy_checks.readers.names import normalized
from policy_checks.readers.table import Table, Text, name_of
from policy_checks.readers.uv_lock import Package

_DEV = ("dev",)


def compare(comparison: Comparison) -> Iterator[Difference]:
    """Every difference between the manifest of a lock and the workspace."""
    yield from _members(comparison)
    yield from _default_groups(comparison)
    yield from _group_pythons(comparison)
    yield from _kinds(comparison)
    yield from _constraints(comparison)
    yield from _overrides(comparison)
    yield from _excludes(comparison)
    yield from _build_constraints(comparison)
    yield from _groups(comparison)
    yield from _static_metadata(comparison)


def _members(comparison: Comparison) -> Iterator[Difference]:
    """A lock names the members unless the only one is the root itself."""
    workspace, lock = comparison.workspace, comparison.lock
    single = len(workspace.members) == 1 and workspace.root_is_project
    declared = set() if single else set(workspace.members)
    locked = set(lock.manifest.members)
    for name in sorted(declared - locked):
        member = workspace.members[name]
        yield stale(
            "workspace members", name, "", member.pyproject.document.place("project", "name"),
            f"`{name}` is a member that the lock does not know", lock.place(("manifest", "members")),
        )  # fmt: skip
    for name in sorted(locked - declared):
        place = workspace.pyproject.uv.place("workspace", "members")
        yield stale(
            "workspace members", "", name, place, f"the lock holds `{name}` as a member, which it no longer is",
            lock.place(("manifest", "members")),
        )  # fmt: skip


def _default_groups(comparison: Comparison) -> Iterator[Difference]:
    workspace, lock = comparison.workspace, comparison.lock
    for member in workspace.members.values():
        flatten(member.pyproject)  # refuses unknown and circular includes, as uv does before it looks at the lock
        check_default_groups(member.pyproject.default_groups, member.pyproject.groups, member.pyproject.uv)
    if not workspace.root_is_project:
        check_default_groups(workspace.pyproject.default_groups, workspace.pyproject.groups, workspace.pyproject.uv)
    if lock.revision < 5:  # older locks do not record them
        return
    for member in workspace.members.values():
        package = locked_member(comparison, member.name)
        declared = member.pyproject.default_groups
        if package is not None and _standard(declared) != _standard(recorded_groups(package)):
            yield _default_changed(declared, recorded_groups(package), member.pyproject.uv, comparison, (*package.at, "default-groups"))
    if not workspace.root_is_project:
        declared, recorded = workspace.pyproject.default_groups, recorded_groups(lock.manifest)
        if _standard(declared) != _standard(recorded):
            yield _default_changed(declared, recorded, workspace.pyproject.uv, comparison, ("manifest", "default-groups"))


def check_default_groups(chosen: tuple[str, ...] | None, groups: Mapping[str, object], uv: Table) -> None:
    """Refuses a default group that `[dependency-groups]` does not define."""
    for name in chosen or ():
        if name != "*" and name not in groups:
            raise uv.refused(f"default group `{name}` is not defined in `[dependency-groups]`", "default-groups")


def recorded_groups(held: Package | uv_lock.Manifest) -> tuple[str, ...] | None:
    """The default groups that a lock records, in the form of PyProject.default_groups."""
    return ("*",) if held.all_groups_default else None if held.default_groups is None else tuple(sorted(set(held.default_groups)))


def _standard(chosen: tuple[str, ...] | None) -> tuple[str, ...]:
    return _DEV if chosen is None else chosen


def _default_changed(
    declared: tuple[str, ...] | None, locked: tuple[str, ...] | None, uv: Table, comparison: Comparison, at: tuple[str | int, ...]
) -> Difference:
    shown = [", ".join("all" if name == "*" else name for name in _standard(chosen)) for chosen in (declared, locked)]
    message = "the lock records other default groups"
    return stale("tool.uv.default-groups", *shown, uv.place("default-groups"), message, comparison.lock.place(at))


def _group_pythons(comparison: Comparison) -> Iterator[Difference]:
    workspace, lock = comparison.workspace, comparison.lock
    if lock.revision >= 5:
        for member in workspace.members.values():
            package = locked_member(comparison, member.name)
            recorded = {} if package is None else package.group_requires_python
            at = ("package",) if package is None else (*package.at, "group-requires-python")
            yield from _python_changes(comparison, flatten(member.pyproject), recorded, at)
    if not workspace.root_is_project:
        yield from _python_changes(
            comparison, flatten(workspace.pyproject), lock.manifest.group_requires_python, ("manifest", "group-requires-python")
        )


def _python_changes(
    comparison: Comparison, groups: Mapping[str, Group], recorded: Mapping[str, str], at: tuple[str | int, ...]
) -> Iterator[Difference]:
    """The requires-python of groups compares clause by clause, not by range."""
    pythons = {name: group.requires_python for name, group in groups.items() if group.requires_python}
    for name in sorted({*pythons, *recorded}):
        declared = ",".join(text.text for text in pythons.get(name, ()))
        locked = recorded.get(name, "")
        if declared == locked or (declared and locked and specifiers.same_clauses(declared, locked)):
            continue
        place = pythons[name][0].place if name in pythons else comparison.workspace.pyproject.uv.place("dependency-groups")
        message = f"the lock records another requires-python for the group `{name}`"
        yield stale(f"requires-python of group {name}", declared, locked, place, message, comparison.lock.place((*at, name)))


def _kinds(comparison: Comparison) -> Iterator[Difference]:
    """Whether each member is virtual, editable or neither."""
    workspace = comparison.workspace
    for member in workspace.members.values():
        package = locked_member(comparison, member.name)
        place = member.pyproject.document.place("project", "name")
        if package is None:
            held = comparison.lock.by_name.get(member.name, ())
            message = f"`{member.name}` is {'in the lock more than once' if held else 'not in the lock'}"
            at = (*held[0].at,) if held else ()
            yield stale("workspace members", member.name, "", place, message, comparison.lock.place(at))
            continue
        editable = workspace.required.get(member.name)
        expected = "virtual" if not workspace.is_package(member) else "directory" if editable is False else "editable"
        actual = package.source.kind if package.source.kind in ("virtual", "editable") else "directory"
        if expected != actual:
            message = f"`{member.name}` is {_KIND[expected]}, but locked as {_KIND[actual]}"
            yield stale(f"source of {member.name}", expected, actual, place, message, comparison.lock.place((*package.at, "source")))


_KIND = {
    "virtual": "virtual (not built: no `[build-system]`, or `package = false`)",
    "editable": "a package, installed as editable",
    "directory": "a package, not installed as editable",
}


def locked_member(comparison: Comparison, name: str) -> Package | None:
    """The one package of a member's name; None when there is none, or more than one."""
    held = comparison.lock.by_name.get(name, ())
    return held[0] if len(held) == 1 else None


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
            found.append(
                Requirement(
                    requirement.name, (), requirement.specifier, requirement.marker, requirement.origin, requirement.written, requirement.at
                )
            )
    return found


def _root_requirements(comparison: Comparison, texts: Iterable[Text]) -> list[Requirement]:
    return comparison.lowered((requirements.parse(text) for text in texts), comparison.root_scope)


@dataclass(frozen=True, slots=True)
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
                mine.setdefault((override.package, canonical_version(override.version)), []).extend(override.requirements)
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
            package, version, scoped = _scope(uv, "override-dependencies", index, item)
            yield _Override(package, version, tuple(_root_requirements(comparison, scoped.texts("dependencies"))))


def _scope(uv: Table, key: str, index: int, item: object) -> tuple[str, str, Table]:
    """Package, version and table of `{package = {name, version}, dependencies = […]}`."""
    scoped = Table(uv.document, (*uv.path, key, index), item if isinstance(item, dict) else {})
    target = scoped.table("package")
    name = None if target is None else target.name("name")
    if target is None or name is None or "dependencies" not in scoped:
        raise scoped.refused(f"an entry of `{key}` is a requirement or a table with `package` and `dependencies`")
    scoped.only("package", "dependencies")
    target.only("name", "version")
    version = target.text("version")
    return name, "" if version is None else version.text, scoped


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
        package, version, table = _scope(uv, "exclude-dependencies", index, item)
        if package in lock.by_name or package in scoped:
            mine[package, canonical_version(version), ""] = index
            mine |= {(package, canonical_version(version), name_of(text)): index for text in table.texts("dependencies")}
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
        path = (*uv.path, "build-constraint-dependencies", index)
        text, hashes = Text(item, uv.document, path) if isinstance(item, str) else None, ()
        if text is None:
            table = Table(uv.document, path, item if isinstance(item, dict) else {})
            text, hashes = table.text("requirement"), tuple(some.text for some in table.texts("hashes"))
            if text is None:
                raise table.refused("a build constraint is a requirement or a table with `requirement` and `hashes`")
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


def _groups(comparison: Comparison) -> Iterator[Difference]:
    """The groups of a root without a project; empty ones do not count."""
    workspace, lock = comparison.workspace, comparison.lock
    mine = {} if workspace.root_is_project else comparison.lowered_groups(flatten(workspace.pyproject), comparison.root_scope)
    recorded = lock.manifest.dependency_groups
    for name in sorted({*mine, *recorded}):
        for change in comparison.changes(mine.get(name, ()), comparison.remembered(recorded.get(name, ()))):
            place = workspace.pyproject.document.place("dependency-groups", name)
            message = f"uv resolves anew because `{change.name}` in the group `{name}` changed"
            yield change_of(
                comparison, f"group {name}: {change.name}", change, place, message, lock.place(("manifest", "dependency-groups", name))
            )


# --- dependency-metadata ---------------------------------------------------------------------------


def _static_metadata(comparison: Comparison) -> Iterator[Difference]:
    """Compared as written: requirements in their order, clause by clause; only for names that the lock holds or remembers."""
    lock, settings = comparison.lock, comparison.settings
    remembered = {entry.name for entry in lock.manifest.dependency_metadata}
    mine: dict[object, Table] = {}
    for table in settings.dependency_metadata:
        table.only("name", "version", "requires-dist", "requires-python", "provides-extra", "provides-extras")
        name = table.name("name")
        if name is None:
            raise table.refused("an entry of `dependency-metadata` needs a `name`")
        if name in lock.by_name or name in remembered:
            mine[_metadata_key(comparison, table, name)] = table
    theirs = {_locked_metadata_key(comparison, entry): entry for entry in lock.manifest.dependency_metadata}
    for key in [key for key in mine if key not in theirs]:
        name = mine[key].name("name") or ""
        message = f"uv resolves anew because the static metadata of `{name}` changed"
        held = next((entry for entry in lock.manifest.dependency_metadata if entry.name == name), None)
        locked = "" if held is None else ", ".join(held.requires_dist)
        texts = ", ".join(text.text for text in mine[key].texts("requires-dist"))
        at = ("manifest", "dependency-metadata") if held is None else held.at
        yield stale(f"dependency-metadata of {name}", f"requires {texts}", f"requires {locked}", mine[key].place(), message, lock.place(at))
    changed = {mine[key].name("name") for key in mine if key not in theirs}
    for key, entry in theirs.items():
        if key not in mine and entry.name not in changed:
            place = comparison.workspace.pyproject.uv.place("dependency-metadata")
            message = f"the lock remembers static metadata of `{entry.name}` that is no longer declared"
            yield stale(
                f"dependency-metadata of {entry.name}",
                "",
                f"requires {', '.join(entry.requires_dist)}",
                place,
                message,
                lock.place(entry.at),
            )


def _metadata_key(comparison: Comparison, table: Table, name: str) -> object:
    version, python = table.text("version"), table.text("requires-python")
    extras = table.texts("provides-extra") or table.texts("provides-extras")
    return (
        name,
        "" if version is None else canonical_version(version.text),
        tuple(_literal(requirements.parse(text)) for text in table.texts("requires-dist")),
        _literal_specifier("" if python is None else python.text),
        tuple(name_of(text) for text in extras),
    )


def _locked_metadata_key(comparison: Comparison, entry: uv_lock.StaticMetadata) -> object:
    texts = [Text(text, toml.Document(comparison.lock.file, {}), entry.at) for text in entry.requires_dist]
    return (
        entry.name,
        canonical_version(entry.version or ""),
        tuple(_literal(requirements.parse(text)) for text in texts),
        _literal_specifier(entry.requires_python or ""),
        tuple(normalized(extra) for extra in entry.provides_extras),
    )


def _literal(declared: Declared) -> object:
    marker = meaning(Requirement(declared.name, (), "", declared.marker, written=declared.written))
    return declared.name, declared.extras, _literal_specifier(declared.specifier), marker, declared.url


def _literal_specifier(text: str) -> object:
    return tuple(sorted((clause.version, clause.operator, clause.star) for clause in specifiers.clauses(text)))
