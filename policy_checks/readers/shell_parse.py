"""Parsing shell text in bounded time: the grammar's recovery from errors takes quadratic time on some texts that no one writes."""

import re
import time
from typing import TYPE_CHECKING

from policy_checks.readers.embedded import Embedded
from policy_checks.source import Unreadable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_SHORT = 20_000  # characters that are parsed at once, whatever they are
_CHUNK = 65_536  # bytes handed to the parser at a time
_SECONDS, _SECONDS_PER_MEGABYTE = 3.0, 3.0  # good shell takes a tenth of a second per megabyte
_STAGES = 500  # of one pipeline: the grammar nests them
_PIPELINE_ENDS = re.compile(r"[;&]|(?<!\|)[ \t]*\n")


def parsed(parser: "Parser", source: Embedded) -> "Node":
    """The root of a text's tree; raises Unreadable for a text that is beyond all measure."""
    text = source.text
    if len(text) <= _SHORT:
        return parser.parse(text.encode()).root_node
    if text.count("|") > _STAGES and max(part.count("|") for part in _PIPELINE_ENDS.split(text)) > _STAGES:
        raise Unreadable(source.file, source.span(0, 1), f"a pipeline of more than {_STAGES} commands is not read")
    data, end = text.encode(), time.monotonic() + _SECONDS + _SECONDS_PER_MEGABYTE * len(text) / 1_000_000
    try:
        tree = parser.parse(lambda at, _point: data[at : at + _CHUNK], progress_callback=lambda _at, _error: time.monotonic() > end)
    except ValueError:  # that is how it says that it was stopped
        parser.reset()
        raise Unreadable(source.file, source.span(0, 1), "shell text that cannot be made sense of in reasonable time is not read") from None
    return tree.root_node
