"""One run over a whole repository, beside `git grep` for the words of the first rule, in pairs in the same run.

Usage: python benchmarks/whole_repository.py CHECKOUT [--runs 7] [--select CODES]
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path


def seconds(command: list[str], folder: Path) -> float:
    """The wall time of one whole process."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return time.perf_counter() - start


def main() -> None:
    """Prints the median of each, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--select", default="")
    arguments = parser.parse_args()

    program = str(Path(sys.executable).parent / "policy-checks")
    select = ["--select", arguments.select] if arguments.select else []
    commands = {
        "policy-checks check --isolated": [program, "check", "--isolated", *select],
        "git grep -nE 'pip3? install'": ["git", "grep", "-nE", "pip3? install"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(arguments.runs):
        for name, command in commands.items():
            times[name].append(seconds(command, arguments.checkout))
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=arguments.checkout, capture_output=True, check=True).stdout.count(b"\0")
    print(f"{listed} files, median of {arguments.runs}")
    for name, taken in times.items():
        print(f"{statistics.median(taken):8.3f} s  (best {min(taken):.3f})  {name}")
    check, grep = (statistics.median(taken) for taken in list(times.values())[:2])
    print(f"{check / grep:8.1f} x git grep")


if __name__ == "__main__":
    main()
