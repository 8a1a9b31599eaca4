"""Code inside a paragraph of Markdown or reStructuredText, where documentation names a command in passing."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from policy_checks.readers import markdown, restructured_text
from policy_checks.readers.commands import Source, read
from policy_checks.readers.embedded import respaced, whole
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Context, Script, ShellCommand
from policy_checks.source import SourceFile
from policy_checks.workspace import Kind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_CODE = re.compile(r"(?<!`)(`{1,2})(?!`)((?:(?!\1|\n[ \t>]*\n).)+)", re.DOTALL)
_QUOTE_MARKS = re.compile(r"^(?:[ \t]*>)+", re.MULTILINE)
_LITERAL = re.compile(r"``(?=\S)((?:(?!``|\n[ \t]*\n).)+)``", re.DOTALL)
# A command that is named without any of these says nothing that could be wrong: `uv sync`, `uv add numpy`.
_TELLING = re.compile(r"\s-|[<=>~@]|\.\[")
_HISTORY = re.compile(r"(?:^|/)(?:changelog|changes|history|news|release[-_]?notes|releases)[^/]*$", re.IGNORECASE)


def is_history(path: str) -> bool:
    """Whether a file tells of the past by its name: what stands in a change log is not what its reader is to do."""
    return _HISTORY.search(path) is not None


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """Each piece of inline code that holds a needle and an option, a version or the like, as shell text; none of a change log."""

    def is_wanted(code: str) -> bool:
        return holds(code, needles) and _TELLING.search(code) is not None

    if is_history(file.path) or not any(is_wanted(found[2]) for found in _CODE.finditer(file.text)):
        return
    text = whole(file).masked(_QUOTE_MARKS, lambda found: " " * len(found[0]))
    if restructured_text.is_restructured_text(file.path):
        for found in _LITERAL.finditer(file.text):
            if is_wanted(found[1]):
                yield Script(text.cut(*found.span(1)), Context.DOCUMENTATION)
        return
    for token in markdown.tokens(file.text):
        if token.type != "inline" or not holds(token.content, needles):
            continue
        for value, start, end in _pieces(file, text.text, token, is_wanted):
            pieces = respaced(value, text.text, start, end)
            if pieces is not None:
                yield Script(text.rewrite(pieces), Context.DOCUMENTATION)


@cache
def _inline_parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    # Emphasis and links hide no code.
    return MarkdownIt("commonmark").disable(["emphasis", "link", "image", "entity", "text_join"])


def _pieces(file: SourceFile, text: str, token: "Token", is_wanted: Callable[[str], bool]) -> Iterator[tuple[str, int, int]]:
    """Value, start and end of the wanted code spans of a paragraph; the parser tells its lines only, so each is looked for there, in order."""
    assert token.map is not None
    at, last = file.offset(token.map[0] + 1), file.offset(token.map[1] + 1)
    for child in _inline_parser().parseInline(token.content)[0].children or ():
        if child.type != "code_inline" or not is_wanted(child.content.strip()):
            continue
        words = r"\s+".join(map(re.escape, child.content.split()))
        found = re.compile(rf"{child.markup}\s*({words})\s*{child.markup}").search(text, at, last)
        if found:
            yield child.content.strip(), found.start(1), found.end(1)
            at = found.end()


def _is_prose(path: str) -> bool:
    return markdown.is_markdown(path) or restructured_text.is_restructured_text(path)


_SOURCES = (Source(_is_prose, scripts),)
IN_PASSING: Kind[ShellCommand] = Kind("command named in passing", lambda workspace, needles: read(_SOURCES, workspace, needles))
