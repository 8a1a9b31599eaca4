"""What uv.lock (format version 1, revisions 0 to 5) holds, as frozen data.

Names are normalised (PEP 503), markers are texts (empty: always); those of edges, resolution-,
supported- and required-markers take `requires-python` for granted, those of requirements do not.
`at` is a value's path in the document, which `Lock.place` turns into a place.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from policy_checks.readers.toml import Key
from policy_checks.record import record
from policy_checks.source import Span

KINDS = ("registry", "git", "url", "path", "directory", "editable", "virtual")


@record
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


@record
class Edge:
    """One dependency of a package; version and source stand there only where the name is not enough."""

    name: str
    version: str | None
    source: Source | None
    extras: tuple[str, ...]
    marker: str
    at: tuple[Key, ...]


@record
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


@record
class Artifact:
    """A wheel or an sdist: `location` is a URL, a path or a file name, as `kind` says (empty: the source of the package)."""

    wheel: bool
    kind: str  # url, path, filename or nothing
    location: str
    hash: str | None
    size: int | None
    upload_time: str | None
    span: Span


@record
class Metadata:
    """What a package declared when it was locked."""

    requires_dist: tuple[Requirement, ...]
    requires_dev: Mapping[str, tuple[Requirement, ...]]
    provides_extras: tuple[str, ...]


@record
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


@record
class Scoped:
    """Overrides or exclusions for the dependencies of one package (empty: of all)."""

    package: str
    version: str | None
    requirements: tuple[Requirement, ...]
    at: tuple[Key, ...]


@record
class StaticMetadata:
    """An entry of `dependency-metadata`; requirements are PEP 508 texts."""

    name: str
    version: str | None
    requires_dist: tuple[str, ...]
    requires_python: str | None
    provides_extras: tuple[str, ...]
    at: tuple[Key, ...]


@record
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


@record
class Conflict:
    """One side of a conflict: the project itself, or one of its extras or groups."""

    package: str
    extra: str
    group: str


@record
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
