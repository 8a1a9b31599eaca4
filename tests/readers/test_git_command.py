"""What command lines clone and install from git, and where a work tree ends up."""

import pytest

from policy_checks.readers.git_command import clones, installed
from policy_checks.readers.nesting import commands
from policy_checks.readers.script import scripts
from policy_checks.readers.shell import ShellCommand
from policy_checks.source import SourceFile

SHA = "0123456789" * 4
URL = "https://git.example/kit.git"


def run(text: str) -> list[ShellCommand]:
    found = [command for script in scripts(SourceFile("a.sh", text.encode())) for command in commands(script)]
    assert all(isinstance(command, ShellCommand) for command in found)
    return [command for command in found if isinstance(command, ShellCommand)]


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        (f"git clone {URL}", ""),
        (f"git clone --depth 1 -b v1 {URL} /src", "v1"),
        (f"git clone --branch=v1 {URL}", "v1"),
        (f"git clone -bv1 {URL}", "v1"),
        (f"git clone {URL} --branch v1 --jobs 4", "v1"),
        (f"git clone --revision {SHA} {URL}", SHA),
        (f"git -c advice.detachedHead=false clone -c x=y --recursive {URL}", ""),
        (f"git clone -b hybrid {URL}\npushd kit\n  git checkout {SHA}\npopd", SHA),
        (f"git clone {URL} && (cd ./kit && git checkout -q {SHA})", SHA),
        (f"git clone {URL} src\ngit -C src checkout {SHA}", SHA),
        (f"git clone {URL}\ncd kit\ngit reset --hard {SHA}", SHA),
        (f"git clone {URL}\ncd kit\ngit switch --detach {SHA}", SHA),
        (f"git clone {URL}\ncd kit\ngit checkout -b mine {SHA}", SHA),
        (f"git clone {URL}\ncd kit\ngit fetch origin {SHA}\ngit checkout FETCH_HEAD", SHA),
        (f"git clone {URL}\ncd kit\ngit checkout", ""),
        (f"git clone {URL}\ncd kit\ngit checkout -- setup.py", ""),
        (f"git clone -b v1 {URL}\ncd kit\ngit checkout .\ngit reset --hard HEAD", "v1"),
        (f"git clone {URL}\ncd kit\ngit checkout v2\ngit checkout {SHA} -- setup.py", "v2"),
        (f"git clone {URL}\ncd kit\ngit checkout v2\ngit checkout {SHA} setup.py", "v2"),
        (f"git clone {URL}\ncd kit\ngit checkout v2 --", "v2"),
        (f"sudo -u me git clone -b v1 {URL}", "v1"),
        (f"bash -c 'git clone -b v1 {URL}'", "v1"),
        ("git clone -b v1 git@git.example:team/kit.git", "v1"),
    ],
)
def test_where_a_clone_ends_up(text: str, reference: str) -> None:
    (clone,) = clones(run(text))
    assert clone.reference == reference


def test_each_clone_has_its_own_checkout() -> None:
    text = f"git clone https://git.example/a\ngit clone https://git.example/b\ncd a && git checkout {SHA}; cd ../b && git checkout v2\n"
    assert [clone.reference for clone in clones(run(text))] == [SHA, "v2"]


@pytest.mark.parametrize(
    "text", ["git clone /srv/kit", "git clone ../kit copy", "git clone file:///srv/kit", 'git clone "$URL"', "git pull", "git", "git -C"]
)
def test_no_clone_of_another_machine(text: str) -> None:
    assert not list(clones(run(text)))


def test_a_variable_is_no_known_reference() -> None:
    (clone,) = clones(run(f"git clone {URL} && cd kit && git checkout $REF"))
    assert clone.at is not None
    assert not clone.at.known


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pip install numpy git+https://git.example/kit@v1", [("git+https://git.example/kit@v1", "", "")]),
        ("python -m pip install -e git+https://git.example/kit", [("git+https://git.example/kit", "", "")]),
        ("uv pip install 'kit @ git+https://git.example/kit@v1'", [("kit @ git+https://git.example/kit@v1", "", "")]),
        ("uv add git+https://git.example/kit --rev v1", [("git+https://git.example/kit", "rev", "v1")]),
        ("uv add --branch=main git+https://git.example/kit", [("git+https://git.example/kit", "branch", "main")]),
        ("uvx --from git+https://git.example/kit kit", [("git+https://git.example/kit", "", "")]),
        ("uv run --with git+https://git.example/kit kit", [("git+https://git.example/kit", "", "")]),
        ("echo git+https://git.example/kit", []),
        ("pip install kit", []),
    ],
)
def test_what_is_installed_from_git(text: str, expected: list[tuple[str, str, str]]) -> None:
    found = [one for command in run(text) for one in installed(command)]
    assert [(one.word.value, one.kind, one.reference) for one in found] == expected
