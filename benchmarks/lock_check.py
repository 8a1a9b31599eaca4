"""`policy-checks lock check` beside uv's own `uv lock --check --offline`, whole processes, in pairs in the same run.

Usage: python benchmarks/lock_check.py PROJECT --uv UV --python PYTHON [--runs 15]

PROJECT holds a pyproject.toml and a fresh uv.lock; PYTHON is an interpreter that its requires-python accepts (finding one
is not counted against uv). The 10 MB lock is the project's own lock with every registry package repeated under other names.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COPIES = 10


# As installed: modules are read compiled, as an installer or the first run leaves them.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(command: list[str], folder: Path) -> float:
    """The wall time of one whole process."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, env=ENVIRONMENT)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return time.perf_counter() - start


def enlarged(lock: str) -> str:
    """The lock with each registry package and its edges repeated under other names."""
    head, *packages = lock.split("[[package]]\n")
    copies = [
        re.sub(r'(name = ")([^"]+)"', rf'\1\2-copy{number}"', package)
        for number in range(1, COPIES)
        for package in packages
        if 'source = { registry = "' in package
    ]
    return "[[package]]\n".join([head, *sorted([*packages, *copies])])


def main() -> None:
    """Prints medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--uv", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()

    program = str(Path(sys.executable).parent / "policy-checks")
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small", Path(folder) / "large"
        for target in (small, large):
            target.mkdir()
            (target / "pyproject.toml").write_bytes((arguments.project / "pyproject.toml").read_bytes())
        lock = (arguments.project / "uv.lock").read_text()
        (small / "uv.lock").write_text(lock)
        (large / "uv.lock").write_text(enlarged(lock))
        commands = {
            "python -c pass": ([sys.executable, "-c", "pass"], small),
            "uv lock --check --offline": ([arguments.uv, "lock", "--check", "--offline", "--python", arguments.python], small),
            "lock check, cold": ([program, "lock", "check", "--no-cache"], small),
            "lock check, unchanged inputs": ([program, "lock", "check"], small),
            "lock check --integrity, cold": ([program, "lock", "check", "--integrity", "--no-cache"], small),
            "check --isolated --select LCK": ([program, "check", "--isolated", "--select", "LCK"], small),
            "lock check, ten times the lock, cold": ([program, "lock", "check", "--no-cache"], large),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for command, where in commands.values():
            seconds(command, where)  # the first run of each compiles and remembers
        for _ in range(arguments.runs):
            for name, (command, where) in commands.items():
                times[name].append(seconds(command, where))
        print(f"lock of {len(lock) / 1e6:.1f} MB and {(large / 'uv.lock').stat().st_size / 1e6:.1f} MB, median of {arguments.runs}")
    median = {name: statistics.median(taken) for name, taken in times.items()}
    uv, cold = median["uv lock --check --offline"], median["lock check, cold"]
    for name, value in median.items():
        print(f"{value:8.3f} s  {value / uv:6.2f} x uv  {name}")
    print(f"{median['lock check, ten times the lock, cold'] / cold:6.2f} x the small lock for the large one")


if __name__ == "__main__":
    main()
