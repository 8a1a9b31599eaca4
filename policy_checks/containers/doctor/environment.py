"""The virtual environment: where it should be, whose python runs, and whether uv installed what is in it, as locked."""

import os
import re
from collections.abc import Mapping, Sequence

from policy_checks.containers.doctor.pitfalls import trouble
from policy_checks.containers.doctor.verdicts import Check, Evidence, Status, Trouble
from policy_checks.record import record

GROUP = "environment"
_SEEDS = {"pip", "setuptools", "wheel"}  # what `uv venv --seed` and `python -m venv` put in
_NAMED = 5


@record
class Installed:
    """A `.dist-info` folder: the name (normalised) and version in its own name, and what INSTALLER says (empty: nothing)."""

    name: str
    version: str
    installer: str
    path: str


@record
class Virtual:
    """An environment on disk: its folder, the `uv` of its pyvenv.cfg (empty: something else made it), and what is in it."""

    path: str
    made_by_uv: str
    system_packages: bool
    installed: tuple[Installed, ...] = ()
    more: bool = False  # than were looked at


def configuration(text: str) -> dict[str, str]:
    """A pyvenv.cfg (PEP 405): `key = value` lines."""
    return {key.strip().lower(): value.strip() for key, sign, value in (line.partition("=") for line in text.splitlines()) if sign}


def distribution(folder: str, installer: str, path: str) -> Installed | None:
    """What the name of a folder in site-packages says; None for one that is no `.dist-info`."""
    match = re.fullmatch(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info", folder)
    return Installed(re.sub(r"[-_.]+", "-", match["name"]).lower(), match["version"], installer.strip(), path) if match else None


def venv(path: str, there: bool, *, image: bool, inside: bool | None) -> Check:
    """Whether the environment stands where uv looks for it; in an image it must, elsewhere it may be made yet."""
    if there:
        return Check(GROUP, "venv", Status.OK, path)
    said = f"there is no environment at {path}"
    if not (image and inside):
        return Check(GROUP, "venv", Status.NOTE, f"{said}: `uv sync --locked` inside the container makes it")
    known = Trouble("venv", said, "UV_PROJECT_ENVIRONMENT names it, and this image was built without it, or something else is mounted over it",
                    "`uv sync --locked` with your groups, or use the image built from Dockerfile.ci.dev", (Evidence(said, path),))  # fmt: skip
    return Check(GROUP, "venv", Status.WRONG, said, known)


def python(expected: str, found: str | None, *, image: bool) -> Check:
    """Whether the `python` of PATH is the environment's, as it has to be in the image."""
    if found is not None and os.path.realpath(found) == os.path.realpath(expected):
        return Check(GROUP, "python", Status.OK, f"`python` on PATH is that of {expected}")
    said = f"`python` on PATH is that of {found}, not of {expected}" if found else "there is no python on PATH"
    if not image:
        return Check(GROUP, "python", Status.NOTE, f"{said}: run `{expected}/bin/python`, or activate it")
    known = Trouble("python", "python is not that of the venv", "PATH does not begin with the venv's bin folder: pip and python work elsewhere",
                    f'`export PATH="{expected}/bin:$PATH"`, in the Dockerfile `ENV PATH={expected}/bin:$PATH`', (Evidence(said),))  # fmt: skip
    return Check(GROUP, "python", Status.WRONG, said, known)


def activated(expected: str, variable: str, *, inside: bool | None) -> Check:
    """Whether VIRTUAL_ENV names the environment that uv uses."""
    if not variable:
        return Check(GROUP, "VIRTUAL_ENV", Status.OK, "not set: uv takes the project's environment")
    if os.path.realpath(variable) == os.path.realpath(expected):
        return Check(GROUP, "VIRTUAL_ENV", Status.OK, expected)
    said = f"VIRTUAL_ENV={variable}, but uv's environment is {expected}"
    if not inside:
        return Check(GROUP, "VIRTUAL_ENV", Status.NOTE, f"{said}: `deactivate`")
    known = Trouble("VIRTUAL_ENV", "VIRTUAL_ENV names another environment", "another venv is active: uv ignores it with a warning, pip does not",
                    "`deactivate`, or `unset VIRTUAL_ENV`", (Evidence(said),))  # fmt: skip
    return Check(GROUP, "VIRTUAL_ENV", Status.WRONG, said, known)


def installers(virtual: Virtual) -> Check:
    """Whether pip put something into an environment of uv's."""
    name = "installed by uv"
    by_uv = [one for one in virtual.installed if one.installer == "uv"]
    if not virtual.made_by_uv and not by_uv:
        return Check(GROUP, name, Status.NOTE, f"{virtual.path} was not made by uv: nothing in it says how it came there")
    others = [one for one in virtual.installed if one.installer not in ("uv", "") and one.name not in _SEEDS]
    if not others:
        seen = "packages" if not virtual.system_packages else "packages; those of the system's python, which it shares, were not looked at"
        return Check(GROUP, name, Status.OK, f"{len(virtual.installed)} {seen}")
    said = f"{len(others)} of {len(virtual.installed)} packages came by {_listed(sorted({one.installer for one in others}))}"
    evidence = tuple(Evidence(f"{one.name} {one.version}, INSTALLER: {one.installer}", one.path) for one in others[:_NAMED])
    known = trouble(
        "pip-outside-venv", _more(evidence, len(others)), cause="pip installed into it past uv, so the lock knows nothing of it"
    )
    return Check(GROUP, name, Status.WRONG, said, known)


def drift(virtual: Virtual, locked: Mapping[str, Sequence[str | None]]) -> Check:
    """Whether what is installed is what is locked, in any fork of the lock; a version that the lock leaves open is not compared."""
    name = "as locked"
    if not virtual.installed:
        return Check(GROUP, name, Status.NOTE, f"{virtual.path} is empty: `uv sync --locked`")
    other = [one for one in virtual.installed if one.name in locked and not _is_among(one.version, locked[one.name])]
    unknown = [one for one in virtual.installed if one.name not in locked and one.name not in _SEEDS]
    if other:
        evidence = tuple(Evidence(f"{one.name} {one.version}, locked: {_listed(locked[one.name])}", one.path) for one in other[:_NAMED])
        known = Trouble("drift", "the environment is not what uv.lock says", "it was synced from another lock, or changed past the lock",
                        "`uv sync --locked` with your groups, inside the container", _more(evidence, len(other)))  # fmt: skip
        return Check(GROUP, name, Status.WRONG, f"{len(other)} of {len(virtual.installed)} packages are not at their locked version", known)
    if unknown:
        names = _listed([one.name for one in unknown[:_NAMED]]) + " …" * (len(unknown) > _NAMED)
        return Check(GROUP, name, Status.NOTE, f"{len(unknown)} of {len(virtual.installed)} packages are not in uv.lock: {names}")
    if virtual.more:
        return Check(GROUP, name, Status.UNKNOWN, f"more than {len(virtual.installed)} packages: the others were not looked at")
    return Check(GROUP, name, Status.OK, f"{len(virtual.installed)} packages, each as in uv.lock")


def _is_among(version: str, locked: Sequence[str | None]) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return any(one is None or Version(one) == Version(version) for one in locked)
    except InvalidVersion:
        return version in locked


def _listed(names: Sequence[str | None]) -> str:
    return ", ".join(name or "any" for name in names)


def _more(evidence: tuple[Evidence, ...], count: int) -> tuple[Evidence, ...]:
    return (*evidence, Evidence(f"and {count - _NAMED} more")) if count > _NAMED else evidence
