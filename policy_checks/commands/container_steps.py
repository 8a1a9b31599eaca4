"""Shows command lines and runs them; every container command ends here."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from policy_checks import uv
from policy_checks.commands.container_site import Site
from policy_checks.containers import engine, launch
from policy_checks.containers.launch import ENGINES, Command, Launch
from policy_checks.failure import Failure


def perform(arguments: argparse.Namespace, *commands: Command) -> int:
    """Runs the commands until one fails, each shown on standard error before; with `--dry-run` they are printed, nothing is run."""
    for command in commands:
        if arguments.dry_run:
            print(shlex.join(command))
            continue
        tell(shlex.join(command))
        if code := engine.run(command):
            return code
    return 0


def tell(line: str) -> None:
    """One line for people: standard output belongs to what is run."""
    print(line, file=sys.stderr, flush=True)


def chosen_engine(arguments: argparse.Namespace) -> str:
    """The engine that is asked for, or the first on PATH. Raises Failure where there is none, unless nothing is going to run."""
    found: str | None = arguments.engine or engine.found()
    if arguments.dry_run:
        return found or ENGINES[0]
    if found is None:
        raise Failure(f"no container engine is on PATH, looked for {', '.join(ENGINES)}: install one of them")
    if not engine.installed(found):
        raise Failure(f"{found} is not on PATH: install it, or leave --engine out")
    return found


def launched(arguments: argparse.Namespace, site: Site, *words: str, interactive: bool = False) -> Command:
    """A command in a container of its own."""
    how = Launch(
        engine=chosen_engine(arguments),
        image=arguments.image or site.tag,
        root=str(site.root),
        folder=site.folder,
        gpus=engine.has_gpus() if arguments.gpus is None else arguments.gpus,
        interactive=interactive,
        uv_cache=_cache(dry_run=arguments.dry_run) if arguments.uv_cache else "",
        user=f"{os.getuid()}:{os.getgid()}" if arguments.user else "",
        options=tuple(arguments.option),
    )
    return launch.run(how, words)


def inside(arguments: argparse.Namespace, site: Site, *words: str) -> Command:
    """A command in the container: as it is where this is the container, else in one of its own."""
    return words if is_inside(arguments) else launched(arguments, site, *words)


def is_inside(arguments: argparse.Namespace) -> bool:
    """Whether this is the image, or another container that has no engine; with `--engine` a new one is wanted."""
    if arguments.engine:
        return False
    return uv.in_image(os.environ) or (uv.inside_container(os.environ, os.path.exists) and engine.found() is None)


def _cache(*, dry_run: bool) -> str:
    """The host's folder, made by its user: an engine would make it as root."""
    folder = Path.home() / ".cache" / "uv"
    if not dry_run:
        folder.mkdir(parents=True, exist_ok=True)
    return str(folder)
