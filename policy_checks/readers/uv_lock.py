"""uv.lock, format version 1 (revisions 0 to 5), as frozen data.

Names are normalised (PEP 503), markers are texts (empty: always); those of edges, resolution-,
supported- and required-markers take `requires-python` for granted, those of requirements do not.
`at` is a value's path in the document, which `Lock.place` turns into a place.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, NoReturn

from policy_checks.readers import toml, uv_lock_layout
from policy_checks.readers.fields import Fields
from policy_checks.readers.names import normalized
from policy_checks.readers.toml import Key
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import per_file

_KINDS = ("registry", "git", "url", "path", "directory", "editable", "virtual")
_CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} |\|{7} )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a package comes from: one of registry, git, url, path, directory, editable, virtual, and its location."""

    kind: str
    location: str
    subdirectory: str = ""

    @property
    def commit(self) -> str:
        """The commit that a git source is locked to; empty for a declared source and other kinds."""
        return self.location.partition("#")[2] if self.kind == "git" else ""

    @property
    def url(self) -> str:
        """The location without query and fragment."""
        return self.location.partition("#")[0].partition("?")[0]


@dataclass(frozen=True, slots=True)
class Edge:
    """One dependency of a package; version and source stand there only where the name is not enough."""

    name: str
    version: str | None
    source: Source | None
    extras: tuple[str, ...]
    marker: str
    at: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A declared requirement as the lock remembers it (`requires-dist`, `overrides`, …)."""

    name: str
    extras: tuple[str, ...]
    groups: tuple[str, ...]
    marker: str
    specifier: str
    source: Source | None  # None: from an index
    index: str | None
    conflict: Mapping[str, str]  # package, extra, group
    at: tuple[Key, ...]
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Artifact:
    """A wheel or an sdist: `location` is a URL, a path or a file name, as `kind` says (empty: the source of the package)."""

    wheel: bool
    kind: str  # url, path, filename or nothing
    location: str
    hash: str | None
    size: int | None
    upload_time: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a package declared when it was locked."""

    requires_dist: tuple[Requirement, ...]
    requires_dev: Mapping[str, tuple[Requirement, ...]]
    provides_extras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """One `[[package]]`; `default_groups` is None where the lock says nothing of them, or says `all`."""

    number: int
    name: str
    version: str | None  # None: dynamic
    source: Source
    resolution_markers: tuple[str, ...]
    dependencies: tuple[Edge, ...]
    optional_dependencies: Mapping[str, tuple[Edge, ...]]
    groups: Mapping[str, tuple[Edge, ...]]
    default_groups: tuple[str, ...] | None
    all_groups_default: bool
    group_requires_python: Mapping[str, str]
    metadata: Metadata
    raw: Mapping[str, Any]

    @property
    def at(self) -> tuple[Key, ...]:
        """Its path in the document."""
        return ("package", self.number)

    def edges(self) -> Iterator[Edge]:
        """Every edge: dependencies, extras, groups."""
        yield from self.dependencies
        for some in (*self.optional_dependencies.values(), *self.groups.values()):
            yield from some


