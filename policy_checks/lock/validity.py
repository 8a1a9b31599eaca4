"""What uv checks as soon as it reads a pyproject.toml, beyond its shape: requirements, markers and specifiers in `[tool.uv]`.

A fault here refuses the project before anything is compared (crate uv-workspace, `PyProjectToml::from_string`),
while one in `project.dependencies` or in a group is found later.
"""

from collections.abc import Iterator
from itertools import pairwise

from policy_checks.lock import markers, requirements
from policy_checks.lock.markers import FALSE, InvalidMarker, Marker, and_
from policy_checks.lock.specifiers import InvalidSpecifier, canonical_version, clauses
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.table import Table, Text, name_of
from policy_checks.readers.uv_source import Source

ConflictItem = tuple[str, str, str]  # package, extra, group; neither extra nor group: the project itself
ConflictSet = frozenset[ConflictItem]


def check(pyproject: PyProject) -> None:
    """Raises Unreadable for the first thing that uv refuses when it reads the file."""
    uv, project = pyproject.uv, pyproject.project
    pythons = (None if project is None else project.requires_python, *pyproject.group_settings.values())
    for python in pythons:
        if python is not None:
            specifier(python)
    _ = pyproject.groups, pyproject.indexes, pyproject.workspace, pyproject.managed, pyproject.default_groups, uv.flag("package")
    for some in pyproject.sources.values():
        _check_sources(some)
    for text in _requirements(pyproject, uv):
        requirements.parse(text)
    for index, item in enumerate(uv.items("exclude-dependencies")):
        for text in _scoped(uv, "exclude-dependencies", index, item):
            name_of(text)
    for _set in conflict_sets(pyproject, "any" if project is None else project.name):
        pass
    for key in ("environments", "required-environments"):
        for text in environment_texts(pyproject, key):
            marker(text)


def _requirements(pyproject: PyProject, uv: Table) -> Iterator[Text]:
    """Every requirement of `[tool.uv]`."""
    yield from uv.texts("constraint-dependencies")
    yield from pyproject.dev_dependencies or ()
    for index, item in enumerate(uv.items("override-dependencies")):
        yield from _scoped(uv, "override-dependencies", index, item)
    for index, item in enumerate(uv.items("build-constraint-dependencies")):
        yield build_constraint(uv, index, item)[0]


def specifier(written: Text) -> None:
    """Refuses a text that is no version specifier."""
    if all(part.strip() for part in written.text.split(",")) or not written.text.strip():
        try:
            markers.from_requires_python(written.text)
        except InvalidMarker:
            pass
        else:
            return
    try:
        clauses(written.text)
    except InvalidSpecifier as error:
        raise written.refused(str(error)) from None
    raise written.refused(f"not a version specifier: `{written.text}`")


def marker(written: Text) -> Marker:
    """The meaning of a marker; refuses a text that is none."""
    try:
        return markers.parse(written.text)
    except InvalidMarker as error:
        raise written.refused(str(error)) from None


def _check_sources(some: tuple[Source, ...]) -> None:
    for source in some:
        if source.marker is not None:
            marker(source.marker)
    for left, right in pairwise(some):
        if (left.extra, left.group) != (right.extra, right.group):
            continue
        if left.marker is None or right.marker is None or and_(marker(left.marker), marker(right.marker)) is not FALSE:
            raise right.table.refused("the markers of two sources overlap; each needs a `marker` that excludes the others", "marker")


def _scoped(uv: Table, key: str, index: int, item: object) -> tuple[Text, ...]:
    """One entry of a list whose entries are texts, or tables for the dependencies of one package."""
    if isinstance(item, str):
        return (Text(item, uv.document, (*uv.path, key, index)),)
    return scope(uv, key, index, item)[2].texts("dependencies")


def scope(uv: Table, key: str, index: int, item: object) -> tuple[str, str, Table]:
    """Package, version (one spelling) and table of `{package = {name, version}, dependencies = […]}`."""
    scoped = Table(uv.document, (*uv.path, key, index), item if isinstance(item, dict) else {})
    target = scoped.table("package")
    name = None if target is None else target.name("name")
    if target is None or name is None or "dependencies" not in scoped:
        raise scoped.refused(f"an entry of `{key}` is a text or a table with `package` and `dependencies`")
    scoped.only("package", "dependencies")
    target.only("name", "version")
    written = target.text("version")
    try:
        return name, "" if written is None else canonical_version(written.text), scoped
    except InvalidSpecifier as error:
        raise target.refused(str(error), "version") from None


def build_constraint(uv: Table, index: int, item: object) -> tuple[Text, tuple[str, ...]]:
    """A build constraint: its requirement and its hashes."""
    path = (*uv.path, "build-constraint-dependencies", index)
    if isinstance(item, str):
        return Text(item, uv.document, path), ()
    table = Table(uv.document, path, item if isinstance(item, dict) else {})
    text = table.text("requirement")
    if text is None:
        raise table.refused("a build constraint is a requirement or a table with `requirement` and `hashes`")
    return text, tuple(some.text for some in table.texts("hashes"))


def conflict_sets(pyproject: PyProject, package: str | None) -> Iterator[ConflictSet]:
    """The sets of `conflicts`; `package` is whose extras and groups they are where they do not say."""
    for index, written in enumerate(pyproject.uv.items("conflicts")):
        items = set()
        for number, entry in enumerate(written if isinstance(written, list) else [None]):
            if not isinstance(entry, dict):
                raise pyproject.uv.refused("`conflicts` is a list of lists of tables", "conflicts", index)
            items.add(_conflict_item(Table(pyproject.document, ("tool", "uv", "conflicts", index, number), entry), package))
        if len(items) < 2:
            raise pyproject.uv.refused("a set of conflicts has at least two different entries", "conflicts", index)
        yield frozenset(items)


def _conflict_item(table: Table, package: str | None) -> ConflictItem:
    table.only("package", "extra", "group")
    owner, extra, group = table.name("package"), table.name("extra"), table.name("group")
    if extra is not None and group is not None:
        raise table.refused("an entry of `conflicts` has `extra` or `group`, not both")
    if owner is None and extra is None and group is None:
        raise table.refused("an entry of `conflicts` is empty")
    if owner is None and package is None:
        raise table.refused("an entry of `conflicts` needs a `package` where the root is no project")
    return owner or package or "", extra or "", group or ""


def environment_texts(pyproject: PyProject, key: str) -> tuple[Text, ...]:
    """The markers of `environments` or `required-environments`, which may be one text."""
    if isinstance(pyproject.uv.values.get(key), str):
        single = pyproject.uv.text(key)
        assert single is not None  # the key is there, see above
        return (single,)
    return pyproject.uv.texts(key)
