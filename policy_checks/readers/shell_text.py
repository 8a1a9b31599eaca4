"""Shell text as the grammar understands it."""

import re

from policy_checks.readers.embedded import Embedded

# What the grammar (tree-sitter-bash 0.25) trips over: the `\r` of Windows line ends becomes part of a word, a line that
# begins with a backslash (`\pip`, past an alias) becomes part of the command before it, and a block behind `time` arguments.
_MASKED = re.compile(r"\\\r\n|\r\n|(?<=\n)[ \t]*\\(?=[A-Za-z])|\b(?:time(?:[ \t]+-p)?|coproc(?:[ \t]+\w+)?)(?=[ \t]+[{(])")
_TORN = re.compile(r"(?<=\w)\\\n(?=\w)")  # a word goes on in the next line; the grammar makes two of it


def _mask(found: re.Match[str]) -> str:
    return {"\\\r\n": " \\\n", "\r\n": " \n"}.get(found[0], " " * len(found[0]))


def mended(source: Embedded) -> Embedded:
    """A text without what misleads the grammar; its places stay the same."""
    source = source.masked(_MASKED, _mask)
    pieces, at = [], 0
    for found in _TORN.finditer(source.text):
        if "#" not in source.text[source.text.rfind("\n", 0, found.start()) + 1 : found.start()]:  # a comment does not go on
            pieces.append((source.text[at : found.start()], at, found.start()))
            at = found.end()
    return source.rewrite([*pieces, (source.text[at:], at, len(source.text))]) if pieces else source
