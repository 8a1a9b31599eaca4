r"""requirements.txt, pip's format: logical lines with their options and places; PEP 508 itself is left to whoever reads a line.

As pip reads it (`pip/_internal/req/req_file.py`): lines joined at a closing `\`, then `#` comments cut off, then what
stands before the first option is the requirement. `pip-requirements-parser` was tried: it has no positions, opens the
files that a file includes by itself, and takes 0.15 s to import.
"""

import posixpath
import re
from collections.abc import Iterator

from policy_checks.readers.table import Text
from policy_checks.readers.toml import Document
from policy_checks.record import record
from policy_checks.source import SourceFile, Span
from policy_checks.workspace import Kind, per_file

REQUIREMENT, CONSTRAINT, EDITABLE, HASH, REQUIRE_HASHES = "--requirement", "--constraint", "--editable", "--hash", "--require-hashes"
_SHORT = {"-r": REQUIREMENT, "-c": CONSTRAINT, "-e": EDITABLE, "-i": "--index-url", "-f": "--find-links"}
_FLAGS = (REQUIRE_HASHES, "--no-index", "--pre", "--prefer-binary")
_VALUED = (
    REQUIREMENT, CONSTRAINT, EDITABLE, HASH, "--index-url", "--extra-index-url", "--find-links", "--no-binary", "--only-binary",
    "--trusted-host", "--use-feature", "--config-settings", "--global-option", "--all-releases", "--only-final",
)  # fmt: skip
OPTIONS = frozenset((*_FLAGS, *_VALUED))
_COMMENT = re.compile(r"(?:^|(?<=\s))#")
_FILE = re.compile(r"(?:^|/)(?:[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)|requirements/[^/]+\.(?:txt|in))$")

Option = tuple[str, str]  # its long name, and its value


@record
class Line:
    """One logical line: a requirement (or a URL, or a path) with its options, or options alone."""

    requirement: Text | None
    options: tuple[Option, ...]
    written: Text  # the whole of it, without comments

    def value(self, name: str) -> str | None:
        """The value of an option, None where it is not given."""
        return next((value for option, value in self.options if option == name), None)


@record(eq=False)
class RequirementsFile:
    """All lines of one file; what it includes stays a path."""

    file: SourceFile
    lines: tuple[Line, ...]

    @property
    def is_closed(self) -> bool:
        """Whether pip's hash-checking mode is on, in which a file has to list everything that is installed."""
        return any(name in (HASH, REQUIRE_HASHES) for line in self.lines for name, _value in line.options)


class _Lines(Document):
    """The file as a document whose paths are ranges of characters, so that its lines are texts like those of TOML."""

    def _nearest(self, path: tuple[str | int, ...]) -> tuple[Span, Span]:
        span = Span(int(path[0]), int(path[1]))
        return span, span


def read(file: SourceFile) -> RequirementsFile:
    """One file; raises Unreadable for an unclosed quotation or an option without its value."""
    document = _Lines(file, {})
    return RequirementsFile(file, tuple([_line(document, pieces) for pieces in _joined(file.text)]))


REQUIREMENTS_FILE: Kind[RequirementsFile] = per_file(
    "requirements file", lambda path: _FILE.search(path) is not None, lambda file: [file.once(read)]
)

Piece = tuple[int, str]  # where a part of a logical line starts in the file, and its text


def _joined(text: str) -> Iterator[list[Piece]]:
    """The logical lines that hold more than a comment."""
    pieces: list[Piece] = []
    position = 0
    for line in text.removeprefix("\ufeff").splitlines(keepends=True):
        start = position + text.startswith("\ufeff")
        position += len(line)
        bare = line.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
        if bare.endswith("\\") and not bare.lstrip().startswith("#"):
            pieces.append((start, bare.rstrip("\\")))
            continue
        pieces.append((start, bare))
        yield from _without_comment(pieces)
        pieces = []
    yield from _without_comment(pieces)


def _without_comment(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """The pieces up to a comment, without the space around them; nothing when nothing is left."""
    kept: list[Piece] = []
    for start, text in pieces:
        # A comment needs space before it, or the start of a line: also of one that continues another.
        found = _COMMENT.search(text)
        kept.append((start, text[: found.start()] if found else text))
        if found:
            break
    whole = "".join(text for _start, text in kept)
    if whole.strip():
        start, text = kept[0]
        kept[0] = (start + len(text) - len(text.lstrip()), text.lstrip())
        yield [piece for piece in kept if piece[1]]


def _line(document: Document, pieces: list[Piece]) -> Line:
    whole = "".join(text for _start, text in pieces).rstrip()
    written = _text(document, pieces, whole)
    options = re.search(r"(?:^|\s)-", whole)
    if options is None:
        return Line(written, (), written)
    requirement = whole[: options.start()].rstrip()
    return Line(_text(document, pieces, requirement) if requirement else None, tuple(_options(written, whole[options.start() :])), written)


def _text(document: Document, pieces: list[Piece], text: str) -> Text:
    """The beginning of a logical line, with where it stands in the file."""
    left = len(text)
    end = start = pieces[0][0]
    for begin, piece in pieces:
        if left > 0:
            end = begin + min(left, len(piece))
        left -= len(piece)
    return Text(text, document, (start, end))


def _options(written: Text, text: str) -> Iterator[Option]:
    import shlex

    try:
        words = iter(shlex.split(text))
    except ValueError as error:
        raise written.refused(f"not a line of a requirements file: {error}") from None
    for word in words:
        if word.startswith("--"):
            name, attached, value = word.partition("=")
            name = _full(name)
        elif word[:2] in _SHORT:
            name, attached, value = _SHORT[word[:2]], word[2:], word[2:].removeprefix("=")
        else:
            name, attached, value = word, "", ""
        if name in _VALUED and not attached:
            following = next(words, None)
            if following is None:
                raise written.refused(f"`{word}` needs a value")
            value = following
        yield name, value


def _full(name: str) -> str:
    """An option's full name: pip takes every beginning that only one has."""
    meant = [option for option in (*_FLAGS, *_VALUED) if option.startswith(name)]
    return name if name in meant or len(meant) != 1 else meant[0]


def included(within: str, value: str) -> str | None:
    """The path of an included file as seen from the root; None for a URL and for what lies outside the repository."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", value) or value.startswith("/") or "\\" in value:
        return None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(within), value))
    return None if path.startswith("../") or path == ".." else path
