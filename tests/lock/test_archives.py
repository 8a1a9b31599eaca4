"""Metadata inside local wheels and source archives."""

import io
import tarfile
import zipfile

import pytest

from policy_checks.lock import archives
from policy_checks.lock.archives import Declared
from policy_checks.source import SourceFile

METADATA = "Metadata-Version: 2.2\nName: lib\nVersion: 1.0\nRequires-Dist: attrs>=23\nProvides-Extra: x\n"


def wheel(metadata: str = METADATA, name: str = "lib-1.0.dist-info/METADATA") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, metadata)
        archive.writestr("lib/__init__.py", "")
    return out.getvalue()


def sdist(metadata: str = METADATA) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("lib-1.0/PKG-INFO")
        info.size = len(metadata.encode())
        archive.addfile(info, io.BytesIO(metadata.encode()))
    return out.getvalue()


def test_wheel() -> None:
    assert archives.read(SourceFile("lib.whl", wheel())) == Declared("1.0", ("attrs>=23",), ("x",))


def test_sdist() -> None:
    assert archives.read(SourceFile("lib.tar.gz", sdist())) == Declared("1.0", ("attrs>=23",), ("x",))


@pytest.mark.parametrize("metadata", [METADATA.replace("2.2", "2.1"), METADATA + "Dynamic: requires-dist\n"])
def test_a_source_archive_that_a_build_may_change(metadata: str) -> None:
    assert archives.read(SourceFile("lib.tar.gz", sdist(metadata))) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04", wheel()[:80], wheel(name="METADATA"), sdist()[:40], b"\x1f\x8b" + b"\0" * 100],
    ids=["empty", "head", "truncated wheel", "no dist-info", "truncated sdist", "zeros"],
)
def test_damaged(data: bytes) -> None:
    assert archives.read(SourceFile("lib.whl", data)) is None
    assert archives.read(SourceFile("lib.tar.gz", data)) is None
