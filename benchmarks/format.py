"""`policy-checks format --check` beside the serial sequence of Megatron-LM's own tools/autoformat.sh, in the same run.

Usage: python benchmarks/format.py CHECKOUT --tools ENVIRONMENT [--runs 3] [--commits 25]

CHECKOUT is a clone of Megatron-LM with its history; it is cloned, and never changed. ENVIRONMENT holds the tools of its group
`linting`, and mypy, which no group of it has. The change is what the last commits did below `megatron/core` and `tests`.

Each round throws every cache away, then times the serial sequence (all five tools, although the script stops at the first one
that finds something), a cold run, an unchanged one, and one after each of a few edits. What the tools say is compared as a set:
cold and unchanged with the serial sequence, after an edit with a run that takes nothing from a cache.
"""

import argparse
import ast
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("megatron/core", "tests")
TOOLS = ("black", "isort", "pylint", "ruff", "mypy")
LIMITS = {"cold": 0.6, "unchanged": 0.05, "edited": 0.15}  # times the serial sequence
HOOK_LIMIT = 0.150  # seconds
HOOK_RUNS = 15
POLICY = """\
[format.arguments]
black = ["--skip-magic-trailing-comma", "--skip-string-normalization"]
mypy = ["--explicit-package-bases", "--follow-imports=skip"]
"""
EDIT = '\n\ndef added_by_the_benchmark() -> int:\n    """Return a number."""\n    return 1\n'

Said = set[tuple[str, ...]]  # tool, path, line, code, text

# How the tools write for people; what follows a message and is none belongs to it.
PYLINT = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?P<code>[A-Z]\d{4}): (?P<text>.*) \([a-z0-9-]+\)$", re.MULTILINE)
RUFF = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?P<code>[A-Z]+\d+) (?:\[\*\] )?(?P<text>.*)$", re.MULTILINE)
MYPY = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+): error: (?P<text>.*?)(?:  \[(?P<code>[a-z-]+)\])?$", re.MULTILINE)
BLACK = re.compile(r"^would reformat (?P<path>.*)$", re.MULTILINE)
ISORT = re.compile(r"^ERROR: (?P<path>.*) Imports are incorrectly sorted", re.MULTILINE)


def git(folder: Path, *arguments: str) -> str:
    """What git answers."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, str, str]:
    """The wall time of one whole process, and what it wrote. Ends the benchmark when it failed."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - start
    if done.returncode < 0 or "Traceback" in done.stderr or (command[0].endswith("policy-checks") and done.returncode > 1):
        sys.exit(f"{' '.join(command[:4])} …: exit code {done.returncode}\n{done.stderr[-2000:]}")
    return taken, done.stdout, done.stderr


