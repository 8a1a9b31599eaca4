"""Runs the tools over a change set: fixers one after another, linters beside each other, and every tool whatever the others say."""

import io
import time
import tokenize
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from policy_checks.formatting import tree
from policy_checks.formatting.bench import Bench, Contents, Job, awaited
from policy_checks.formatting.fixers import fixer
from policy_checks.formatting.judging import lint
from policy_checks.formatting.notebooks import SUFFIX, readable
from policy_checks.formatting.outcome import Message, Outcome, Report, Row
from policy_checks.formatting.policy import Tool
from policy_checks.formatting.processes import Children
from policy_checks.formatting.results import Results
from policy_checks.formatting.rewriting import rewrite_apart
from policy_checks.formatting.settling import settle
from policy_checks.formatting.sources import Source, Worktree
from policy_checks.formatting.staging import Index
from policy_checks.record import replace

# Set by pre-commit and prek. They put away what is not staged before a hook runs and bring it back afterwards, if need be by undoing what the hook
# did to the files; that works only while the index stays as it is. What a hook changed, they tell from the files, too.
_STASHING = "PRE_COMMIT"


def run(job: Job) -> Report:
    """Formats or checks the files. However it ends, no tool is left running and every file is whole."""
    started = time.monotonic()
    if not job.files:
        return Report(job.check, 0, ())
    source = Worktree(job.root) if job.staged is None else Index(job.root, job.staged, _STASHING not in job.environment)
    contents, messages, failures = _read(job, source)
    children, results = Children(), None
    with tree.scratch(job.root) as scratch, ThreadPoolExecutor(2 * len(Tool)) as pool:  # some threads only wait for others
        try:
            place = source.place(contents, scratch)
            if job.kept and place == job.root:  # elsewhere other settings may hold, and other modules be there
                results = Results(job.root, job.kept, scratch, job.environment, children, pool)
                results.prepare(job.policy.tools)
            bench = Bench(job, children, pool, scratch, place, results)
            found = _check(bench, contents) if job.check else _fix(bench, contents, source)
            if results:
                results.close()
        except BaseException:
            if results:
                results.stopped.set()
            children.stop()
            raise
    seconds = time.monotonic() - started
    return replace(found, files=len(job.files), messages=messages + found.messages, failures=failures + found.failures, seconds=seconds)


def _read(job: Job, source: Source) -> tuple[Contents, tuple[Message, ...], tuple[str, ...]]:
    """The files that tools can read, those that are no text by their own declaration (PEP 263), and those that cannot be opened."""
    contents, messages, failures = {}, [], []
    for path in job.files:
        try:
            data = source.read(path)
            encoding = "utf-8" if path.endswith(SUFFIX) else tokenize.detect_encoding(io.BytesIO(data).readline)[0]
            data.decode(encoding)
        except OSError as error:
            failures.append(f"{path}: cannot be read: {error.strerror or error}")
        except (SyntaxError, UnicodeDecodeError) as error:
            messages.append(Message(path, 0, 0, "undecodable", "", f"cannot be decoded: {error}"))
        else:
            contents[path] = data
    return contents, tuple(messages), tuple(failures)


def _check(bench: Bench, contents: Contents) -> Report:
    """Everything at once: what is judged does not change."""
    judged = lint(bench, tuple(contents))
    rewritten = {}
    for tool in (Tool.BLACK, Tool.ISORT):
        if tool in bench.job.policy.tools:
            mine = {path: contents[path] for path in readable(tool, contents)}
            rewritten[tool] = bench.pool.submit(rewrite_apart, bench, fixer(tool, tuple(mine)), mine)
    rows = {tool: _linter_row(tool, awaited(future), contents) for tool, future in judged.items()}
    rows |= {tool: awaited(future) for tool, future in rewritten.items()}
    return Report(True, len(contents), _in_order(rows), judged=contents)


def _fix(bench: Bench, contents: Contents, source: Source) -> Report:
    """The fixers in their order on one tree, then the linters on what results."""
    folder = bench.scratch / "tree"
    tree.lay_out(bench.place, folder, contents)
    rows, after, unsettled = settle(bench, folder, contents)
    changes = {path: (contents[path], after[path]) for path in contents if contents[path] != after[path]}
    unwritten = source.put(changes, bench.scratch)
    written = {path: after[path] for path in changes if path not in unwritten}
    if bench.place != bench.job.root:
        tree.restore(bench.place, written)
    for tool, future in lint(bench, tuple(contents)).items():
        row = _linter_row(tool, awaited(future), contents)
        rows[tool] = _merged(rows[tool], row) if tool in rows else row
    left = tuple(Message(path, 0, 0, "left", "", why.text) for path, why in unwritten.items() if not why.failed)
    failures = tuple(f"{path}: {why.text}" for path, why in unwritten.items() if why.failed)
    rows = {
        tool: replace(row, changed={path: row.changed[path] for path in row.changed if path not in unwritten}) for tool, row in rows.items()
    }
    return Report(False, len(contents), _in_order(rows), unsettled + left, failures, judged=contents | written)


def _in_order(rows: Mapping[Tool, Row]) -> tuple[Row, ...]:
    return tuple(rows[tool] for tool in Tool if tool in rows)


def _linter_row(tool: Tool, outcome: Outcome, contents: Contents) -> Row:
    return Row(tool, len(readable(tool, contents)), outcome, known=outcome.known)


def _merged(fixed: Row, judged: Row) -> Row:
    """A tool that fixes and judges has one line: what it changed, and what it says afterwards."""
    failure = fixed.outcome.failure or judged.outcome.failure
    output, seconds = fixed.outcome.output + judged.outcome.output, fixed.outcome.seconds + judged.outcome.seconds
    outcome = replace(judged.outcome, failure=failure, output=output, seconds=seconds)
    return replace(judged, outcome=outcome, changed=fixed.changed)
