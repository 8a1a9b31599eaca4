"""The only place that runs uv, and only where the environment says that it may: inside the container (guide, "Why containers")."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

# Written by Docker and Podman into every container.
_MARKERS = ("/.dockerenv", "/run/.containerenv")
# Where the image's Dockerfile puts the environment (guide, `UV_PROJECT_ENVIRONMENT`).
_IMAGE_ENVIRONMENT = "/opt/venv"


class UvError(Exception):
    """uv could not be started, or failed."""


def inside_container(environment: Mapping[str, str], exists: Callable[[str], bool]) -> bool:
    """Whether uv belongs here: in the image or in any container."""
    return in_image(environment) or any(map(exists, _MARKERS))


def in_image(environment: Mapping[str, str]) -> bool:
    """Whether this is the image of the project itself, which says so by where it keeps the environment."""
    return environment.get("UV_PROJECT_ENVIRONMENT") == _IMAGE_ENVIRONMENT


def lock(project: Path) -> None:
    """Runs `uv lock` for a project; what it prints is shown as it comes. Raises UvError."""
    try:
        done = subprocess.run(["uv", "lock"], cwd=project, stdin=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        raise UvError("uv is not installed or not on PATH: run `uv lock` inside the container") from None
    if done.returncode != 0:
        raise UvError(f"uv lock: exit code {done.returncode}")


def version(program: str) -> str:
    """The version that a uv tells, asked for outside of any project. Raises UvError."""
    try:
        done = subprocess.run([program, "--version"], cwd="/", stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UvError(f"{program} --version: {error}") from None
    words = done.stdout.decode(errors="replace").split()
    if done.returncode != 0 or len(words) < 2:
        raise UvError(f"{program} --version: exit code {done.returncode}")
    return words[1]
