"""Killed at any moment: every file is its old or its new self, nothing lies beside it, and the next run is right."""

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.formatting.conftest import install

COMMAND = [sys.executable, "-m", "policy_checks", "format", "--tools=ruff,isort,black"]
NAMES = ("one.py", "two.py", "package/three.py", "package/four.pyi")
KILLS, PARTS = 50, 5
SEED = 7

# Runs the command line and kills itself before its n-th step on the disk below the root.
STEPPER = """\
import os, signal, sys, threading
root, limit = sys.argv[1], int(sys.argv[2])  # 0: no limit
steps, lock = 0, threading.Lock()
WRITING = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.truncate", "os.symlink", "os.link",
           "tempfile.mkstemp", "tempfile.mkdtemp", "shutil.rmtree", "subprocess.Popen"}

def watch(event, arguments):
    global steps
    is_write = event in WRITING or (event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))
    if is_write and (event == "subprocess.Popen" or root in os.fsdecode(str(arguments[0])) or event.startswith("tempfile")):
        with lock:
            steps += 1
            if steps == limit:
                os.kill(os.getpid(), signal.SIGKILL)

from policy_checks import cli
sys.addaudithook(watch)
sys.exit(cli.main(["format", *sys.argv[3:]]))
"""

# Makes `x=1` into `x = 1`, at once.
SPACER = "#!/bin/sh\nfor file; do case $file in *.py|*.pyi) sed -i 's/^\\([a-z]*\\)=/\\1 = /' \"$file\" ;; esac; done\n"


def before(number: int, name: str) -> bytes:
    """A text that all three fixers change, and that no other kill has used: an answer kept from one is none for another."""
    return f'import sys, os\nx = {{  "{name}":{number} }}\nprint( sys.argv,\n  "{{}}".format(x) )\n'.encode() + b"y=1\n" * 200


def after(number: int, name: str) -> bytes:
    return f'import sys\n\nx = {{"{name}": {number}}}\nprint(sys.argv, f"{{x}}")\n'.encode() + b"y = 1\n" * 200


def write(root: Path, number: int) -> None:
    for name in NAMES:
        (root / name).write_bytes(before(number, name))


def beside(root: Path) -> list[str]:
    """Everything that is in the repository's folders."""
    return sorted(path.relative_to(root).as_posix() for folder in (root, root / "package") for path in folder.iterdir())


@pytest.fixture
def changed(repo: Path) -> Path:
    """The repository with settings by which every fixer has something to do."""
    (repo / "pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["F401", "UP032"]\n[tool.isort]\nprofile = "black"\n')
    (repo / "package").mkdir()
    return repo


def assert_whole(root: Path, number: int, listed: list[str], moment: str) -> None:
    for name in NAMES:
        found = (root / name).read_bytes()
        assert found in (before(number, name), after(number, name)), f"{moment}: {name} is {found[:300]!r}"
    assert set(beside(root)) <= {*listed, ".cache"}, moment


def end(process: "subprocess.Popen[bytes]", how: str) -> None:
    """Ends a run in one of the ways in which runs end; it is the leader of its group."""
    if how == "group":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.send_signal({"driver": signal.SIGKILL, "SIGINT": signal.SIGINT, "SIGTERM": signal.SIGTERM}[how])


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_random_moments(changed: Path, part: int) -> None:
    """Fifty kills in all; what they leave behind stays for those that follow."""
    chance = random.Random(SEED + part)  # noqa: S311 - moments, no secrets
    write(changed, 0)
    listed = beside(changed)
    started = time.monotonic()
    assert subprocess.run(COMMAND, stdout=subprocess.DEVNULL, check=False).returncode == 0
    duration = time.monotonic() - started
    assert_whole(changed, 0, listed, "without a kill")
    for number in range(1, KILLS // PARTS + 1):
        write(changed, number)
        delay, how = chance.uniform(0, 1.1 * duration), ("group", "driver", "SIGINT", "SIGTERM")[(number + part) % 4]
        with subprocess.Popen(COMMAND, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0) as process:
            time.sleep(delay)
            if process.poll() is None:
                end(process, how)
        moment = f"{how} after {delay:.3f} s of {duration:.3f} s"
        assert_whole(changed, number, listed, moment)
        if number % 5 == 0:  # for two of each ten, of every kind: a whole run is dear
            assert subprocess.run(COMMAND, stdout=subprocess.DEVNULL, check=False).returncode == 0, moment
            assert [(changed / name).read_bytes() for name in NAMES] == [after(number, name) for name in NAMES], moment
    assert_whole(changed, number, listed, "at last")
    assert subprocess.run([*COMMAND, "--check", "--no-cache"], stdout=subprocess.DEVNULL, check=False).returncode == 0
    said = subprocess.run(["git", "status", "--porcelain", "--untracked-files=all"], capture_output=True, text=True, check=True).stdout
    assert {line[3:] for line in said.splitlines()} == {*NAMES, "pyproject.toml"}


def test_killed_before_each_of_its_steps_on_the_disk(changed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window of the final writing is too short for chance to find: every step there is tried."""
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", SPACER)))

    def run(limit: int) -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-c", STEPPER, str(changed), str(limit), "--tools=black"]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)

    def texts() -> set[bytes]:
        return {(changed / name).read_bytes() for name in NAMES}

    def reset(number: int) -> tuple[bytes, bytes]:
        for name in NAMES:
            (changed / name).write_bytes(b"x=%d\n" % number * 1000)
        return b"x=%d\n" % number * 1000, b"x = %d\n" % number * 1000

    _old, new = reset(0)
    listed = beside(changed)
    assert run(0).returncode == 0
    assert texts() == {new}
    mixed = 0
    for step in itertools.count(1):
        old, new = reset(step)
        done = run(step)
        assert texts() <= {old, new}, step
        assert set(beside(changed)) <= {*listed, ".cache"}, step
        mixed += len(texts()) == 2
        if done.returncode != -signal.SIGKILL:  # it has fewer steps than that
            break
    assert step > 2 * len(NAMES), "each of the files is made and renamed"
    assert mixed >= len(NAMES) - 1, "some of the kills fell between two of the renames"
    assert done.returncode == 0
    assert texts() == {new}
