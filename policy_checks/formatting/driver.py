"""Runs the tools over a change set: fixers one after another, linters beside each other, and every tool whatever the others say."""

import io
import os
import time
import tokenize
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

from policy_checks.formatting import executables, pylint_parts, tree, writing
from policy_checks.formatting.fixers import FIXERS, Fixer, groups
from policy_checks.formatting.linters import LINTERS, Linter, Unexpected, paths
from policy_checks.formatting.outcome import Message, Outcome, Report, Row, joined
from policy_checks.formatting.policy import FormatPolicy, Tool
from policy_checks.formatting.processes import Children, Done
from policy_checks.record import record, replace
from policy_checks.workspace import Disk

T = TypeVar("T")
Contents = dict[str, bytes]
Progress = Callable[[Tool, bool], None]  # a tool begins (True) or has ended (False)

# The longest first, so that the short ones fill what is left: pylint keeps every core busy by itself.
_LINTER_ORDER = (Tool.PYLINT, Tool.MYPY, Tool.RUFF)


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
    progress: Progress = lambda _tool, _begins: None


@record
class Bench:
    """A job at work: its processes, its threads and its scratch folder."""

    job: Job
    children: Children
    pool: ThreadPoolExecutor
    scratch: Path


def run(job: Job) -> Report:
    """Formats or checks the files. However it ends, no tool is left running and every file is whole."""
    started = time.monotonic()
    if not job.files:
        return Report(job.check, 0, ())
    contents, undecodable, failures = _read(job)
    children = Children()
    with tree.scratch(job.root) as scratch, ThreadPoolExecutor(2 * len(Tool)) as pool:  # some threads only wait for others
        try:
            bench = Bench(job, children, pool, scratch)
            rows, unwritten = (_check if job.check else _fix)(bench, contents)
        except BaseException:
            children.stop()
            raise
    return Report(job.check, len(job.files), rows, undecodable, (*failures, *unwritten), time.monotonic() - started)


def _awaited(future: "Future[T]") -> T:
    """A result, waited for in steps: a signal may reach the process in another thread, and only a main thread that wakes up answers it."""
    while not future.done():
        wait([future], timeout=0.1)
    return future.result()


def _read(job: Job) -> tuple[Contents, tuple[Message, ...], tuple[str, ...]]:
    """The files that tools can read, those that are no text by their own declaration (PEP 263), and those that cannot be opened."""
    contents, undecodable, failures = {}, [], []
    for path in job.files:
        try:
            data = Disk(job.root).read(path)
            encoding, _lines = tokenize.detect_encoding(io.BytesIO(data).readline)
            data.decode(encoding)
        except OSError as error:
            failures.append(f"{path}: cannot be read: {error.strerror or error}")
        except (SyntaxError, UnicodeDecodeError) as error:
            undecodable.append(Message(path, 0, 0, "undecodable", "", f"cannot be decoded: {error}"))
        else:
            contents[path] = data
    return contents, tuple(undecodable), tuple(failures)


def _check(bench: Bench, contents: Contents) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Everything at once: what is judged does not change."""
    judged = _lint(bench, tuple(contents))
    rewritten = {}
    for tool in (Tool.BLACK, Tool.ISORT):
        if tool in bench.job.policy.tools:
            rewritten[tool] = bench.pool.submit(_rewrite_apart, bench, FIXERS[tool], contents)
    rows = {tool: _linter_row(tool, _awaited(future), contents) for tool, future in judged.items()}
    rows |= {tool: _awaited(future) for tool, future in rewritten.items()}
    return _in_order(rows), ()


def _fix(bench: Bench, contents: Contents) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The fixers in their order on one tree, then the linters on what results."""
    rows: dict[Tool, Row] = {}
    after = contents
    folder = bench.scratch / "tree"
    tree.lay_out(bench.job.root, folder, contents)
    for tool, fixer in FIXERS.items():
        if tool in bench.job.policy.tools:
            # in a thread, because there a process is waited for without holding back Ctrl-C
            rows[tool], after = _awaited(bench.pool.submit(_rewrite, bench, fixer, folder, after))
    unwritten = _write(bench, contents, after)
    for tool, future in _lint(bench, tuple(contents)).items():
        row = _linter_row(tool, _awaited(future), contents)
        rows[tool] = _merged(rows[tool], row) if tool in rows else row
    return tuple(_written(row, unwritten) for row in _in_order(rows)), tuple(f"{path}: {why}" for path, why in unwritten.items())


def _in_order(rows: Mapping[Tool, Row]) -> tuple[Row, ...]:
    return tuple(rows[tool] for tool in Tool if tool in rows)


def _written(row: Row, unwritten: Mapping[str, str]) -> Row:
    return replace(row, changed={path: change for path, change in row.changed.items() if path not in unwritten})


