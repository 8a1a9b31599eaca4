"""What a terminal shows while a run lasts; a pseudo-terminal stands for a real one."""

import io
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from policy_checks.commands.format_progress import View, progress
from policy_checks.formatting.outcome import silent
from policy_checks.formatting.policy import Tool
from tests.formatting.conftest import install

SLOW = "#!/bin/sh\nsleep 1\n"


def test_a_line_for_each_tool_that_has_begun() -> None:
    view = View()
    assert view.lines() == []
    view.told(Tool.PYLINT, True, 1083, 81)
    view.told(Tool.RUFF, True, 7)
    view.told(Tool.RUFF, False)
    view.told(Tool.MYPY, False)
    assert [re.sub(r"\d+\.\d s", "N s", line) for line in view.lines()] == [
        "pylint   81 of 1,083 files    N s …",
        "ruff          7 of 7 files    N s",
    ]
    view.told(Tool.PYLINT, True, 1083, 200)
    assert "200 of 1,083 files" in view.lines()[0]


def test_nobody_is_told_where_nobody_watches() -> None:
    pipe = io.StringIO()
    with progress(pipe) as told:
        assert told is silent
        told(Tool.RUFF, True)
    assert pipe.getvalue() == ""


def terminal(folder: Path, *arguments: str, interrupt: bytes = b"") -> tuple[int, str]:
    """Exit code of a run and what it writes to a terminal, which interrupts it when it has shown something."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "80", "TERM": "xterm"}
    command = [sys.executable, "-m", "policy_checks", "format", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        written = b""
        while True:
            try:
                written += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            if interrupt and interrupt in written:
                process.send_signal(signal.SIGINT)
                interrupt = b""
    os.close(ours)
    return process.returncode, written.decode()


def test_a_terminal_sees_the_tools_at_work_and_then_only_the_result(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "new.py").touch()
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", SLOW)))
    _code, shown = terminal(repo, "--tools=black")
    during, _, after = shown.partition("tool ")
    assert "0 of 1 files" in during
    assert during.count("\x1b[?25l") == during.count("\x1b[?25h") == 1, "the cursor comes back"
    assert during.rstrip("\r").endswith("\x1b[2K"), "the last line of the view is wiped"
    assert "0 of 1 files" not in after


def test_an_interrupted_run_leaves_the_terminal_as_it_was(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "new.py").touch()
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", "#!/bin/sh\nsleep 60\n")))
    code, shown = terminal(repo, "--tools=black", interrupt=b"0 of 1 files")
    assert code == 130
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l"), "the cursor is back"
    assert shown.rstrip("\r").endswith("\x1b[2K"), "and nothing else is left"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_short_run_shows_nothing() -> None:
    stream = Terminal()
    with progress(stream) as told:
        told(Tool.RUFF, True, 1)
        told(Tool.RUFF, False)
    assert stream.getvalue() == ""
