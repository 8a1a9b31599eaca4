"""What the images of environments install by name: dependency groups, extras, packages."""

import re
from collections.abc import Iterator, Mapping
from posixpath import normpath

from policy_checks.containers.base_images import BaseImages
from policy_checks.environment import Environment
from policy_checks.readers import dockerfile, nesting
from policy_checks.readers.build_stages import BuildStages
from policy_checks.readers.names import normalized
from policy_checks.readers.pip_command import pip
from policy_checks.readers.shell import Script, ShellCommand, Word
from policy_checks.readers.uv_command import uv
from policy_checks.readers.uv_names import What, named
from policy_checks.record import record
from policy_checks.source import Place, Unreadable


@record(eq=False)
class Install:
    """One name on a command line of an image's build."""

    environment: str  # whose image it is
    kind: str  # group, extra or package
    name: str  # normalised
    extras: tuple[str, ...]
    specifier: str
    written: str
    place: Place


_NEEDLES = ("uv", "pip")
_REQUIREMENT = re.compile(r"([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*((?:[<>=!~]=?=?[^;@]*)?)(?:[;@].*)?", re.DOTALL)
_VARIANT = re.compile(r"image_?type", re.IGNORECASE)  # a text that asks for it may install one thing or the other


def installs(found: BaseImages, environments: Mapping[str, Environment]) -> Iterator[Install]:
    """What is installed in the public image of each environment; without what an image of several environments chooses between."""
    for name, environment in environments.items():
        stages = found.by_path.get(normpath(environment.dockerfile)) if environment.dockerfile else None
        if stages is None:
            continue
        is_shared = sum(normpath(one.dockerfile) == stages.file.path for one in environments.values() if one.dockerfile) > 1
        for script in _scripts(stages, environment.target):
            if not (is_shared and _VARIANT.search(script.source.text)):
                for command in nesting.commands(script, _NEEDLES):
                    if not isinstance(command, Unreadable):  # told by the rules about commands
                        yield from _of(name, command)


def _scripts(stages: BuildStages, target: str) -> Iterator[Script]:
    reached = {str(stages.stages[number]) for number, is_part in stages.reached(target).items() if is_part}
    return (script for script in stages.file.once(dockerfile.read).scripts if script.stage in reached)


def _of(environment: str, command: ShellCommand) -> Iterator[Install]:
    called, installer = uv(command), pip(command)
    if called is not None:
        for one in named(called):
            is_spelled = one.place.file.cut(one.place.span) == one.name  # one that a variable brings may be the other
            if is_spelled and one.what in (What.GROUP, What.EXTRA) and not one.option.startswith("--no-"):
                yield Install(environment, str(one.what), normalized(one.name), (), "", one.written, one.place)
        if called.subcommand in (("pip", "install"), ("add",)):
            yield from _packages(environment, command, called.positionals())
    elif installer is not None and installer.installs:
        yield from _packages(environment, command, installer.requirements())


def _packages(environment: str, command: ShellCommand, words: Iterator[Word]) -> Iterator[Install]:
    for word in words:
        found = _REQUIREMENT.fullmatch(word.value) if word.known else None
        if found:
            extras = tuple(normalized(extra.strip()) for extra in (found[2] or "").split(",") if extra.strip())
            place = Place(command.script.source.file, word.span_of(0, len(word.value)))
            yield Install(environment, "package", normalized(found[1]), extras, (found[3] or "").strip(), word.value, place)
