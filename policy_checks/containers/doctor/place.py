"""Is this a container? By what engines leave in one; where nothing tells, that is the answer."""

import re
from collections.abc import Callable, Mapping

from policy_checks.containers.doctor.verdicts import Check, Status

GROUP = "place"
_FILES = {"/.dockerenv": "docker", "/run/.containerenv": "podman or buildah"}
_VARIABLES = ("KUBERNETES_SERVICE_HOST", "container", "ENROOT_ROOTFS", "SINGULARITY_NAME", "APPTAINER_NAME")
_CGROUP = re.compile(r"docker|kubepods|containerd|libpod|lxc|buildkit")
_HOST = re.compile(r"/(?:init\.scope|system\.slice|user\.slice)")
IMAGE_ENVIRONMENT = "/opt/venv"  # guide, "Dependency Management"


def container(environment: Mapping[str, str], read: Callable[[str], str | None]) -> tuple[bool | None, str]:
    """Whether this runs in a container (None: cannot be told), and what says so; `read` gives a file's text, None when there is none."""
    for path, engine in _FILES.items():
        if read(path) is not None:
            return True, f"{path}, which {engine} writes"
    for name in _VARIABLES:
        if environment.get(name):
            return True, f"the variable {name}"
    if environment.get("UV_PROJECT_ENVIRONMENT") == IMAGE_ENVIRONMENT:
        return True, f"UV_PROJECT_ENVIRONMENT={IMAGE_ENVIRONMENT}, which the image sets"
    groups = read("/proc/1/cgroup")
    if groups is None:
        return (None, "/proc is not readable") if read("/proc/self/cgroup") is not None else (False, "no sign of a container")
    if found := _CGROUP.search(groups):
        return True, f"/proc/1/cgroup names {found[0]}"
    if _HOST.search(groups) or (read("/proc/1/comm") or "").strip() in ("systemd", "init", "launchd"):
        return False, "its first process is the system's own"
    return None, "neither /.dockerenv nor /run/.containerenv, and /proc/1/cgroup says nothing"


def check(inside: bool | None, why: str) -> Check:
    """The line about it."""
    if inside is None:
        return Check(GROUP, "container", Status.UNKNOWN, f"in or out of a container cannot be told: {why}")
    return Check(GROUP, "container", Status.OK, f"{'in a container' if inside else 'on the host'}: {why}")
