"""However a run ends, every file is whole, nothing is left behind, and no tool goes on."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from policy_checks.formatting.bench import cores
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

# Hears no signal but the one that nobody can ignore, and neither does its child.
STUBBORN = SLEEPER.replace("#!/bin/sh", "#!/bin/sh\ntrap '' INT TERM HUP")

# Leaves a process behind that is in a session of its own and holds on to what was its output.
DEPARTING = """\
#!/bin/sh
setsid sh -c 'echo $$ > {folder}/daemon; exec sleep 30' &
{then}
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


@contextmanager
def started(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process


def read_pid(file: Path) -> int:
    """The number that a process of ours has written down, once it has."""
    assert until(lambda: file.exists() and file.read_text().strip())
    return int(file.read_text())


def test_processes_that_ignore_signals_end_all_the_same(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "new.py").write_text("x=1\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", STUBBORN.format(folder=tmp_path))))
    with started("--tools=black") as process:
        pids = [read_pid(tmp_path / name) for name in ("child", "grandchild")]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 130
    assert until(lambda: all(map(has_ended, pids)))


def test_every_tool_and_every_worker_of_a_real_one_ends(repo: Path) -> None:
    """pylint divides its work among processes of its own; they and all the other tools end at once."""
    for number in range(12):
        (repo / f"new{number}.py").write_text("".join(f"def f{line}(a):\n    return a + {line}\n\n\n" for line in range(300)))
    with started("--check") as process:
        assert until(lambda: cores() == 1 or any(len(members({leader})) > 2 for leader in sessions(process.pid)))
        born = sessions(process.pid)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 130
    assert until(lambda: not members(born))
    assert (repo / "new0.py").read_text().startswith("def f0(a):\n")
    assert not (repo / ".cache").exists()


def sessions(parent: int) -> set[int]:
    """The sessions that the children of a process lead (Linux)."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    if not children.exists():
        pytest.skip("there is no /proc to look for processes in")
    return {int(pid) for task in Path(f"/proc/{parent}/task").glob("*/children") for pid in task.read_text().split()}


def members(leaders: set[int]) -> list[str]:
    """Processes of some sessions that have not ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, _group, session, *_rest = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(session) in leaders and state != "Z":
            found.append(status.parent.name)
    return found


def test_a_second_interruption_does_not_disturb_the_first(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "new.py").write_text("x=1\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", STUBBORN.format(folder=tmp_path))))
    with started("--tools=black") as process:
        pids = [read_pid(tmp_path / name) for name in ("child", "grandchild")]
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            process.send_signal(number)
        _out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "")
    assert until(lambda: all(map(has_ended, pids)))
    assert sorted(os.listdir(repo)) == [".git", "new.py", "old.py", "pyproject.toml"]


@pytest.mark.skipif(not shutil.which("setsid"), reason="there is no setsid")
@pytest.mark.parametrize("then", ["exit 0", "wait"])
def test_a_daemon_that_a_tool_leaves_behind_is_not_waited_for(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    (repo / "new.py").write_text("x = 1\n")
    script = DEPARTING.format(folder=tmp_path, then=then)
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", script)))
    with started("--tools=black") as process:
        daemon = read_pid(tmp_path / "daemon")
        if then == "wait":
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == (130 if then == "wait" else 0)
    assert not has_ended(daemon), "it would have been waited for"
    os.kill(daemon, signal.SIGKILL)


def test_a_tool_that_is_asked_for_its_version_ends_too(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "new.py").write_text("x=1\n")
    (repo / "uv.lock").write_text('version = 1\nrequires-python = ">=3.11"\n# "black"\n')
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", SLEEPER.format(folder=tmp_path))))
    with started("--tools=black") as process:
        pid = read_pid(tmp_path / "child")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 130
    assert until(lambda: has_ended(pid))


def test_killed_at_any_moment_every_file_is_whole(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", DRIBBLER)))
    names = [f"file{number}.py" for number in range(5)]
    for number in range(5):
        for name in names:
            (repo / name).write_text(BEFORE)
        with subprocess.Popen([*COMMAND, "--tools=black"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(0.1 + 0.2 * number)
            process.kill()
        assert {(repo / name).read_text() for name in names} <= {BEFORE, AFTER}
    assert subprocess.run([*COMMAND, "--tools=black"], stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert {(repo / name).read_text() for name in names} == {AFTER}
    assert subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=True).stdout.count("\n") == len(names)
