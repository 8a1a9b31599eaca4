"""The host that containers run on: its engine, its GPUs, and the one place that starts the command lines of `launch`."""

import os
import signal
import subprocess
from types import FrameType

from policy_checks.containers.launch import ENGINES, Command
from policy_checks.failure import Failure

_DEVICE, _TOOL = "/dev/nvidia0", "nvidia-smi"


def installed(name: str) -> bool:
    """Whether a program is on PATH."""
    from shutil import which

    return which(name) is not None


def found() -> str | None:
    """The first engine on PATH."""
    return next(filter(installed, ENGINES), None)


def has_gpus() -> bool:
    """Whether this machine has GPUs that a container could be given."""
    return os.path.exists(_DEVICE) or installed(_TOOL)


def run(command: Command) -> int:
    """Runs a command in the foreground; returns its exit code, 128 and the number for a signal, 130 after Ctrl-C.

    Ctrl-C reaches the child too, and it is waited for: killed, an engine would leave its container running.
    """
    received: list[int] = []
    running: list[subprocess.Popen[bytes]] = []

    def receive(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if number == signal.SIGTERM:  # sent to this process alone
            for process in running:
                process.send_signal(number)

    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        running.append(_started(command))
        if signal.SIGTERM in received:  # before there was anyone to hand it on to
            running[0].send_signal(signal.SIGTERM)
        code = running[0].wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 130 if signal.SIGINT in received else code if code >= 0 else 128 - code


def _started(command: Command) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(command)
    except FileNotFoundError:
        raise Failure(f"{command[0]} is not installed or not on PATH") from None
    except OSError as error:
        raise Failure(f"{command[0]} cannot be started: {error.strerror or error}") from None
