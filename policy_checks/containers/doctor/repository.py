"""The repository: its lock, the uv it pins, builds without a target, the registry's port."""

from collections.abc import Sequence

from policy_checks.containers.doctor.pitfalls import trouble
from policy_checks.containers.doctor.verdicts import Check, Evidence, Status, Trouble
from policy_checks.readers.uv_pins import UvPin
from policy_checks.readers.uv_releases import accepts, installed
from policy_checks.source import Place

GROUP = "repository"
NO_STAGES = "no environment of the policy names a `dockerfile` and its public stage, `target`"
_FEW = 5


def uv_version(version: str, pins: Sequence[UvPin]) -> Check:
    """Whether a release of uv is the one that the repository pins; that the pins agree with each other is PIP008's."""
    name = "uv version"
    if not pins:
        return Check(GROUP, name, Status.NOTE, f"uv {version}; the repository pins none")
    bounds = [pin for pin in pins if pin.bound and not accepts(pin.written, version)]
    installs = [pin for pin in pins if not pin.bound]
    others = bounds or ([] if not installs or any(_is_of(pin, version) for pin in installs) else installs)
    if not others:
        return Check(GROUP, name, Status.OK, f"uv {version}, as pinned")
    evidence = tuple(Evidence(f"{pin.called}: {pin.written}", pin.place.file.path, pin.place.line) for pin in others[:_FEW])
    known = Trouble("uv-version", f"uv {version} is not the pinned one", "the image was built before the pin was changed, or uv was installed past it",
                    f"rebuild the image, or install uv {others[0].written} in it", evidence)  # fmt: skip
    return Check(GROUP, name, Status.WRONG, f"uv {version}, but {others[0].called} says {others[0].written}", known)


def _is_of(pin: UvPin, version: str) -> bool:
    release = installed(pin.written)
    return accepts(release, version) if release else True


def _told(places: Sequence[tuple[Place, str]]) -> tuple[Evidence, ...]:
    told = tuple(Evidence(text, place.file.path, place.line) for place, text in places[:_FEW])
    return (*told, Evidence(f"and {len(places) - _FEW} more")) if len(places) > _FEW else told


def builds(places: Sequence[tuple[Place, str]]) -> Check:
    """Builds that IMG001 reports."""
    if not places:
        return Check(GROUP, "image builds", Status.OK, "every build names a public stage")
    said = f"{len(places)} build{'s' * (len(places) != 1)} without a public `--target`"
    return Check(GROUP, "image builds", Status.WRONG, said, trouble("jet-secret", _told(places)))


def registry(host: str, places: Sequence[tuple[Place, str]]) -> Check:
    """Whether a file names the registry with a port."""
    if not places:
        return Check(GROUP, "registry", Status.OK, f"{host}, and no file gives it a port")
    said = f"{len(places)} place{'s' * (len(places) != 1)} name {host} with a port"
    return Check(GROUP, "registry", Status.WRONG, said, trouble("registry-port", _told(places), fix=f"`{host}`"))
