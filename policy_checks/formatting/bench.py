"""A run at work: what it is to do, its processes, its threads, and how one tool is called in it."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

from policy_checks.formatting import executables
from policy_checks.formatting.linters import Unexpected
from policy_checks.formatting.outcome import Outcome, Progress, silent
from policy_checks.formatting.policy import FormatPolicy, Tool
from policy_checks.formatting.processes import Children, Done
from policy_checks.formatting.results import Results
from policy_checks.git import Entry
from policy_checks.record import record, replace

T = TypeVar("T")
Contents = dict[str, bytes]


@record
class Job:
    """What one run is to do; paths are relative to the root."""

    root: Path
    files: tuple[str, ...]
    check: bool
    skip_docs: bool
    policy: FormatPolicy
    environment: Mapping[str, str]
    cores: int
    progress: Progress = silent
    staged: Mapping[str, Entry] | None = None  # their entries where the files are those of git's index, and the results too
    kept: Path | None = None  # the folder of earlier runs' verdicts


@record
class Bench:
    """A job at work: its processes, its threads, its scratch folder, and the folder in which linters find the files as they are judged."""

    job: Job
    children: Children
    pool: ThreadPoolExecutor
    scratch: Path
    place: Path  # the root, unless what is judged is not what lies there
    results: Results | None = None  # those of earlier runs, where there is a place for them


def awaited(future: "Future[T]") -> T:
    """A result, waited for in steps: a signal may reach the process in another thread, and only a main thread that wakes up answers it."""
    while not future.done():
        wait([future], timeout=0.1)
    return future.result()


def added(bench: Bench, tool: Tool) -> tuple[str, ...]:
    """The repository's own arguments; before those by which work is divided, which have to be the last word."""
    return bench.job.policy.arguments.get(tool, ())


def processes(
    bench: Bench, tool: Tool, arguments: Sequence[str], files: Sequence[str], folder: Path, read: Callable[[Done, Sequence[str]], Outcome]
) -> list[Outcome]:
    """One process of a tool, or as many as it takes to name all the files."""
    executable = executables.find(tool, bench.job.root, bench.job.environment)
    if executable is None:
        return [Outcome(failure=executables.MISSING)]
    return [_process(bench, line, part, folder, read) for line, part in executables.calls(executable, arguments, files, bench.scratch)]


def _process(
    bench: Bench, command: Sequence[str], files: Sequence[str], folder: Path, read: Callable[[Done, Sequence[str]], Outcome]
) -> Outcome:
    """What a process came to; whatever keeps it from a verdict is a failure with its reason."""
    try:
        done = bench.children.run(command, folder)
    except OSError as error:
        return Outcome(failure=f"cannot be started: {error.strerror or error}")
    if folder != bench.job.root:  # a path in a scratch tree means the repository's file to whoever reads it
        done = replace(done, stdout=done.stdout.replace(f"{folder}/", ""), stderr=done.stderr.replace(f"{folder}/", ""))
    try:
        return read(done, files)
    except (ValueError, KeyError, TypeError, Unexpected) as error:
        return Outcome((), f"its answer cannot be read: {error}", done.stdout + done.stderr, done.seconds)


def cores() -> int:
    """How many processes can run at once: the process may be held to some of the machine's cores."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
