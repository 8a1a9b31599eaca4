"""Shell text and its commands: one subject for every rule about commands, wherever they stand."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from policy_checks.readers.embedded import Embedded, Piece, unescaped
from policy_checks.readers.wrappers import Started, command_name, in_container
from policy_checks.record import made, record
from policy_checks.source import Place, Span

_SHOWN, _WIDTH = 4, 60  # words of a command line in a message, and characters of each


class Context(StrEnum):
    """Where shell text stands, and so where it runs."""

    SCRIPT = "script"
    IMAGE = "image"  # while a container image is built, or when it starts
    WORKFLOW = "workflow"  # a CI job
    DOCUMENTATION = "documentation"  # it does not run: a reader is told to run it


@record(eq=False)
class Script:
    """Shell text with its place in a file.

    `stage` is the build stage or the CI job it belongs to, by name or number; `variables` are those set outside of the text.
    """

    source: Embedded
    context: Context
    stage: str = ""
    variables: Mapping[str, str] = made(default_factory=dict)


@record(eq=False)
class Word:
    """A word of a command line after quote removal; an expansion that is not known stands in `value` as it is written."""

    value: str
    known: bool
    source: Embedded  # the script's text; start and end are offsets in it, quotes included
    start: int
    end: int
    spelled: tuple[Piece, ...] | None = None  # None: as it is written

    @property
    def span(self) -> Span:
        """Where it stands in the file, quotes included."""
        return self.source.span(self.start, self.end)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """How the value is spelled in the script."""
        return ((self.value, self.start, self.end),) if self.spelled is None else self.spelled

    @property
    def replaces(self) -> bool:
        """Whether it is (a part of) the value of what stands there, or of an expansion without quotes."""
        return self.pieces == ((self.value, self.start, self.end),)

    def span_of(self, first: int, last: int) -> Span:
        """Where a part of the value, by offsets that are not equal, stands in the file."""
        start = end = at = 0
        for text, begin, stop in self.pieces:
            exact = stop - begin == len(text)
            if at <= first < at + len(text):
                start = begin + first - at if exact else begin
            if at < last <= at + len(text):
                end = begin + last - at if exact else stop
            at += len(text)
        return self.source.span(start, end)


@record(eq=False)
class ShellCommand:
    """A simple command. `outer` is the one that starts it: `sudo`, `bash -c`, `docker run`; each is a command of its own."""

    script: Script
    words: tuple[Word, ...]
    outer: "ShellCommand | None" = None
    stdin: Embedded | None = None  # its here-document, or what `echo` or `cat` pipes into it
    depth: int = 0
    exported: Callable[[str], str | None] | None = None  # what its own text sets in its environment

    @property
    def name(self) -> str:
        """The command's name without folder and `.exe`."""
        return command_name(self.words[0].value)

    @property
    def place(self) -> Place:
        """All of its words, as they stand in the file."""
        return self.part(0, -1)

    def part(self, first: int, last: int) -> Place:
        """From one word to another (inclusive, by index), as they stand in the file."""
        return Place(self.script.source.file, Span(self.words[first].span.start, self.words[last].span.end))

    def written(self, word: Word) -> str:
        """A word as it stands in the file, quotes included."""
        return self.script.source.file.cut(word.span)

    def typed(self, words: "Sequence[Word]") -> str:
        """The first of some words as one would type them, for a message: a value where it is known, else what is written."""
        shown = [
            shlex.quote(word.value) if word.known else word.value if _is_shown(word) else self.written(word) for word in words[:_SHOWN]
        ]
        return " ".join([word if len(word) <= _WIDTH else word[:_WIDTH] + "…" for word in shown] + ["…"] * (len(words) > _SHOWN))

    @property
    def in_container(self) -> bool:
        """Whether it runs inside a container: in an image's build, or started there from outside."""
        if self.script.context is Context.IMAGE:
            return True
        outer = self.outer
        while outer is not None and not in_container([word.value for word in outer.words]):
            outer = outer.outer
        return outer is not None

    def environment(self, name: str) -> str | None:
        """What an environment variable is set to where it can be seen: `A=b command`, `env A=b`, `export A=b`, outside of the script."""
        command: ShellCommand | None = self
        while command is not None:
            value = command.exported(name) if command.exported else None
            if value is None and command.outer is not None:
                values = [word.value.partition("=") for word in command.outer.words[1:]]
                value = next((value for variable, equals, value in values if variable == name and equals), None)
            if value is not None:
                return value
            command = command.outer
        return self.script.variables.get(name)


def _is_shown(word: Word) -> bool:
    """Whether an unknown word says more by its value than by what is written; what masks a template's expression says nothing."""
    return word.replaces and "${_" not in word.value


def words_as_text(command: ShellCommand, start: Started) -> Embedded:
    """The words of a command that are a script, joined by blanks as `eval` and `ssh` do."""
    pieces: list[Piece] = []
    for index in start.words:
        word = command.words[index]
        if pieces:
            pieces.append((" ", pieces[-1][2], word.start))
        pieces.extend(word.pieces)
    text = command.script.source.rewrite(pieces)
    return text.cut(start.skip, len(text.text)) if start.skip else text


def quoted(source: Embedded, strings: Iterable[tuple[int, int]]) -> Embedded:
    """A list of strings in double quotes (offset ranges, with the quotes) as shell text of the same words.

    So the exec form of a Dockerfile and an argument list read like any other command line.
    """
    pieces: list[Piece] = []
    for start, end in strings:
        pieces.append((" '", start, start + 1))
        for text, first, last in unescaped(source.text, start + 1, end - 1):
            pieces.extend(shell_quoted(text, first, last))
        pieces.append(("'", end - 1, end))
    return source.rewrite(pieces)


def shell_quoted(text: str, start: int, end: int) -> Iterator[Piece]:
    """A piece of text between single quotes of a shell."""
    if end - start != len(text):  # an escape
        yield text.replace("'", "'\\''"), start, end
        return
    for match in re.finditer(r"'|[^']+", text):
        yield match[0].replace("'", "'\\''"), start + match.start(), start + match.end()


def quoted_word(pieces: Iterable[Piece], start: int, end: int, unknown: re.Pattern[str] | None = None) -> Iterator[Piece]:
    """A word in a shell's quotes, which stand at `start` and `end`: what matches `unknown` is an expansion, all else is literal."""
    yield " '", start, start
    for text, first, last in pieces:
        exact, at = last - first == len(text), 0
        for found in unknown.finditer(text) if unknown else ():
            yield from _literal(text, at, found.start(), first, last, exact)
            yield "'\"${_}\"'", first + found.start() if exact else first, first + found.end() if exact else last
            at = found.end()
        yield from _literal(text, at, len(text), first, last, exact)
    yield "'", end, end


def _literal(text: str, start: int, end: int, first: int, last: int, exact: bool) -> Iterator[Piece]:
    if start == end:
        return
    if exact:
        yield from shell_quoted(text[start:end], first + start, first + end)
    else:
        yield text[start:end].replace("'", "'\\''"), first, last
