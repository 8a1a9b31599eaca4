"""Comments: what is one, what only looks like one, and the lines each speaks for."""

import pytest
from hypothesis import given, settings, strategies as st

from policy_checks.readers.comments import comments
from policy_checks.source import SourceFile

WORD = "policy: ignore"


def found(path: str, text: str) -> list[tuple[str, list[int]]]:
    """Text and lines of each comment that holds the word."""
    file = SourceFile(path, text.encode())
    return [(file.cut(comment.text), list(comment.lines)) for comment in comments(file, WORD)]


@pytest.mark.parametrize("path", ["x.sh", "x.py", "x.yml", "x.toml", "Dockerfile", "Makefile", "requirements.txt", "run"])
def test_behind_something_it_speaks_for_its_line(path: str) -> None:
    assert found(path, "a = 1\nb = 2  # policy: ignore[X] é\nc = 3\n") == [("policy: ignore[X] é", [2])]


@pytest.mark.parametrize("path", ["x.sh", "x.py", "x.yml", "x.toml", "Dockerfile", "Makefile", "requirements.txt", "run"])
def test_on_lines_of_their_own_they_speak_for_the_next_other_line(path: str) -> None:
    text = "a = 1\r\n# policy: ignore[X] one\r\n# another\r\n#policy: ignore[Y] two \r\nb = 2\r\n"
    assert found(path, text) == [("policy: ignore[X] one", [2, 3, 4, 5]), ("policy: ignore[Y] two", [4, 5])]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("x.sh", 'echo "# policy: ignore[X] a"\n'),
        ("x.sh", "echo '\n# policy: ignore[X] a\n'\n"),
        ("x.sh", "cat <<EOF\n# policy: ignore[X] a\nEOF\n"),
        ("x.sh", "echo a#policy: ignore[X] a\n"),
        ("run", "#!/usr/bin/env bash\ncat <<EOF\n# policy: ignore[X] a\nEOF\n"),
        ("x.py", 'text = """\n# policy: ignore[X] a\n"""\n'),
        ("x.py", 'text = "# policy: ignore[X] a"\n'),
        ("x.toml", 'text = "# policy: ignore[X] a"\n'),
        ("x.toml", "text = '''\n# policy: ignore[X] a\n'''\n"),
        ("x.yml", "run: echo '# policy: ignore[X] a'\n"),
        ("x.yml", 'run: echo "say \\" # policy: ignore[X] a"\n'),
        ("Dockerfile", 'RUN echo "it is # policy: ignore[X] a"\n'),
        ("x.json", '{"a": "# policy: ignore[X] a"}\n'),
        ("x.ipynb", '{"a": ["# policy: ignore[X] a"]}\n'),
        ("x.md", "# policy: ignore[X] a heading\n"),
        ("x.md", "```html\n<!-- policy: ignore[X] shown -->\n```\n"),
        ("x.md", "Write `<!-- policy: ignore[X] a -->` above it.\n"),
        ("x.rst", "# policy: ignore[X] a\n"),
        ("x.rst", "Text .. policy: ignore[X] a\n"),
    ],
)
def test_text_is_no_comment(path: str, text: str) -> None:
    assert found(path, text) == []


def test_quotes_before_it_are_no_obstacle() -> None:
    assert found("x.yml", "run: pip install \"it's\" 'x'  # policy: ignore[X] don't\n") == [("policy: ignore[X] don't", [1])]


def test_it_may_follow_another_comment() -> None:
    assert found("x.py", "import os  # noqa: F401  # policy: ignore[X] a\n") == [("noqa: F401  # policy: ignore[X] a", [1])]


def test_restructured_text() -> None:
    assert found("x.rst", "Title\n\n.. policy: ignore[X] a\n\nText\n") == [("policy: ignore[X] a", [3, 4])]


def test_in_markdown_it_speaks_for_the_block_below() -> None:
    text = "# Title\n\n<!-- policy: ignore[X] a -->\n\n```sh\none\ntwo\n```\n\nText\n"
    assert found("README.md", text) == [("policy: ignore[X] a", [3, 4, 5, 6, 7, 8])]


def test_in_markdown_comments_may_be_stacked_and_nested() -> None:
    text = "- item\n\n  <!-- policy: ignore[X] a -->\n  <!-- other -->\n\n  paragraph\n\n- other\n"
    assert found("README.md", text) == [("policy: ignore[X] a", [3, 4, 5, 6])]


def test_in_markdown_at_the_end_of_a_line_it_speaks_for_that_line() -> None:
    assert found("README.md", "One\ntwo <!-- policy: ignore[X] a --> three\nfour\n") == [("policy: ignore[X] a", [2])]


def test_python_that_does_not_end_has_comments_up_to_its_fault() -> None:
    assert found("x.py", "a = 1  # policy: ignore[X] a\nb = (\n# policy: ignore[Y] b\n") != []
    assert found("x.py", 'a = """\n# policy: ignore[X] a\n') == []


def test_a_byte_order_mark_moves_nothing() -> None:
    assert found("x.py", "\ufeff# policy: ignore[X] a\nb = 1  # policy: ignore[Y] b\n") == [
        ("policy: ignore[X] a", [1, 2]),
        ("policy: ignore[Y] b", [2]),
    ]


NOISE = st.text(st.sampled_from(list("#\"'`<>!- \n\r\t\\é\ufeff([{x.:")) | st.characters(codec="utf-8"), max_size=40)


@settings(deadline=None)  # the first call imports the parsers
@given(st.sampled_from(["x.sh", "x.py", "x.yml", "x.toml", "x.md", "x.rst", "Dockerfile"]), NOISE, NOISE)
def test_any_text_ends_in_comments_that_hold_the_word(path: str, before: str, after: str) -> None:
    file = SourceFile(path, f"{before}# policy: ignore[X]{after}".encode())
    for comment in comments(file, WORD):
        assert WORD in file.cut(comment.text)
        assert comment.whole.start <= comment.text.start < comment.text.end <= comment.whole.end
        assert len(comment.lines) > 0
