"""Starts the tools and ends them: all of them at once, whatever happens."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from policy_checks.record import record

# Names of files come back as the bytes they are, whatever the locale; nothing is coloured for a pipe;
# and with its hash seed left to chance, pylint names other cycles and duplicates in every run.
_ENVIRONMENT = {"PYTHONIOENCODING": "utf-8:surrogateescape", "NO_COLOR": "1", "TERM": "dumb", "PYTHONHASHSEED": "0"}
_UNSET = ("FORCE_COLOR", "CLICOLOR_FORCE", "MYPY_FORCE_COLOR", "PY_COLORS")


@record
class Done:
    """How a process ended: its exit code (negative for a signal), what it wrote, and how long it took (seconds)."""

    code: int
    stdout: str
    stderr: str
    seconds: float


class Children:
    """The processes at work, each the leader of its own session, so that its children end with it."""

    def __init__(self) -> None:
        self._alive: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, command: Sequence[str], folder: Path) -> Done:
        """Waits for one process; raises OSError when it cannot be started. Safe in threads."""
        started = time.monotonic()
        # Into files, because the end of a pipe is the end of the last process that holds it: a daemon that a
        # tool leaves behind, in a session of its own, would be waited for.
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            process = self._started(command, folder, stdout, stderr)
            try:
                code = process.wait()
            finally:
                with self._lock:
                    self._alive.discard(process)
            return Done(code, _text(stdout), _text(stderr), time.monotonic() - started)

    def _started(self, command: Sequence[str], folder: Path, stdout: IO[bytes], stderr: IO[bytes]) -> "subprocess.Popen[bytes]":
        environment = {name: value for name, value in os.environ.items() if name not in _UNSET} | _ENVIRONMENT
        with self._lock:  # so that stop() cannot miss a process that is just being born
            if self._stopped:
                raise InterruptedError("stopped")
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
            )
            self._alive.add(process)
        return process

    def stop(self) -> None:
        """Kills every process and keeps further ones from starting."""
        with self._lock:
            self._stopped = True
            for process in self._alive:
                _kill(process.pid)


def _kill(leader: int) -> None:
    """Ends a process and its children, without asking: they may ignore everything else."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(leader)], capture_output=True, check=False)
        return
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return  # gone already; poll() would tell, and reap it under wait()


def _text(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read().decode(errors="surrogateescape")
