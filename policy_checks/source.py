"""Text with positions: the only place where offsets become lines and columns."""

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from policy_checks.failure import Failure
from policy_checks.record import record

T = TypeVar("T")


@record
class Span:
    """A half-open range of character offsets into a file's text; spans sort by where they start."""

    start: int
    end: int

    def __lt__(self, other: "Span") -> bool:
        return (self.start, self.end) < (other.start, other.end)


@record
class Edit:
    """Replaces the characters of a span; everything outside it stays byte for byte."""

    span: Span
    text: str


class Unreadable(Failure):
    """A file, or a part of one, that cannot be read; `span` says where, `message` why."""

    def __init__(self, file: "SourceFile", span: Span, message: str) -> None:
        super().__init__()
        self.file, self.span, self.message = file, span, message

    def __str__(self) -> str:
        """`path:line:column: message`."""
        line, column = self.file.location(self.span.start)
        return f"{self.file.path}:{line}:{column}: {self.message}"


class SourceFile:
    """One file as it was read: its path relative to the root (`/` between parts) and its bytes.

    Offsets are characters of `text`, which keeps line ends and a byte order mark as they are.
    """

    def __init__(self, path: str, data: bytes) -> None:
        self.path, self.data = path, data
        self._parsed: dict[Callable[[SourceFile], Any], Any] = {}

    def __repr__(self) -> str:
        return f"SourceFile({self.path!r}, {len(self.data)} bytes)"

    @cached_property
    def text(self) -> str:
        """The bytes as UTF-8; raises Unreadable at the first byte that is not."""
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            # The readable part has to have positions, so the rest is replaced, not dropped.
            shown = SourceFile(self.path, self.data.decode(errors="replace").encode())
            start = len(self.data[: error.start].decode())
            byte = self.data[error.start]
            raise Unreadable(shown, Span(start, start + 1), f"not UTF-8: byte 0x{byte:02x}") from None

    def once(self, parse: Callable[["SourceFile"], T]) -> T:
        """What `parse` makes of the file, worked out once for everyone who asks."""
        if parse not in self._parsed:
            self._parsed[parse] = parse(self)
        return self._parsed[parse]  # type: ignore[no-any-return]

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0] + [match.end() for match in re.finditer("\n", self.text)]  # twice as fast for a short text

    def location(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column (in characters) of an offset."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int, column: int = 1) -> int:
        """The offset of a 1-based line and column; the end of the text for a line beyond it."""
        if line > len(self._line_starts):
            return len(self.text)
        return min(self._line_starts[line - 1] + column - 1, len(self.text))

    def line_span(self, line: int) -> Span:
        """A 1-based line without its line end."""
        start, end = self.offset(line), self.offset(line + 1)
        return Span(start, start + len(self.text[start:end].rstrip("\r\n")))

    def cut(self, span: Span) -> str:
        """The characters of a span."""
        return self.text[span.start : span.end]

    @cached_property
    def character_at_byte(self) -> Callable[[int], int]:
        """Turns an offset into the UTF-8 bytes of `text` (a grammar's) into one in characters."""
        return character_offsets(self.text)


def character_offsets(text: str) -> Callable[[int], int]:
    """A function from offsets in `text.encode()` to offsets in `text`; free for ASCII."""
    if text.isascii():
        return int
    wide = [(index, len(char.encode()) - 1) for index, char in enumerate(text) if char > "\x7f"]
    starts, excess = [], []  # byte offset after each wide character, and bytes beyond one per character so far
    total = 0
    for index, extra in wide:
        total += extra
        starts.append(index + 1 + total)
        excess.append(total)

    def character(byte: int) -> int:
        found = bisect_right(starts, byte)
        return byte - (excess[found - 1] if found else 0)

    return character


@record(eq=False)
class Place:
    """Where something stands: a file and a span of its text."""

    file: SourceFile
    span: Span

    @property
    def line(self) -> int:
        """The 1-based line on which the span starts."""
        return self.file.location(self.span.start)[0]


def apply(text: str, edits: tuple[Edit, ...]) -> str:
    """The text after edits that do not overlap."""
    parts, end = [], 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        parts += [text[end : edit.span.start], edit.text]
        end = edit.span.end
    return "".join([*parts, text[end:]])
