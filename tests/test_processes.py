"""The processes above this one, by /proc and by `ps`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from policy_checks import processes

PROGRAM = "import os, sys; from policy_checks import processes; print(list(processes.above(os.getppid()))[0])"


def test_the_nearest_comes_first() -> None:
    shell = ["sh", "-c", f"{sys.executable} -c '{PROGRAM}' && true", "a name", "with  two spaces"]
    assert subprocess.run(shell, capture_output=True, text=True, check=True).stdout.strip() == str(shell)


def test_ps_tells_the_same_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("ps"):
        pytest.skip("ps is not installed")
    here = list(processes.above(os.getpid()))
    monkeypatch.setattr(processes, "Path", lambda name: Path("/nowhere") / name.lstrip("/"))  # as on a system without /proc
    told = list(processes.above(os.getpid()))
    assert [" ".join(words).split() for words in here] == told
    assert len(told) > 1


def test_nothing_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(processes.above(1)) == []
    monkeypatch.setattr(processes, "Path", lambda name: Path("/nowhere") / name.lstrip("/"))
    monkeypatch.setenv("PATH", "/nowhere")
    assert list(processes.above(os.getpid())) == []
