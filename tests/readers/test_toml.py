"""Positions in TOML files."""

import pytest

from policy_checks.readers import toml
from policy_checks.source import SourceFile, Unreadable

TEXT = """\
[a.b]
'é' = 1
"c d".e = {x = [1, 2], y.z = 3} # why
[[q]]
n = 1
[[q]]
n=2
[q.sub]
k=[
 "a", # x
 {b = 4},
]
"""


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("a", "b", "é"), "'é'", "1"),
        (("a", "b", "c d", "e", "x", 1), "2", "2"),
        (("a", "b", "c d", "e", "y", "z"), "y.z", "3"),
        (("q", 0, "n"), "n", "1"),
        (("q", 1, "n"), "n", "2"),
        (("q", 1, "sub", "k", 1, "b"), "b", "4"),
        (("q", 1, "sub", "absent"), "q.sub", "q.sub"),
        (("absent",), "", ""),
    ],
)
def test_positions(path: tuple[str | int, ...], key: str, value: str) -> None:
    document = toml.document(SourceFile("x.toml", TEXT.encode()))
    assert document.file.cut(document.key_span(*path)) == key
    assert document.file.cut(document.span(*path)) == value


@pytest.mark.parametrize("text", ["a = 1\na = 2\n", "[a\n", "a = \n", "\x00", "a=" + "[" * 10_000, "a = '\x01'"])
def test_what_is_not_toml_is_said_where(text: str) -> None:
    with pytest.raises(Unreadable, match="not TOML"):
        toml.document(SourceFile("x.toml", text.encode()))


def test_a_byte_order_mark_and_crlf_keep_their_place() -> None:
    document = toml.document(SourceFile("x.toml", "\ufeffa = 1\r\nb = 2\r\n".encode()))
    assert document.file.location(document.span("b").start) == (2, 5)
