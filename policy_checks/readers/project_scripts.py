"""Commands in a project's settings: scripts and tasks in pyproject.toml, and tox.ini."""

import re
from collections.abc import Iterator
from typing import Any

from policy_checks.readers import toml
from policy_checks.readers.embedded import Embedded, Piece, unescaped, whole
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Context, Script
from policy_checks.source import SourceFile, Span

_PYPROJECT = re.compile(r"(?:^|/)(?:pyproject|hatch|tox|pixi|cibuildwheel)\.toml$")
# Where tools keep command lines, by path; `*` stands for any one key. A list there is several commands, unless it is tox's list of words.
_TABLES = (
    "tool.hatch.envs.*.scripts.*",
    "tool.hatch.envs.*.pre-install-commands",
    "tool.hatch.envs.*.post-install-commands",
    "envs.*.scripts.*",
    "envs.*.pre-install-commands",
    "envs.*.post-install-commands",
    "tool.pdm.scripts.*",
    "tool.pdm.scripts.*.cmd",
    "tool.pdm.scripts.*.shell",
    "tool.poe.tasks.*",
    "tool.poe.tasks.*.cmd",
    "tool.poe.tasks.*.shell",
    "tool.taskipy.tasks.*",
    "tool.taskipy.tasks.*.cmd",
    "tool.pixi.tasks.*",
    "tool.pixi.tasks.*.cmd",
    "tasks.*",
    "tasks.*.cmd",
    "tool.cibuildwheel.before-all",
    "tool.cibuildwheel.before-build",
    "tool.cibuildwheel.before-test",
    "tool.cibuildwheel.test-command",
    "tool.cibuildwheel.repair-wheel-command",
    "tool.cibuildwheel.*.before-all",
    "tool.cibuildwheel.*.before-build",
    "tool.cibuildwheel.*.before-test",
    "tool.cibuildwheel.*.test-command",
    "tool.tox.env_run_base.commands",
    "tool.tox.env.*.commands",
    "env_run_base.commands",
    "env.*.commands",
)
_LITERAL = re.compile(r"(\"{3}|'{3}|\"|')(?:\r?\n)?(.*)\1", re.DOTALL)
_EXPRESSION = re.compile(r"\{[^{}\n]{1,}\}")  # `{posargs}`, `{envpython}`, `{args:…}`

_TOX_KEY = re.compile(
    r"^(?:commands(?:_pre|_post)?|install_command)[ \t]*=[ \t]*((?:[^\n]*)(?:\n[ \t]+[^\n]*|\n(?=\n*[ \t]+\S))*)", re.MULTILINE
)
_TOX_LINE = re.compile(r"[^\S\n]*(?:-[ \t]+|![ \t]+)?((?:[^\n\\]|\\.|\\\n)+)")


def is_settings(path: str) -> bool:
    """Whether a file is pyproject.toml, one of its kin, or tox.ini."""
    return _PYPROJECT.search(path) is not None or path.rpartition("/")[2] == "tox.ini"


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The commands of a settings file, `{…}` as an unknown expansion of the same length."""
    found = _tox(file) if file.path.endswith(".ini") else _toml(file, needles)
    for text in found:
        yield Script(text.masked(_EXPRESSION, _expansion), Context.SCRIPT)


def _expansion(found: re.Match[str]) -> str:
    length = len(found[0])
    return "${" + "_" * (length - 3) + "}" if length > 3 else "_" * length


def _tox(file: SourceFile) -> Iterator[Embedded]:
    text = whole(file)
    for key in _TOX_KEY.finditer(file.text):
        for line in _TOX_LINE.finditer(file.text, *key.span(1)):
            yield text.cut(*line.span(1))


def _toml(file: SourceFile, needles: Needles) -> Iterator[Embedded]:
    document = toml.document(file)
    for pattern in _TABLES:
        for path, value in _values(document.data, tuple(pattern.split(".")), ()):
            if holds(value, needles):
                yield _string(file, value, document.span(*path))


def _values(data: Any, keys: tuple[str, ...], path: tuple[toml.Key, ...]) -> Iterator[tuple[tuple[toml.Key, ...], str]]:
    """The texts below a path of keys, with their own paths."""
    if not keys:
        if isinstance(data, str):
            yield path, data
        elif isinstance(data, list):
            for index, item in enumerate(data):
                if isinstance(item, str):
                    yield (*path, index), item
    elif isinstance(data, dict):
        for key in data if keys[0] == "*" else (keys[0],) if keys[0] in data else ():
            yield from _values(data[key], keys[1:], (*path, key))


def _string(file: SourceFile, value: str, span: Span) -> Embedded:
    """A string's value with its places; all of it stands for the whole when its spelling is not understood."""
    pieces: list[Piece] = [(value, span.start, span.end)]
    literal = _LITERAL.fullmatch(file.text, span.start, span.end)
    if literal:
        inner = literal.span(2)
        spelled = [(literal[2], *inner)] if "'" in literal[1] else [*unescaped(file.text, *inner)]
        if "".join(piece[0] for piece in spelled) == value:
            pieces = spelled
    return whole(file).rewrite(pieces)
