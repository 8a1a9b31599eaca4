"""Comments of every kind of file that rules read, and the lines each of them speaks for."""

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_checks.record import record
from policy_checks.source import SourceFile, Span

if TYPE_CHECKING:
    from markdown_it.token import Token
    from tree_sitter import Language


@record
class Comment:
    """A comment: its text without opener and closer, all of it, and the 1-based lines it speaks for.

    Behind code it speaks for its own line; on a line of its own also for the next line that is no
    such comment; in Markdown for the whole block below it.
    """

    text: Span
    whole: Span
    lines: range


def comments(file: SourceFile, word: str) -> Iterator[Comment]:
    """The comments that hold a word; none in files that have no comments (JSON, notebooks). Raises Unreadable."""
    if word.encode() not in file.data:
        return
    name = posixpath.basename(file.path)
    suffix = posixpath.splitext(name)[1].lower()
    if suffix in (".md", ".markdown"):
        yield from _markdown(file, word)
    elif suffix in (".py", ".pyi"):
        yield from _to_the_line_end(file, _python_comments(file, word), "#")
    elif suffix == ".toml" or name == "uv.lock":
        yield from _to_the_line_end(file, _toml_comments(file, word), "#")
    elif suffix in (".sh", ".bash") or re.match(rb"#!.*\b(ba|da|k|z)?sh\b", file.data):
        yield from _to_the_line_end(file, _shell_comments(file, word), "#")
    elif suffix == ".rst":
        yield from _to_the_line_end(file, _rst_comments(file, word), "..")
    elif suffix not in (".json", ".ipynb"):
        yield from _to_the_line_end(file, _hash_comments(file, word), "#")


def _to_the_line_end(file: SourceFile, spans: Iterator[Span], opener: str) -> Iterator[Comment]:
    """Comments that begin with the opener and end with their line, in order."""
    below = 0  # the line that a stack of comments speaks for: looked for once, however high the stack
    for span in spans:
        line, column = file.location(span.start)
        if file.text[span.start - column + 1 : span.start].strip(" \t\r\f\ufeff"):
            lines = range(line, line + 1)
        else:
            below = below if line < below else _below(file, line + 1, opener)
            lines = range(line, below + 1)
        yield Comment(_stripped(file, span.start + len(opener), span.end), span, lines)


def _below(file: SourceFile, line: int, opener: str) -> int:
    """The first line, from this one on, that is no comment on a line of its own."""
    while file.cut(file.line_span(line)).lstrip().startswith(opener):
        line += 1
    return line


def _stripped(file: SourceFile, start: int, end: int) -> Span:
    text = file.text[start:end]
    start += len(text) - len(text.lstrip())
    return Span(start, max(start, start + len(text.strip())))


def _trimmed(file: SourceFile, start: int, end: int) -> Span:
    return Span(start, start + len(file.text[start:end].rstrip()))


def _lines_with(file: SourceFile, word: str) -> Iterator[Span]:
    """The lines that hold a word; never a regular expression, which could be made to look at every line again and again."""
    position = file.text.find(word)
    while position >= 0:
        line = file.line_span(file.location(position)[0])
        yield line
        position = file.text.find(word, line.end)


# A `#` opens a comment where a word could start, and not inside quotes. Where languages nest (a shell in YAML, in a
# Dockerfile, in a Makefile) their quotes are only followed within the line: a comment missed here suppresses nothing.
_QUOTED = re.compile(r"""(?P<quote>["'])(?:\\.|(?!(?P=quote))[^\\])*+(?P<end>(?P=quote))?""")


def _hash_comments(file: SourceFile, word: str) -> Iterator[Span]:
    for line in _lines_with(file, word):
        # What is quoted is blanked; a quote that does not end stays, and what follows it is no comment.
        bare = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]) if quoted["end"] else quoted[0], file.cut(line))
        opened = re.search(r"(?<![^\s\ufeff])#", bare)
        if opened and not re.search("[\"']", bare[: opened.start()]) and file.text.find(word, line.start + opened.start(), line.end) >= 0:
            yield _trimmed(file, line.start + opened.start(), line.end)


