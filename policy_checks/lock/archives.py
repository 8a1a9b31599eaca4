"""The metadata of a local wheel or source archive, read without unpacking or building it."""

import io
import posixpath
import tarfile
import zipfile
import zlib
from email.parser import HeaderParser

from policy_checks.record import record
from policy_checks.source import SourceFile

# Far above any real metadata; an archive may claim to hold more.
_MAX_BYTES = 10_000_000


@record
class Declared:
    """Core metadata (PEP 566 and after) that a lock remembers; requirements are PEP 508 texts."""

    version: str
    requires: tuple[str, ...]
    extras: tuple[str, ...]


def read(file: SourceFile) -> Declared | None:
    """What an archive declares, None where only a build (or a whole archive) would tell."""
    try:
        text = _wheel(file.data) if file.path.endswith(".whl") else _sdist(file.data)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, KeyError, NotImplementedError, OSError, RuntimeError, ValueError):
        return None
    if text is None:
        return None
    headers = HeaderParser().parsestr(text)
    version = headers["Version"]
    # Only since metadata 2.2 does a source archive say which fields a build may change (PEP 643).
    told = file.path.endswith(".whl") or _is_static(headers["Metadata-Version"] or "", headers.get_all("Dynamic") or [])
    if version is None or not told:
        return None
    return Declared(str(version).strip(), tuple(headers.get_all("Requires-Dist") or ()), tuple(headers.get_all("Provides-Extra") or ()))


def _is_static(version: str, dynamic: list[str]) -> bool:
    parts = version.strip().split(".")
    if not all(part.isdigit() for part in parts) or [int(part) for part in parts] < [2, 2]:
        return False
    return not {field.strip().lower() for field in dynamic} & {"version", "requires-dist", "provides-extra", "requires-python"}


def _wheel(data: bytes) -> str | None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = [info for info in archive.infolist() if info.filename.count("/") == 1 and info.filename.endswith(".dist-info/METADATA")]
        if len(found) != 1 or found[0].file_size > _MAX_BYTES:
            return None
        with archive.open(found[0]) as member:
            return member.read(_MAX_BYTES).decode()


def _sdist(data: bytes) -> str | None:
    if data[:2] != b"\x1f\x8b":
        return None
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        for number, info in enumerate(archive):
            if number > 100_000:
                return None
            if info.isfile() and info.name.count("/") == 1 and posixpath.basename(info.name) == "PKG-INFO" and info.size <= _MAX_BYTES:
                member = archive.extractfile(info)
                return None if member is None else member.read(_MAX_BYTES).decode()
    return None
