"""What `[tool.uv]` says about single packages: every entry that names one, and the packages that it can be about."""

import posixpath
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain

from policy_checks.lock import requirements, settings, validity
from policy_checks.lock.locked_project import LockedProject
from policy_checks.lock.settings import StaticMetadata
from policy_checks.lock.tree import WorkspaceTree
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import Include, PyProject
from policy_checks.readers.table import Table, Text
from policy_checks.readers.toml import Key
from policy_checks.record import record
from policy_checks.source import Place

# Settings that a uv.toml can hold, too: lists of names, and tables whose keys are names.
_LISTS = (
    "no-build-isolation-package",
    "no-build-package",
    "no-binary-package",
    "no-sources-package",
    "reinstall-package",
    "upgrade-package",
)
_TABLES = ("extra-build-dependencies", "extra-build-variables", "config-settings-package", "exclude-newer-package", "prerelease-package")
_SCOPED = ("override-dependencies", "exclude-dependencies")


@record(eq=False)
class Entry:
    """One entry that names a package: its setting, the normalised name, and its place below a table.

    `marker` is where an override or a constraint applies; `version` the one that a scope is limited to (one spelling).
    """

    setting: str
    name: str
    table: Table
    keys: tuple[Key, ...]
    marker: str = ""
    version: str = ""

    @property
    def is_item(self) -> bool:
        """Whether it is an item of a list, as opposed to a key of a table or a table of its own."""
        return len(self.keys) == 2 and isinstance(self.keys[1], int)

    @property
    def place(self) -> Place:
        """Where it stands: an item, the key of a table, or the name in a table of its own."""
        document, path = self.table.document, (*self.table.path, *self.keys)
        return document.place(*path) if isinstance(self.keys[-1], int) or self.keys[-1] == "name" else document.key_place(*path)


class Configuration:
    """The entries of one project beside its lock, and the names that they can be about."""

    def __init__(self, project: LockedProject) -> None:
        """The lock has to be there."""
        self._project, self._members = project, {
            owner: member for member in project.graph.members.values() if (owner := project.owner(member))
        }
        # Where what is said here counts: in the whole workspace, if it is the root of one.
        self._scope = dict.fromkeys([project.pyproject, *(self._members if project.has_own_lock else ())])

    @property
    def is_locked(self) -> bool:
        """Whether the lock is about the project at all, and not just in a folder above it."""
        return self._project.has_own_lock or self._project.pyproject in self._members

    @cached_property
    def _required(self) -> frozenset[str]:
        """The packages that the projects ask for, in their files and in what the lock remembers of `dynamic` ones."""
        found = set(_names(chain.from_iterable(map(_of_project, self._scope))))
        for metadata in (self._members[owner].metadata for owner in self._scope if owner in self._members):
            for some in (metadata.requires_dist, *metadata.requires_dev.values()):
                found |= {requirement.name for requirement in some}
        return frozenset(found)

    @cached_property
    def known(self) -> frozenset[str]:
        """The packages that are locked, or will be."""
        return self._required.union(self._project.graph.lock.by_name)

    @cached_property
    def sourced(self) -> frozenset[str]:
        """The packages that `[tool.uv.sources]` can be about: those that a requirement of the project itself names."""
        return self._required.union(_names(chain.from_iterable(_of_uv(owner.uv) for owner in self._scope)))

    @cached_property
    def indexes_in_use(self) -> frozenset[str]:
        """The names of the indexes that some source refers to."""
        found = chain.from_iterable(chain.from_iterable(pyproject.sources.values()) for pyproject in self._scope)
        return frozenset(source.written.text for source in found if source.kind == "index" and source.written)

    def sources(self) -> Iterator[Entry]:
        """`[tool.uv.sources]`, less what only says that a package is a member of the workspace."""
        uv = self._project.pyproject.uv
        table = uv.table("sources")
        for name, key in () if table is None else table.named():
            if any(source.kind != "workspace" for source in self._project.pyproject.sources[name]):
                yield Entry("sources", name, uv, ("sources", key))

    def indexes(self) -> Iterator[Entry]:
        """The indexes that nothing but a source, or `uv publish`, can refer to."""
        uv = self._project.pyproject.uv
        for number, index in enumerate(self._project.pyproject.indexes):
            if index.explicit and "publish-url" not in uv.items("index")[number]:
                yield Entry("index", index.name, uv, ("index", number, "name"))

    def entries(self) -> Iterator[Entry]:
        """Everything else that names a package; only the root of a workspace can say it."""
        uv = self._project.pyproject.uv
        for key in (*_SCOPED, "constraint-dependencies"):
            yield from _requirements(uv, key)
        if self._settings is not None:
            yield from _settings(self._settings)

    @cached_property
    def _settings(self) -> Table | None:
        """The settings beside the lock: those of a folder above are about other projects too, and what uv passes over is LCK002's to tell."""
        found = settings.find(WorkspaceTree(self._project.workspace), self._project.folder)
        table = None if found.passed_over else found.table
        return None if table is None or posixpath.dirname(table.document.file.path) != self._project.folder else table

    @cached_property
    def static_metadata(self) -> tuple[StaticMetadata, ...]:
        """The entries of `dependency-metadata`."""
        return () if self._settings is None else settings.static_metadata(self._settings)


