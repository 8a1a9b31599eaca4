"""The text of a Dockerfile for its grammar: of the same length, without what misleads it."""

import re

from policy_checks.readers.embedded import Embedded

# Parser directives stand at the very top: the first line that is none ends them, a comment and a blank line as well (BuildKit,
# frontend/dockerfile/parser/directives.go). A shebang line before them is skipped.
DIRECTIVE = re.compile(r"#[ \t]*(syntax|escape|check)[ \t]*=[ \t]*(\S[^\r\n]*?)[ \t]*\r?(?:\n|\Z)", re.IGNORECASE)
_SHEBANG = re.compile(r"\ufeff?(?:#![^\n]*\n)?")


def directives(text: str) -> tuple[dict[str, str], int]:
    """The parser directives that are read, by name in lower case, and where they end."""
    found: dict[str, str] = {}
    end = start.end() if (start := _SHEBANG.match(text)) else 0
    while directive := DIRECTIVE.match(text, end):
        found[directive[1].lower()] = directive[2]
        end = directive.end()
    return found, end


def escape_character(text: str) -> str:
    """A backslash, or the backtick that the directive at the top chooses."""
    return "`" if directives(text)[0].get("escape") == "`" else "\\"


def masked(text: Embedded) -> Embedded:
    """The text with each continuation as a plain backslash and line end, blanks after the escape and comments behind it blanked.

    Docker drops all of that (Dockerfile reference, "Escape directive"); the grammar knows only a
    part of it, and no other escape character.
    """
    continuation = re.compile(re.escape(escape_character(text.text)) + r"[ \t\r]*\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*")
    _names, top = directives(text.text)

    def mask(found: re.Match[str]) -> str:
        # The one that the directive names is blanked: then the grammar, which knows directives too, takes the backslash.
        return " " + found[0][1:] if found.start() < top else " " * (len(found[0]) - 2) + "\\\n"

    return text.masked(continuation, mask)


_INSTRUCTION_LINE = re.compile(r"^[ \t]*[^#\s].*#.*$", re.MULTILINE)
_TOUCHING = re.compile(r"(?<=\S)\\\n(?=[ \t]*--)")  # `--mount=…\`: the grammar takes the escape for a part of the option
_FOREIGN = re.compile(r"[^\W\x00-\x7f]")  # letters and digits beyond ASCII
_BEFORE_COMMENT = re.compile(r"""(?:[^'"#\\]|\\.|"(?:\\.|[^"\\])*"|'[^']*'|(?<=\S)#)*""")  # of a shell


_BRACKET = re.compile(
    r"(^[ \t]*(?:ONBUILD[ \t]+|HEALTHCHECK[ \t][^\n]*?)?(?:RUN|CMD|ENTRYPOINT)(?:(?:[ \t]|\\\n)+--\S+)*(?:[ \t]|\\\n)+)(\[(?:[^\n\\]|\\.|\\\n)*)",
    re.IGNORECASE | re.MULTILINE,
)


def for_grammar(text: str) -> str:
    """Text of the same length without what misleads the grammar (tree-sitter-containerfile 0.9).

    It knows no letter beyond ASCII. It takes here-strings for here-documents, a `#` inside a line, after an escape, for a comment,
    quotes in a shell's comment for the shell's, and what begins with `[` for an exec form; that is parsed as JSON here.
    """
    text = _TOUCHING.sub("  ", text if text.isascii() else _FOREIGN.sub("_", text))
    text = _INSTRUCTION_LINE.sub(_without_comment, text).replace("<<<", "   ")
    return _BRACKET.sub(lambda found: found[1] + re.sub(r"\\\n|.", lambda part: part[0] if "\n" in part[0] else "_", found[2]), text)


def _without_comment(line: re.Match[str]) -> str:
    text = line[0]
    code = _BEFORE_COMMENT.match(text)
    at = code.end() if code and text.startswith("#", code.end()) else len(text)
    return (text[:at] + re.sub("['\"]", "_", text[at:])).replace("#", "_")
