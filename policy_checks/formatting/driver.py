"""Runs the tools over a change set: fixers one after another, linters beside each other, and every tool whatever the others say."""

import io
import time
import tokenize
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from policy_checks.formatting import tree, writing
from policy_checks.formatting.bench import Bench, Contents, Job, awaited
from policy_checks.formatting.fixers import FIXERS
from policy_checks.formatting.judging import lint
from policy_checks.formatting.outcome import Message, Outcome, Report, Row
from policy_checks.formatting.policy import Tool
from policy_checks.formatting.processes import Children
from policy_checks.formatting.rewriting import rewrite, rewrite_apart
from policy_checks.record import replace
from policy_checks.workspace import Disk


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
    judged = lint(bench, tuple(contents))
    rewritten = {}
    for tool in (Tool.BLACK, Tool.ISORT):
        if tool in bench.job.policy.tools:
            rewritten[tool] = bench.pool.submit(rewrite_apart, bench, FIXERS[tool], contents)
    rows = {tool: _linter_row(tool, awaited(future), contents) for tool, future in judged.items()}
    rows |= {tool: awaited(future) for tool, future in rewritten.items()}
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
            rows[tool], after = awaited(bench.pool.submit(rewrite, bench, fixer, folder, after))
    unwritten = _write(bench, contents, after)
    for tool, future in lint(bench, tuple(contents)).items():
        row = _linter_row(tool, awaited(future), contents)
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


def _linter_row(tool: Tool, outcome: Outcome, contents: Contents) -> Row:
    return Row(tool, len(contents), outcome)


def _merged(fixed: Row, judged: Row) -> Row:
    """A tool that fixes and judges has one line: what it changed, and what it says afterwards."""
    failure = fixed.outcome.failure or judged.outcome.failure
    output, seconds = fixed.outcome.output + judged.outcome.output, fixed.outcome.seconds + judged.outcome.seconds
    outcome = replace(judged.outcome, failure=failure, output=output, seconds=seconds)
    return replace(judged, outcome=outcome, changed=fixed.changed)
