"""A log as lines that can be judged, whoever wrapped them: colours, time stamps, prefixes of CI and of image builds."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

CHUNK = 1 << 20
_HANGING = "      "  # uv breaks what it says at the width of the terminal (COLUMNS), and indents what goes on
_MOST = 5  # lines of one sentence
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_SECTION = re.compile(r"section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?\r?")  # GitLab
_PREFIX = re.compile(
    r"\ufeff"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)? (?:\d\d[OE]\+? ?)?"  # GitHub; GitLab names the stream, too
    r"|##\[\w+\]|::(?:error|warning|notice)[^:]*::"  # GitHub, Azure
    r"|#\d+ (?:\d+\.\d+ )?"  # docker build --progress=plain
    r"|[\w.-]+ +\| "  # compose
    r"|\[\d+/\d+\] "  # steps
    r"|\[(?:rank|default)\d+\]: ?"  # torchrun
)


def chunks(log: BinaryIO) -> Iterator[bytes]:
    """The log in pieces of whole lines, about a megabyte each, as UTF-8; a longer line is cut. Windows' UTF-16 is told by its mark."""
    rest, decoder = b"", None
    piece = log.read(CHUNK)
    if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
    while piece:
        rest += decoder.decode(piece).encode(errors="replace") if decoder else piece
        end = rest.rfind(b"\n") + 1
        if end or len(rest) > CHUNK:
            yield rest[: end or len(rest)]
            rest = rest[end or len(rest) :]
        piece = log.read(CHUNK)
    if rest:
        yield rest


def cleaned(line: bytes) -> str:
    """A line without what is not the tool's own; of a progress bar (carriage returns) what stands last."""
    text = _ESCAPE.sub("", line.decode(errors="replace")).rstrip()
    text = _SECTION.sub("", text)
    text = next((part for part in reversed(text.split("\r")) if part.strip()), "")
    while found := _PREFIX.match(text):
        text = text[found.end() :]
    return text


def goes_on(text: str) -> bool:
    """Whether a cleaned line is the rest of the one above."""
    return text.startswith(_HANGING)


def unbroken(chunk: bytes, start: int, end: int) -> tuple[int, str]:
    """The sentence that a line is part of, where uv has broken it into several: where it starts, and its text."""
    texts = [cleaned(chunk[start:end])]
    while goes_on(texts[0]) and start > 0 and len(texts) < _MOST:
        above = chunk.rfind(b"\n", 0, start - 1) + 1
        texts.insert(0, cleaned(chunk[above : start - 1]))
        start = above
    while len(texts) < _MOST and end < len(chunk):
        below = chunk.find(b"\n", end + 1)
        below = below if below >= 0 else len(chunk)
        text = cleaned(chunk[end + 1 : below])
        if not goes_on(text):
            break
        texts.append(text)
        end = below
    return start, " ".join([texts[0], *(text.strip() for text in texts[1:])])
