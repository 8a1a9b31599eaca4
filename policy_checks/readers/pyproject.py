"""pyproject.toml as uv reads it: `[project]`, `[dependency-groups]` and the part of `[tool.uv]` that shapes a lock.

What uv refuses is refused here, with its position (crate uv-workspace, `pyproject.rs`). Requirements,
markers and specifiers stay text: they are parsed by whoever compares them.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from policy_checks.readers import toml
from policy_checks.readers.table import Table, Text, name_of, whole
from policy_checks.readers.toml import Document
from policy_checks.readers.uv_source import Source, sources
from policy_checks.record import record
from policy_checks.source import SourceFile


@record
class Project:
    """The `[project]` table (PEP 621): names normalised, the rest as written."""

    name: str
    version: Text | None
    requires_python: Text | None
    dependencies: tuple[Text, ...] | None
    optional: Mapping[str, tuple[Text, ...]]
    dynamic: frozenset[str]


@record
class Include:
    """`{include-group = "name"}` in a dependency group."""

    group: str
    written: Text


GroupItem = Text | Include


@record
class Index:
    """One table of `[[tool.uv.index]]`, or an index given by an older setting."""

    name: str
    url: Text
    default: bool
    explicit: bool
    hash_algorithm: str = ""


@record
class WorkspaceTable:
    """`[tool.uv.workspace]`: globs relative to the root."""

    members: tuple[Text, ...]
    exclude: tuple[Text, ...]


class PyProject:
    """One pyproject.toml; every part is read when it is asked for and raises Unreadable where uv would refuse it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._whole = whole(document)

    @property
    def file(self) -> SourceFile:
        """The file it was read from."""
        return self.document.file

    @cached_property
    def project(self) -> Project | None:
        """The `[project]` table, None where there is none."""
        table = self._whole.table("project")
        if table is None:
            return None
        name = table.name("name")
        if name is None:
            raise table.refused("`project.name` is missing")
        dynamic = frozenset(text.text for text in table.texts("dynamic"))
        version = table.text("version")
        if version is None and "version" not in dynamic:
            raise table.refused("`project.version` is neither set nor listed in `project.dynamic`")
        if version is not None:
            _check_version(version)
        optional = table.table("optional-dependencies")
        return Project(
            name,
            version,
            table.text("requires-python"),
            table.texts("dependencies") if "dependencies" in table else None,
            {} if optional is None else {extra: optional.texts(key) for extra, key in optional.named()},
            dynamic,
        )

    @cached_property
    def groups(self) -> Mapping[str, tuple[GroupItem, ...]]:
        """`[dependency-groups]` (PEP 735) by normalised name, includes not yet resolved."""
        table = self._whole.table("dependency-groups")
        return {} if table is None else {name: tuple(_group(table, key)) for name, key in table.named()}

    @property
    def groups_included(self) -> Mapping[str, frozenset[str]]:
        """The groups that each group includes directly."""
        return {name: frozenset(item.group for item in items if isinstance(item, Include)) for name, items in self.groups.items()}

    @property
    def has_groups(self) -> bool:
        """Whether there is a `[dependency-groups]` table."""
        return "dependency-groups" in self._whole

    @property
    def has_build_system(self) -> bool:
        """Whether there is a `[build-system]` table."""
        return "build-system" in self._whole

    @cached_property
    def build_backend(self) -> str:
        """`build-system.build-backend`, with the default of PEP 517."""
        table = self._whole.table("build-system")
        backend = None if table is None else table.text("build-backend")
        return "setuptools.build_meta:__legacy__" if backend is None else backend.text

    @cached_property
    def tool(self) -> Table | None:
        """The `[tool]` table."""
        return self._whole.table("tool")

    @cached_property
    def uv(self) -> Table:
        """The `[tool.uv]` table, empty where there is none."""
        found = None if self.tool is None else self.tool.table("uv")
        return Table(self.document, ("tool", "uv"), {}) if found is None else found

    @property
    def has_uv(self) -> bool:
        """Whether there is a `[tool.uv]` table."""
        return self.tool is not None and "uv" in self.tool

    @cached_property
    def sources(self) -> Mapping[str, tuple[Source, ...]]:
        """`[tool.uv.sources]` by normalised package name."""
        table = self.uv.table("sources")
        return {} if table is None else sources(table)

    @cached_property
    def indexes(self) -> tuple[Index, ...]:
        """`[[tool.uv.index]]` in order."""
        return indexes(self.uv)

    @cached_property
    def workspace(self) -> WorkspaceTable | None:
        """`[tool.uv.workspace]`, None where there is none."""
        table = self.uv.table("workspace")
        if table is None:
            return None
        table.only("members", "exclude")
        return WorkspaceTable(table.texts("members"), table.texts("exclude"))

    @property
    def managed(self) -> bool:
        """Whether uv manages the project (`tool.uv.managed`)."""
        return self.uv.flag("managed") is not False

    def is_package(self, *, require_build_system: bool) -> bool:
        """Whether it is built and installed, not virtual (`tool.uv.package`, else by `[build-system]`)."""
        chosen = self.uv.flag("package")
        return self.has_build_system or not require_build_system if chosen is None else chosen

    @cached_property
    def default_groups(self) -> tuple[str, ...] | None:
        """`tool.uv.default-groups` sorted, `("*",)` for "all", None where it is not set."""
        if "default-groups" not in self.uv:
            return None
        if isinstance(self.uv.values["default-groups"], str):
            written = self.uv.text("default-groups")
            if written is not None and written.text != "all":
                raise written.refused('`default-groups` must be "all" or a list of groups')
            return ("*",)
        return tuple(sorted({name_of(text) for text in self.uv.texts("default-groups")}))

    @cached_property
    def group_settings(self) -> Mapping[str, Text | None]:
        """`requires-python` of the groups in `[tool.uv.dependency-groups]`."""
        table = self.uv.table("dependency-groups")
        found: dict[str, Text | None] = {}
        if table is not None:
            for name, key in table.named():
                settings = table.table(key)
                found[name] = None if settings is None else settings.text("requires-python")
        return found

    @property
    def dev_dependencies(self) -> tuple[Text, ...] | None:
        """The legacy `tool.uv.dev-dependencies`, None where it is not set."""
        return self.uv.texts("dev-dependencies") if "dev-dependencies" in self.uv else None


