"""Command lines of uv."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_checks.readers.shell import ShellCommand
from policy_checks.readers.uv_command import Uv, uv
from policy_checks.readers.uv_options import GROUPS, takes_value
from tests.readers.test_shell import read
from tests.real_uv import needs_uv, uv as real_uv


def first(text: str) -> Uv | None:
    commands = [command for command in read(text) if isinstance(command, ShellCommand)]
    return next((found for command in commands if (found := uv(command)) is not None), None)


def found_in(text: str) -> Uv:
    found = first(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "head", "subcommand", "arguments"),
    [
        ("uv sync", 2, "sync", ""),
        ("uv --quiet pip install x", 4, "pip install", "x"),
        ("uv --directory sub sync --group a", 4, "sync", "--group a"),
        ("uv --directory=sub sync", 3, "sync", ""),
        ("uv -qp 3.12 sync -v", 4, "sync", "-v"),
        ("uv -qp3.12 sync -v", 3, "sync", "-v"),
        ("uv $OPTIONS sync --locked", 3, "sync", "--locked"),
        ("python3.12 -Im uv sync -v", 4, "sync", "-v"),
        ('"$VENV/bin/python" -m uv sync', 4, "sync", ""),
        ("$PYTHON -m uv sync", 4, "sync", ""),
        ("~/.local/bin/uv sync", 2, "sync", ""),
        ('"$HOME/.local/bin/uv" sync', 2, "sync", ""),
        ("/c/uv.exe sync", 2, "sync", ""),
        ("$UV sync", 2, "sync", ""),
        ("${UV_BIN} sync", 2, "sync", ""),
        ("UV='python -m uv'; $UV sync", 4, "sync", ""),
        ("sudo -E env A=b uv sync", 2, "sync", ""),
        ("uv run --locked pytest --group x", 2, "run", "--locked"),
        ("uv run --with a -- pytest -v", 2, "run", "--with a"),
        ("uv run -p 3.12 -m pytest -x", 2, "run", "-p 3.12 -m"),
        ("uv run script.py --locked", 2, "run", ""),
        ("uv run --script a.py --locked", 2, "run", "--script"),
        ("uv run - < a.py", 2, "run", ""),
        ("uv run --group", 2, "run", "--group"),
        ("uv tool run --from a b -c", 3, "tool run", "--from a"),
        ("uvx -q --from a b -c", 1, "tool run", "-q --from a"),
        ("uvx uv@0.9.0 sync -v", 1, "tool run", ""),
        ("uv -q tool -v install a", 5, "tool install", "a"),
    ],
)
def test_head_and_arguments(text: str, head: int, subcommand: str, arguments: str) -> None:
    found = found_in(text)
    assert (found.head, " ".join(found.subcommand), " ".join(word.value for word in found.arguments)) == (head, subcommand, arguments)


@pytest.mark.parametrize(
    "text", ["uv", "uv --version", "uv tool", "uv $COMMAND", "uvloop sync", "python -m pip uv", "$NAME sync", "cat uv", "echo uv sync"]
)
def test_none(text: str) -> None:
    assert first(text) is None


def test_what_uvx_starts_may_be_uv() -> None:
    heads = [found.subcommand for command in read("uvx uv@0.9.0 sync") if isinstance(command, ShellCommand) and (found := uv(command))]
    assert heads == [("tool", "run"), ("sync",)]


@pytest.mark.parametrize(
    ("text", "started"),
    [
        ("uv run --with a -- pytest -v", "pytest -v"),
        ("uv run -m pytest -v", "pytest -v"),
        ("uvx --from a b --c", "b --c"),
        ("uvx", ""),
        ("uv sync x", ""),
    ],
)
def test_started(text: str, started: str) -> None:
    assert " ".join(word.value for word in found_in(text).started) == started


def test_values_come_with_their_word() -> None:
    found = found_in("uv --project p sync --group dev --group=b -p3.12 -qp=3.13 --extra 'c d' --group")
    values = [(value, found.command.written(word)) for value, word in found.values("--group", "-p", "--extra", "--project")]
    assert values == [
        ("p", "p"),
        ("dev", "dev"),
        ("b", "--group=b"),
        ("3.12", "-p3.12"),
        ("3.13", "-qp=3.13"),
        ("c d", "'c d'"),
    ]


def test_flags_and_positionals() -> None:
    found = found_in("uv --quiet pip install -Ur a.txt x --index-url u y -- --z")
    assert [name for name in ("--quiet", "-U", "-r", "u", "--z") if found.has(name)] == ["--quiet", "-U", "-r"]
    assert [word.value for word in found.positionals()] == ["x", "y", "--z"]


def test_what_is_run_has_its_own_options() -> None:
    assert not found_in("uv run pytest --locked").has("--locked")
    assert [*found_in("uv run pytest --locked").positionals()] == []


_OPTION = re.compile(r"^ {2,6}(?:(-\w)(?:, )?)? *(--[\w-]+)?(?:\.\.\.)?( <[^>]+>)?")


def subcommands(folder: Path, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every subcommand of real uv with its help."""
    text = real_uv(folder, *path, "--help").stdout
    yield path, text
    listed = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.MULTILINE)
    for name in re.findall(r"^  (\w[\w-]*)", listed[1], re.MULTILINE) if listed else ():
        if name != "help":
            yield from subcommands(folder, (*path, name))


@needs_uv
def test_the_tables_are_those_of_real_uv(tmp_path: Path) -> None:
    seen, wrong = 0, []
    for path, text in subcommands(tmp_path):
        assert (path[:1] != () and path[0] in GROUPS) == (bool(path) and (len(path) == 2 or "\nCommands:\n" in text)), path
        for line in text.splitlines():
            option = _OPTION.match(line)
            for name in (option[1], option[2]) if option else ():
                seen += name is not None
                if name and takes_value(name, path) != (option[3] is not None):  # type: ignore[index]
                    wrong.append((path, name))
    assert not wrong
    assert seen > 1000
