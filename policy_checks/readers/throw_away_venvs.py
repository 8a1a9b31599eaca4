"""Virtual environments that a script makes for itself and that do not outlast it.

The script is one text for a shell: a file, a step's `run:`, a `RUN`. It has to make the environment before it is used
(`python -m venv`, `virtualenv`, `uv venv`), and in a temporary folder (`mktemp -d`, `/tmp`, `$TMPDIR`, `$RUNNER_TEMP`)
or with an `rm -r` of it in the same script.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from policy_checks.readers.nesting import commands
from policy_checks.readers.pip_command import pip
from policy_checks.readers.python_command import PythonRun, is_python, python_run
from policy_checks.readers.shell import Script, ShellCommand
from policy_checks.readers.uv_command import uv
from policy_checks.source import Unreadable

_INSIDE = re.compile(r"(.+)[/\\](?:bin|Scripts)[/\\][^/\\]+")
_TEMPORARY = re.compile(
    r"(?:\$\(|`)\s*mktemp\b[^)`]*\s(?:-d|--directory)\b|/(?:var/)?tmp/|\$(?:TMPDIR|RUNNER_TEMP)\b|\$\{(?:TMPDIR|RUNNER_TEMP)\b"
)
_VALUED = ("-p", "--python", "--prompt", "-a", "--app-data", "--creator", "--seeder", "--pip", "--setuptools", "--wheel", "--activators")


def installs_into_one(command: ShellCommand) -> bool:
    """Whether a command line of pip or `uv pip` installs into such an environment."""
    outermost = command
    while outermost.outer is not None:
        outermost = outermost.outer
    around = _commands(outermost.script)
    folder = _target(command, around)
    before = [one for one in around if _position(one) < _position(command)]
    if folder is None or folder not in {made for one in before if (made := _made(one))}:
        return False
    return _TEMPORARY.match(folder) is not None or any(_removes(one, folder) for one in around)


@lru_cache(maxsize=4)
def _commands(script: Script) -> Sequence[ShellCommand]:
    return [one for one in commands(script) if not isinstance(one, Unreadable)]


def _position(command: ShellCommand) -> int:
    return command.words[0].span.start


def _target(command: ShellCommand, around: Sequence[ShellCommand]) -> str | None:
    """The folder of the environment that is installed into: of the program that is called, named by an option, or activated before."""
    if called := _INSIDE.fullmatch(command.words[0].value):
        return _plain(called[1])
    tool = uv(command)
    pythons = [value for value, _ in tool.values("-p", "--python")] if tool else [*_pip_python(command)]
    for python in pythons[:1]:
        named = _INSIDE.fullmatch(python)
        return _plain(named[1] if named else python)
    if tool and (tool.has("--system") or tool.has("--target", "-t", "--prefix")):
        return None
    active = None
    for one in around:
        if _position(one) < _position(command):
            if one.name in (".", "source") and len(one.words) > 1 and (entered := _INSIDE.fullmatch(one.words[1].value)):
                active = _plain(entered[1])
            elif one.name == "deactivate":
                active = None
    return active or (".venv" if tool else None)  # uv's own default


def _pip_python(command: ShellCommand) -> Iterator[str]:
    found = pip(command)
    values = [word.value for word in command.words[: found.head if found else 0]]
    for index, value in enumerate(values):
        if value.startswith("--python="):
            yield value.partition("=")[2]
        elif value == "--python" and index + 1 < len(values):
            yield values[index + 1]


def _made(command: ShellCommand) -> str | None:
    """The folder of the environment that a command makes; None when it makes none."""
    values = [word.value for word in command.words]
    if (tool := uv(command)) and tool.subcommand == ("venv",):
        return _plain(next((word.value for word in tool.positionals()), ".venv"))
    if command.name == "virtualenv":
        return _first(values[1:])
    if is_python(command.name) or not command.words[0].known:
        match python_run(values):
            case PythonRun("module", index, skip) if values[index][skip:] in ("venv", "virtualenv"):
                return _first(values[index + 1 :])
            case _:
                pass
    return None


def _first(arguments: Sequence[str]) -> str | None:
    """The first argument that is no option."""
    previous = ""
    for argument in arguments:
        if not argument.startswith("-") and previous not in _VALUED:
            return _plain(argument)
        previous = argument
    return None


def _removes(command: ShellCommand, folder: str) -> bool:
    if command.name != "rm" or not any(re.match("-[a-z]*[rR]|--recursive", word.value) for word in command.words):
        return False
    return any(folder == removed or folder.startswith(f"{removed}/") for removed in (_plain(word.value) for word in command.words[1:]))


def _plain(folder: str) -> str:
    return folder.replace("\\", "/").removeprefix("./").rstrip("/")
