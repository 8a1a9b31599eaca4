"""The registry's host from a remote's address: every form that git takes, and never a port."""

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from policy_checks.containers import image_reference, registry
from policy_checks.failure import Failure

HOST = "gitlab.example"
FORMS = {
    "git@gitlab.example:adlr/megatron-lm.git": HOST,
    "gitlab.example:adlr/megatron-lm.git": HOST,
    "git@gitlab.example:/adlr/megatron-lm": HOST,
    "git@gitlab.example:12051/adlr/megatron-lm.git": HOST,  # a folder of that name: a port has no place here
    "[git@gitlab.example:12051]:adlr/megatron-lm.git": HOST,
    "[gitlab.example:22]:a": HOST,
    "[gitlab.example]:a": HOST,
    "ssh://git@gitlab.example:12051/adlr/megatron-lm.git": HOST,
    "ssh://gitlab.example/a": HOST,
    "git+ssh://git@gitlab.example:22/a/b/c/d.git": HOST,
    "https://gitlab.example/adlr/megatron-lm.git": HOST,
    "https://gitlab.example:8443/adlr/megatron-lm.git": HOST,
    "https://oauth2:a@b:c@gitlab.example:8443/adlr/megatron-lm.git": HOST,
    "https://user@gitlab.example/a/b/c": HOST,
    "http://gitlab.example:80": HOST,
    "git://gitlab.example:9418/a": HOST,
    "ssh://git@[2001:db8::1]:22/a": "[2001:db8::1]",
    "https://[::1]/a": "[::1]",
    "a@b@gitlab.example:a": HOST,
    "git@[::1]:a": "[::1]",
    "[git@::1]:a": "[::1]",
    "[::1]:a/b": "[::1]",
    "git@192.0.2.7:a": "192.0.2.7",
    "ssh://git@localhost:2222/a": "localhost",
}
NO_HOST = [
    *("", "/srv/git/a.git", "./a:b", "../a", "a/b:c", "a", "file:///srv/a.git", "file://gitlab.example/a", "C:\\git\\a", "C:/git/a"),
    *("ext::ssh gitlab.example", "https://", "ssh:///a", "ssh://[::1/a", "git@:a", ":a", "[]:a"),
]
SHORT = [
    "git@gitlab-internal:adlr/a.git",
    "ssh://gitlab-internal:12051/a",
    "user:secret@gitlab.example:a",
    "git@gitlab..example:a",
    "git@-a.b:a",
]


@pytest.mark.parametrize("url", FORMS)
def test_every_form(url: str) -> None:
    assert registry.host(url, "gitlab") == FORMS[url]


@pytest.mark.parametrize("url", [url for url in FORMS if "http" not in url and not url.startswith("git:")])
def test_git_asks_the_same_host(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/words\nexit 1\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH", str(ssh))
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    subprocess.run(["git", "ls-remote", "--", url], cwd=tmp_path, capture_output=True, check=False)
    asked = (tmp_path / "words").read_text().splitlines()[-2].rpartition("@")[2]
    assert asked == FORMS[url].strip("[]")


@pytest.mark.parametrize("url", NO_HOST)
def test_no_host(url: str) -> None:
    with pytest.raises(Failure, match="the remote `gitlab` is at no address with a host: name the registry's with --registry HOST"):
        registry.host(url, "gitlab")


@pytest.mark.parametrize("url", SHORT)
def test_a_short_name_would_be_a_path_on_docker_hub(url: str) -> None:
    with pytest.raises(Failure, match="no full host name") as told:
        registry.host(url, "gitlab")
    assert "secret" not in str(told.value)


LABEL = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
HOSTS = st.lists(LABEL, min_size=2, max_size=4).map(".".join)
PATHS = st.lists(st.from_regex(r"[A-Za-z0-9_.~-]{1,12}", fullmatch=True), min_size=1, max_size=5).map("/".join)
USERS = st.sampled_from(["", "git@", "oauth2:t0ken@", "a.b+c@"])
PORTS = st.sampled_from(["", ":22", ":5005", ":12051"])


@given(HOSTS, PATHS, USERS, PORTS, st.sampled_from(["ssh://", "https://", "http://", "git://", "git+ssh://"]))
def test_urls(host: str, path: str, user: str, port: str, scheme: str) -> None:
    assert registry.host(f"{scheme}{user}{host}{port}/{path}", "gitlab") == host


@given(HOSTS, PATHS, st.sampled_from(["", "git@", "a.b+c@"]), st.sampled_from(["", "/"]))
@example("0.a", "0", "", "")
def test_scp_like(host: str, path: str, user: str, slash: str) -> None:
    url = f"{user}{host}:{slash}{path}"
    assert registry.host(url, "gitlab") == host
    if user:  # the guide's own `sed 's/.*@\(.*\):.*/\1/'`
        assert re.sub(r".*@(.*):.*", r"\1", url) == host


@given(st.text(max_size=40) | st.text("abc.:/@[]-%\\ \n", max_size=30))
def test_whatever_comes_out_is_a_host_without_a_port(url: str) -> None:
    try:
        found = registry.host(url, "gitlab")
    except Failure:
        return
    reference = image_reference.parse(f"{found}/a:main")
    assert reference is not None
    assert (reference.registry, reference.port, reference.path) == (found, "", "a")


def test_a_host_that_is_given() -> None:
    assert registry.given_host("gitlab.example") == "gitlab.example"
    with pytest.raises(Failure, match=r"leave the port out .* --registry gitlab\.example"):
        registry.given_host("gitlab.example:5005")
    for text in ("", "gitlab", "gitlab.example/adlr", "https://gitlab.example", "a b"):
        with pytest.raises(Failure, match="no host name"):
            registry.given_host(text)
