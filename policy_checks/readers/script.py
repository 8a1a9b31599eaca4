"""Files that are shell scripts: by suffix, or by a shebang line."""

import re
from collections.abc import Iterator

from policy_checks.readers.embedded import whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.wrappers import SHELLS, command_name
from policy_checks.source import SourceFile, Span, Unreadable

_SUFFIXES = (".sh", ".bash", ".zsh", ".ksh", ".dash", ".ash", ".sbatch", ".slurm", ".command", ".envrc", ".bashrc", ".profile")
_SHEBANG = re.compile(rb"#![ \t]*(\S+)([^\n]*)")


def may_be_script(path: str) -> bool:
    """Whether the name says shell, or says nothing, so that the first line has to be looked at."""
    name = path.rpartition("/")[2].lstrip(".")
    return "." not in name or path.endswith(_SUFFIXES)


def scripts(file: SourceFile, _needles: Needles = ()) -> Iterator[Script]:
    """The whole file, if it is a shell script; raises Unreadable for one that is no text."""
    named = interpreter(file.data)
    if named in SHELLS or (not named and file.path.endswith(_SUFFIXES)):
        text = whole(file)
        nul = text.text.find("\0")
        if nul >= 0:
            raise Unreadable(file, Span(nul, nul + 1), "not a text file: it holds a NUL character")
        yield Script(text, Context.SCRIPT)


def interpreter(data: bytes) -> str:
    """The name of the program that a shebang line at the start of the data names; empty without one."""
    shebang = _SHEBANG.match(data)
    if shebang is None:
        return ""
    words = [command_name(word.decode(errors="replace")) for word in (shebang[1], *shebang[2].split())]
    if words[0] == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word] or words
    return words[0]
