"""uv.lock, format version 1 (revisions 0 to 5): read as a whole, with positions and artifacts worked out when asked for."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, NoReturn

from policy_checks.readers import toml, uv_lock_decoding as decoding, uv_lock_layout
from policy_checks.readers.fields import Fields
from policy_checks.readers.toml import Key
from policy_checks.readers.uv_lock_data import (
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
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import per_file

__all__ = [
    "LOCK", "Artifact", "Conflict", "Edge", "Lock", "Manifest", "Metadata", "Options", "Package", "Requirement", "Scoped", "Source",
    "StaticMetadata", "parse",
]  # fmt: skip

_CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} |\|{7} )", re.MULTILINE)


class Lock:
    """A whole lock. Immutable; what few rules need (positions, artifacts) is worked out when asked for."""

    def __init__(self, file: SourceFile, data: dict[str, Any], cut: uv_lock_layout.Cut) -> None:
        self.file, self.raw, self._cut = file, data, cut
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
        self.conflicts = decoding.conflicts(fields)
        self.options = decoding.options(fields.table("options"))
        self.manifest = decoding.manifest(fields.table("manifest"))
        tables = fields.tables("package") if "package" in fields else fields.tables("distribution")
        self.packages = tuple([decoding.package(number, table) for number, table in enumerate(tables)])
        self._refuse_artifacts()

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

    def _refuse_artifacts(self) -> None:
        """Every artifact has to be readable, as for uv. Those in its own layout are matched by a strict pattern; the others are read here."""
        for package in self.packages:
            if any(key in package.raw and self._cut.block(package.raw[key]) is None for key in ("sdist", "wheels")):
                self.artifacts(package)

    def artifact_block(self, value: object) -> Span | None:
        """Where the artifacts stand for which a raw value is put; None for a value that is not written as uv writes it."""
        return self._cut.block(value)

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
                    yield decoding.artifact(Fields(item, (*package.at, key), self._refuse), key == "wheels", span)
                continue
            fields = Fields({key: value if key == "wheels" else [value]}, package.at, self._refuse)
            for item_fields in fields.tables(key):
                at = item_fields.path if key == "wheels" else (*package.at, key)
                yield decoding.artifact(item_fields, key == "wheels", self._document.span(*at))

    def _refuse(self, path: tuple[Key, ...], message: str) -> NoReturn:
        raise Unreadable(self.file, self._document.span(*path), message)


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


LOCK = per_file("uv.lock", lambda path: PurePosixPath(path).name == "uv.lock", lambda file: [file.once(parse)])
