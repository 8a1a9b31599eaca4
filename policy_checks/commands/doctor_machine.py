"""What the doctor finds on this machine: container or host, uv, the environment, free space. Nothing is written, nothing of the repository is run."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from policy_checks import uv
from policy_checks.containers.doctor import environment, place, space
from policy_checks.containers.doctor.environment import Virtual
from policy_checks.containers.doctor.pitfalls import trouble
from policy_checks.containers.doctor.space import Space
from policy_checks.containers.doctor.verdicts import Check, Evidence, Status
from policy_checks.readers import toml
from policy_checks.record import record
from policy_checks.source import SourceFile
from policy_checks.workspace import MAX_BYTES

MOST_PACKAGES = 5_000
_FEW_BYTES = 10_000  # of a file that holds a few words


@record
class Here:
    """Where the doctor was called: the repository's root, the project's folder in it, the variables, and whether this is a container."""

    root: Path
    project: Path
    is_repository: bool
    variables: Mapping[str, str]
    inside: bool | None
    why: str

    @property
    def is_ci(self) -> bool:
        """Whether a CI service says that it runs this (all of them set `CI`)."""
        return self.variables.get("CI", "").lower() not in ("", "0", "false", "no")

    @property
    def is_image(self) -> bool:
        """Whether the environment is that of an image, outside of the project's folder: there it is on PATH (guide)."""
        return not self.environment.is_relative_to(self.project)

    @property
    def environment(self) -> Path:
        """The folder of uv's environment: UV_PROJECT_ENVIRONMENT, in the container the guide's, else .venv."""
        if told := self.variables.get("UV_PROJECT_ENVIRONMENT"):
            return self.project / told
        image = Path(place.IMAGE_ENVIRONMENT)
        return image if self.inside and (image / "pyvenv.cfg").is_file() else self.project / ".venv"


def read(path: str, most: int = _FEW_BYTES) -> str | None:
    """The beginning of a file's text, None when there is none that can be read."""
    try:
        with open(path, "rb") as file:
            return file.read(most).decode(errors="replace")
    except OSError:
        return None


def program(here: Here) -> str | None:
    """The uv on PATH."""
    return shutil.which("uv", path=here.variables.get("PATH", os.defpath))


def uv_there(here: Here) -> Check:
    """Whether uv is in the container; on the host it is not wanted, and not looked into."""
    found = program(here)
    if not here.inside:
        on_path = f"{found} is on PATH; " if found else ""
        status = Status.OK if here.inside is False else Status.UNKNOWN
        return Check(place.GROUP, "uv", status, f"{on_path}it belongs in the container, and was not run here")
    if found is not None:
        return Check(place.GROUP, "uv", Status.OK, found)
    evidence = (Evidence(f"no uv on PATH: {here.variables.get('PATH', '')}"),)
    usual = (Path(folder, "uv") for folder in (Path.home() / ".local/bin", Path.home() / ".cargo/bin", here.environment / "bin"))
    elsewhere = next((path for path in usual if path.is_file()), None)
    cause, fix = (f"uv is at {elsewhere}, which is not on PATH", f'`export PATH="{elsewhere.parent}:$PATH"`') if elsewhere else ("", "")
    return Check(
        place.GROUP, "uv", Status.WRONG, "there is no uv on PATH in this container", trouble("uv-missing", evidence, cause=cause, fix=fix)
    )


def uv_version(here: Here) -> str:
    """What the uv of the container says of itself, empty where there is none or uv does not belong here. Raises UvError."""
    found = program(here) if here.inside else None
    if found is None:
        return ""
    if Path(found).absolute().is_relative_to(here.root):
        raise uv.UvError(f"{found} lies in the repository, of which nothing is run")
    return uv.version(found)


def venv(here: Here) -> Iterator[Check]:
    """The environment at the expected place, the python of PATH, and who installed what is in it."""
    folder = here.environment
    settings = read(str(folder / "pyvenv.cfg"))
    yield environment.venv(str(folder), settings is not None, image=here.is_image, inside=here.inside)
    if settings is not None:
        yield environment.python(str(folder), _python(here), image=here.is_image and here.inside is True)
        yield environment.activated(str(folder), here.variables.get("VIRTUAL_ENV", ""), inside=here.inside)
        yield environment.installers(virtual(folder, settings))
    if settings is not None and here.inside and not here.variables.get("UV_PROJECT_ENVIRONMENT") and str(folder) == place.IMAGE_ENVIRONMENT:
        yield Check(environment.GROUP, "UV_PROJECT_ENVIRONMENT", Status.NOTE, _UNTOLD)


_UNTOLD = f"not set: uv would make another environment in .venv; `export UV_PROJECT_ENVIRONMENT={place.IMAGE_ENVIRONMENT}`"


def _python(here: Here) -> str | None:
    """The environment (or prefix) of the python that PATH names."""
    path = here.variables.get("PATH", os.defpath)
    found = shutil.which("python", path=path) or shutil.which("python3", path=path)
    return str(Path(found).absolute().parent.parent) if found else None


def virtual(folder: Path, settings: str) -> Virtual:
    """An environment, by its pyvenv.cfg and the `.dist-info` folders of its site-packages; nothing in it is imported."""
    told = environment.configuration(settings)
    packages = [*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages")]
    names = sorted(path for folder in packages for path in folder.glob("*.dist-info"))
    found = (environment.distribution(path.name, read(str(path / "INSTALLER")) or "", str(path)) for path in names[:MOST_PACKAGES])
    system = told.get("include-system-site-packages", "").lower() == "true"
    return Virtual(str(folder), told.get("uv", ""), system, tuple(one for one in found if one), len(names) > MOST_PACKAGES)


def free(here: Here) -> Iterator[Check]:
    """Free space where uv's cache and the environment lie."""
    cache = _cache(here)
    if cache is None:
        yield Check(space.GROUP, "uv cache", Status.UNKNOWN, "neither UV_CACHE_DIR nor HOME says where uv's cache is")
    else:
        yield space.check("uv cache", measured(cache), inside=here.inside)
    yield space.check("environment", measured(here.environment), inside=here.inside)


def _cache(here: Here) -> Path | None:
    """Where uv's cache is (https://docs.astral.sh/uv/concepts/cache/): the variable, the settings, the user's cache folder."""
    if told := here.variables.get("UV_CACHE_DIR"):
        return here.project / told
    for name, path in (("uv.toml", ("cache-dir",)), ("pyproject.toml", ("tool", "uv", "cache-dir"))):
        text = read(str(here.project / name), MAX_BYTES)
        written = toml.document(SourceFile(name, text.encode())).get(*path) if text and "cache-dir" in text else None
        if isinstance(written, str):
            return here.project / written
    if base := here.variables.get("XDG_CACHE_HOME"):
        return Path(base) / "uv"
    home = here.variables.get("LOCALAPPDATA") if os.name == "nt" else here.variables.get("HOME")
    return Path(home, *(("uv", "cache") if os.name == "nt" else (".cache", "uv"))) if home else None


def measured(folder: Path) -> Space:
    """The file system of the nearest folder that exists. Raises OSError."""
    folder = folder.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.is_dir())
    usage = shutil.disk_usage(existing)
    files = -1
    if hasattr(os, "statvfs"):
        state = os.statvfs(existing)
        files = state.f_favail if state.f_files else -1
    own = existing.stat().st_dev != Path(existing.anchor).stat().st_dev
    return Space(str(folder), usage.free, usage.total, files, os.access(existing, os.W_OK), own)
