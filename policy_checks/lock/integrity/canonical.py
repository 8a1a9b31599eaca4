"""A lock in the layout in which uv writes it (crate uv-lock, `lock/serialize.rs`), for comparison with how it is written.

Values stay as they are read: a marker or a specifier is not respelled, and an order that uv takes from an
index (wheels) or from the resolution (resolution-markers) is kept. Everything else has one place.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from policy_checks.readers.uv_lock import Lock, Package

Values = Mapping[str, Any]

_PLAIN = re.compile(r'[^"\\\x00-\x1f\x7f]*')
_BARE = re.compile("[A-Za-z0-9_-]+")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"})

_EDGE = ("name", "version", "source", "extra", "marker")
_SOURCE = ("registry", "git", "url", "path", "directory", "editable", "virtual", "subdirectory")
_REQUIREMENT = (
    "name",
    "extras",
    "groups",
    "marker",
    *_SOURCE[1:4],
    "subdirectory",
    *_SOURCE[4:7],
    "specifier",
    "index",
    "conflict",
    "hashes",
)
_ARTIFACT = ("url", "path", "filename", "hash", "size", "upload-time", "upload_time", "zstd")
_KINDS = {kind: rank for rank, kind in enumerate(_SOURCE)}
_MOMENT_NOTE = " # This has no effect and is included for backwards compatibility when using relative exclude-newer values."


def parts(lock: Lock) -> Iterator[str]:
    """The text that uv would write: what stands before the packages, then one text for each package as they stand now."""
    yield "".join(_head(lock))
    for package in lock.packages:
        yield "".join(_package(lock, package))


def out_of_order(lock: Lock) -> tuple[Package, Package] | None:
    """The first package that stands below one that uv writes after it (by name, version and source), and that one."""
    for above, package in zip(lock.packages, lock.packages[1:], strict=False):
        if package.name < above.name or (package.name == above.name and _identity(package.raw) < _identity(above.raw)):
            return package, above
    return None


def _text(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return f'"{value}"'
    if "'" not in value and not re.search(r"[\x00-\x1f\x7f]", value):
        return f"'{value}'"
    return f'"{value.translate(_ESCAPES)}"'


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join([_value(item) for item in value])}]"
    if isinstance(value, dict):
        return _inline(value, tuple(value))
    return str(value)


def _inline(values: Values, order: tuple[str, ...]) -> str:
    """An inline table: the known keys in uv's order. What uv does not know it does not write."""
    return "{ " + ", ".join([f"{_key(key)} = {_value(values[key])}" for key in order if key in values]) + " }" if values else "{}"


def _lines(items: list[str]) -> str:
    return "[\n" + "".join([f"    {item},\n" for item in items]) + "]"


def _either(items: list[str]) -> str:
    """A list that stands on one line while it has one item."""
    return _lines(items) if len(items) > 1 else f"[{''.join(items)}]"


def _pairs(values: Values, *writers: tuple[str, Callable[[Any], str]]) -> Iterator[str]:
    for key, write in writers:
        if key in values:
            yield f"{key} = {write(values[key])}\n"


# --- sets that uv keeps sorted -----------------------------------------------------------------------


def _identity(values: Values) -> tuple[object, ...]:
    """Name, version and source, in uv's order (`PackageId`)."""
    version = values.get("version")
    source = values.get("source") or {}
    kind = next((kind for kind in _SOURCE if kind in source), "")
    location = str(source.get(kind, ""))
    is_path = kind == "registry" and not re.match("(?:https?|file)://", location)
    return values.get("name", ""), version is not None, _version(version), _KINDS.get(kind, 0), is_path, location


def _version(version: str | None) -> object:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version or "0")
    except InvalidVersion:
        return Version("0")


def _edge_order(edges: list[Values]) -> list[Values]:
    """Edges by what they mean; those that differ only by marker stay, as uv orders them by its own diagram."""
    names = [edge.get("name", "") for edge in edges]
    if len(set(names)) == len(names):
        return [edges[index] for index in sorted(range(len(names)), key=names.__getitem__)]
    return sorted(edges, key=lambda edge: (*_identity(edge), sorted(edge.get("extra", ()))))


def _edges(edges: list[Values]) -> str:
    if not edges:
        return "[]"
    return _lines([_edge(edge) for edge in _edge_order(edges)])


def _edge(edge: Values) -> str:
    if len(edge) == 1:
        return f'{{ name = "{edge.get("name", "")}" }}'
    ordered = dict(edge)
    if "source" in edge:
        ordered["source"] = {key: edge["source"][key] for key in _SOURCE if key in edge["source"]}
    if "extra" in edge:
        ordered["extra"] = sorted(edge["extra"])
    return _inline(ordered, _EDGE)


