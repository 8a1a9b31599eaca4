"""Markdown and MyST documents: their code blocks."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from policy_checks.readers.code_blocks import MAX_DEPTH, CodeBlock, is_language
from policy_checks.readers.embedded import Embedded, Piece

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FENCE_LINE = re.compile(r"^[ \t>]*(?:`{3}|~{3})", re.MULTILINE)
# MkDocs: what is indented below `!!! note`, `??? tip`, `=== "Tab"` is Markdown. As an item of a list it reads the same in CommonMark.
_ADMONITION = re.compile(r"^([ \t]*)(?:!!!|\?{3}(?=[ +])|===(?= +[\"']))", re.MULTILINE)
_DIRECTIVE = re.compile(r"\{[ \t]*([\w:.+-]+)[^}]*\}[ \t]*([\w+#.-]*)")
_CODE_DIRECTIVES = frozenset({"code-block", "code", "sourcecode", "code-cell", "prompt", "parsed-literal", "literal", "code-tab"})
_DOCUMENTS = frozenset({"md", "markdown", "mdx", "myst"})
_PRE = re.compile(r"<pre\b[^>]*>(.*?)(?:</pre>|\Z)", re.DOTALL | re.IGNORECASE)
_TAG_LINE = re.compile(r"^[ \t]*<[^\n]*$", re.MULTILINE)
_MARKUP = re.compile(r"<[^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|\w+);")


def is_markdown(path: str) -> bool:
    """Whether a file is Markdown by its suffix."""
    return path.endswith((".md", ".markdown", ".mdx"))


def blocks(text: Embedded, depth: int = 0) -> Iterator[CodeBlock]:
    """The code blocks of a document, those of directives and documents inside of it among them."""
    starts = [0, *(found.end() for found in re.finditer("\n", text.text))]
    for token in tokens(_ADMONITION.sub(_as_item, text.text)):
        if token.map is None or token.type not in ("fence", "code_block", "html_block"):
            continue
        if token.type == "html_block":
            start, end = starts[token.map[0]], starts[token.map[1]] if token.map[1] < len(starts) else len(text.text)
            yield from _html(text.cut(start, end), depth)
            continue
        first = token.map[0] + (token.type == "fence")
        content = text.rewrite(_lines(text.text, starts, first, token.content))
        if token.type == "fence":
            yield from _fence(content, token, depth)
        elif _FENCE_LINE.search(content.text) and depth < MAX_DEPTH:
            yield from blocks(content, depth + 1)
        else:
            yield CodeBlock(content, "")


@lru_cache(maxsize=1024)
def tokens(text: str) -> "Sequence[Token]":
    """The blocks of a document; what is inside of a paragraph is left as it is, being nine tenths of the work."""
    return _parser().parse(text)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").disable(["inline", "text_join"])


def _as_item(found: re.Match[str]) -> str:
    return found[1] + "-" + " " * (len(found[0]) - len(found[1]) - 1)


def _fence(content: Embedded, token: "Token", depth: int) -> Iterator[CodeBlock]:
    """A fence; that of a MyST directive holds code, or a document of its own."""
    language = re.match(r"[\w+#.-]*", info := token.info.strip())
    named = language[0].lower() if language else ""
    if directive := _DIRECTIVE.match(info):
        name, argument = directive[1].lower(), directive[2].lower()
        if name in _CODE_DIRECTIVES:
            named = argument
        elif name == "eval-rst":
            from policy_checks.readers import restructured_text

            yield from restructured_text.blocks(content, depth + 1)
            return
        elif name.startswith("."):  # pandoc: `{.bash .numberLines}`
            named = name[1:]
        else:
            # Of R Markdown it is a language, `{bash}`; of MyST a directive, whose content is Markdown.
            named = name if is_language(name) else "markdown"
    if named in _DOCUMENTS:
        if depth < MAX_DEPTH:
            yield from blocks(content, depth + 1)
    else:
        yield CodeBlock(content, named)


def _lines(text: str, starts: list[int], first: int, content: str) -> Iterator[Piece]:
    """A block's content: each of its lines is the end of a line of the text (lists and quotes indent it)."""
    for number, line in enumerate(content.removesuffix("\n").split("\n") if content else (), first):
        start = starts[number]
        end = start + len(text[start : starts[number + 1] if number + 1 < len(starts) else len(text)].rstrip("\r\n"))
        shown = max(start, end - len(line))  # longer than what is written: a tab that was cut in the middle by its indentation
        yield text[shown:end], shown, end
        yield "\n", end, end + 1


def _html(text: Embedded, depth: int) -> Iterator[CodeBlock]:
    """`<pre>` as plain text; fences that stand right below a tag (MDX renders them)."""
    for found in _PRE.finditer(text.text):
        yield CodeBlock(text.rewrite(_plain(text.text, *found.span(1))), "")
    if _FENCE_LINE.search(text.text) and not _PRE.search(text.text) and depth < MAX_DEPTH:
        yield from blocks(text.masked(_TAG_LINE, lambda found: " " * len(found[0])), depth + 1)


def _plain(text: str, start: int, end: int) -> Iterator[Piece]:
    import html

    for found in _MARKUP.finditer(text, start, end):
        yield text[start : found.start()], start, found.start()
        yield ("" if found[0].startswith("<") else html.unescape(found[0])), found.start(), found.end()
        start = found.end()
    yield text[start:end], start, end
