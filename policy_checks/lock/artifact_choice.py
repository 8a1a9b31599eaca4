"""Which of a package's wheels an installer could take: the tags of a wheel's name (PEP 425, 600, 656).

What an environment does not say is taken to be whatever suits: any glibc, any macOS. So a wheel that is called unfit is unfit.
"""

import re
from collections.abc import Iterator

from policy_checks.environment import Markers
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import record

_TAGS = re.compile(r'-([^-/"]+)-([^-/"]+)-([^-/"]+)\.whl(?=["?#]|$)', re.MULTILINE)
_CPYTHON, _ANY_PYTHON = re.compile(r"cp3([0-9]+)"), re.compile(r"py3([0-9]*)")

Tags = tuple[str, str, str]  # of Python, ABI and platform; each may hold several, with dots between them

# How platform tags begin by `sys_platform`, and how they end by `platform_machine` where that is not its own name.
_BEGINNINGS = {"linux": ("manylinux", "linux"), "darwin": ("macosx",), "win32": ("win",)}
_ENDINGS = {
    ("darwin", "arm64"): ("arm64", "universal2"),
    ("darwin", "x86_64"): ("x86_64", "universal2", "universal", "intel", "fat64"),
    ("win32", "AMD64"): ("amd64",),
    ("win32", "ARM64"): ("arm64",),
    ("win32", "x86"): ("win32",),
}


@record
class Target:
    """What a wheel has to fit: a minor version of CPython 3 (None: any) and a platform, by what its tags may begin and end with."""

    minor: int | None
    beginnings: tuple[str, ...]
    endings: tuple[str, ...]

    def takes(self, tags: Tags) -> bool:
        """Whether a wheel can be installed there."""
        pythons, abis, platforms = (set(some.split(".")) for some in tags)
        found = [abi for abi in abis for python in pythons if self._takes_python(python, abi)]
        # Compiled code is for some platform: `any` goes with no ABI only.
        return ("any" in platforms and "none" in found) or (bool(found) and any(map(self._takes_platform, platforms)))

    def _takes_python(self, python: str, abi: str) -> bool:
        if found := _CPYTHON.fullmatch(python):
            minor = int(found[1])
            if abi == "abi3":
                return self.minor is None or minor <= self.minor
            return abi in (python, "none") and self.minor in (None, minor)
        found = _ANY_PYTHON.fullmatch(python)
        return found is not None and abi == "none" and (self.minor is None or int(found[1] or 0) <= self.minor)

    def _takes_platform(self, platform: str) -> bool:
        return platform != "any" and platform.startswith(self.beginnings) and platform.endswith(self.endings)


def target(where: Markers) -> Target:
    """What an environment's wheels have to fit; a part that is not said fits everything."""
    minor = int(where.python.split(".")[1]) if where.python else None
    if not where.platform:
        return Target(minor, ("",), ("",))
    return Target(minor, _BEGINNINGS[where.system], _ENDINGS.get((where.system, where.machine), (where.machine,)))


def wheels(lock: Lock, package: Package) -> Iterator[Tags]:
    """The tags of a package's wheels, in the lock's order."""
    blocks = lock.artifact_blocks(package)
    if blocks is not None:
        for block in blocks:
            yield from _TAGS.findall(lock.file.text, block.start, block.end)
        return
    for artifact in lock.artifacts(package):
        if artifact.wheel and (found := _TAGS.search(artifact.location)):
            yield found[1], found[2], found[3]


def has_wheel(package: Package) -> bool:
    """Whether the lock holds a wheel of a package."""
    return bool(package.raw.get("wheels"))


def has_sources(package: Package) -> bool:
    """Whether a package can be built from what the lock holds or names."""
    return bool(package.raw.get("sdist")) or package.source.kind not in ("registry", "url", "path")
