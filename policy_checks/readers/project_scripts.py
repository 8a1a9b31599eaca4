"""Commands in a project's settings: scripts and tasks in pyproject.toml and its kin, tox.ini and setup.cfg."""

import re
from collections.abc import Iterator
from typing import Any

from policy_checks.readers import toml
from policy_checks.readers.embedded import Embedded, Piece, unescaped, whole
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Context, Script, quoted_word
from policy_checks.source import SourceFile, Span

_TOML = re.compile(r"(?:^|/)(?:pyproject|hatch|tox|pixi|cibuildwheel|poe_tasks|\.?mise|netlify|nixpacks)\.toml$|(?:^|/)Pipfile$")
_INI = re.compile(r"(?:^|/)(?:tox\.ini|setup\.cfg)$")
# Where tools keep command lines, by path; `*` stands for any one key, and lists are stepped into. A list of lists holds words
# (tox), as does a list at a place that ends with `=`; any other is one of command lines.
_PLACES = tuple(
    tuple(place.split("."))
    for prefix, places in (
        ("tool.hatch.", "envs.*.scripts.* envs.*.pre-install-commands envs.*.post-install-commands"),
        ("", "envs.*.scripts.* envs.*.pre-install-commands envs.*.post-install-commands"),
        ("tool.pdm.", "scripts.* scripts.*.cmd= scripts.*.shell scripts.*.composite"),
        ("tool.rye.", "scripts.*= scripts.*.cmd= scripts.*.chain"),
        (
            "tool.",
            "poe.tasks.* poe.tasks.*.cmd= poe.tasks.*.shell poe.tasks.*.sequence poe.tasks.*.sequence.cmd poe.tasks.*.sequence.shell",
        ),
        (
            "tool.",
            "taskipy.tasks.* taskipy.tasks.*.cmd poetry-exec.commands.* semantic_release.build_command",
        ),
        ("tool.pixi.", "tasks.* tasks.*.cmd feature.*.tasks.* feature.*.tasks.*.cmd target.*.tasks.* target.*.tasks.*.cmd"),
        (
            "",
            "tasks.* tasks.*.cmd= tasks.*.shell tasks.*.run tasks.*.sequence tasks.*.sequence.cmd feature.*.tasks.* feature.*.tasks.*.cmd",
        ),
        *(
            (f"tool.cibuildwheel.{part}", "before-all before-build before-test test-command repair-wheel-command")
            for part in ("", "*.", "overrides.")
        ),
        *(
            (f"{prefix}{part}.", "commands commands_pre commands_post")
            for prefix in ("tool.tox.", "")
            for part in ("env_run_base", "env_pkg_base", "env.*")
        ),
        ("", "build.command context.*.command phases.*.cmds scripts.*"),
    )
    for place in (prefix + each for each in places.split())
)
_LITERAL = re.compile(r"(\"{3}|'{3}|\"|')(?:\r?\n)?(.*)\1", re.DOTALL)
_EXPRESSION = re.compile(r"\{[^{}\n]{1,}\}")  # `{posargs}`, `{envpython}`, `{args:…}`

_TOX_KEY = re.compile(
    r"^(?:commands(?:_pre|_post)?|install_command)[ \t]*=[ \t]*((?:[^\n]*)(?:\n[ \t]+[^\n]*|\n(?=\n*[ \t]+\S))*)", re.MULTILINE
)
_TOX_LINE = re.compile(r"[^\S\n]*(?:(?:-|!)[ \t]+|[\w!,.{}-]+:[ \t]+)?((?:[^\n\\#]|(?<=\S)#|\\.|\\\r?\n)+)|#[^\n]*")


def is_settings(path: str) -> bool:
    """Whether a file is pyproject.toml, one of its kin, tox.ini or setup.cfg."""
    return path.endswith((".toml", ".ini", ".cfg", "Pipfile")) and (_TOML.search(path) is not None or _INI.search(path) is not None)


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The commands of a settings file, `{…}` as an unknown expansion of the same length."""
    found = _tox(whole(file)) if _INI.search(file.path) else _toml(file, needles)
    for text in found:
        yield Script(text.masked(_EXPRESSION, _expansion), Context.SCRIPT)


def _expansion(found: re.Match[str]) -> str:
    length = len(found[0])
    return "${" + "_" * (length - 3) + "}" if length > 3 else "_" * length


def _tox(text: Embedded) -> Iterator[Embedded]:
    for key in _TOX_KEY.finditer(text.text):
        for line in _TOX_LINE.finditer(text.text, *key.span(1)):
            if line[1]:
                yield text.cut(*line.span(1))


def _toml(file: SourceFile, needles: Needles) -> Iterator[Embedded]:
    document = toml.document(file)
    met: set[tuple[toml.Key, ...]] = set()
    for place in _PLACES:
        words = place[-1].endswith("=")
        for path, value in _values(document.data, (*place[:-1], place[-1].removesuffix("=")), ()):
            if path in met or not any(holds(text, needles) for text in _texts(value)):
                continue
            met.add(path)
            if isinstance(value, str):
                yield _string(file, value, document.span(*path))
            elif isinstance(value, list) and (words or any(isinstance(item, list) for item in value)):
                lists = [((*path, index), item) for index, item in enumerate(value) if isinstance(item, list)] or [(path, value)]
                yield from (_words(file, document, where, each) for where, each in lists)
            elif isinstance(value, list):
                each = ((index, item) for index, item in enumerate(value) if isinstance(item, str))
                yield from (_string(file, item, document.span(*path, index)) for index, item in each)
    ini = document.data.get("tool", {}).get("tox", {}).get("legacy_tox_ini") if isinstance(document.data.get("tool"), dict) else None
    if isinstance(ini, str):
        yield from _tox(_string(file, ini, document.span("tool", "tox", "legacy_tox_ini")))


def _values(data: Any, keys: tuple[str, ...], path: tuple[toml.Key, ...]) -> Iterator[tuple[tuple[toml.Key, ...], Any]]:
    """What stands at a path of keys, with its own path; tables in lists are stepped into."""
    if not keys:
        yield path, data
    elif isinstance(data, dict):
        for key in data if keys[0] == "*" else (keys[0],) if keys[0] in data else ():
            yield from _values(data[key], keys[1:], (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            if isinstance(item, dict):
                yield from _values(item, keys, (*path, index))


def _texts(value: Any) -> Iterator[str]:
    """The texts of a value or of its lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _words(file: SourceFile, document: toml.Document, path: tuple[toml.Key, ...], items: list[Any]) -> Embedded:
    """An argument list as shell text; the quotes of a string belong to its word."""
    pieces: list[Piece] = []
    for index, item in enumerate(items):
        if isinstance(item, str):
            span = document.span(*path, index)
            pieces += quoted_word(_string(file, item, span).pieces(), span.start, span.end, _EXPRESSION)
    return whole(file).rewrite(pieces)


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
