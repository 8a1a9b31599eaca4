"""The processes that this one was started by: read from /proc, else asked of `ps`."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

_GENERATIONS = 32  # more than there are between git and a hook: a shell, a runner, its interpreter


def above(process: int) -> Iterator[list[str]]:
    """The command lines of the processes above this one, the nearest first; ends where the system tells no more."""
    for _ in range(_GENERATIONS):
        if process <= 1:
            return
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")[:-1]
            yield [os.fsdecode(word) for word in words]
            # The program's name, in brackets, may hold anything.
            process = int(Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            told = _ps(process)
            if not told:
                return
            process = int(told[0])
            yield told[1:]


def _ps(process: int) -> list[str]:
    """The parent and the command line of a process where there is no /proc; words that hold spaces come apart."""
    command = ["ps", "-ww", "-o", "ppid=,args=", "-p", str(process)]  # -ww: not cut to the width of a terminal
    try:
        told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout.decode(errors="replace").split()
    except OSError:
        return []
    return told if told and told[0].isdigit() else []
