"""The tables of uv.lock as data; raises Unreadable where a field is missing or of another type (crate uv-lock, `*Wire`)."""

from collections.abc import Iterator
from datetime import datetime

from policy_checks.readers.fields import Fields
from policy_checks.readers.names import normalized
from policy_checks.readers.toml import Key
from policy_checks.readers.uv_lock_data import (  # fmt: skip
    KINDS,
    Artifact,
    Conflict,
    Edge,
    Manifest,
    Metadata,
    Options,
    Package,
    Requirement,
    Scoped,
    Source,
    StaticMetadata,
)
from policy_checks.source import Span

_NO_METADATA = Metadata((), {}, ())


def _names(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([normalized(value) for value in values])


def _source(fields: Fields) -> Source | None:
    for kind in KINDS:
        if kind in fields:
            return Source(kind, fields.required(kind), fields.text("subdirectory"))
    return None


def _required_source(fields: Fields) -> Source:
    found = _source(fields)
    if found is None:
        fields.refuse(fields.path, f"`source` has to name one of {', '.join(KINDS)}")
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


def package(number: int, fields: Fields) -> Package:
    """One `[[package]]`."""
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


def manifest(fields: Fields) -> Manifest:
    """The `[manifest]`."""
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


def conflicts(fields: Fields) -> tuple[tuple[Conflict, ...], ...]:
    """The declared sets of extras and groups that cannot be installed together."""
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


def options(fields: Fields) -> Options:
    """The `[options]` of the resolver."""
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


def artifact(fields: Fields, wheel: bool, span: Span) -> Artifact:
    """One sdist or wheel, with its place in the file."""
    kind = next((kind for kind in ("url", "path", "filename") if kind in fields), "")
    if wheel and not kind:
        fields.refuse(fields.path, "a wheel has to name a `url`, a `path` or a `filename`")
    uploaded = "upload-time" if "upload-time" in fields else "upload_time"
    location = fields.required(kind) if kind else ""
    return Artifact(wheel, kind, location, fields.optional("hash"), fields.integer("size"), _moment(fields, uploaded), span)
