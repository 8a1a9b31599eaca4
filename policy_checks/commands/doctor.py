"""`policy-checks doctor`: what is wrong with the place it runs in, and what a log shows: cause, evidence and fix of each pitfall.

Everything is read: nothing is changed, and of the repository nothing is run.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from policy_checks import git, uv
from policy_checks.commands import doctor_log, doctor_machine, doctor_report
from policy_checks.commands.doctor_machine import Here
from policy_checks.containers.doctor import clone, environment, place, repository, space
from policy_checks.containers.doctor.verdicts import Check, Status
from policy_checks.failure import Failure
from policy_checks.source import Unreadable

if TYPE_CHECKING:
    from policy_checks.commands.doctor_repository import Repository


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "--log", metavar="FILE", help="a log to look into; `-` is standard input, which is also read when a log is piped in"
    )
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--config", type=Path, metavar="FILE", help="take the policy from this configuration instead of the repository's")
    parser.epilog = "Exit code 1 when something is wrong, 0 when not. Notes and what is unknown do not change it."


def run(arguments: argparse.Namespace) -> int:
    """Looks at the log and the place, and reports; 1 when something is wrong."""
    if arguments.config is not None and not arguments.config.is_file():
        raise Failure(f"--config {arguments.config}: no such file")
    of_log = list(doctor_log.checks(arguments.log))
    checks = [*of_log, *_place(arguments.config)]
    print(doctor_report.as_json(checks) if arguments.output_format == "json" else "\n".join(doctor_report.as_text(checks)))
    return int(any(check.status is Status.WRONG for check in checks))


def _here() -> tuple[Here, list[Check]]:
    """Where this is; and a git that refuses the repository, without which the other checks go on."""
    here = Path.cwd().resolve()
    top, refused = None, []
    try:
        top = git.top_level(here)
    except git.GitError as error:
        refused.append(clone.refused(str(error), str(here)))
    root = (top or here).resolve()
    above = [folder for folder in (here, *here.parents) if folder.is_relative_to(root)]
    project = next((folder for folder in above if (folder / "pyproject.toml").is_file()), root)
    inside, why = place.container(os.environ, doctor_machine.read)
    return Here(root, project, top is not None, os.environ, inside, why), refused


def _place(config: Path | None) -> Iterator[Check]:
    """Every check of the place; what one of them cannot decide hides none of the others."""
    from policy_checks.commands import doctor_lock
    from policy_checks.commands.doctor_repository import Repository

    here, refused = _here()
    known = Repository(here, config)
    looks: tuple[tuple[str, str, Callable[[], Iterator[Check]]], ...] = (
        (place.GROUP, "container", lambda: iter([place.check(here.inside, here.why)])),
        (place.GROUP, "uv", lambda: iter([doctor_machine.uv_there(here)])),
        (environment.GROUP, "venv", lambda: doctor_machine.venv(here)),
        (environment.GROUP, "as locked", lambda: doctor_lock.drift(here)),
        (space.GROUP, "space", lambda: doctor_machine.free(here)),
        (repository.GROUP, "lock", lambda: doctor_lock.lock(here)),
        (repository.GROUP, "uv version", known.uv),
        (repository.GROUP, "image builds", known.builds),
        (repository.GROUP, "registry", known.registry),
    )
    for group, name, look in looks:
        yield from _contained(group, name, look)
    yield from refused or _clone(known)


def _clone(known: "Repository") -> Iterator[Check]:
    """What is asked of a clone on which people commit and merge: a CI job does neither."""
    from policy_checks.commands import doctor_clone

    here = known.here
    if not here.is_repository:
        yield Check(clone.GROUP, "git", Status.NOTE, f"{here.root} is no git repository")
    elif here.is_ci:
        yield Check(clone.GROUP, "git", Status.NOTE, f"{', '.join(doctor_clone.NAMES)}: not looked at, this is CI (the variable CI is set)")
    else:
        yield from _contained(clone.GROUP, "hooks", lambda: doctor_clone.hook_files(here.root))
        yield from _contained(clone.GROUP, "signing", lambda: doctor_clone.signing(known))
        yield from _contained(clone.GROUP, "merge driver", lambda: doctor_clone.merge_driver(here.root))


def _contained(group: str, name: str, look: Callable[[], Iterator[Check]]) -> list[Check]:
    """What a look finds; where it cannot decide, that and why."""
    try:
        return list(look())
    except Unreadable as error:
        why = f"{error.file.path}: {error.message}"
    except (Failure, uv.UvError) as error:
        why = str(error).splitlines()[0]
    except OSError as error:
        why = f"{error.filename or name}: {error.strerror or error}"
    return [Check(group, name, Status.UNKNOWN, why)]
