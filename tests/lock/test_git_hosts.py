"""Where git URLs lead, and what a policy covers."""

import pytest
from hypothesis import given, strategies as st

from policy_checks.lock.git_hosts import is_allowed, locate

FORMS = [
    "https://git.example/team/kit",
    "https://git.example/team/kit.git",
    "https://git.example/team/kit/",
    "HTTPS://GIT.example:443/Team/Kit.git",
    "git+https://reader@git.example/team/kit",
    "ssh://git@git.example/team/kit.git",
    "ssh://git@git.example:2222/team/kit",
    "git+ssh://git@git.example:22/team/kit.git",
    "git@git.example:team/kit.git",
    "git.example:team/kit",
    "git@git.example:/team/kit.git",
    "git://git.example/team/kit.git",
    "https://git.example./team/kit",
    "https://me:secret@git.example/team//kit.git",
]
STRANGERS = [
    "https://evil.example/team/kit",
    "https://git.example@evil.example/team/kit",
    "https://git.example:team@evil.example/team/kit",
    "https://evil.example/git.example/team/kit",
    "https://evil.example?git.example/team/kit",
    "https://evil.example#@git.example/team/kit",
    "https://evil.example\\@git.example/team/kit",
    "https://git.example/team/../evil/kit",
    "https://git.example/%74eam/kit",
    "https://git.example.evil.example/team/kit",
    "https://xgit.example/team/kit",
    "https://git.example/team-evil/kit",
    "https://git.example/evil/team/kit",
    "https://git.example/team",
    "evil@evil.example:git.example/team/kit",
    "https://git.exa\tmple/team/kit",
]


@pytest.mark.parametrize("url", FORMS)
@pytest.mark.parametrize(
    "pattern", ["git.example", "git.example/team", "git.example/Team/*", "*.example/team/k*", "https://git.example/team/kit.git"]
)
def test_every_form_of_a_url_is_covered(url: str, pattern: str) -> None:
    assert is_allowed(locate(url), url, [pattern])


@pytest.mark.parametrize("url", STRANGERS)
def test_no_trick_is_covered(url: str) -> None:
    assert not is_allowed(locate(url), url, ["git.example/team/kit", "git.example/team/*"])


def test_a_pattern_with_a_port_means_that_port() -> None:
    url = "https://git.example:8443/team/kit"
    assert is_allowed(locate(url), url, ["git.example:8443/team"])
    assert not is_allowed(locate(url), url, ["git.example:9443"])


@pytest.mark.parametrize("url", ["/srv/git/kit", "../kit", "file:///srv/kit", "file://localhost/srv/kit", "C:\\kit"])
def test_a_repository_on_disk_has_no_host(url: str) -> None:
    assert locate(url).is_local


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://me:pw@git.example/kit", "me:pw"),
        ("ssh://me:pw@git.example/kit", "me:pw"),
        ("https://abcdefghij0123456789@git.example/kit", "abcdefghij0123456789"),
        ("https://git@git.example/kit", ""),
        ("https://reader@git.example/kit", ""),
        ("ssh://git@git.example/kit", ""),
        ("git@git.example:kit", ""),
        ("https://me:${TOKEN}@git.example/kit", ""),
        ("https://$TOKEN@git.example/kit", ""),
        ("https://me:<token>@git.example/kit", ""),
        ("https://me:****@git.example/kit", ""),
    ],
)
def test_what_is_a_secret(url: str, secret: str) -> None:
    assert locate(url).secret == secret


@given(st.text(max_size=80))
def test_any_text_leads_somewhere(url: str) -> None:
    location = locate(url)
    assert not is_allowed(location, url, ["nowhere.example/team"])
    assert isinstance(location.secret, str)
