"""However a run ends, every file is whole, nothing is left behind, and no tool goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.formatting.conftest import install

COMMAND = [sys.executable, "-m", "policy_checks", "format"]
BEFORE, AFTER = "x=1\n" * 2000, "x = 1\n" * 2000

SLEEPER = """\
#!/bin/sh
sleep 60 &
echo $! > {folder}/grandchild
echo $$ > {folder}/child
wait
"""

# Writes as a careless formatter does: the file is empty first, then grows.
DRIBBLER = f"""\
#!{sys.executable}
import sys, time
for name in sys.argv[2:]:
    with open(name) as file:
        text = file.read().replace("=", " = ").replace("  ", " ")
    with open(name, "w") as file:
        for start in range(0, len(text), 1000):
            file.write(text[start : start + 1000])
            file.flush()
            time.sleep(0.005)
"""


def has_ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # an orphan whose new parent does not wait for it: dead, yet counted among the processes
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"


def until(condition: Callable[[], object], seconds: float = 20) -> bool:
    """Whether a callable comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("mode", [[], ["--check"]])
def test_a_signal_ends_the_tools_and_their_children(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, mode: list[str]
) -> None:
    (repo / "new.py").write_text("x=1\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", SLEEPER.format(folder=tmp_path))))
    with subprocess.Popen([*COMMAND, "--tools=black", *mode], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert until((tmp_path / "child").exists)
        assert until(lambda: (tmp_path / "child").read_text().strip())
        process.send_signal(number)
        _out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    ended = [int((tmp_path / name).read_text()) for name in ("child", "grandchild")]
    assert until(lambda: all(map(has_ended, ended)))
    assert (repo / "new.py").read_text() == "x=1\n"
    assert sorted(os.listdir(repo)) == [".git", "new.py", "old.py", "pyproject.toml"]


def test_killed_at_any_moment_every_file_is_whole(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", DRIBBLER)))
    names = [f"file{number}.py" for number in range(5)]
    for number in range(12):
        for name in names:
            (repo / name).write_text(BEFORE)
        with subprocess.Popen([*COMMAND, "--tools=black"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(0.05 + 0.075 * number)
            process.kill()
        assert {(repo / name).read_text() for name in names} <= {BEFORE, AFTER}
    assert subprocess.run([*COMMAND, "--tools=black"], stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert {(repo / name).read_text() for name in names} == {AFTER}
    assert subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=True).stdout.count("\n") == len(names)
