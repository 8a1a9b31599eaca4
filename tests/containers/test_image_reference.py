"""The grammar of image references."""

import pytest
from hypothesis import given, strategies as st

from policy_checks.containers.image_reference import ImageReference, parse

DIGEST = "sha256:" + "0a" * 32


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python", ImageReference("python")),
        ("python:3.12-slim", ImageReference("python", tag="3.12-slim")),
        ("team/app", ImageReference("team/app")),
        ("hub.example/team/app:1", ImageReference("team/app", "hub.example", tag="1")),
        ("hub.example:5005/team/app:1", ImageReference("team/app", "hub.example", "5005", "1")),
        ("hub:5005/app", ImageReference("app", "hub", "5005")),
        ("localhost/app", ImageReference("app", "localhost")),
        ("localhost:5000/a/b/c", ImageReference("a/b/c", "localhost", "5000")),
        ("[::1]:5000/app:x", ImageReference("app", "[::1]", "5000", "x")),
        (f"hub.example/app:1@{DIGEST}", ImageReference("app", "hub.example", tag="1", digest=DIGEST)),
        (f"app@{DIGEST}", ImageReference("app", digest=DIGEST)),
        ("app:5000", ImageReference("app", tag="5000")),  # no path behind it: a tag
        ("docker://hub.example/app:1", ImageReference("app", "hub.example", tag="1")),
        ("hub.example#team/app:1", ImageReference("team/app", "hub.example", tag="1")),  # enroot and Pyxis
        ("a__b/c-d.e_f:_1", ImageReference("a__b/c-d.e_f", tag="_1")),
    ],
)
def test_parts(text: str, expected: ImageReference) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "App",
        "team/App",
        "${BASE}",
        "app:",
        "app:$TAG",
        "-app",
        "a..b",
        "/srv/app",
        "app@sha256:abc",
        "a b",
        "a:b:c",
        "https://hub.example/app",
    ],
)
def test_no_reference(text: str) -> None:
    assert parse(text) is None


def test_one_repository_written_in_many_ways() -> None:
    written = ["python", "library/python:3", "docker.io/python", "docker.io/library/python@" + DIGEST, "index.docker.io/library/python"]
    assert {found.repository for text in written if (found := parse(text))} == {"docker.io/library/python"}
    assert str(parse("Hub.Example:443/app:1")) == "Hub.Example:443/app:1"


@given(st.text(max_size=40) | st.from_regex(r"[a-z.:/@#_-]{0,60}", fullmatch=True))
def test_what_is_parsed_is_written_back(text: str) -> None:
    found = parse(text)
    if found is not None and "#" not in text and "://" not in text:
        assert str(found) == text
        assert parse(found.repository) is not None