def indexes(table: Table) -> tuple[Index, ...]:
    """The `index` tables of uv's settings; refuses a name given twice and two defaults."""
    found: list[Index] = []
    for entry in table.tables("index"):
        name, url = entry.text("name"), entry.text("url")
        if url is None:
            raise entry.refused("an index needs a `url`")
        if name is not None and not all(letter.isascii() and (letter.isalnum() or letter in "-_.") for letter in name.text):
            raise name.refused("an index name has only letters, digits, `-`, `_` and `.`")
        explicit, default = bool(entry.flag("explicit")), bool(entry.flag("default"))
        if explicit and name is None:
            raise entry.refused("an index with `explicit = true` needs a `name`")
        if name is not None and any(other.name == name.text for other in found):
            raise name.refused(f"two indexes are named `{name.text}`")
        if default and any(other.default for other in found):
            raise entry.refused("only one index may have `default = true`", "default")
        algorithm = entry.text("hash-algorithm")
        found.append(Index("" if name is None else name.text, url, default, explicit, "" if algorithm is None else algorithm.text))
    return tuple(found)


def _group(table: Table, key: str) -> Iterator[GroupItem]:
    for index, item in enumerate(table.items(key)):
        if isinstance(item, str):
            yield Text(item, table.document, (*table.path, key, index))
            continue
        entry = Table(table.document, (*table.path, key, index), item if isinstance(item, dict) else {})
        included = entry.text("include-group")
        if included is None or len(entry.values) != 1:
            raise entry.refused('an entry of a dependency group is a requirement or `{include-group = "name"}`')
        yield Include(name_of(included), included)


def _check_version(version: Text) -> None:
    """Plain versions are recognised without importing `packaging`."""
    parts = version.text.split(".")
    if all(part.isascii() and part.isdigit() for part in parts):
        return
    from packaging.version import InvalidVersion, Version

    try:
        Version(version.text)
    except InvalidVersion:
        raise version.refused(f"not a version: `{version.text}`") from None


def read(file: SourceFile) -> PyProject:
    """One pyproject.toml; raises Unreadable where it is not TOML."""
    return PyProject(toml.document(file))