class Bench:
    """A clone with the change, and the two programs that judge it."""

    def __init__(self, folder: Path, checkout: Path, tools: Path, commits: int) -> None:
        self.root, self.tools, self.caches = folder / "clone", tools, folder / "caches"
        git(folder, "clone", "--quiet", "--shared", "--no-checkout", str(checkout), str(self.root))
        git(self.root, "checkout", "--quiet", "--detach", git(checkout, "rev-parse", "HEAD").strip())
        (self.root / "policy-checks.toml").write_text(POLICY)
        self.base = git(self.root, "rev-parse", f"HEAD~{commits}").strip()
        names = git(self.root, "diff", "--name-only", "--diff-filter=d", "--merge-base", self.base, *FOLDERS).splitlines()
        self.files = [name for name in names if name.endswith(".py")]
        self.program = str(Path(sys.executable).parent / "policy-checks")
        # As installed: modules are read compiled, as an installer or the first run leaves them.
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "CHECK_ONLY", "SKIP_DOCS")}
        self.environment = kept | {
            "VIRTUAL_ENV": str(tools),
            "PATH": f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "BLACK_CACHE_DIR": str(self.caches / "black"),
            "PYLINTHOME": str(self.caches / "pylint"),
        }

    def forget(self) -> None:
        """Throws away what any of the tools, or we, remember."""
        for folder in (self.caches, *(self.root / name for name in (".cache", ".git/policy-checks", ".mypy_cache", ".ruff_cache"))):
            shutil.rmtree(folder, ignore_errors=True)

    def serial(self) -> tuple[dict[str, float], Said]:
        """The tools as tools/autoformat.sh calls them with CHECK_ONLY=true, one after another; seconds by tool, and their messages."""
        calls = {
            "black": ["--skip-magic-trailing-comma", "--skip-string-normalization", "--check", "--diff", "--verbose"],
            "isort": ["--check"],
            "pylint": [],
            "ruff": ["check", "--no-fix"],
            "mypy": ["--explicit-package-bases", "--follow-imports=skip"],
        }
        seconds, said = {}, set()
        for tool, arguments in calls.items():
            seconds[tool], out, err = timed([str(self.tools / "bin" / tool), *arguments, *self.files], self.root, self.environment)
            said |= set(self._plain(tool, out, err))
        return seconds, said

    def _plain(self, tool: str, out: str, err: str) -> Iterator[tuple[str, ...]]:
        pattern, text = {"black": (BLACK, err), "isort": (ISORT, err), "pylint": (PYLINT, out), "ruff": (RUFF, out), "mypy": (MYPY, out)}[
            tool
        ]
        for found in pattern.finditer(text):
            path = os.path.relpath(self.root / found["path"], self.root)
            if tool in ("black", "isort"):
                yield tool, path, "", tool, ""
            else:
                yield tool, path, found["line"], found["code"] or "error", found["text"]

    def ours(self, *options: str) -> tuple[float, Said]:
        """`policy-checks format --check` on the same files; seconds, and the same kind of messages."""
        command = [self.program, "format", "--check", "--base", self.base, "--output-format", "json", *options, *FOLDERS]
        seconds, out, _err = timed(command, self.root, self.environment)
        answer = json.loads(out)
        if answer["summary"]["files"] != len(self.files):
            sys.exit(f"{answer['summary']['files']} files were looked at, not {len(self.files)}")
        return seconds, set(map(_reported, answer["findings"]))

    def importers(self) -> dict[str, int]:
        """How many files below the folders import each of the changed modules."""
        modules = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): name for name in self.files}
        counts = dict.fromkeys(self.files, 0)
        for folder in FOLDERS:
            for path in (self.root / folder).rglob("*.py"):
                for module in _imports(path) & set(modules):
                    counts[modules[module]] += 1
        return counts

    def edits(self) -> list[tuple[str, int]]:
        """A leaf, a middling module and the most imported one, with the number of their importers; and the longest."""
        counts = self.importers()
        size = {name: (self.root / name).stat().st_size for name in self.files}
        leaves = sorted((name for name in self.files if name.startswith("tests/") and not counts[name]), key=size.__getitem__)
        imported = sorted((name for name in self.files if counts[name]), key=counts.__getitem__)
        chosen = [leaves[len(leaves) // 2], imported[len(imported) // 2], max(self.files, key=size.__getitem__), imported[-1]]
        return [(name, counts[name]) for name in dict.fromkeys(chosen)]


def _imports(path: Path) -> set[str]:
    """The names of modules that a file may be importing."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _reported(finding: dict[str, object]) -> tuple[str, ...]:
    if finding["code"] in ("black", "isort"):
        return str(finding["code"]), str(finding["path"]), "", str(finding["code"]), ""
    tool, _colon, text = str(finding["message"]).partition(": ")
    return tool, str(finding["path"]), str(finding["line"]), str(finding["code"]), text.splitlines()[0]


def compared(name: str, expected: Said, found: Said) -> None:
    """Prints whether two runs said the same, and each message that only one of them gave."""
    print(f"  messages, {name}: {'the same' if expected == found else 'DIFFERENT'} ({len(expected)} and {len(found)})")
    for sign, left in (("-", expected - found), ("+", found - expected)):
        for message in sorted(left):
            print(f"    {sign} {' '.join(message)}")


def one_round(bench: Bench, edits: list[tuple[str, int]], times: dict[str, list[float]]) -> None:
    """Times everything once."""

    def note(name: str, seconds: float) -> None:
        times.setdefault(name, []).append(seconds)
        print(f"  {seconds:8.3f} s  {name}", flush=True)

    bench.forget()
    seconds, expected = bench.serial()
    print("  " + ", ".join(f"{tool} {taken:.2f}" for tool, taken in seconds.items()))
    note("serial", sum(seconds.values()))
    bench.forget()
    for name in ("cold", "unchanged"):
        taken, said = bench.ours()
        note(name, taken)
        compared(name, expected, said)
    for path, importers in edits:
        before = (bench.root / path).read_bytes()
        (bench.root / path).write_bytes(before + EDIT.encode())
        taken, said = bench.ours()
        note(f"edited: {path} (imported by {importers})", taken)
        compared("edited", bench.ours("--no-cache")[1], said)
        (bench.root / path).write_bytes(before)
        bench.ours()


def hook(bench: Bench, folder: Path) -> list[tuple[str, float]]:
    """What a run on one changed file costs beside the tools, which say nothing here and at once."""
    stubs = folder / "stubs"
    (stubs / "bin").mkdir(parents=True)
    for name in ("lib", "lib64", "pyvenv.cfg"):  # whoever asks for their versions finds them
        (stubs / name).symlink_to(bench.tools / name)
    (stubs / "bin" / "python").symlink_to(bench.tools / "bin" / "python")
    for tool in TOOLS:
        stub = stubs / "bin" / tool
        answer = "[]" if tool in ("pylint", "ruff") else ""
        stub.write_text(f"#!/bin/sh\necho '{answer}'\n")
        stub.chmod(0o755)
    name = bench.files[len(bench.files) // 2]
    before = (bench.root / name).read_bytes()
    (bench.root / name).write_bytes(before + EDIT.encode())
    git(bench.root, "add", name)
    git(bench.root, "status")  # as in a clone that somebody works in: its index knows the times of the files
    environment = bench.environment | {"VIRTUAL_ENV": str(stubs)}
    measured = []
    for options in (["--check"], ["--check", "--no-cache"], ["--no-cache"], []):
        command = [bench.program, "format", "--staged", *options]
        taken = [timed(command, bench.root, environment)[0] for _ in range(HOOK_RUNS + 2)][2:]  # the first compile and remember
        measured.append((" ".join(["format --staged", *options]), statistics.median(taken)))
    git(bench.root, "checkout", "--quiet", "HEAD", "--", name)
    bench.forget()
    return measured


def verdict(name: str, value: float, limit: float, unit: str) -> None:
    """One line of the end: a figure beside its limit."""
    print(f"{name:40} {value:8.3f} {unit:9} limit {limit:.2f}  {'ok' if value <= limit else 'MISSED'}")


def main() -> None:
    """Prints times, differences and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--commits", type=int, default=25)
    arguments = parser.parse_args()

    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="policy-checks-format-") as name:
        folder = Path(name)
        bench = Bench(folder, arguments.checkout.resolve(), arguments.tools.resolve(), arguments.commits)
        lines = sum((bench.root / path).read_bytes().count(b"\n") for path in bench.files)
        print(f"{len(bench.files)} files, {lines:,} lines, {len(os.sched_getaffinity(0))} cores")
        hooks = hook(bench, folder)
        edits = bench.edits()
        for number in range(arguments.runs):
            print(f"round {number + 1}")
            one_round(bench, edits, times)
    median = {name: statistics.median(taken) for name, taken in times.items()}
    serial = median["serial"]
    print(f"\nmedian of {arguments.runs}")
    for name, value in median.items():
        print(f"{value:8.3f} s  {value / serial:6.3f} x serial  {name}")
    verdict("cold", median["cold"] / serial, LIMITS["cold"], "x serial")
    verdict("unchanged", median["unchanged"] / serial, LIMITS["unchanged"], "x serial")
    edited = [value / serial for name, value in median.items() if name.startswith("edited")]
    verdict("one edited file, median of files", statistics.median(edited), LIMITS["edited"], "x serial")
    verdict("one edited file, worst of files", max(edited), LIMITS["edited"], "x serial")
    for name, seconds in hooks:
        verdict(f"beside the tools: {name}", seconds, HOOK_LIMIT, "s")


if __name__ == "__main__":
    main()
