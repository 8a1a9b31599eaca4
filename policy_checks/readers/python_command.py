"""Command lines of a Python interpreter: what of its arguments it runs."""

import re
from collections.abc import Sequence
from typing import Literal

from policy_checks.record import record

_NAME = re.compile(r"(?:python|pypy)\d*(?:\.\d+)*t?w?|py", re.IGNORECASE)


@record
class PythonRun:
    """A module (`-m`), code (`-c`), a script file, or standard input: the word it is named in, and where in it the name begins."""

    what: Literal["module", "code", "file", "stdin"]
    word: int = -1
    skip: int = 0


def is_python(name: str) -> bool:
    """Whether a command's name is that of an interpreter: `python3.12`, `pypy`, `py`."""
    return _NAME.fullmatch(name) is not None


def python_run(words: Sequence[str]) -> PythonRun | None:
    """What an interpreter with these arguments runs (python(1)); None when it only prints something, or a value is missing."""
    index = 1
    while index < len(words):
        value = words[index]
        if value == "-":
            return PythonRun("stdin")
        if not value.startswith("-"):
            return PythonRun("file", index)
        index += 1
        letter = re.search("[mcWX]", value) if not value.startswith("--") else None
        if letter is None:
            continue
        attached = letter.end() < len(value)
        if letter[0] in "mc":
            if not attached and index == len(words):
                return None
            return PythonRun("module" if letter[0] == "m" else "code", index - attached, letter.end() if attached else 0)
        index += not attached
    return PythonRun("stdin") if not any(word in ("-V", "--version", "-h", "--help") for word in words) else None
