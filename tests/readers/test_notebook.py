"""What the cells of notebooks run."""

import json

import pytest

from policy_checks import workspace
from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.shell import ShellCommand
from policy_checks.source import Unreadable


def notebook(*sources: str | list[str], language: str = "python") -> str:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["!pip install text"]},
        *(
            {"cell_type": "code", "metadata": {"tags": ["a", {"b": "c"}]}, "source": source, "outputs": [{"text": ["pip install shown"]}]}
            for source in sources
        ),
    ]
    return json.dumps({"cells": cells, "metadata": {"kernelspec": {"language": language}}, "nbformat": 4}, indent=1, ensure_ascii=False)


def commands(text: str) -> list[str]:
    """Each pip command as it stands in the file."""
    found = workspace.in_memory({"a.ipynb": text}).all(COMMANDS, ("install",))
    shown = []
    for command in found:
        assert isinstance(command, ShellCommand), command
        if "pip" in [word.value for word in command.words]:
            place = command.place
            shown.append(place.file.cut(place.span))
    return shown


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("!pip install x", "pip install x"),
        ("!!pip install x", "pip install x"),
        ("  out = !pip install x", "pip install x"),
        ("%pip install -q x", "pip install -q x"),
        ("%sx pip install x", "pip install x"),
        ("pip install x", "pip install x"),
        ("!{sys.executable} -m pip install x", "{sys.executable} -m pip install x"),
        ("!cd é && pip install x", "pip install x"),
        ("%%bash\nset -e\npip install x\n", "pip install x"),
        ("%%script bash -e\npip install x", "pip install x"),
        ("%%time\n!pip install x", "pip install x"),
        ("import os\nos.system('pip install x')\n!ls\n%matplotlib inline", "pip install x"),
        ("if x:\n    !ls\nsubprocess.run(['pip', 'install'])", "'pip', 'install'"),
    ],
)
def test_cells(cell: str, expected: str) -> None:
    assert commands(notebook(cell)) == [expected]
    assert commands(notebook("x = 1\n", cell.splitlines(keepends=True))) == [expected]


@pytest.mark.parametrize(
    "cell",
    [
        "# !pip install x",
        "print('pip install x')",
        "%%writefile a.sh\npip install x",
        "%%html\npip install x",
        "x = 'pip install'",
        "?pip install",
    ],
)
def test_text(cell: str) -> None:
    assert commands(notebook(cell)) == []


def test_another_language() -> None:
    assert commands(notebook("!pip install x", language="R")) == []


@pytest.mark.parametrize(
    "text", ['{"install": ', "[" * 100_000 + "install", '{"cells": [{"cell_type": "code", "source": "f(\\nos.system(\'install\')"}]}']
)
def test_unreadable(text: str) -> None:
    assert isinstance(workspace.in_memory({"a.ipynb": text}).all(COMMANDS, ("install",))[-1], Unreadable)


@pytest.mark.parametrize("text", ['{"cells": 1, "install": []}', '["install"]', '{"cells": [1, {"source": "install"}]}'])
def test_odd_shapes(text: str) -> None:
    assert commands(text) == []
