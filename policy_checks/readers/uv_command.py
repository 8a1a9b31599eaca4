"""Command lines of uv: however it is called, its subcommand, options and what it is given."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from policy_checks.readers.python_command import PythonRun, is_python, python_run
from policy_checks.readers.shell import ShellCommand, Word
from policy_checks.readers.uv_options import GROUPS, takes_value
from policy_checks.readers.wrappers import command_name
from policy_checks.record import record

# With what `uvx uv@0.9.0` and `pipx run uv==0.9.0` leave behind the name, and a variable that is called like it.
_NAME = re.compile(r"(uvx?)(?:[@=<>~!].*)?")
_VARIABLE = re.compile(r"\$[{(]?(UVX?)(?:_(?:BIN|EXE|PATH|CMD|COMMAND|EXECUTABLE))?[})]?")
_STARTS_A_COMMAND = (("run",), ("tool", "run"))


@record(eq=False)
class Option:
    """An option as it is given: `--group dev`, `--group=dev`, `-p3.12`; a flag has no value."""

    name: str
    value: str | None
    word: Word  # the one that holds the value, or the flag


@record(eq=False)
class Uv:
    """A command line of uv: the first `head` words name it and its subcommand, global options in between included.

    `uvx` is `uv tool run`. What `uv run` and `uv tool run` start begins at the word number `end`.
    """

    command: ShellCommand
    name: int  # the words of the name alone: `uv` 1, `python -m uv` 3
    head: int
    subcommand: tuple[str, ...]
    end: int

    @property
    def arguments(self) -> Sequence[Word]:
        """The words after the head; of `run` and `tool run` only uv's own."""
        return self.command.words[self.head : self.end]

    @property
    def started(self) -> Sequence[Word]:
        """The command that `run` or `tool run` starts, without a `--` in front."""
        words = self.command.words[self.end :]
        return words[1:] if words and words[0].value == "--" else words

    def options(self) -> Iterator[Option]:
        """Every option, the global ones in front of the subcommand included, in order."""
        between = self.command.words[self.name : self.head]
        for words, subcommand in ((between, ()), (self.arguments, self.subcommand)):
            yield from (part for part in _parts(words, subcommand) if isinstance(part, Option))

    def values(self, *names: str) -> Iterator[tuple[str, Word]]:
        """The values of these options, each with the word it stands in; lists with commas are one value."""
        yield from ((option.value, option.word) for option in self.options() if option.name in names and option.value is not None)

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return any(option.name in names for option in self.options())

    def positionals(self) -> Iterator[Word]:
        """The arguments that are no options."""
        yield from (part for part in _parts(self.arguments, self.subcommand) if isinstance(part, Word))


@lru_cache(maxsize=4096)  # every rule about commands asks
def uv(command: ShellCommand) -> Uv | None:
    """The command as one of uv, None when it is none or names no subcommand."""
    words = command.words
    called = _NAME.fullmatch(command.name.lower()) or (None if words[0].known else _VARIABLE.fullmatch(words[0].value))
    name = 1 if called else _through_python(words)
    if name is None:
        return None
    if called and called[1].lower() == "uvx":
        return Uv(command, name, name, ("tool", "run"), _command(words, name, ("tool", "run")))
    subcommand: tuple[str, ...] = ()
    at = name
    while at < len(words):
        at = _after_options(words, at, ())
        if at < len(words):
            subcommand, at = (*subcommand, words[at].value), at + 1
        if subcommand and (subcommand[0] not in GROUPS or len(subcommand) == 2):
            end = _command(words, at, subcommand) if subcommand in _STARTS_A_COMMAND else len(words)
            return Uv(command, name, at, subcommand, end)
    return None


def _parts(words: Sequence[Word], subcommand: tuple[str, ...]) -> Iterator[Option | Word]:
    """The options and the positional arguments, in order, as clap reads them."""
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word.value == "--":
            yield from words[index:]
            return
        if not _is_option(word):
            yield word
            continue
        *flags, (name, value) = _split(word.value, subcommand)
        yield from (Option(flag, None, word) for flag, _ in flags)
        if value is None and takes_value(name, subcommand) and index < len(words):
            word, value = words[index], words[index].value
            index += 1
        yield Option(name, value, word)


def _split(word: str, subcommand: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """The options that one word holds, the last one with the value that is attached to it: `-qp3.12` holds `-q` and `-p`."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return [(name, value if equals else None)]
    found: list[tuple[str, str | None]] = []
    for position, letter in enumerate(word[1:], 2):
        if takes_value(f"-{letter}", subcommand):
            return [*found, (f"-{letter}", word[position:].removeprefix("=") or None)]
        found.append((f"-{letter}", None))
    return found


def _is_option(word: Word) -> bool:
    return word.value.startswith("-") and len(word.value) > 1


def _after_options(words: Sequence[Word], at: int, subcommand: tuple[str, ...]) -> int:
    """The index of the first word that is no option; an unknown expansion in front of a known word can only be options."""
    while at < len(words) and (_is_option(words[at]) or not words[at].known):
        name, value = _split(words[at].value, subcommand)[-1] if _is_option(words[at]) else ("", None)
        at += 2 if value is None and takes_value(name, subcommand) else 1
    return at


def _command(words: Sequence[Word], at: int, subcommand: tuple[str, ...]) -> int:
    """The index of the command that uv starts, or of the `--` in front of it."""
    while at < len(words) and _is_option(words[at]) and words[at].value != "--":
        name, value = _split(words[at].value, subcommand)[-1]
        at += 2 if value is None and takes_value(name, subcommand) else 1
    return min(at, len(words))


def _through_python(words: Sequence[Word]) -> int | None:
    """The number of words through `-m uv` in the arguments of an interpreter."""
    values = [word.value for word in words]
    if values[0] in ("-m", "--module"):  # what is left of `uv run -m uv`
        return 2 if values[1:2] == ["uv"] else None
    # A command that is one unknown expansion (`$PYTHON`, `${{ matrix.python }}`) may be an interpreter.
    if not is_python(command_name(values[0])) and words[0].known:
        return None
    match python_run(values):
        case PythonRun("module", index, skip) if values[index][skip:] in ("uv", "uv.__main__"):
            return index + 1
    return None
