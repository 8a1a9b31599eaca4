"""Recipes of Makefiles."""

import pytest

from policy_checks import workspace
from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.makefile import is_makefile
from policy_checks.readers.shell import ShellCommand


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ("\tpip install x", ["pip install x"]),
        ("\t@-pip install x", ["pip install x"]),
        ("\tcd a && \\\n\t  pip install x", ["cd a", "pip install x"]),
        ("\t$(PIP) install x", ["python3 -m pip install x"]),
        ("\t$(VENV)/bin/pip install x", ["${VENV}/bin/pip install x"]),
        ("\tfor i in a; do pip install $$i; done", ["pip install $i"]),
        ("# pip install", []),
        ("X = pip install", []),
    ],
)
def test_recipes(recipe: str, expected: list[str]) -> None:
    text = f"PYTHON ?= python3  # the usual one\nPIP := $(PYTHON) -m pip\nall: setup\n{recipe}\n\nclean:\n"
    found = workspace.in_memory({"Makefile": text}).all(COMMANDS)
    assert [" ".join(word.value for word in command.words) for command in found if isinstance(command, ShellCommand)] == expected


def test_the_span_is_in_the_file() -> None:
    (found,) = workspace.in_memory({"a.mk": "all:\n\t$(PY) -m pip install $$X\n"}).all(COMMANDS)
    assert isinstance(found, ShellCommand)
    assert found.place.file.cut(found.place.span) == "$(PY) -m pip install $$X"


def test_names() -> None:
    assert [is_makefile(path) for path in ("Makefile", "a/makefile", "GNUmakefile", "x.mk", "Makefile.inc", "make", "a.cmake")] == [
        True
    ] * 5 + [False] * 2


def test_justfile() -> None:
    text = "x := 'pip install'\nsetup py='3':\n    @pip install {{x}}\n    cd a && \\\n      pip install b\n"
    found = [
        command for command in workspace.in_memory({"justfile": text}).all(COMMANDS, ("install",)) if isinstance(command, ShellCommand)
    ]
    assert [command.place.file.cut(command.place.span) for command in found if command.name == "pip"] == [
        "pip install {{x}}",
        "pip install b",
    ]
