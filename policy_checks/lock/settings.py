"""The resolver settings that apply to a project: `uv.toml` or `[tool.uv]`, nearest first from the workspace root upwards.

Settings of the user, the machine and the environment are not read: a verdict is about the repository.
`[tool.uv]` with a key or a value that uv does not know is passed over as a whole, as uv does with a
warning (crate uv-settings); the search then goes on in the folders above.
"""

from collections.abc import Mapping

from policy_checks.lock import requirements, validity
from policy_checks.lock.lowering import index_url
from policy_checks.lock.moments import Cutoff, cutoff
from policy_checks.lock.specifiers import InvalidSpecifier, canonical_version
from policy_checks.lock.tree import Tree, join, parents
from policy_checks.readers import pyproject, toml
from policy_checks.readers.names import is_name, normalized
from policy_checks.readers.pyproject import Index
from policy_checks.readers.table import Table, Text, name_of, whole
from policy_checks.record import made, record, replace
from policy_checks.source import Unreadable

# Where uv looks when nothing is configured.
DEFAULT_INDEX = "https://pypi.org/simple"

_FLAGS = """
    system-certs native-tls offline no-cache preview no-index no-build-isolation require-build-hashes compile-bytecode no-sources upgrade
    reinstall no-build no-binary
""".split()
_TEXTS = """
    required-version cache-dir index-url http-proxy https-proxy python-install-mirror pypy-install-mirror graalpy-install-mirror
    pyodide-install-mirror python-downloads-json-url publish-url check-url
""".split()
_LISTS = """
    index extra-index-url find-links no-proxy allow-insecure-host dependency-metadata no-build-isolation-package no-sources-package
    upgrade-package reinstall-package no-build-package no-binary-package cache-keys
""".split()
_NUMBERS = ("concurrent-downloads", "concurrent-builds", "concurrent-installs")
_TABLES = """
    prerelease-package config-settings config-settings-package extra-build-dependencies extra-build-variables exclude-newer-package
    audit pip
""".split()
_CHOICES = {
    "python-preference": ("only-managed", "managed", "system", "only-system"),
    "python-downloads": ("automatic", "manual", "never"),
    "index-strategy": ("first-index", "unsafe-first-match", "unsafe-best-match", "unsafe-any-match"),
    "keyring-provider": ("disabled", "subprocess"),
    "resolution": ("highest", "lowest", "lowest-direct"),
    "prerelease": ("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit"),
    "fork-strategy": ("fewest", "requires-python"),
    "link-mode": ("clone", "copy", "hardlink", "symlink"),
    "trusted-publishing": ("automatic", "always", "never"),
    "add-bounds": ("lower", "major", "minor", "exact"),
}
_NAMES = ("no-build-isolation-package", "no-sources-package", "reinstall-package", "no-build-package", "no-binary-package")
# Read elsewhere, from the pyproject.toml only.
_OF_PROJECT = """
    conflicts workspace sources managed package default-groups dependency-groups dev-dependencies build-backend environments
    required-environments minimum-libc-version
""".split()
_OTHERS = """
    exclude-newer torch-backend preview-features override-dependencies exclude-dependencies constraint-dependencies
    build-constraint-dependencies
""".split()
_KNOWN = frozenset([*_FLAGS, *_TEXTS, *_LISTS, *_NUMBERS, *_TABLES, *_CHOICES, *_OF_PROJECT, *_OTHERS])


@record
class StaticMetadata:
    """Metadata that a project declares for a package of others: `version` empty for every version."""

    name: str
    version: str
    requires: tuple[Text, ...]
    requires_python: str
    extras: tuple[str, ...]
    table: Table


