"""Commands of compose files, manifests and development containers."""

import pytest

from policy_checks import workspace
from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.shell import Context, ShellCommand


def commands(path: str, text: str) -> list[str]:
    """Each pip command as it stands in the file."""
    found = workspace.in_memory({path: text}).all(COMMANDS, ("install",))
    shown = []
    for command in found:
        assert isinstance(command, ShellCommand), command
        if command.name == "pip":
            assert command.script.context is Context.IMAGE
            shown.append(command.place.file.cut(command.place.span))
    return shown


DEVCONTAINER = """// pip install text
{
\t"image": "https://index.example//image", // pip install text
\t"onCreateCommand": ["pip", "install", "a"],
\t"postCreateCommand": "cd src && pip install b",
\t"postStartCommand": {"one": "pip install c", "two": ["bash", "-c", "pip install d"]},
}
"""


def test_devcontainer() -> None:
    assert commands(".devcontainer/devcontainer.json", DEVCONTAINER) == [
        '"pip", "install", "a"',
        "pip install b",
        "pip install c",
        "pip install d",
    ]


def test_what_runs_on_the_host() -> None:
    (found,) = workspace.in_memory({"devcontainer.json": '{"initializeCommand": "pip install a"}'}).all(COMMANDS)
    assert isinstance(found, ShellCommand)
    assert found.script.context is Context.SCRIPT


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("compose.yaml", "services:\n  a:\n    command: bash -c 'pip install x'\n", ["pip install x"]),
        ("docker-compose.dev.yml", "services:\n  a:\n    entrypoint: [sh, -c]\n    command: ['pip install x; run']\n", ["pip install x"]),
        (
            "a/job.yaml",
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: [bash, -c]\n    args:\n    - |\n      pip install x\n",
            ["pip install x"],
        ),
        ("values.yaml", "command: [pip, install]\n", []),
        ("chart.yaml", "apiVersion: v1\nkind: Pod\n{{ if .x }}\ncommand: [pip, install]\n", ["pip, install"]),
        ("broken.yaml", "a: [install", []),
    ],
)
def test_manifests(path: str, text: str, expected: list[str]) -> None:
    assert commands(path, text) == expected
