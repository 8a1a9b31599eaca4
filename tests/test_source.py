"""Positions: offsets, lines, columns, bytes."""

import pytest
from hypothesis import given, strategies as st

from policy_checks.source import Edit, SourceFile, Span, Unreadable, apply, character_offsets


@given(st.text(), st.data())
def test_location_and_offset_are_inverse(text: str, data: st.DataObject) -> None:
    file = SourceFile("x", text.encode(errors="replace"))
    offset = data.draw(st.integers(0, len(file.text)))
    line, column = file.location(offset)
    assert file.offset(line, column) == offset
    assert file.text[:offset].count("\n") == line - 1


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_character_offsets_undo_encoding(text: str) -> None:
    character = character_offsets(text)
    assert [character(len(text[:index].encode())) for index in range(len(text) + 1)] == list(range(len(text) + 1))


def test_a_byte_that_is_not_utf8_is_named_with_its_place() -> None:
    with pytest.raises(Unreadable) as error:
        _ = SourceFile("x", "é\nab".encode() + b"\xff\nrest").text
    assert error.value.message == "not UTF-8: byte 0xff"
    assert error.value.file.location(error.value.span.start) == (2, 3)


def test_a_line_span_leaves_out_the_line_end() -> None:
    file = SourceFile("x", b"one\r\ntwo\nthree")
    assert [file.cut(file.line_span(line)) for line in (1, 2, 3, 4)] == ["one", "two", "three", ""]


def test_edits_leave_the_rest_alone() -> None:
    assert apply("abcdef", (Edit(Span(0, 1), "XX"), Edit(Span(3, 3), "-"), Edit(Span(5, 6), ""))) == "XXbc-de"
