"""Jupyter notebooks: shell lines, magics and Python calls of their code cells."""

import re
from collections.abc import Iterator

from policy_checks.readers import python_calls
from policy_checks.readers.embedded import Embedded, whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.notebook_cells import cells, unindented
from policy_checks.readers.python_command import is_python
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.wrappers import SHELLS, command_name
from policy_checks.source import SourceFile, Unreadable

_ASSIGNED = r"^[ \t]*(?:[\w, .]+=[ \t]*)?"
_REST = r"(?:[^\n\\]|\\.|\\\n)*+"
# What stands at the beginning of a line, and the strings and comments of Python, in which it means nothing.
# `!cmd`, `!!cmd`, `x = !cmd`, `%sx cmd`: IPython gives the rest of the line to a shell. `%pip` and `%conda` are commands by name,
# and with automagic (on by default) `pip install x` alone on a line is `%pip install x`.
_TOKEN = re.compile(
    rf"{_ASSIGNED}(?:!!?|%(?:sx|system)[ \t]+|%time(?:it)?[ \t]+[!%]|%(?=(?:pip|conda|mamba|micromamba|uv)\b)|(?=pip3?[ \t]+install\b))"
    rf"(?P<shell>{_REST})"
    rf"|(?P<magic>{_ASSIGNED}[%?][^\n]*|^[^\n#'\"]*\?[ \t]*$)"
    r"|(?P<bracket>[()\[\]{}])"
    r"|#[^\n]*|'{3}(?:[^\\]|\\.)*?(?:'{3}|\Z)|\"{3}(?:[^\\]|\\.)*?(?:\"{3}|\Z)|'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\"",
    re.MULTILINE | re.DOTALL,
)
_CELL = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*%%(\w+|!)[ \t]*([^\n]*)\n")
_OF_PYTHON = ("time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "debug", "wandb", "snakeviz", "notify")
_EXPRESSION = re.compile(r"(?<![${])\{[^{}\n]+\}")  # `{sys.executable}`: a value of Python


def is_notebook(path: str) -> bool:
    """Whether a file is a notebook by its suffix."""
    return path.endswith(".ipynb")


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """What the code cells run; raises Unreadable for a file that is no JSON, and after the rest for a cell that is no Python."""
    fault = None
    for language, source in cells(file, "code", needles):
        try:
            if language in ("", "python", "ipython", "pyspark"):
                yield from _cell(unindented(source), needles)
            elif language in SHELLS:
                yield Script(source, Context.SCRIPT)
        except Unreadable as error:
            fault = fault or error
    if fault:
        raise fault


def documents(file: SourceFile) -> Iterator[Embedded]:
    """The text of the Markdown cells; raises Unreadable for a file that is no JSON."""
    for _language, source in cells(file, "markdown"):
        yield source


def cell_scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """What a file's whole text would run as one cell; raises Unreadable where that is no Python."""
    yield from _cell(unindented(whole(file)), needles)


def _cell(source: Embedded, needles: Needles) -> Iterator[Script]:
    magic = _CELL.match(source.text)
    if magic and magic[1] not in _OF_PYTHON:
        words = [word for word in magic[2].split() if not word.startswith("-")]
        named = command_name(words[0]) if magic[1] == "script" and words else magic[1]
        body = source.cut(magic.end(), len(source.text))
        if named in SHELLS or named in ("sx", "system", "!", "cmd", "powershell"):
            yield Script(body, Context.SCRIPT)
        elif is_python(named) and python_calls.may_run(body.text, needles):
            yield from python_calls.calls(body, Context.SCRIPT)
        return
    lines, code = _separated(source)
    for start, end in lines:
        yield Script(source.cut(start, end).masked(_EXPRESSION, _unknown), Context.SCRIPT)
    if python_calls.may_run(code.text, needles):
        yield from python_calls.calls(code, Context.SCRIPT)


def _separated(source: Embedded) -> tuple[list[tuple[int, int]], Embedded]:
    """Where the lines for a shell stand, and the source with them and other magics blanked."""
    lines, parts, at, depth = [], [], 0, 0
    for token in _TOKEN.finditer(source.text):
        depth = max(0, depth + {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token["bracket"] or "", 0))
        if token["shell"] is None and (token["magic"] is None or depth):  # inside brackets `%` is the operator
            continue
        if token["shell"] is not None:
            lines.append(token.span("shell"))
        parts += [source.text[at : token.start()], _blank(token[0])]
        at = token.end()
    text = "".join([*parts, source.text[at:]])
    return lines, Embedded(source.file, text, source.starts, source.places)


def _blank(text: str) -> str:
    """Blanks in the place of a line; a name, so that a block that holds nothing else stays a block."""
    indent = len(text) - len(text.lstrip(" \t"))
    return text[:indent] + re.sub(r"[^\n]", " ", text[indent:]).replace(" ", "_", 1)


def _unknown(found: re.Match[str]) -> str:
    length = len(found[0])
    return "${" + "_" * (length - 3) + "}" if length > 3 else "$" + "_" * (length - 1)
