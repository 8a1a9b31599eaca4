"""Trailers: the `Key: value` lines that end a commit message, found exactly as git finds them.

`git log --format=%(trailers)` and `git interpret-trailers --parse --no-divider` are the
reference (git's trailer.c and commit.c); only `trailer.*` settings, which belong to the reader's
machine and not to the commit, are left out.
"""

import re
from collections.abc import Iterator

from policy_checks.record import record
from policy_checks.source import Span

_BLANK = " \t\r\n"
_COMMENT = "#"
_GENERATED = ("Signed-off-by: ", "(cherry picked from commit ")
_SCISSORS = f"{_COMMENT} ------------------------ >8 ------------------------\n"
_KEY = re.compile(r"([A-Za-z0-9-]+)[ \t]*:")


@record
class Trailer:
    """One trailer: its key as written, its value with folded lines joined, its place in the message."""

    key: str
    value: str
    span: Span


@record
class _Line:
    text: str  # with its line end
    start: int

    @property
    def is_blank(self) -> bool:
        """Whether it holds nothing but space."""
        return not self.text.strip(_BLANK)

    @property
    def is_indented(self) -> bool:
        """Whether it goes on with the line before it."""
        return self.text[0] in _BLANK


def trailers(message: str) -> Iterator[Trailer]:
    """The trailers of a message, in their order."""
    block = _block(_without_comments_at_the_end(list(_lines(message))))
    folded: list[list[_Line]] = []
    for line in block:
        # A line that goes on with no trailer is dropped, as git does.
        if folded and line.is_indented:
            folded[-1].append(line)
        else:
            folded.append([line])
    for lines in folded:
        text = "".join(line.text for line in lines).rstrip(_BLANK)
        if key := _KEY.match(text):
            value = re.sub(r"\n[ \t\r\n]*", " ", text[key.end() :]).strip(_BLANK)
            yield Trailer(key[1], value, Span(lines[0].start, lines[0].start + len(text)))


def _lines(message: str) -> Iterator[_Line]:
    # Blank lines before the subject do not count.
    first = len(message) - len(message.lstrip(_BLANK))
    start = message.rfind("\n", 0, first) + 1
    for text in re.findall(r"[^\n]*\n|[^\n]+", message[start:]):
        yield _Line(text, start)
        start += len(text)


def _without_comments_at_the_end(lines: list[_Line]) -> list[_Line]:
    """Everything before the comments, and the list of conflicts of an old merge, that end a message."""
    for index, line in enumerate(lines):
        if line.text == _SCISSORS:
            lines = lines[:index]
            break
    # In git (commit.c, ignored_log_message_bytes) 0 says that no such line was met: the first line of a message never begins its
    # end, and a list of conflicts that begins there goes on past other lines.
    end = 0
    in_conflicts = False
    for index, line in enumerate(lines):
        if line.text[0] in (_COMMENT, "\n"):
            end = end or index
        elif line.text == "Conflicts:\n":
            in_conflicts, end = True, end or index
        elif end and not (in_conflicts and line.text[0] == "\t"):
            end, in_conflicts = 0, False
    return lines[:end] if end else lines


def _block(lines: list[_Line]) -> list[_Line]:
    """The last paragraph, when it is no title and is made of trailers.

    That is: of nothing else, or of at least a quarter of them with one that git itself writes.
    """
    title_end = next((index for index, line in enumerate(lines) if line.text[0] != _COMMENT and line.is_blank), len(lines))
    found = others = indented = 0
    generated = begun = False
    for index in range(len(lines) - 1, title_end - 1, -1):
        line = lines[index]
        if line.text[0] == _COMMENT:
            others, indented = others + indented, 0
        elif line.is_blank:
            if begun:
                others += indented
                enough = found * 3 >= others if generated else found > 0 and others == 0
                return lines[index + 1 :] if enough else []
        else:
            begun = True
            if line.text.startswith(_GENERATED) or _KEY.match(line.text):
                found, indented = found + 1, 0
                generated = generated or line.text.startswith(_GENERATED)
            elif line.is_indented:
                indented += 1
            else:
                others, indented = others + indented + 1, 0
    return []
