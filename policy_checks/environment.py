"""Named environments: a selection of groups and extras with everything that belongs to it (guide: dev vs lts)."""

import re

from policy_checks.origin import UNWRITTEN, Origin
from policy_checks.record import record

ALL = "all"  # the reserved environment: everything that a lock holds, whoever reaches it

# As containers name platforms, and as Python does: `linux/amd64` is `platform_machine == "x86_64"`.
_SYSTEMS = {"linux": "linux", "darwin": "darwin", "macos": "darwin", "windows": "win32", "win32": "win32"}
_MACHINES = {"amd64": "x86_64", "x86-64": "x86_64", "arm64": "aarch64", "arm64/v8": "aarch64", "386": "i686", "arm/v7": "armv7l"}
_OTHERWISE = {("darwin", "aarch64"): "arm64", ("win32", "x86_64"): "AMD64", ("win32", "aarch64"): "ARM64", ("win32", "i686"): "x86"}


@record
class Markers:
    """Where an environment runs; what is not said is open: every platform and Python that the lock supports."""

    python: str = ""  # `3.12`, or a release: `3.12.4`
    platform: str = ""  # `linux`, `linux/x86_64`, `linux/arm64`, `darwin/arm64`, `windows/amd64`

    def __post_init__(self) -> None:
        """Raises ValueError for what names no Python version or no platform."""
        if self.python and not re.fullmatch(r"\d+\.\d+(?:\.\d+)?", self.python):
            raise ValueError(f"{self.python!r} is no Python version; write '3.12' or '3.12.4'")
        system, _, machine = self.platform.partition("/")
        if self.platform and (system not in _SYSTEMS or not re.fullmatch(r"[A-Za-z0-9_./-]*", machine)):
            raise ValueError(f"{self.platform!r} is no platform; write 'linux/x86_64', 'linux/arm64', 'darwin/arm64' or 'windows/amd64'")

    @property
    def system(self) -> str:
        """The `sys_platform`, empty for every one."""
        return _SYSTEMS[self.platform.partition("/")[0]] if self.platform else ""

    @property
    def machine(self) -> str:
        """The `platform_machine`, empty for every one."""
        written = self.platform.partition("/")[2]
        machine = _MACHINES.get(written, written)
        return _OTHERWISE.get((self.system, machine), machine)

    @property
    def text(self) -> str:
        """They as a PEP 508 marker; empty where everything is open."""
        parts = []
        if self.python:
            exact = self.python.count(".") == 2
            parts.append(f"python_full_version == '{self.python}'" if exact else f"python_version == '{self.python}'")
        if self.platform:
            family = "nt" if self.system == "win32" else "posix"
            parts += [f"sys_platform == '{self.system}'", f"os_name == '{family}'"]
            if self.machine:
                parts.append(f"platform_machine == '{self.machine}'")
        return " and ".join(parts)


@record
class Environment:
    """One table of `[tool.policy-checks.environments]`; the key is its name."""

    groups: tuple[str, ...] = ()  # dependency-groups (PEP 735)
    extras: tuple[str, ...] = ()  # optional-dependencies (PEP 621)
    default_groups: bool = False  # whether uv's default groups belong to it, as with a plain `uv sync`
    member: str = ""  # of a workspace, in place of the project at its root
    markers: Markers = Markers()
    requirements: tuple[str, ...] = ()  # files pinned outside the lock
    base_image: str = ""  # the file that holds the FROM reference
    dockerfile: str = ""
    target: str = ""  # the public build stage
    label: str = ""  # the pull-request label that selects it
    skip_marker: str = ""  # the pytest marker skipped in it
    origin: Origin = UNWRITTEN
