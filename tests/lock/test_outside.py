"""Requirements files over a lock: what they bring, what the lock does not know, what cannot be read."""

import pytest

from policy_checks.environment import Environment, Markers
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.lock.outside import Outside
from policy_checks.workspace import in_memory

PYPROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
INDEX = 'source = { registry = "https://index.example/simple" }'
LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = {{ editable = "." }}
dependencies = [
    {{ name = "base" }},
]

[package.optional-dependencies]
gpu = [
    {{ name = "leaf" }},
]

[[package]]
name = "base"
version = "1"
{INDEX}

[[package]]
name = "leaf"
version = "2.0"
{INDEX}
dependencies = [
    {{ name = "below", marker = "sys_platform == 'linux'" }},
]

[[package]]
name = "below"
version = "3"
{INDEX}
"""


def project(text: str, **more: str) -> LockedProject:
    (found,) = in_memory({"pyproject.toml": PYPROJECT, "uv.lock": LOCK, "docker/r.txt": text, **more}).all(LOCKED_PROJECT)
    assert isinstance(found, LockedProject)
    return found


def outside(text: str, **more: str) -> Outside:
    return project(text, **more).outside(("docker/r.txt",))


def names(text: str, **more: str) -> set[str]:
    held = project(text, **more)
    return {package.name for package in held.reached(Environment(requirements=("docker/r.txt",))).packages}


@pytest.mark.parametrize(
    "text",
    [
        "leaf==2.0",
        "Leaf[x]>=1",
        "leaf @ https://index.example/leaf-2.0.tar.gz",
        "leaf @ git+https://git.example/leaf.git@v2 ; python_version > '3'",
        "git+https://git.example/leaf.git@v2#egg=leaf",
        "https://index.example/leaf-2.0-py3-none-any.whl",
        "./wheels/leaf-2.0-py3-none-any.whl",
        "-r more.txt",
        "-e .[gpu]",
        "-e ..[gpu]",
        ".[gpu]",
        "app[gpu]",
    ],
)
def test_what_the_lock_knows_is_followed(text: str) -> None:
    assert names(f"{text}\n", **{"docker/more.txt": "leaf\n"}) == {"base", "leaf", "below"}


def test_a_constraint_installs_nothing_and_bounds_what_is_installed() -> None:
    assert names("-c c.txt\n", **{"docker/c.txt": "leaf==1.0\n"}) == {"base"}
    (named,) = outside("leaf\n-c c.txt\n", **{"docker/c.txt": "leaf==1.0\n"}).named
    assert named.specifier == "==1.0"
    assert not named.is_locked


def test_markers_and_platforms() -> None:
    held = project("leaf ; sys_platform == 'linux'\nbase\n")
    for platform, expected in (("linux/amd64", {"base", "leaf", "below"}), ("darwin/arm64", {"base"}), ("", {"base", "leaf", "below"})):
        environment = Environment(requirements=("docker/r.txt",), markers=Markers(platform=platform))
        assert {package.name for package in held.reached(environment).packages} == expected


def test_what_the_lock_does_not_know_is_named() -> None:
    found = outside("other==1\nleaf\n-e ./lib\nhttps://index.example/download\n")
    assert [called for _text, called in found.unseen] == ["other", "./lib", "https://index.example/download"]
    assert [text.place.line for text, _called in found.unseen] == [1, 3, 4]


def test_a_file_with_hashes_is_complete() -> None:
    found = outside("leaf==2.0 --hash=sha256:00\nother==1 --hash=sha256:00\n")
    assert found.arcs == ()
    assert found.unseen == ()
    assert [named.name for named in found.named] == ["leaf", "other"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("-r gone.txt", "`gone.txt` is no file of the repository"),
        ("-r ../../etc.txt", "is no file of the repository"),
        ("-r https://index.example/r.txt", "is no file of the repository"),
        ("leaf >= = 1", "not a requirement"),
        ("--what=ever", "`--what` is no option of a requirements file"),
        ("-q", "`-q` is no option of a requirements file"),
        ("-r", "needs a value"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, told: str) -> None:
    faults = outside(f"{text}\nleaf\n").faults
    assert [told in fault.message for fault in faults] == [True]


def test_files_that_include_each_other_end() -> None:
    assert names("-r more.txt\n", **{"docker/more.txt": "-r r.txt\nleaf\n"}) == {"base", "leaf", "below"}


def test_a_missing_file() -> None:
    assert project("").outside(("gone.txt",)).missing == ("gone.txt",)
