"""Text that stands inside a file in another notation: a YAML scalar, a JSON string, a quoted shell word."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from policy_checks.record import record, replace
from policy_checks.source import SourceFile, Span

Piece = tuple[str, int, int]
"""Decoded text, and the range of the encoded text that it stands for."""


@record(eq=False)
class Embedded:
    r"""Text and where each of its characters stands in a file.

    It is a sequence of runs: `starts` are their offsets in the text, `places` their spans in the
    file. The characters of a run of equal length stand one by one; those of any other (an escape,
    a folded line end, the value of a variable) stand for the whole span together.

        text    p i p ␣ i n s t a l l        file   run: "pip \x69nstall"
        starts  0       4 5                  places 6-10, 10-14, 14-20
    """

    file: SourceFile
    text: str
    starts: tuple[int, ...]
    places: tuple[Span, ...]

    def span(self, start: int, end: int) -> Span:
        """Where text[start:end] stands in the file."""
        if len(self.places) == 1 and self.places[0].end - self.places[0].start == len(self.text):
            return Span(self.places[0].start + start, self.places[0].start + end)
        first = self._character(start)
        return Span(first.start, self._character(end - 1).end if end > start else first.start)

    def _character(self, offset: int) -> Span:
        run = bisect_right(self.starts, offset) - 1
        if run < 0:
            return Span(0, 0)
        place, ahead = self.places[run], offset - self.starts[run]
        end = self.starts[run + 1] if run + 1 < len(self.starts) else len(self.text)
        if place.end - place.start == end - self.starts[run]:
            return Span(place.start + ahead, place.start + ahead + 1)
        return place

    def rewrite(self, pieces: Iterable[Piece]) -> "Embedded":
        """The text that the pieces spell, each an offset range of this text; what is unchanged keeps its positions."""
        texts, places = [], []
        for text, start, end in pieces:
            if not text:
                continue
            if text == self.text[start:end]:
                for length, place in self._runs(start, end):
                    texts.append(text[:length])
                    places.append(place)
                    text = text[length:]
            else:
                place = self.span(start, end)
                text = _SURROGATE.sub("\ufffd", text)  # half of a character: no encoding has it
                # One character more or less than the span, so that the run is never taken for an unchanged one.
                for part in (text,) if len(text) != place.end - place.start else (text[:1], text[1:]):
                    if part:
                        texts.append(part)
                        places.append(place)
        starts = accumulate((len(text) for text in texts[:-1]), initial=0)
        return Embedded(self.file, "".join(texts), tuple(starts) if texts else (), tuple(places))

    def _runs(self, start: int, end: int) -> Iterator[tuple[int, Span]]:
        """The runs between two offsets: length and place."""
        run = bisect_right(self.starts, start) - 1
        while start < end:
            stop = min(end, self.starts[run + 1] if run + 1 < len(self.starts) else len(self.text))
            yield stop - start, self.span(start, stop)
            start, run = stop, run + 1

    def pieces(self) -> Iterator[Piece]:
        """The text as pieces of its file."""
        for run, (start, place) in enumerate(zip(self.starts, self.places, strict=True)):
            end = self.starts[run + 1] if run + 1 < len(self.starts) else len(self.text)
            yield self.text[start:end], place.start, place.end

    def cut(self, start: int, end: int) -> "Embedded":
        """A part of the text."""
        return self.rewrite([(self.text[start:end], start, end)])

    def within(self, around: "Embedded") -> "Embedded":
        """The text of a file that is itself the text of another one, with its places in that one."""
        ends = (*self.starts[1:], len(self.text))
        runs = zip(self.starts, ends, self.places, strict=False)
        return around.rewrite((self.text[start:end], place.start, place.end) for start, end, place in runs)

    def masked(self, pattern: re.Pattern[str], mask: Callable[[re.Match[str]], str]) -> "Embedded":
        """The text with every match overwritten by as many characters, for a grammar that would trip over it."""
        return replace(self, text=pattern.sub(mask, self.text))


def whole(file: SourceFile) -> Embedded:
    """All of a file's text."""
    return Embedded(file, file.text, (0,), (Span(0, len(file.text)),))


_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(
    r"\\(?:u[dD]([89abAB][0-9a-fA-F]{2})\\u[dD]([c-fC-F][0-9a-fA-F]{2})"  # JSON writes what lies beyond 16 bits as a pair
    r"|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|(\r?\n[ \t]*)|(.))"
)
_NAMED = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b", "E": "\x1b",
          "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"}  # fmt: skip


def unescaped(text: str, start: int, end: int) -> Iterator[Piece]:
    """Text between double quotes with C-like escapes: JSON, YAML 1.2 section 5.7, and `$'…'` of shells but for octal."""
    for match in _ESCAPE.finditer(text, start, end):
        yield text[start : match.start()], start, match.start()
        number = match[3] or match[4] or match[5]
        if match[1]:
            decoded = chr(0x10000 + ((int(match[1], 16) - 0x800) << 10) + int(match[2], 16) - 0xC00)
        elif number:
            code = int(number, 16)
            decoded = chr(code) if code <= 0x10FFFF else match[0]
        else:
            decoded = "" if match[6] else _NAMED.get(match[7], match[7])
        yield decoded, match.start(), match.end()
        start = match.end()
    yield text[start:end], start, end


_WORD, _LINE = re.compile(r"\S+"), re.compile(r"\S[^\r\n]*")


def respaced(value: str, text: str, start: int, end: int, *, by_line: bool = False) -> Iterator[Piece] | None:
    """A value that differs from the text it was written as in white space only (with `by_line`: only between lines); else None."""
    token = _LINE if by_line else _WORD
    words = [*token.finditer(value)]
    sources = [*token.finditer(text, start, end)]
    if [word[0] for word in words] != [source[0] for source in sources]:
        return None
    return _respaced(value, text, [(w.span(), s.span()) for w, s in zip(words, sources, strict=True)], start, end)


def _respaced(value: str, text: str, words: list[tuple[tuple[int, int], tuple[int, int]]], start: int, end: int) -> Iterator[Piece]:
    at = 0
    for (value_start, value_end), (text_start, text_end) in [*words, ((len(value), len(value)), (end, end))]:
        gap, blank = value[at:value_start], text[start:text_start]
        same = next((index for index, pair in enumerate(zip(gap, blank, strict=False)) if pair[0] != pair[1]), min(len(gap), len(blank)))
        yield gap[:same], start, start + same
        yield gap[same:], start + same, text_start
        yield value[value_start:value_end], text_start, text_end
        at, start = value_end, text_end


def joined(parts: Sequence[Embedded], separator: str = "\n") -> Embedded:
    """Several texts of one file, each followed by a separator, which stands nowhere."""
    texts: list[str] = []
    starts: list[int] = []
    places: list[Span] = []
    at = 0
    for part in parts:
        starts.extend(at + start for start in part.starts)
        places.extend(part.places)
        end = part.places[-1].end if part.places else 0
        starts.append(at + len(part.text))
        places.append(Span(end, end))
        texts.append(part.text + separator)
        at += len(part.text) + len(separator)
    return Embedded(parts[0].file, "".join(texts), tuple(starts), tuple(places))
