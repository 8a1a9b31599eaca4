"""Embedded text: every character keeps its place through each notation."""

from hypothesis import given, strategies as st

from policy_checks.readers.embedded import joined, respaced, unescaped, whole
from policy_checks.source import SourceFile, Span


def test_unchanged_text_stands_character_by_character() -> None:
    text = whole(SourceFile("a", b"one two three")).cut(4, 13)
    assert text.text == "two three"
    assert text.span(4, 9) == Span(8, 13)


def test_an_escape_stands_for_all_it_was_written_as() -> None:
    file = SourceFile("a", rb'"pip \x69nstall \"x\""')
    text = whole(file).rewrite(unescaped(file.text, 1, len(file.text) - 1))
    assert text.text == 'pip install "x"'
    assert file.cut(text.span(4, 11)) == r"\x69nstall"
    assert file.cut(text.span(12, 15)) == r"\"x\""


def test_half_a_character_is_replaced_and_a_pair_is_one() -> None:
    file = SourceFile("a", rb'"\ud83d\ude00 \ud83d pip"')
    text = whole(file).rewrite(unescaped(file.text, 1, len(file.text) - 1))
    assert text.text == "\U0001f600 \ufffd pip"
    assert file.cut(text.span(4, 7)) == "pip"


def test_a_replacement_of_equal_length_is_still_one_piece() -> None:
    text = whole(SourceFile("a", b"$AB c")).rewrite([("pip", 0, 3), (" c", 3, 5)])
    assert text.span(1, 2) == Span(0, 3)
    assert text.span(4, 5) == Span(4, 5)


def test_white_space_may_differ() -> None:
    written = "  pip\n      install"
    pieces = respaced("pip install", written, 0, len(written))
    assert pieces is not None
    assert whole(SourceFile("a", written.encode())).rewrite(pieces).span(4, 11) == Span(12, 19)
    assert respaced("pip instill", written, 0, len(written)) is None


def test_joined_texts_are_lines() -> None:
    text = whole(SourceFile("a", b"ab--cd"))
    both = joined([text.cut(0, 2), text.cut(4, 6)])
    assert both.text == "ab\ncd\n"
    assert both.span(3, 5) == Span(4, 6)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=8), st.text(min_size=1, max_size=30))
def test_cutting_twice_is_cutting_once(cuts: list[int], text: str) -> None:
    first, second = sorted(min(cut, len(text)) for cut in cuts[:2])
    part = whole(SourceFile("a", text.encode(errors="replace"))).cut(first, second)
    for start in range(len(part.text)):
        assert part.span(start, start + 1) == Span(first + start, first + start + 1)