@dataclass(frozen=True, slots=True)
class Scoped:
    """Overrides or exclusions for the dependencies of one package (empty: of all)."""

    package: str
    version: str | None
    requirements: tuple[Requirement, ...]
    at: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class StaticMetadata:
    """An entry of `dependency-metadata`; requirements are PEP 508 texts."""

    name: str
    version: str | None
    requires_dist: tuple[str, ...]
    requires_python: str | None
    provides_extras: tuple[str, ...]
    at: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the workspace told the resolver beside its members' own requirements."""

    members: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    dependency_groups: Mapping[str, tuple[Requirement, ...]]
    constraints: tuple[Requirement, ...]
    overrides: tuple[Scoped, ...]
    excludes: tuple[Scoped, ...]
    build_constraints: tuple[Requirement, ...]
    dependency_metadata: tuple[StaticMetadata, ...]
    default_groups: tuple[str, ...] | None
    all_groups_default: bool
    group_requires_python: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One side of a conflict: the project itself, or one of its extras or groups."""

    package: str
    extra: str
    group: str


@dataclass(frozen=True, slots=True)
class Options:
    """Resolver options; an absent one is None."""

    resolution_mode: str | None
    prerelease_mode: str | None
    prerelease_package: Mapping[str, Any]
    fork_strategy: str | None
    exclude_newer: str | None
    exclude_newer_span: str | None
    exclude_newer_package: Mapping[str, Any]
    minimum_libc_version: Any


class Lock:
    """A whole lock. Immutable; what few rules need (positions, artifacts) is worked out when asked for."""

    def __init__(self, file: SourceFile, data: dict[str, Any], cut: uv_lock_layout.Cut) -> None:
        self.file, self._cut = file, cut
        fields = Fields(data, (), self._refuse)
        version = fields.integer("version")
        if version is None:
            self._refuse((), "`version` is missing")
        if version != 1:
            fields.fail("version", f"lock format version {version}; this release reads version 1")
        self.version = version
        self.revision = fields.integer("revision") or 0
        self.requires_python = fields.required("requires-python")
        self.resolution_markers = fields.texts("resolution-markers")
        self.supported_markers = fields.texts("supported-markers")
        self.required_markers = fields.texts("required-markers")
        self.conflicts = _conflicts(fields)
        self.options = _options(fields.table("options"))
        self.manifest = _manifest(fields.table("manifest"))
        tables = fields.tables("package") if "package" in fields else fields.tables("distribution")
        self.packages = tuple([_package(number, table) for number, table in enumerate(tables)])

    def __repr__(self) -> str:
        return f"Lock({self.file.path!r}, {len(self.packages)} packages)"

    @cached_property
    def by_name(self) -> Mapping[str, tuple[Package, ...]]:
        """Packages of one name, several where the resolution forked."""
        found: dict[str, list[Package]] = {}
        for package in self.packages:
            found.setdefault(package.name, []).append(package)
        return {name: tuple(packages) for name, packages in found.items()}

    @cached_property
    def _document(self) -> toml.Document:
        return toml.document(self.file)

    @cached_property
    def _package_starts(self) -> list[int]:
        starts = uv_lock_layout.package_starts(self.file.text)
        return starts if len(starts) == len(self.packages) else []

    def place(self, at: tuple[Key, ...]) -> Place:
        """Where a path of the document stands."""
        span = uv_lock_layout.find(self.file.text, self._package_starts, at)
        return Place(self.file, span or self._document.span(*at))

    def artifacts(self, package: Package) -> tuple[Artifact, ...]:
        """The sdist and the wheels of a package, in the lock's order; raises Unreadable for a malformed one."""
        return tuple(self._artifacts(package))

    def artifact_blocks(self, package: Package) -> tuple[Span, ...] | None:
        """Where a package's artifacts stand; None when some of them are not written as uv writes them."""
        blocks = [self._cut.block(package.raw[key]) for key in ("sdist", "wheels") if key in package.raw]
        return None if None in blocks else tuple(filter(None, blocks))

    def _artifacts(self, package: Package) -> Iterator[Artifact]:
        for key in ("sdist", "wheels"):
            value = package.raw.get(key)
            if value is None:
                continue
            if block := self._cut.block(value):
                for span, item in uv_lock_layout.block_items(self.file.text, block):
                    yield _artifact(Fields(item, (*package.at, key), self._refuse), key == "wheels", span)
                continue
            fields = Fields({key: value if key == "wheels" else [value]}, package.at, self._refuse)
            for item_fields in fields.tables(key):
                at = item_fields.path if key == "wheels" else (*package.at, key)
                yield _artifact(item_fields, key == "wheels", self._document.span(*at))

    def _refuse(self, path: tuple[Key, ...], message: str) -> NoReturn:
        raise Unreadable(self.file, self._document.span(*path), message)


_NO_METADATA = Metadata((), {}, ())


