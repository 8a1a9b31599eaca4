"""One spelling for URLs that are the same to uv."""

import pytest

from policy_checks.lock.urls import InvalidUrl, canonical, check_reference, is_archive


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTPS://Index.Example:443/Simple", "https://index.example/Simple"),
        ("https://user:secret@index.example/simple/", "https://index.example/simple/"),
        ("https://index.example", "https://index.example/"),
        ("https://index.example/a/../b/./c", "https://index.example/b/c"),
        ("ssh://git@git.example/a.git", "ssh://git@git.example/a.git"),
        ("https://index.example/a b", "https://index.example/a%20b"),
        ("https://[::1]:8080/x", "https://[::1]:8080/x"),
    ],
)
def test_canonical(text: str, expected: str) -> None:
    assert canonical(text) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize("text", ["index.example/simple", "", "https://", "http://[::1", "https://index.example:port/"])
def test_no_url(text: str) -> None:
    with pytest.raises(InvalidUrl):
        canonical(text)


def test_archives() -> None:
    assert is_archive("/a/b-1.0.tar.gz")
    assert is_archive("b-1.0-py3-none-any.whl")
    assert not is_archive("/a/b.gz")
    assert not is_archive(".whl")
    assert not is_archive("/a.whl/b")


@pytest.mark.parametrize(
    "text", ["./a", "hg+https://git.example/a", "https://git.example/a", "git+https://git.example/a@b@c", "git+git://git.example/a"]
)
def test_refused_references(text: str) -> None:
    with pytest.raises(InvalidUrl):
        check_reference(text)


@pytest.mark.parametrize(
    "text", ["git+https://git.example/a@v1", "https://git.example/a.git", "https://files.example/a.zip#sha256=0", "file:///a/b"]
)
def test_accepted_references(text: str) -> None:
    check_reference(text)
