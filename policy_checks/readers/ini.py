"""INI files: values as `configparser` reads them (as flake8, isort, mypy and pylint do), and where each of them stands."""

import re
from collections.abc import Mapping
from functools import cached_property

from policy_checks.source import Place, SourceFile, Span, Unreadable

_LINE = re.compile(r"^\ufeff?[ \t]*(?:\[(?P<section>[^\]\n]+)\]|(?P<key>[^\s=:#;\[][^=:\n]*)[=:][ \t]*(?P<value>[^\n]*))", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|[ \t])[#;]")
PREAMBLE = ":preamble:"  # what stands before the first section (EditorConfig allows that)


class Ini:
    """One file: values by section and key, keys in lower case."""

    def __init__(self, file: SourceFile) -> None:
        """Raises Unreadable for what configparser refuses."""
        self.file = file
        self.sections = _parsed(file)

    def place(self, section: str, key: str = "") -> Place:
        """Where a value stands (its first line), or a section's name; the nearest thing that is written."""
        return Place(self.file, self._spans.get((section, key)) or self._spans.get((section, "")) or Span(0, 0))

    @cached_property
    def _spans(self) -> dict[tuple[str, str], Span]:
        found: dict[tuple[str, str], Span] = {}
        section = PREAMBLE
        for line in _LINE.finditer(self.file.text):
            if line["section"] is not None:
                section = line["section"]
                found.setdefault((section, ""), Span(*line.span("section")))
                continue
            comment, start = _COMMENT.search(line["value"]), line.start("value")
            value = line["value"][: comment.start()] if comment else line["value"]
            found[section, line["key"].strip().lower()] = Span(start, start + len(value.rstrip()))  # the last one counts
        return found


def _parsed(file: SourceFile) -> Mapping[str, Mapping[str, str]]:
    import configparser

    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=("#", ";"), default_section=":none:")
    try:
        parser.read_string(f"[{PREAMBLE}]\n{file.text.removeprefix(chr(0xFEFF))}")
    except configparser.ParsingError as error:
        number = error.errors[0][0] - 1 if error.errors else 1
        raise Unreadable(file, file.line_span(max(number, 1)), "not an INI file: neither a section nor `key = value`") from None
    return {name: dict(parser.items(name)) for name in parser.sections()}
