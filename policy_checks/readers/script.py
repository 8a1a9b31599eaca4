"""Files that are shell scripts, by suffix or by a shebang line, and Python scripts by a shebang line only."""

import re
from collections.abc import Iterator

from policy_checks.readers import python_calls
from policy_checks.readers.embedded import whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.python_command import is_python
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.wrappers import SHELLS, command_name
from policy_checks.source import SourceFile, Span, Unreadable

_SUFFIXES = tuple(
    ".sh .bash .zsh .ksh .dash .ash .mksh .bats .sbatch .slurm .command .envrc .bashrc .zshrc .kshrc .bash_profile .bash_aliases "
    ".zprofile .zshenv .profile".split()
)
# Suffixes of batch systems and templates: a shebang line has to say what they are.
_OPEN_SUFFIXES = tuple(".sub .job .pbs .qsub .lsf .submit .run .in .tmpl .tpl .template .j2 .jinja .jinja2 .sample .example .skel".split())
_OTHER_SHELLS = ("csh", "tcsh", "bats")  # their simple commands are written alike
_SHEBANG = re.compile(rb"#![ \t]*(\S+)([^\n]*)")


def may_be_script(path: str) -> bool:
    """Whether the name says shell, or says nothing, so that the first line has to be looked at."""
    name = path.rpartition("/")[2].lstrip(".")
    return "." not in name or path.endswith((*_SUFFIXES, *_OPEN_SUFFIXES))


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The whole file, if it is a shell script, or the calls of a Python script; raises Unreadable for one that is no text."""
    named = interpreter(file.data)
    if named in SHELLS or named in _OTHER_SHELLS or (not named and file.path.endswith(_SUFFIXES)):
        text = whole(file)
        nul = text.text.find("\0")
        if nul >= 0:
            raise Unreadable(file, Span(nul, nul + 1), "not a text file: it holds a NUL character")
        yield Script(text, Context.SCRIPT)
    elif is_python(named) and not python_calls.is_python(file.path):
        yield from python_calls.scripts(file, needles)


def interpreter(data: bytes) -> str:
    """The name of the program that a shebang line at the start of the data names; empty without one."""
    shebang = _SHEBANG.match(data)
    if shebang is None:
        return ""
    words = [command_name(word.decode(errors="replace")) for word in (shebang[1], *shebang[2].split())]
    if words[0] == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word] or words
    return words[0]
