"""requirements.txt: continuation, comments, options, places."""

import pytest
from hypothesis import given, strategies as st

from policy_checks.readers import requirements_txt
from policy_checks.readers.requirements_txt import Line, RequirementsFile
from policy_checks.source import SourceFile, Unreadable


def read(text: str) -> RequirementsFile:
    return requirements_txt.read(SourceFile("docker/requirements.txt", text.encode()))


def only(text: str) -> Line:
    (line,) = read(text).lines
    return line


@pytest.mark.parametrize(
    ("text", "requirement", "options"),
    [
        ("tqdm==4.67.3\n", "tqdm==4.67.3", ()),
        ("  einops==0.8.2      # was: einops~=0.8\r\n", "einops==0.8.2", ()),
        ("a @ git+https://git.example/a.git@v1#egg=a", "a @ git+https://git.example/a.git@v1#egg=a", ()),
        ('a>=1 ; python_version < "3.12" --hash=sha256:00 --hash sha256:11', 'a>=1 ; python_version < "3.12"', ("sha256:00", "sha256:11")),
        ("a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n", "a==1", ("sha256:00", "sha256:11")),
        ("a==1,\\\n  <2  # why\n", "a==1,  <2", ()),
        ("a \\\n# a comment ends it\n", "a", ()),
        ("\ufeffa==1\n", "a==1", ()),
    ],
)
def test_requirements(text: str, requirement: str, options: tuple[str, ...]) -> None:
    line = only(text)
    assert line.requirement is not None
    assert line.requirement.text == requirement
    assert tuple(value for _name, value in line.options) == options
    place = line.requirement.place
    cut = place.file.cut(place.span)
    assert "".join(cut.replace("\\\n", "").split()) == "".join(requirement.split())


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("-r base.txt", ("--requirement", "base.txt")),
        ("-rbase.txt", ("--requirement", "base.txt")),
        ("--requirement=base.txt", ("--requirement", "base.txt")),
        ("--requirem base.txt", ("--requirement", "base.txt")),  # pip takes a beginning
        ("-c 'with space.txt'", ("--constraint", "with space.txt")),
        ("-e ./lib[fast]", ("--editable", "./lib[fast]")),
        ("--index-url https://index.example/simple  # ours", ("--index-url", "https://index.example/simple")),
        ("--no-index", ("--no-index", "")),
    ],
)
def test_options(text: str, option: tuple[str, str]) -> None:
    line = only(text)
    assert line.requirement is None
    assert line.options == (option,)


def test_nothing_but_comments_is_nothing() -> None:
    assert read("# a\n\n   \n  # b \\\n").lines == ()


def test_hashes_close_a_file() -> None:
    assert read("a==1 --hash=sha256:00\nb==1\n").is_closed
    assert not read("a==1\n").is_closed


@pytest.mark.parametrize("text", ["-r", "-e 'open"])
def test_what_cannot_be_read_is_refused_at_its_line(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(f"a\n{text}\n")
    assert caught.value.file.cut(caught.value.span) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("base.txt", "docker/base.txt"),
        ("../base.txt", "base.txt"),
        ("../../base.txt", None),
        ("/base.txt", None),
        ("https://x.example/a", None),
    ],
)
def test_included(value: str, expected: str | None) -> None:
    assert requirements_txt.included("docker/requirements.txt", value) == expected


@given(st.text(alphabet="ab =#-r\\\n\r\t[]'", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        lines = read(text).lines
    except Unreadable:
        return
    for line in lines:
        start, end = line.written.place.span.start, line.written.place.span.end
        assert 0 <= start < end <= len(text)
        assert text[start] == line.written.text[0]
