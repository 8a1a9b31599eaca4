"""Comments of every kind of file that rules read, and the lines each of them speaks for."""

import io
import posixpath
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from policy_checks.source import SourceFile, Span

if TYPE_CHECKING:
    from markdown_it.token import Token
    from tree_sitter import Language


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: its text without opener and closer, all of it, and the 1-based lines it speaks for.

    Behind code it speaks for its own line; on a line of its own also for the next line that is no
    such comment; in Markdown for the whole block below it.
    """

    text: Span
    whole: Span
    lines: range


def comments(file: SourceFile, word: str) -> Iterator[Comment]:
    """The comments that hold a word. Kinds of files that have no comments (JSON, notebooks) have none."""
    if word.encode() not in file.data:
        return
    name = posixpath.basename(file.path)
    suffix = posixpath.splitext(name)[1].lower()
    if suffix in (".json", ".ipynb"):
        return
    if suffix in (".md", ".markdown"):
        yield from _markdown(file, word)
        return
    opener, found = "#", _hash_comments
    if suffix in (".py", ".pyi"):
        found = _python_comments
    elif suffix == ".toml" or name == "uv.lock":
        found = _toml_comments
    elif suffix in (".sh", ".bash") or re.match(rb"#!.*\b(ba|da|k|z)?sh\b", file.data):
        found = _shell_comments
    elif suffix == ".rst":
        opener, found = "..", _rst_comments
    for span in found(file, word):
        start = span.start + len(opener)
        start += len(file.text[start : span.end]) - len(file.text[start : span.end].lstrip())
        yield Comment(Span(start, span.end), span, _lines(file, span, opener))


def _lines(file: SourceFile, span: Span, opener: str) -> range:
    """The lines of a comment that runs to the end of its line."""
    line, column = file.location(span.start)
    if file.text[span.start - column + 1 : span.start].strip():
        return range(line, line + 1)
    below = line + 1
    while file.cut(file.line_span(below)).lstrip().startswith(opener):
        below += 1
    return range(line, below + 1)


def _trimmed(file: SourceFile, start: int, end: int) -> Span:
    return Span(start, start + len(file.text[start:end].rstrip()))


# A `#` opens a comment where a word could start, and not inside quotes. Where languages nest (a shell in YAML, in a
# Dockerfile, in a Makefile) their quotes are only followed within the line: a comment missed here suppresses nothing.
_QUOTED = re.compile(r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'")


def _hash_comments(file: SourceFile, word: str) -> Iterator[Span]:
    for line in re.finditer(rf".*{re.escape(word)}.*", file.text):
        bare = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), line[0])
        opened = re.search(r"(?<!\S)#", bare)
        if opened and not re.search("[\"']", bare[: opened.start()]) and word in line[0][opened.start() :]:
            yield _trimmed(file, line.start() + opened.start(), line.end())


def _rst_comments(file: SourceFile, word: str) -> Iterator[Span]:
    for line in re.finditer(rf"^[ \t]*(\.\.[ \t].*{re.escape(word)}.*)", file.text, re.MULTILINE):
        yield _trimmed(file, *line.span(1))


def _python_comments(file: SourceFile, word: str) -> Iterator[Span]:
    lines = io.StringIO(file.text.removeprefix("\ufeff"), newline="")
    before = len(file.text) - len(file.text.removeprefix("\ufeff"))
    try:
        for token in tokenize.generate_tokens(lines.readline):
            if token.type == tokenize.COMMENT and word in token.string:
                start = file.offset(token.start[0], token.start[1] + 1) + (before if token.start[0] == 1 else 0)
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
    """Asks the grammar what stands where the word does."""
    from tree_sitter import Parser

    data = file.text.encode()
    root = Parser(language).parse(data).root_node
    end = 0
    for found in re.finditer(re.escape(word.encode()), data):
        node = root.descendant_for_byte_range(found.start(), found.end())
        if node is not None and node.type == "comment" and found.start() >= end:
            end = node.end_byte
            yield _trimmed(file, file.character_at_byte(node.start_byte), file.character_at_byte(end))


_HTML_COMMENT = re.compile(r"<!--\s*(.*?)\s*-->", re.DOTALL)


def _markdown(file: SourceFile, word: str) -> Iterator[Comment]:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse(file.text)
    for index, token in enumerate(tokens):
        if token.map and word in token.content:
            position = file.offset(token.map[0] + 1)
            for written in [token.content] if token.type == "html_block" else _inline_html(token):
                position = max(file.text.find(written.strip(), position), 0)
                for found in _HTML_COMMENT.finditer(file.text, position, position + len(written.strip())):
                    own = range(file.location(found.start())[0], file.location(found.end())[0] + 1)
                    lines = range(own.start, _block_below(tokens, index) + 1) if token.type == "html_block" else own
                    if word in found[1]:
                        yield Comment(Span(*found.span(1)), Span(*found.span()), lines)


def _inline_html(token: "Token") -> list[str]:
    return [child.content for child in token.children or () if child.type == "html_inline"]


def _block_below(tokens: list["Token"], index: int) -> int:
    """The last line (1-based) of the block after an HTML block, itself if there is none."""
    level = tokens[index].level
    last = tokens[index].map or [0, 0]
    for token in tokens[index + 1 :]:
        if token.level < level:
            break
        if token.level == level and token.map:
            last = token.map
            if token.type != "html_block":
                break
    return last[1]