@record
class Settings:
    """What decides a resolution, with uv's defaults; `table` is where it was read from."""

    table: Table | None = None
    passed_over: str = ""  # the key of the root's `[tool.uv]` because of which uv passes over all of it
    resolution: str = "highest"
    prerelease: str = "if-necessary"
    prerelease_package: Mapping[str, str] = made(default_factory=dict)
    fork_strategy: str = "requires-python"
    exclude_newer: Cutoff | None = None
    exclude_newer_package: Mapping[str, Cutoff | None] = made(default_factory=dict)  # None: no cutoff
    indexes: tuple[Index, ...] = ()
    find_links: tuple[Text, ...] = ()
    no_index: bool = False
    no_sources: bool = False
    no_sources_package: frozenset[str] = frozenset()
    dependency_metadata: tuple[StaticMetadata, ...] = ()
    upgrades: bool = False
    preview: str = ""

    def ignores_sources(self, name: str) -> bool:
        """Whether `[tool.uv.sources]` does not count for a package."""
        return self.no_sources or name in self.no_sources_package

    def allowed_indexes(self, tree: Tree, base: str) -> frozenset[str] | None:
        """The URLs that locked packages may come from, None where no index is configured: then any."""
        if not (self.indexes or self.find_links or self.no_index):
            return None
        flat = {index_url(tree, url, base) for url in self.find_links}
        if self.no_index:
            return frozenset(flat)
        named: set[str] = set()
        found, default = set(flat), False
        for index in self.indexes:
            if index.name in named or (index.default and default):
                continue
            named |= {index.name} - {""}
            default = default or index.default
            found.add(index_url(tree, index.url, base))
        return frozenset(found if default else {*found, DEFAULT_INDEX})