def _names(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([normalized(value) for value in values])


def _source(fields: Fields) -> Source | None:
    for kind in _KINDS:
        if kind in fields:
            return Source(kind, fields.required(kind), fields.text("subdirectory"))
    return None


def _required_source(fields: Fields) -> Source:
    found = _source(fields)
    if found is None:
        fields.refuse(fields.path, f"`source` has to name one of {', '.join(_KINDS)}")
    return found


def _edge(fields: Fields) -> Edge:
    return Edge(
        name=normalized(fields.required("name")),
        version=fields.optional("version"),
        source=_required_source(fields.table("source")) if "source" in fields else None,
        extras=_names(fields.texts("extra")),
        marker=fields.text("marker"),
        at=fields.path,
    )


def _edges(fields: Fields, key: str) -> tuple[Edge, ...]:
    return tuple([_edge(item) for item in fields.tables(key)]) if key in fields else ()


def _requirement(fields: Fields) -> Requirement:
    conflict = fields.table("conflict")
    return Requirement(
        name=normalized(fields.required("name")),
        extras=_names(fields.texts("extras")),
        groups=_names(fields.texts("groups")),
        marker=fields.text("marker"),
        specifier=fields.text("specifier"),
        source=_source(fields),
        index=fields.optional("index"),
        conflict={key: normalized(conflict.required(key)) for key in conflict.values},
        at=fields.path,
        hashes=fields.texts("hashes"),
    )


def _requirements(fields: Fields, key: str) -> tuple[Requirement, ...]:
    return tuple([_requirement(item) for item in fields.tables(key)])


def _by_name(fields: Fields) -> Iterator[tuple[str, str]]:
    """The keys of a table that is keyed by names: normalised, and as they are written."""
    return ((normalized(key), key) for key in fields.values)


def _either(fields: Fields, key: str, alias: str) -> Fields:
    return fields.table(key if key in fields else alias)


def _default_groups(fields: Fields) -> tuple[tuple[str, ...] | None, bool]:
    if fields.values.get("default-groups") == "all":
        return None, True
    return (_names(fields.texts("default-groups")) if "default-groups" in fields else None), False


def _package(number: int, fields: Fields) -> Package:
    optional, groups = fields.table("optional-dependencies"), _either(fields, "dev-dependencies", "dependency-groups")
    python = fields.table("group-requires-python")
    default_groups, all_groups_default = _default_groups(fields)
    return Package(
        number=number,
        name=normalized(fields.required("name")),
        version=fields.optional("version"),
        source=_required_source(fields.table("source")),
        resolution_markers=fields.texts("resolution-markers"),
        dependencies=_edges(fields, "dependencies"),
        optional_dependencies={name: _edges(optional, key) for name, key in _by_name(optional)},
        groups={name: _edges(groups, key) for name, key in _by_name(groups)},
        default_groups=default_groups,
        all_groups_default=all_groups_default,
        group_requires_python={name: python.required(key) for name, key in _by_name(python)},
        metadata=_metadata(fields.table("metadata")) if "metadata" in fields else _NO_METADATA,
        raw=fields.values,
    )


def _metadata(fields: Fields) -> Metadata:
    groups = _either(fields, "requires-dev", "dependency-groups")
    return Metadata(
        requires_dist=_requirements(fields, "requires-dist"),
        requires_dev={name: _requirements(groups, key) for name, key in _by_name(groups)},
        provides_extras=_names(fields.texts("provides-extras")),
    )


def _manifest(fields: Fields) -> Manifest:
    groups, python = fields.table("dependency-groups"), fields.table("group-requires-python")
    default_groups, all_groups_default = _default_groups(fields)
    return Manifest(
        members=_names(fields.texts("members")),
        requirements=_requirements(fields, "requirements"),
        dependency_groups={name: _requirements(groups, key) for name, key in _by_name(groups)},
        constraints=_requirements(fields, "constraints"),
        overrides=tuple([_override(item) for item in fields.tables("overrides")]),
        excludes=tuple(_excludes(fields)),
        build_constraints=_requirements(fields, "build-constraints"),
        dependency_metadata=tuple([_static_metadata(item) for item in fields.tables("dependency-metadata")]),
        default_groups=default_groups,
        all_groups_default=all_groups_default,
        group_requires_python={name: python.required(key) for name, key in _by_name(python)},
    )


def _override(fields: Fields) -> Scoped:
    if "package" not in fields:
        return Scoped("", None, (_requirement(fields),), fields.path)
    target = fields.table("package")
    return Scoped(normalized(target.required("name")), target.optional("version"), _requirements(fields, "dependencies"), fields.path)


def _excludes(fields: Fields) -> Iterator[Scoped]:
    """Exclusions, whose items are names or tables; a name becomes a requirement that says nothing more."""
    items = fields.values.get("excludes", [])
    if not isinstance(items, list):
        fields.fail("excludes", "`excludes` has to be a list")
    for index, item in enumerate(items):
        at = (*fields.path, "excludes", index)
        if isinstance(item, str):
            yield Scoped("", None, _excluded((item,), at), at)
        elif isinstance(item, dict):
            scoped = Fields(item, at, fields.refuse)
            target = scoped.table("package")
            names = scoped.texts("dependencies")
            yield Scoped(normalized(target.required("name")), target.optional("version"), _excluded(names, at), at)
        else:
            fields.refuse(at, "`excludes` has to hold names or tables")


def _excluded(names: tuple[str, ...], at: tuple[Key, ...]) -> tuple[Requirement, ...]:
    return tuple([Requirement(normalized(name), (), (), "", "", None, None, {}, at) for name in names])


def _static_metadata(fields: Fields) -> StaticMetadata:
    return StaticMetadata(
        name=normalized(fields.required("name")),
        version=fields.optional("version"),
        requires_dist=fields.texts("requires-dist"),
        requires_python=fields.optional("requires-python"),
        provides_extras=_names(fields.texts("provides-extra" if "provides-extra" in fields else "provides-extras")),
        at=fields.path,
    )


def _conflicts(fields: Fields) -> tuple[tuple[Conflict, ...], ...]:
    sets = fields.values.get("conflicts", [])
    if not isinstance(sets, list):
        fields.fail("conflicts", "`conflicts` has to be a list")
    found = []
    for index, items in enumerate(sets):
        some = Fields({"conflicts": items}, ("conflicts", index), fields.refuse).tables("conflicts")
        found.append(
            tuple(
                [
                    Conflict(normalized(item.text("package")), normalized(item.text("extra")), normalized(item.text("group")))
                    for item in some
                ]
            )
        )
    return tuple(found)


def _options(fields: Fields) -> Options:
    return Options(
        resolution_mode=fields.optional("resolution-mode"),
        prerelease_mode=fields.optional("prerelease-mode"),
        prerelease_package=fields.table("prerelease-package").values,
        fork_strategy=fields.optional("fork-strategy"),
        exclude_newer=_moment(fields, "exclude-newer"),
        exclude_newer_span=fields.optional("exclude-newer-span"),
        exclude_newer_package=fields.table("exclude-newer-package").values,
        minimum_libc_version=fields.values.get("minimum-libc-version"),
    )


def _moment(fields: Fields, key: str) -> str | None:
    """A time that is written as text (uv) or as a TOML datetime."""
    value = fields.values.get(key)
    return value.isoformat() if isinstance(value, datetime) else fields.optional(key)


def _artifact(fields: Fields, wheel: bool, span: Span) -> Artifact:
    kind = next((kind for kind in ("url", "path", "filename") if kind in fields), "")
    if wheel and not kind:
        fields.refuse(fields.path, "a wheel has to name a `url`, a `path` or a `filename`")
    uploaded = "upload-time" if "upload-time" in fields else "upload_time"
    location = fields.required(kind) if kind else ""
    return Artifact(wheel, kind, location, fields.optional("hash"), fields.integer("size"), _moment(fields, uploaded), span)


def parse(file: SourceFile) -> Lock:
    """A lock's data; raises Unreadable for what uv itself could not read."""
    text = file.text
    if (nul := text.find("\0")) >= 0:
        raise Unreadable(file, Span(nul, nul + 1), "a NUL byte: the file is damaged; restore it or run `uv lock`")
    # The plain search costs a tenth of the expression.
    if ("<<<<<<< " in text or ">>>>>>> " in text) and (conflict := _CONFLICT.search(text)):
        raise Unreadable(file, Span(*conflict.span()), "merge conflict markers; take the target branch's uv.lock and run `uv lock`")
    cut = uv_lock_layout.cut_artifacts(text)
    if cut.blocks:
        import rtoml

        try:
            return Lock(file, rtoml.loads(cut.text.removeprefix("\ufeff")), cut)
        except rtoml.TomlParsingError:
            pass  # parsed again as it is written, for the position of what is wrong
    return Lock(file, toml.document(file).data, uv_lock_layout.Cut(text, ()))


LOCK = per_file("uv.lock", lambda path: PurePosixPath(path).name == "uv.lock", lambda file: [parse(file)])
