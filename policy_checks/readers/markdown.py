"""Markdown: fenced code blocks that show shell commands."""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from policy_checks.readers.embedded import Embedded, Piece, whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import Context, Script
from policy_checks.source import SourceFile

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# The languages of blocks that a reader pastes into a shell; a block that names none is taken for one, too.
_LANGUAGES = frozenset(
    {"", "sh", "bash", "shell", "zsh", "console", "shell-session", "shellsession", "terminal", "text", "ksh", "powershell"}
)
_SESSIONS = frozenset({"console", "shell-session", "shellsession", "terminal"})
_PROMPT = re.compile(r"^[ \t]*(?:\([\w.-]+\) ?)?(?:[\w.-]+@[\w.-]+[^$#\n]*)?[$%#>] (?=\S)", re.MULTILINE)


def is_markdown(path: str) -> bool:
    """Whether a file is Markdown by its suffix."""
    return path.endswith((".md", ".markdown", ".mdx"))


def scripts(file: SourceFile, _needles: Needles = ()) -> Iterator[Script]:
    """The shell text of a document's code fences, prompts masked."""
    text = whole(file)
    for token in _parser().parse(file.text):
        language = re.match(r"[\w+-]*", token.info.strip().lstrip("{.").lower())
        if token.type == "fence" and token.map and language and language[0] in _LANGUAGES:
            yield Script(_prompts(text.rewrite(_lines(file, token)), session=language[0] in _SESSIONS), Context.DOCUMENTATION)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    # Blocks are all that is asked for: emphasis and links inside paragraphs are nine tenths of the work.
    return MarkdownIt("commonmark").disable(["inline", "text_join"])


def _lines(file: SourceFile, token: "Token") -> Iterator[Piece]:
    """A fence's content: each of its lines is the end of a line of the file (lists and quotes indent it)."""
    assert token.map is not None
    for number, line in enumerate(token.content.splitlines(keepends=True), token.map[0] + 2):
        whole_line = file.line_span(number)
        shown = line.rstrip("\r\n")
        start = whole_line.end - len(shown)
        if file.text[start : whole_line.end] != shown:  # a tab that was cut in the middle by its indentation
            start = whole_line.start
        yield shown, start, whole_line.end
        yield "\n", whole_line.end, whole_line.end + 1


def _prompts(text: Embedded, *, session: bool) -> Embedded:
    """Prompts as blanks; in a session what has no prompt is output, and becomes blank too."""
    if session and _PROMPT.search(text.text):
        output = re.compile(r"^(?![ \t]*(?:\([\w.-]+\) ?)?(?:[\w.-]+@[\w.-]+[^$#\n]*)?[$%#>] )(?<!\\\n)[^\n]+", re.MULTILINE)
        text = text.masked(output, lambda found: " " * len(found[0]))
    # `# ` begins a comment wherever it is no prompt of a session.
    prompt = _PROMPT if session else re.compile(_PROMPT.pattern.replace("[$%#>] ", "[$%] "), re.MULTILINE)
    return text.masked(prompt, lambda found: " " * len(found[0]))
