"""References in requirements and URLs, and the lines of a lock that hold them."""

import pytest

from policy_checks.lock.git_pin import Reference, _pinned as pinned, mention, of_url, repository_name

COMMIT = "0123456789" * 4


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("git+https://git.example/team/kit", ("https://git.example/team/kit", "", "")),
        ("git+https://git.example/team/kit.git@v1", ("https://git.example/team/kit.git", "rev", "v1")),
        ("git+https://git.example/kit@feature/x#subdirectory=a@b", ("https://git.example/kit", "rev", "feature/x")),
        ("git+ssh://git@git.example/kit.git", ("ssh://git@git.example/kit.git", "", "")),
        ("git+ssh://git@git.example/kit.git@main", ("ssh://git@git.example/kit.git", "rev", "main")),
        ("git+https://me:pw@git.example/kit@v%2F1", ("https://me:pw@git.example/kit", "rev", "v/1")),
        ("git+file:///srv/kit@main", ("file:///srv/kit", "rev", "main")),
        ("git+git@git.example:team/kit.git@v1", ("git@git.example:team/kit.git", "rev", "v1")),
        ("git+https://git.example", ("https://git.example", "", "")),
        ("https://git.example/kit.git#subdirectory=a", ("https://git.example/kit.git", "", "")),
    ],
)
def test_a_url_names_a_reference(url: str, expected: tuple[str, str, str]) -> None:
    assert of_url(url) == Reference(*expected)


@pytest.mark.parametrize("url", ["https://index.example/kit-1.0.zip", "file:///srv/kit", "hg+https://git.example/kit"])
def test_another_url_names_none(url: str) -> None:
    assert of_url(url) is None


@pytest.mark.parametrize(
    ("text", "name", "covered"),
    [
        ("kit @ git+https://git.example/team/kit.git@v1 ; python_version > '3.9'", "kit", "git+https://git.example/team/kit.git@v1"),
        ("Flash_Kit[a, b]@git+https://git.example/x#egg=other", "Flash_Kit", "git+https://git.example/x"),
        ("git+https://git.example/x@main#egg=kit[a]&subdirectory=b", "kit", "git+https://git.example/x@main"),
        ("git+https://git.example/team/kit.git/", "kit", "git+https://git.example/team/kit.git/"),
        ("--editable=git+ssh://git@git.example/kit@v1", "kit", "git+ssh://git@git.example/kit@v1"),
        ("kit @ https://git.example/kit.git", "kit", "https://git.example/kit.git"),
    ],
)
def test_a_requirement_mentions_a_repository(text: str, name: str, covered: str) -> None:
    found = mention(text)
    assert found is not None
    assert (found.name, text[found.start : found.end]) == (name, covered)
    assert found.is_bare == (not covered.startswith("git+"))


@pytest.mark.parametrize(
    "text", ["kit>=1", "kit @ https://index.example/kit-1.0.tar.gz", "legit==1.0", "kit @ https://index.example/a.git.zip"]
)
def test_a_requirement_without_one(text: str) -> None:
    assert mention(text) is None


@pytest.mark.parametrize(("url", "name"), [("https://git.example/team/kit.git/", "kit"), ("git@git.example:kit.git", "kit"), ("x", "x")])
def test_the_name_of_a_repository(url: str, name: str) -> None:
    assert repository_name(url) == name


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://git.example/kit#C", "https://git.example/kit?rev=C#C"),
        ("https://git.example/kit?branch=main", "https://git.example/kit?rev=C"),
        ("https://git.example/kit?subdirectory=a&tag=v1#C", "https://git.example/kit?subdirectory=a&rev=C#C"),
        ("https://git.example/kit?subdirectory=a&lfs=true&rev=main#C", "https://git.example/kit?subdirectory=a&lfs=true&rev=C#C"),
    ],
)
def test_uv_writes_the_reference_last(location: str, expected: str) -> None:
    assert pinned(location.replace("C", COMMIT), COMMIT) == expected.replace("C", COMMIT)
