"""All sources together, on files that are not what they seem."""

import pytest

from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.shell import ShellCommand
from policy_checks.source import Unreadable
from policy_checks.workspace import Memory, Workspace


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("x.sh", b"pip\0install"),
        ("x.sh", bytes(range(256))),  # holds no needle, and is reported all the same
        ("x.sh", b"pip install \xff"),
        ("run", b"#!/bin/sh\npip install \xff"),
        ("Dockerfile", b"FROM x\nRUN pip install \xff\n"),
        (".github/workflows/a.yml", b"jobs: [pip install"),
        (".github/workflows/a.yml", b"pip install: " + b"[" * 100_000),
        (".gitlab-ci.yml", b"a: &a\n  script: *b # pip install\n"),
    ],
)
def test_unreadable(path: str, data: bytes) -> None:
    files = {path: data, "z.sh": b"pip install x\n"}
    found = Workspace(files, Memory(files)).all(COMMANDS, ("install",))
    assert [subject.file.path for subject in found if isinstance(subject, Unreadable)] == [path]
    assert [subject.name for subject in found if isinstance(subject, ShellCommand)] == ["pip"]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.yml", b"- pip install: ["),
        ("LICENSE", b"\0"),
        ("README.md", b"\xff"),
        (".github/workflows/a.yml", b""),
        ("Dockerfile", b""),
        ("a.sh", b""),
    ],
)
def test_not_ours(path: str, data: bytes) -> None:
    files = {path: data}
    assert Workspace(files, Memory(files)).all(COMMANDS) == []