def _rst_comments(file: SourceFile, word: str) -> Iterator[Span]:
    for line in _lines_with(file, word):
        if opened := re.match(r"[ \t]*(?=\.\.[ \t])", file.cut(line)):
            yield _trimmed(file, line.start + opened.end(), line.end)


def _python_comments(file: SourceFile, word: str) -> Iterator[Span]:
    import io
    import tokenize

    # Only a line feed ends a line for SourceFile; the tokenizer takes the lines that it is given.
    lines = io.StringIO(file.text.removeprefix("\ufeff"))
    before = file.text.startswith("\ufeff")
    try:
        for token in tokenize.generate_tokens(lines.readline):
            if token.type == tokenize.COMMENT and word in token.string:
                start = file.offset(token.start[0], token.start[1] + 1) + (before and token.start[0] == 1)
                yield _trimmed(file, start, start + len(token.string))
    except (tokenize.TokenError, SyntaxError):
        return  # what comes after the fault suppresses nothing, so nothing is hidden by a file that is no Python


def _shell_comments(file: SourceFile, word: str) -> Iterator[Span]:
    from tree_sitter import Language
    from tree_sitter_bash import language

    return _grammar_comments(file, word, Language(language()))


def _toml_comments(file: SourceFile, word: str) -> Iterator[Span]:
    from tree_sitter import Language
    from tree_sitter_toml import language

    return _grammar_comments(file, word, Language(language()))


def _grammar_comments(file: SourceFile, word: str, language: "Language") -> Iterator[Span]:
    from tree_sitter import Parser, Query, QueryCursor

    root = Parser(language).parse(file.text.encode()).root_node
    nodes = QueryCursor(Query(language, "(comment) @comment")).captures(root).get("comment", [])
    for start, end in sorted((node.start_byte, node.end_byte) for node in nodes):
        span = _trimmed(file, file.character_at_byte(start), file.character_at_byte(end))
        if word in file.cut(span):
            yield span


def _markdown(file: SourceFile, word: str) -> Iterator[Comment]:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse(file.text)
    below = _blocks_below(tokens)
    for index, token in enumerate(tokens):
        if token.map and word in token.content:
            start = file.offset(token.map[0] + 1)
            for written in [token.content] if token.type == "html_block" else _inline_html(token):
                start = max(file.text.find(written.strip(), start), start)
                for whole in _html_comments(file.text, start, start + len(written.strip())):
                    text = _stripped(file, whole.start + len("<!--"), whole.end - len("-->"))
                    last = below.get(index, file.location(whole.end)[0])
                    if word in file.cut(text):
                        yield Comment(text, whole, range(file.location(whole.start)[0], last + 1))
                    start = whole.end


def _html_comments(text: str, start: int, end: int) -> Iterator[Span]:
    while (opened := text.find("<!--", start, end)) >= 0 and (closed := text.find("-->", opened + len("<!--"), end)) >= 0:
        start = closed + len("-->")
        yield Span(opened, start)


def _inline_html(token: "Token") -> list[str]:
    return [child.content for child in token.children or () if child.type == "html_inline"]


def _blocks_below(tokens: list["Token"]) -> dict[int, int]:
    """For each HTML block the last line (1-based) of the next other block beside it, its own where there is none."""
    found: dict[int, int] = {}
    following: dict[int, int] = {}  # level → the last line of the nearest block further down, in the same parent
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        if token.nesting < 0:  # read backwards, a parent begins with its end
            following.pop(token.level + 1, None)
        elif token.type == "html_block" and token.map:
            found[index] = following.get(token.level, token.map[1])
        elif token.map and token.type != "inline":
            following[token.level] = token.map[1]
    return found
