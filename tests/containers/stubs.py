"""A PATH of stubs: each writes down the words that it is given, and ends as it is told to."""

import os
import shlex
import shutil
from pathlib import Path

import pytest

_STUB = """#!/bin/sh
printf '%s\\0' {name} "$@" >> {log}
printf '\\036' >> {log}
{then}
"""


class Stubs:
    """A folder that is the whole PATH; git in it is written down, too, and runs."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.log = folder / "bin", folder / "log"
        self.folder.mkdir()
        real = shutil.which("git")
        assert real
        self.add("git", then=f'exec {shlex.quote(real)} "$@"')
        monkeypatch.setenv("PATH", str(self.folder))
        for name in ("GITHUB_EVENT_PATH", "CI_MERGE_REQUEST_LABELS", "UV_PROJECT_ENVIRONMENT"):
            monkeypatch.delenv(name, raising=False)

    def add(self, *names: str, then: str = "exit 0") -> None:
        """Puts programs on PATH."""
        for name in names:
            file = self.folder / name
            file.write_text(_STUB.format(name=name, log=shlex.quote(str(self.log)), then=then))
            file.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        """The words of every call, less the questions that the program itself asks of git."""
        text = os.fsdecode(self.log.read_bytes()) if self.log.exists() else ""
        calls = [call.split("\0")[:-1] for call in text.split("\036")[:-1]]
        return [call for call in calls if call[1:2] != ["--no-optional-locks"]]


@pytest.fixture
def stubs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Stubs:
    return Stubs(tmp_path_factory.mktemp("stubs"), monkeypatch)
