"""The layout in which uv writes uv.lock: positions and artifacts by regular expression.

Nine tenths of a lock are artifacts (wheels and sdists), which few rules need. Where they are written
exactly as uv writes them they are cut out before the text is parsed, each block replaced by a text
value that leads back to it: a block twice in one package is thus still the duplicate key that TOML
forbids. Any other layout stays, and is parsed in full.
"""

import re

from policy_checks.readers.toml import Key
from policy_checks.record import record
from policy_checks.source import Span

_TEXT = r'"[ !#-\[\]-~]*"'
_ITEM = (
    rf"\{{ (?:(?:url|path|filename) = {_TEXT}(?:, hash = {_TEXT})?|hash = {_TEXT})"
    rf"(?:, size = (?:0|[1-9][0-9]{{0,17}}))?(?:, upload-time = {_TEXT})? \}}"
)
_BLOCK = re.compile(rf"^(?:(sdist) = {_ITEM}|(wheels) = \[\n(?:    {_ITEM},\n)+\])$", re.MULTILINE)
_FIELD = re.compile(rf"([a-z-]+) = ({_TEXT}|[0-9]+)")
_LINE = re.compile(r"^.*\{ (.*) \}", re.MULTILINE)
_HEADER = re.compile(r"^\[\[package\]\]$", re.MULTILINE)
_REFERENCE = "artifacts cut out: "


@record
class Cut:
    """A lock's text without its artifacts, and where each block of them stands in the whole text."""

    text: str
    blocks: tuple[Span, ...]

    def block(self, value: object) -> Span | None:
        """The block that a value of the parsed text stands for; None for a value that was not cut out."""
        if self.blocks and isinstance(value, str) and value.startswith(_REFERENCE):
            return self.blocks[int(value.removeprefix(_REFERENCE))]
        return None


def cut_artifacts(text: str) -> Cut:
    """The text to parse. Nothing is cut where a text over several lines could hold what looks like a block."""
    if '"""' in text or "'''" in text or _REFERENCE in text:
        return Cut(text, ())
    blocks: list[Span] = []

    def replace(match: re.Match[str]) -> str:
        blocks.append(Span(*match.span()))
        return f'{match[1] or match[2]} = "{_REFERENCE}{len(blocks) - 1}"'

    return Cut(_BLOCK.sub(replace, text), tuple(blocks))


def block_items(text: str, block: Span) -> list[tuple[Span, dict[str, str | int]]]:
    """The artifacts of one block, each with its fields and its place."""
    items = []
    for line in _LINE.finditer(text, block.start, block.end):
        values: dict[str, str | int] = {}
        for key, value in _FIELD.findall(line[1]):
            values[key] = value[1:-1] if value[0] == '"' else int(value)
        items.append((Span(line.start(1) - 2, line.end(1) + 2), values))
    return items


def package_starts(text: str) -> list[int]:
    """The offsets of the package headers, in order; empty where they cannot be told from text."""
    if '"""' in text or "'''" in text:
        return []
    return [match.start() for match in _HEADER.finditer(text)]


def find(text: str, starts: list[int], path: tuple[Key, ...]) -> Span | None:
    """Where a path below `package` stands in uv's layout; None when it is written in another way."""
    match path:
        case ("package", int(number), *inner) if number < len(starts):
            end = starts[number + 1] if number + 1 < len(starts) else len(text)
            return _inside(text, Span(starts[number], end), inner)
    return None


def _inside(text: str, package: Span, path: list[Key]) -> Span | None:
    match path:
        case []:
            return Span(package.start, package.start + len("[[package]]"))
        case [str(key)]:
            return _line(text, re.compile(rf"^{re.escape(key)} = .*", re.MULTILINE), package)
        case [str(key), int(index)]:
            return _item(text, key, index, package)
        case [*tables, str(key), int(index)] if all(isinstance(table, str) for table in tables):
            header = _line(text, re.compile(rf"^\[{re.escape('.'.join(['package', *map(str, tables)]))}\]$", re.MULTILINE), package)
            return _item(text, key, index, Span(header.end, package.end)) if header else None
    return None


def _item(text: str, key: str, index: int, within: Span) -> Span | None:
    """An item of a list: a line of its own, or on the key's line when it is the only one."""
    opening = _line(text, re.compile(rf"^(?:{re.escape(key)}|\"{re.escape(key)}\") = \[(?:\{{ .* \}}\])?$", re.MULTILINE), within)
    if opening is None:
        return None
    if text[opening.end - 1] == "]":
        found = re.compile(r"\{ .* \}").search(text, opening.start, opening.end)
        return Span(*found.span()) if found and index == 0 else None
    position = opening.end + 1
    item = re.compile(r"    (\{ .* \}),\n")
    for _ in range(index):
        skipped = item.match(text, position)
        if skipped is None:
            return None
        position = skipped.end()
    found = item.match(text, position)
    return Span(*found.span(1)) if found else None


def _line(text: str, pattern: re.Pattern[str], within: Span) -> Span | None:
    found = pattern.search(text, within.start, within.end)
    return Span(*found.span()) if found else None