class _Unsuitable(Exception):
    """A value that uv's settings do not accept; the path is below the table."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def find(tree: Tree, root: str) -> Settings:
    """The settings of a workspace; raises Unreadable for a uv.toml that uv refuses."""
    passed_over = ""
    for folder in (root, *parents(root)):
        file = tree.file(join(folder, "uv.toml"))
        if file is not None:
            return replace(_of_uv_toml(whole(toml.document(file))), passed_over=passed_over)
        try:
            found = _of_pyproject(tree, folder)
        except _Unsuitable as error:
            passed_over = passed_over or (error.key if folder == root else "")
            continue
        if found is not None:
            return replace(found, passed_over=passed_over)
    return Settings(passed_over=passed_over)


def _of_uv_toml(table: Table) -> Settings:
    for key in _OF_PROJECT:
        if key in table:
            raise table.refused(f"`{key}` belongs into pyproject.toml, uv.toml cannot hold it", key)
    try:
        return _settings(table)
    except _Unsuitable as error:
        raise table.refused(f"uv does not know `{error.key}` or its value", error.key) from None


def _of_pyproject(tree: Tree, folder: str) -> Settings | None:
    file = tree.file(join(folder, "pyproject.toml"))
    if file is None:
        return None
    try:
        project = file.once(pyproject.read)
        return _settings(project.uv) if project.has_uv else None
    except Unreadable:
        return None  # uv warns and looks further up; the project's own file was refused before, if it is this one


def _settings(table: Table) -> Settings:
    _check(table)
    values = table.values
    newer = values.get("exclude-newer")
    return Settings(
        table=table,
        resolution=values.get("resolution", "highest"),
        prerelease=_mode(values.get("prerelease", "if-necessary")),
        prerelease_package={normalized(name): _mode(mode) for name, mode in values.get("prerelease-package", {}).items()},
        fork_strategy=values.get("fork-strategy", "requires-python"),
        exclude_newer=cutoff(newer) if isinstance(newer, str) else None,
        exclude_newer_package={normalized(name): _package_cutoff(value) for name, value in values.get("exclude-newer-package", {}).items()},
        indexes=_indexes(table),
        find_links=table.texts("find-links"),
        no_index=values.get("no-index", False),
        no_sources=values.get("no-sources", False),
        no_sources_package=frozenset(normalized(name) for name in values.get("no-sources-package", ())),
        dependency_metadata=static_metadata(table),
        upgrades=bool(values.get("upgrade") or values.get("upgrade-package")),
        preview=_preview(table),
    )


def _check(table: Table) -> None:
    for key, value in table.values.items():
        if not _suits(key, value):
            raise _Unsuitable(key)
    if "preview" in table and "preview-features" in table:
        raise _Unsuitable("preview-features")
    for key, suits in (("exclude-newer-package", _is_cutoff), ("prerelease-package", _CHOICES["prerelease"].__contains__)):
        if not all(is_name(name) and suits(value) for name, value in table.values.get(key, {}).items()):
            raise _Unsuitable(key)
    for key in _NAMES:
        if not all(isinstance(name, str) and is_name(name) for name in table.values.get(key, ())):
            raise _Unsuitable(key)
    for key, check in (("dependency-metadata", static_metadata), ("upgrade-package", _check_upgrades), ("index", pyproject.indexes)):
        try:
            check(table)
        except Unreadable:
            raise _Unsuitable(key) from None


def static_metadata(table: Table) -> tuple[StaticMetadata, ...]:
    """The entries of `dependency-metadata`; raises Unreadable for one that uv refuses."""
    return tuple(_entry(entry) for entry in table.tables("dependency-metadata"))


def _entry(entry: Table) -> StaticMetadata:
    entry.only("name", "version", "requires-dist", "requires-python", "provides-extra", "provides-extras")
    name, version, python = entry.name("name"), entry.text("version"), entry.text("requires-python")
    if name is None:
        raise entry.refused("an entry of `dependency-metadata` needs a `name`")
    if python is not None:
        validity.specifier(python)
    requires = entry.texts("requires-dist")
    for text in requires:
        requirements.parse(text)
    try:
        canonical_version("" if version is None else version.text)
    except InvalidSpecifier as error:
        raise entry.refused(str(error), "version") from None
    extras = entry.texts("provides-extra") or entry.texts("provides-extras")
    return StaticMetadata(
        name, "" if version is None else version.text, requires, "" if python is None else python.text, tuple(map(name_of, extras)), entry
    )


def _check_upgrades(table: Table) -> None:
    for text in table.texts("upgrade-package"):
        requirements.parse(text)


def _suits(key: str, value: object) -> bool:
    if key not in _KNOWN:
        return False
    if key in _CHOICES:
        return value in _CHOICES[key] if isinstance(value, str) else key == "trusted-publishing"
    if key == "exclude-newer":
        return _is_cutoff(value)
    if key in _NUMBERS:
        return isinstance(value, int) and not isinstance(value, bool) and value > 0
    for keys, kind in ((_FLAGS, bool), (_TEXTS, str), (_LISTS, list), (_TABLES, dict)):
        if key in keys:
            return isinstance(value, kind)
    return True


def _is_cutoff(value: object) -> bool:
    if isinstance(value, dict):
        return isinstance(value.get("timestamp"), str)
    return value is False or (isinstance(value, str) and cutoff(value) is not None)


def _package_cutoff(value: object) -> Cutoff | None:
    if isinstance(value, dict):
        return cutoff(str(value.get("span") or value["timestamp"]))
    return cutoff(value) if isinstance(value, str) else None


def _mode(mode: str) -> str:
    return "if-necessary" if mode == "if-necessary-or-explicit" else mode


def _indexes(table: Table) -> tuple[Index, ...]:
    """`index` and the older settings that say the same, in uv's order."""
    older = [Index("", url, False, False) for url in table.texts("extra-index-url")]
    single = table.text("index-url")
    if single is not None:
        older.append(Index("", single, True, False))
    return (*pyproject.indexes(table), *older)


# Preview features that change what a fresh lock is.
_DECIDING = ("lock-without-metadata", "resolution-inputs", "lockfile-format-check")


def _preview(table: Table) -> str:
    if table.values.get("preview") is True:
        return "preview"
    chosen = table.values.get("preview-features", [])
    if chosen is True:
        return "preview-features"
    return next((feature for feature in _DECIDING if isinstance(chosen, list) and feature in chosen), "")