def _write(bench: Bench, before: Contents, after: Contents) -> dict[str, str]:
    """Puts the results in place; returns why it could not, by path."""
    unwritten = {}
    for path in before:
        if before[path] != after[path]:
            try:
                writing.replace(bench.job.root / path, before[path], after[path], bench.scratch)
            except (OSError, writing.Disturbed) as error:
                unwritten[path] = str(error)
    return unwritten


def _rewrite_apart(bench: Bench, fixer: Fixer, contents: Contents) -> Row:
    """Runs a fixer on a tree of its own, whose result is only looked at."""
    folder = bench.scratch / fixer.tool
    tree.lay_out(bench.job.root, folder, contents)
    return _rewrite(bench, fixer, folder, contents)[0]


def _rewrite(bench: Bench, fixer: Fixer, folder: Path, before: Contents) -> tuple[Row, Contents]:
    """Runs a fixer in a tree; what it changed is seen from the files, not from what it says."""
    bench.job.progress(fixer.tool, True)
    outcomes = []
    for group in groups(tuple(before), folder, fixer.settings):
        outcomes += _processes(bench, fixer.tool, (*fixer.arguments, *_added(bench, fixer.tool)), group, folder, fixer.read)
    outcome = joined(outcomes)
    if outcome.failure:
        # What a tool wrote before it was killed may be half a file.
        tree.restore(folder, before)
    after = tree.collect(folder, before)
    changed = {path: (before[path], after[path]) for path in before if before[path] != after[path]}
    bench.job.progress(fixer.tool, False)
    return Row(fixer.tool, len(before), outcome, changed), after


def _lint(bench: Bench, files: Sequence[str]) -> dict[Tool, Future[Outcome]]:
    wanted = [tool for tool in _LINTER_ORDER if tool in bench.job.policy.tools]
    return {tool: bench.pool.submit(_judge, bench, LINTERS[tool], files) for tool in wanted}


def _judge(bench: Bench, linter: Linter, files: Sequence[str]) -> Outcome:
    job = bench.job
    job.progress(linter.tool, True)
    given, refused = linter.accepts(files)
    known = paths(job.root, files)

    def judge(part: Sequence[str]) -> list[Outcome]:
        arguments = (*linter.arguments(job.root, job.skip_docs), *_added(bench, linter.tool), *part)
        return _processes(bench, linter.tool, arguments, given, job.root, lambda done, _part: linter.read(done, known))

    outcomes = [outcome for found in bench.pool.map(judge, _parts(bench, linter.tool, files)) for outcome in found]
    job.progress(linter.tool, False)
    return joined([*outcomes, Outcome(refused)])


def _parts(bench: Bench, tool: Tool, files: Sequence[str]) -> list[tuple[str, ...]]:
    """Arguments of the processes among which a linter's work is divided."""
    if tool is not Tool.PYLINT:
        return [()]
    added, executable = _added(bench, tool), executables.find(tool, bench.job.root, bench.job.environment)
    if executable is None or any(argument.startswith(("--jobs", "-j")) for argument in added):
        return [()]
    if bench.job.cores == 1 or len(files) < pylint_parts.FEW:
        return [pylint_parts.WHOLE]
    try:
        return pylint_parts.parts(bench.children.run([str(executable), *added, *pylint_parts.QUERY], bench.job.root), bench.job.cores)
    except OSError:  # the run itself will say why
        return [pylint_parts.WHOLE]


def _added(bench: Bench, tool: Tool) -> tuple[str, ...]:
    """The repository's own arguments; before those by which work is divided, which have to be the last word."""
    return bench.job.policy.arguments.get(tool, ())


def _processes(
    bench: Bench, tool: Tool, arguments: Sequence[str], files: Sequence[str], folder: Path, read: Callable[[Done, Sequence[str]], Outcome]
) -> list[Outcome]:
    """One process of a tool, or as many as it takes to name all the files."""
    executable = executables.find(tool, bench.job.root, bench.job.environment)
    if executable is None:
        return [Outcome(failure="is not installed: neither in the repository's environment nor on PATH")]
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


def _linter_row(tool: Tool, outcome: Outcome, contents: Contents) -> Row:
    return Row(tool, len(contents), outcome)


def _merged(fixed: Row, judged: Row) -> Row:
    """A tool that fixes and judges has one line: what it changed, and what it says afterwards."""
    failure = fixed.outcome.failure or judged.outcome.failure
    output, seconds = fixed.outcome.output + judged.outcome.output, fixed.outcome.seconds + judged.outcome.seconds
    outcome = replace(judged.outcome, failure=failure, output=output, seconds=seconds)
    return replace(judged, outcome=outcome, changed=fixed.changed)


def cores() -> int:
    """How many processes can run at once: the process may be held to some of the machine's cores."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
