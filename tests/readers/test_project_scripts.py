"""Commands in pyproject.toml and tox.ini."""

import pytest

from policy_checks import workspace
from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.shell import ShellCommand
from policy_checks.source import Unreadable

PYPROJECT = """
[tool.hatch.envs.docs.scripts]
one = "pip install {args} a"
two = ["uv sync", 'pip install "b"']
[tool.pdm.scripts]
three = {shell = "python\\u0020-m pip install c"}
[tool.poe.tasks]
four = '''
pip install d
'''
[tool.cibuildwheel.linux]
before-build = "pip install e"
[tool.other]
five = "pip install"
"""
TOX = """
[testenv]
deps = pip install
install_command = python -m pip install {opts} {packages}
commands_pre =
    {envpython} -m pip install a
    - pip install b \\
      c

commands = pip install d
description = pip install
"""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "pyproject.toml",
            PYPROJECT,
            ["pip install {args} a", 'pip install "b"', r"python\u0020-m pip install c", "pip install d", "pip install e"],
        ),
        (
            "tox.ini",
            TOX,
            ["python -m pip install {opts} {packages}", "{envpython} -m pip install a", "pip install b \\\n      c", "pip install d"],
        ),
    ],
)
def test_scripts(path: str, text: str, expected: list[str]) -> None:
    found = [command for command in workspace.in_memory({path: text}).all(COMMANDS, ("install",)) if isinstance(command, ShellCommand)]
    assert [command.place.file.cut(command.place.span) for command in found] == expected


def test_no_toml() -> None:
    (found,) = workspace.in_memory({"pyproject.toml": "a = [install"}).all(COMMANDS, ("install",))
    assert isinstance(found, Unreadable)
