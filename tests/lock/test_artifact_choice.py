"""Which wheels fit: compared with the tags that `packaging` computes for the same platform."""

from itertools import chain
from pathlib import Path

import pytest
from packaging import tags

from policy_checks.environment import Markers
from policy_checks.lock.artifact_choice import target, wheels
from policy_checks.readers.uv_lock import parse
from policy_checks.source import SourceFile

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm/head/uv.lock"
LOCK = """\
version = 1
requires-python = ">=3.11"
[[package]]
name = "a"
version = "1"
source = { registry = "https://index.example/simple" }
wheels = [
"""
WRITTEN = [
    f"{python}-{abi}-{platform}"
    for python, abi in [
        ("py3", "none"), ("py2.py3", "none"), ("py2", "none"), ("py312", "none"), ("py313", "none"), ("cp312", "none"), ("cp312", "cp312"),
        ("cp313", "cp313"), ("cp313", "cp313t"), ("cp39", "abi3"), ("cp313", "abi3"), ("cp311.cp312", "cp311.cp312"), ("pp310", "pypy310_pp73"),
    ]
    for platform in [
        "any", "manylinux_2_17_x86_64.manylinux2014_x86_64", "manylinux_2_28_aarch64", "linux_x86_64", "musllinux_1_2_x86_64", "linux_armv7l",
        "macosx_11_0_arm64", "macosx_10_9_x86_64", "macosx_10_9_universal2", "win_amd64", "win32", "win_arm64",
    ]
]  # fmt: skip


def platforms(where: Markers) -> list[str]:
    """Every platform tag of a new system."""
    if where.system == "darwin":
        return list(tags.mac_platforms((26, 0), where.machine))
    if where.system == "win32":
        return {"AMD64": ["win_amd64"], "ARM64": ["win_arm64"], "x86": ["win32"]}[where.machine]
    names = [f"manylinux_2_{minor}" for minor in range(5, 60)] + ["manylinux1", "manylinux2010", "manylinux2014", "linux"]
    return [f"{name}_{where.machine}" for name in names]


@pytest.mark.parametrize(
    "platform", ["linux/amd64", "linux/arm64", "darwin/arm64", "darwin/x86_64", "windows/amd64", "windows/arm64", "windows/386"]
)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_as_packaging_has_it(platform: str, python: str) -> None:
    where = Markers(python, platform)
    version = tuple(map(int, python.split(".")))
    own, cpython = platforms(where), f"cp{''.join(python.split('.'))}"
    accepted = set(tags.cpython_tags(version, [cpython], own)) | set(tags.compatible_tags(version, cpython, own))
    found = list(WRITTEN)
    if REAL.is_file():
        lock = parse(SourceFile("uv.lock", REAL.read_bytes()))
        found += ["-".join(one) for one in chain.from_iterable(wheels(lock, package) for package in lock.packages)]
    assert len(found) >= 150
    chosen = target(where)
    for name in dict.fromkeys(found):
        one, other, third = name.split("-")
        assert chosen.takes((one, other, third)) == bool(tags.parse_tag(name) & accepted), name


def test_what_is_not_said_fits_everything() -> None:
    assert target(Markers()).takes(("cp313", "cp313", "win_amd64"))
    assert not target(Markers()).takes(("pp310", "pypy310_pp73", "any"))
    assert target(Markers(platform="linux")).takes(("cp39", "cp39", "manylinux_2_28_s390x"))
    assert not target(Markers(platform="linux")).takes(("cp39", "cp39", "win32"))
    assert target(Markers("3.12")).takes(("cp312", "cp312", "win32"))
    assert not target(Markers("3.12.4")).takes(("cp311", "cp311", "win32"))


def test_wheels_are_found_however_they_are_written() -> None:
    canonical = LOCK + '    { url = "https://index.example/a-1-1-cp312-cp312-win32.whl", hash = "sha256:00" },\n]\n'
    other = (
        LOCK
        + "    { hash = 'sha256:00', path = 'a-1%2Bx-py2.py3-none-any.whl' }, { url = 'https://index.example/a-1-py3-none-any.whl#x' },\n]\n"
    )
    for text, expected in ((canonical, [("cp312", "cp312", "win32")]), (other, [("py2.py3", "none", "any"), ("py3", "none", "any")])):
        lock = parse(SourceFile("uv.lock", text.encode()))
        assert list(wheels(lock, lock.packages[0])) == expected
