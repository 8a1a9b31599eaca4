"""Globs of workspace members, as the Rust crate `glob` reads them."""

import posixpath
import re
from collections.abc import Iterator
from functools import cache

from policy_checks.lock.tree import Tree, join
from policy_checks.readers.table import Text


def matches(tree: Tree, root: str, glob: Text) -> Iterator[str]:
    """What a glob relative to a folder finds; raises Unreadable for one that is invalid."""
    parts = [part for part in posixpath.normpath(glob.text).split("/") if part != "."]
    pattern(glob, literal_separator=True)
    yield from _expanded(tree, root, parts)


def _expanded(tree: Tree, folder: str, parts: list[str]) -> Iterator[str]:
    if not parts:
        yield folder
        return
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _any_depth(tree, folder, rest)
    elif not re.search(r"[*?\[]", part):
        if tree.is_folder(join(folder, part)) or (not rest and tree.is_file(join(folder, part))):
            yield from _expanded(tree, join(folder, part), rest)
    else:
        pattern = re.compile(_translated(part, "[^/]"), re.DOTALL)
        for name in tree.names(folder):
            if pattern.fullmatch(name) and (not rest or tree.is_folder(join(folder, name))):
                yield from _expanded(tree, join(folder, name), rest)


def _any_depth(tree: Tree, folder: str, rest: list[str]) -> Iterator[str]:
    """`**`: the folder itself, unless nothing follows, and every folder below."""
    if rest:
        yield from _expanded(tree, folder, rest)
    for name in tree.names(folder):
        below = join(folder, name)
        if tree.is_folder(below):
            if not rest:
                yield below
            yield from _any_depth(tree, below, rest)


def pattern(glob: Text, *, literal_separator: bool) -> re.Pattern[str]:
    """A whole glob as an expression over paths relative to the root; raises Unreadable for an invalid one."""
    parts = posixpath.normpath(glob.text).split("/")
    for part in parts:
        if "**" in part and part != "**":
            raise glob.refused(f"not a glob: `**` must be a whole part of the path in `{glob.text}`")
    return _compiled(tuple(parts), "[^/]" if literal_separator else ".")


@cache
def _compiled(parts: tuple[str, ...], any_letter: str) -> re.Pattern[str]:
    text = ""
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**":
            text += ".*" if last else "(?:.*/)?"
        else:
            text += _translated(part, any_letter) + ("" if last else "/")
    return re.compile(text, re.DOTALL)


def _translated(part: str, any_letter: str) -> str:
    text, position = "", 0
    while position < len(part):
        letter = part[position]
        closing = part.find("]", position + 2 + part.startswith("!", position + 1)) if letter == "[" else -1
        if letter == "*":
            text += any_letter + "*"
        elif letter == "?":
            text += any_letter
        elif closing > 0:
            letters = part[position + 1 : closing].replace("\\", "\\\\").replace("^", "\\^").replace("[", "\\[")
            text += f"[^{letters[1:]}]" if letters.startswith("!") else f"[{letters}]"
            position = closing
        else:
            text += re.escape(letter)
        position += 1
    return text