def _requirement_key(requirement: Any) -> tuple[object, ...]:
    if isinstance(requirement, str):
        return True, requirement, (), ()
    if isinstance(requirement.get("package"), dict):  # scoped ones come first (`enum Override`, `enum ExcludeDependency`)
        return False, requirement["package"].get("name", ""), (), ()
    return True, requirement.get("name", ""), tuple(requirement.get("extras", ())), tuple(requirement.get("groups", ()))


def _requirements(requirements: list[Any]) -> str:
    return _either([_requirement(item) for item in sorted(requirements, key=_requirement_key)])


def _requirement(item: Any) -> str:
    plain = isinstance(item, dict) and not isinstance(item.get("package"), dict)
    return _inline(item, _REQUIREMENT) if plain else _value(item)


def _table(header: str, values: Values, write: Callable[[Any], str]) -> Iterator[str]:
    yield f"\n[{header}]\n"
    for key in sorted(values):
        yield f"{_key(key)} = {write(values[key])}\n"


# --- the parts of a lock -----------------------------------------------------------------------------


def _strings(values: list[str]) -> str:
    return _lines([_text(value) for value in values])


def _head(lock: Lock) -> Iterator[str]:
    data = lock.raw
    yield from _pairs(
        data, ("version", _value), ("revision", _value), ("requires-python", _value),
        ("resolution-markers", _strings), ("supported-markers", _strings), ("required-markers", _strings), ("conflicts", _conflicts),
    )  # fmt: skip
    if "options" in data:
        yield from _options(data["options"])
    if "manifest" in data:
        yield from _manifest(data["manifest"], lock.file.text)


def _conflicts(sets: list[list[Values]]) -> str:
    return "[" + ", ".join([_lines([_inline(item, ("package", "extra", "group")) for item in items]) for items in sets]) + "]"


def _options(options: Values) -> Iterator[str]:
    yield "\n[options]\n"
    note = _MOMENT_NOTE if "exclude-newer-span" in options else ""
    yield from _pairs(
        options, ("resolution-mode", _value), ("prerelease-mode", _value), ("fork-strategy", _value), ("minimum-libc-version", _value),
        ("exclude-newer", lambda moment: _value(moment) + note), ("exclude-newer-span", _value),
    )  # fmt: skip
    for key in ("prerelease-package", "exclude-newer-package"):
        if key in options:
            yield from _table(f"options.{key}", options[key], _value)


def _manifest(manifest: Values, text: str) -> Iterator[str]:
    direct = "members default-groups requirements constraints overrides excludes build-constraints".split()
    # A table that has only tables below it has a header in locks of older releases.
    if any(key in manifest for key in direct) or "\n[manifest]\n" in text:
        yield "\n[manifest]\n"
    yield from _pairs(
        manifest, ("members", lambda names: _strings(sorted(names))), ("default-groups", _value),
        *[(key, _requirements) for key in ("requirements", "constraints", "overrides", "excludes", "build-constraints")],
    )  # fmt: skip
    if "dependency-groups" in manifest:
        yield from _table("manifest.dependency-groups", manifest["dependency-groups"], _requirements)
    if "group-requires-python" in manifest:
        yield from _table("manifest.group-requires-python", manifest["group-requires-python"], _value)
    for entry in sorted(manifest.get("dependency-metadata", ()), key=lambda entry: str(entry.get("name"))):
        yield "\n[[manifest.dependency-metadata]]\n"
        keys = ("name", "version", "requires-dist", "requires-python", "provides-extra", "provides-extras")
        yield from _pairs(entry, *[(key, _value) for key in keys])


def _artifact(value: Any) -> str:
    return _inline(value, _ARTIFACT) if isinstance(value, dict) else _value(value)


def _package(lock: Lock, package: Package) -> Iterator[str]:
    raw = package.raw

    def artifacts(value: Any) -> str:
        if (block := lock.artifact_block(value)) is not None:
            return lock.file.text[block.start : block.end].partition(" = ")[2]
        return _lines([_artifact(item) for item in value]) if isinstance(value, list) else _artifact(value)

    yield "\n[[package]]\n"
    yield from _pairs(
        raw, ("name", _value), ("version", _value), ("source", lambda source: _inline(source, _SOURCE)), ("default-groups", _value),
        ("resolution-markers", _strings), ("dependencies", _edges), ("sdist", artifacts), ("wheels", artifacts),
    )  # fmt: skip
    for key in ("optional-dependencies", "dev-dependencies", "dependency-groups"):  # the last: uv 0.4.27 only
        if key in raw:
            yield from _table(f"package.{key}", raw[key], _edges)
    if "group-requires-python" in raw:
        yield from _table("package.group-requires-python", raw["group-requires-python"], _value)
    if "metadata" in raw:
        yield "\n[package.metadata]\n"
        yield from _pairs(raw["metadata"], ("requires-dist", _requirements), ("provides-extras", _value))
        for key in ("requires-dev", "dependency-groups"):
            if key in raw["metadata"]:
                yield from _table(f"package.metadata.{key}", raw["metadata"][key], _requirements)
