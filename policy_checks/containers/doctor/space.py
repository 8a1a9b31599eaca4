"""Free space where uv's cache and the environment lie."""

from policy_checks.containers.doctor.pitfalls import trouble
from policy_checks.containers.doctor.verdicts import Check, Evidence, Status
from policy_checks.record import record

GROUP = "space"
LEAST = 1 << 30  # bytes; a wheel of torch is nearly that
_LEAST_FILES = 10_000  # files that can still be made: an environment holds tens of thousands


@record
class Space:
    """The file system below a folder (the nearest one that exists): bytes, files (-1: it has no limit), and whether one may write."""

    path: str
    free: int
    total: int
    files: int
    writable: bool
    own_mount: bool  # not the container's own layer


def check(what: str, space: Space, *, inside: bool | None) -> Check:
    """Full, not writable, in the container's own layer, or fine; with numbers."""
    said = told(space)
    if space.free < LEAST:
        return _wrong(what, said, f"less than {_size(LEAST)} is left")
    if 0 <= space.files < _LEAST_FILES:
        return _wrong(what, f"{said}, but only {space.files} more files", "the file system has no inodes left, which is told as no space")
    if not space.writable:
        return Check(GROUP, what, Status.UNKNOWN if inside is None else Status.NOTE, f"{said}; this user may not write there")
    if inside and what == "uv cache" and not space.own_mount:
        said = f"{said}, in the container's own layer: it is lost with it; mount the host's, `-v $HOME/.cache/uv:{space.path}`"
        return Check(GROUP, what, Status.NOTE, said)
    return Check(GROUP, what, Status.OK, said)


def told(space: Space) -> str:
    """The numbers."""
    return f"{_size(space.free)} free of {_size(space.total)} at {space.path}"


def _wrong(what: str, said: str, cause: str) -> Check:
    return Check(GROUP, what, Status.WRONG, said, trouble("disk-full", (Evidence(said),), cause=cause))


def _size(count: int) -> str:
    unit = next((unit for unit in ("TiB", "GiB", "MiB") if count >= _UNITS[unit]), "KiB")
    return f"{count / _UNITS[unit]:.1f} {unit}"


_UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