def _requirements(uv: Table, key: str) -> Iterator[Entry]:
    for index, item in enumerate(uv.items(key)):
        if isinstance(item, str):
            # What an exclusion names is not in the lock because it is excluded.
            if key != "exclude-dependencies":
                declared = requirements.parse(Text(item, uv.document, (*uv.path, key, index)))
                yield Entry(key, declared.name, uv, (key, index), declared.marker)
        elif key in _SCOPED:
            package, version, _table = validity.scope(uv, key, index, item)
            yield Entry(key, package, uv, (key, index), version=version)


def _settings(table: Table) -> Iterator[Entry]:
    for number, entry in enumerate(settings.static_metadata(table)):
        yield Entry("dependency-metadata", entry.name, table, ("dependency-metadata", number, "name"))
    for key in _LISTS:
        for index, text in enumerate(table.texts(key)):
            yield Entry(key, requirements.parse(text).name, table, (key, index))
    for key in _TABLES:
        inner = table.table(key)
        for name in () if inner is None else inner.values:
            yield Entry(key, normalized(name), table, (key, name))


def _names(texts: Iterable[Text]) -> Iterator[str]:
    return (requirements.parse(text, lenient=True).name for text in texts)


def _of_project(pyproject: PyProject) -> Iterator[Text]:
    """The requirements of a project, those of its build among them."""
    project = pyproject.project
    if project is not None:
        yield from project.dependencies or ()
        yield from chain.from_iterable(project.optional.values())
    for items in pyproject.groups.values():
        yield from (item for item in items if not isinstance(item, Include))
    yield from pyproject.dev_dependencies or ()
    build = pyproject.document.get("build-system")
    if isinstance(build, dict):
        yield from Table(pyproject.document, ("build-system",), build).texts("requires")


def _of_uv(uv: Table) -> Iterator[Text]:
    """The requirements of `[tool.uv]` itself to which sources apply."""
    for key in ("constraint-dependencies", "override-dependencies"):
        for index, item in enumerate(uv.items(key)):
            if isinstance(item, str):
                yield Text(item, uv.document, (*uv.path, key, index))
            elif key in _SCOPED:
                yield from validity.scope(uv, key, index, item)[2].texts("dependencies")
    for index, item in enumerate(uv.items("build-constraint-dependencies")):
        yield validity.build_constraint(uv, index, item)[0]
    extra = uv.table("extra-build-dependencies") or Table(uv.document, uv.path, {})
    for name in extra.values:
        for index, item in enumerate(extra.items(name)):
            text = item.get("requirement") if isinstance(item, dict) else item
            if isinstance(text, str):
                yield Text(text, uv.document, (*extra.path, name, index))
