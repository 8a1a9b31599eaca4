"""Installs that the policy of a repository allows although a rule is against them, each with its reason."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from policy_checks.globs import matches
from policy_checks.origin import UNWRITTEN, Origin
from policy_checks.readers.names import normalized
from policy_checks.record import record

if TYPE_CHECKING:
    from policy_checks.readers.shell import ShellCommand, Word


class Installer(StrEnum):
    """What installs; `uvx` is `uv tool`, and pip through an interpreter or a wrapper is `pip`."""

    PIP = "pip"
    UV_PIP = "uv pip"
    UV_TOOL = "uv tool"
    PIPX = "pipx"


@record
class AllowedInstall:
    """One `[[tool.policy-checks.allowed-installs]]`: every condition that is given must hold."""

    reason: str
    commands: tuple[Installer, ...] = ()
    paths: tuple[str, ...] = ()  # patterns, see globs
    stages: tuple[str, ...] = ()  # build stages of a Dockerfile, by name or number
    inside_image: bool = False  # while an image is built, or in a container started from outside
    require_hashes: bool = False
    throw_away_venv: bool = False  # see throw_away_venvs
    packages: tuple[str, ...] = ()  # names or patterns (`nvidia-*`): nothing else is installed
    origin: Origin = UNWRITTEN

    def __post_init__(self) -> None:
        """Raises ValueError for one without a reason, and for one that would allow everything."""
        if not self.reason.strip():
            raise ValueError("say why in `reason`")
        conditions = self.paths, self.stages, self.inside_image, self.require_hashes, self.throw_away_venv, self.packages
        if not any(conditions):
            raise ValueError(
                "it would allow every such install: name `paths`, `stages`, `packages`, or set `inside-image`, "
                "`require-hashes` or `throw-away-venv`; a rule is switched off in `ignore`"
            )


@record
class InstallPolicy:
    """The settings of every rule about installs."""

    allowed_installs: tuple[AllowedInstall, ...] = ()


def allowance(allowed: Iterable[AllowedInstall], command: "ShellCommand") -> AllowedInstall | None:
    """The first entry that allows an install; what documentation shows is only allowed by an entry that names paths."""
    return next((one for one in allowed if _allows(one, command)), None)


def _allows(one: AllowedInstall, command: "ShellCommand") -> bool:
    from policy_checks.readers.shell import Context  # the policy is read by runs that meet no command
    from policy_checks.readers.throw_away_venvs import installs_into_one

    script = command.script
    if script.context is Context.DOCUMENTATION and not one.paths:
        return False
    if one.paths and not any(matches(script.source.file.path, pattern) for pattern in one.paths):
        return False
    if one.stages and script.stage.lower() not in map(str.lower, one.stages):
        return False
    if one.inside_image and not command.in_container:
        return False
    if one.require_hashes and not any(word.value == "--require-hashes" for word in command.words):
        return False
    if one.commands or one.packages:
        installer, packages = _installed(command)
        if one.commands and installer not in one.commands:
            return False
        if one.packages and not (packages and all(any(fnmatchcase(name, known) for known in one.packages) for name in packages)):
            return False
    return not one.throw_away_venv or installs_into_one(command)


def _installed(command: "ShellCommand") -> tuple[Installer | None, Sequence[str]]:
    """What installs, and the names of what is installed; no names where not all of them are known."""
    from policy_checks.readers.pip_command import pip
    from policy_checks.readers.uv_command import uv

    if called := pip(command):
        files = any(re.match("-[re]|--requirement|--editable|--group", word.value) for word in called.arguments)
        return Installer.PIP, () if files else _names(called.requirements())
    if tool := uv(command):
        installer = {"pip": Installer.UV_PIP, "tool": Installer.UV_TOOL}.get(tool.subcommand[0])
        files = tool.has("-r", "--requirements", "--requirement", "-e", "--editable", "--group")
        given = tool.started[:1] if tool.subcommand == ("tool", "run") else tool.positionals()
        return installer, () if files else _names(given)
    if command.name == "pipx" and len(command.words) > 1:
        given = [word for word in command.words[2:] if not word.value.startswith("-")]
        return Installer.PIPX, _names(given[:1] if command.words[1].value == "run" else given)
    return None, ()


# A requirement that begins with a name (PEP 508), or `ruff@0.9` as uvx has it: neither a path nor a URL.
_NAMED = re.compile(r"([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?:$|[<>=!~;@(])")


def _names(requirements: "Iterable[Word]") -> Sequence[str]:
    found = [_NAMED.match(word.value) if word.known else None for word in requirements]
    return [normalized(match[1]) for match in found if match] if all(found) else ()
