"""Command lines that are pip: however it is spelled, its subcommand and what it is given."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from policy_checks.readers.python_command import PythonRun, is_python, python_run
from policy_checks.readers.shell import ShellCommand, Word
from policy_checks.readers.wrappers import command_name
from policy_checks.record import record

_PIP = re.compile(r"pip\d*(?:\.\d+)*t?(?:\.pyz)?")

# Options of pip 25 that take the next word: the general ones, and those of `pip install`.
_GENERAL = frozenset(
    "--python --log --log-file --keyring-provider --proxy --retries --timeout --exists-action --trusted-host --cert --client-cert "
    "--cache-dir --use-feature --use-deprecated --resume-retries".split()
)
_INSTALL = _GENERAL | frozenset(
    "-r --requirement -c --constraint --build-constraint -t --target --platform --python-version --implementation --abi --root --prefix "
    "--src --upgrade-strategy -C --config-settings --config-setting --global-option --no-binary --only-binary --progress-bar "
    "--root-user-action --report --group -i --index-url --pypi-url --extra-index-url -f --find-links --uploaded-prior-to".split()
)
_ASKS_ONLY = frozenset({"-h", "--help", "--dry-run"})


@record(eq=False)
class Pip:
    """A command line of pip: the first `head` words name it, the subcommand is the last of them."""

    command: ShellCommand
    head: int

    @property
    def subcommand(self) -> str:
        """What pip is told to do: `install`, `download`."""
        return self.command.words[self.head - 1].value

    @property
    def installs(self) -> bool:
        """Whether it is an install, and not only a question about one."""
        return self.subcommand == "install" and not any(word.value in _ASKS_ONLY for word in self.arguments)

    @property
    def arguments(self) -> Sequence[Word]:
        """The words after the subcommand."""
        return self.command.words[self.head :]

    def requirements(self) -> Iterator[Word]:
        """What `pip install` is told to install by name, path or URL; for `-r` and `-e` see the arguments."""
        words = iter(self.arguments)
        for word in words:
            if word.value in _INSTALL:
                next(words, None)
            elif word.value in ("-e", "--editable"):
                continue  # the next word is what is installed
            elif word.value and not word.value.startswith("-"):
                yield word


@lru_cache(maxsize=4096)  # every rule about commands asks
def pip(command: ShellCommand) -> Pip | None:
    """The command as one of pip, None when it is none or names no subcommand."""
    words = command.words
    start = 1 if _PIP.fullmatch(command.name.lower()) else _through_python(words)
    if start is None:
        return None
    for index in range(start, len(words)):
        value = words[index].value
        if words[index - 1].value in _GENERAL and index > start:
            continue
        if value in ("-h", "--help", "-V", "--version"):
            return None
        # An unknown expansion in front of the subcommand can only be options.
        if not value.startswith("-") and words[index].known:
            return Pip(command, index + 1)
    return None


def _through_python(words: Sequence[Word]) -> int | None:
    """The index after `-m pip`, or after pip run as a script, in the arguments of an interpreter."""
    values = [word.value for word in words]
    if values[0] in ("-m", "--module"):  # what is left of `uv run -m pip`
        return 2 if values[1:2] == ["pip"] else None
    interpreter = is_python(command_name(values[0]))
    # A command that is one unknown expansion (`$PYTHON`, `${{ matrix.python }}`) may be an interpreter.
    if not interpreter and words[0].known:
        return None
    match python_run(values):
        case PythonRun("module", index, skip) if values[index][skip:] in ("pip", "pip.__main__"):
            return index + 1
        case PythonRun("file", index) if interpreter and _PIP.fullmatch(command_name(values[index])):
            return index + 1
    return None
