"""Runs the linters, each beside the others, on the files as they are."""

from collections.abc import Sequence
from concurrent.futures import Future

from policy_checks.formatting import executables, pylint_parts
from policy_checks.formatting.bench import Bench, added, processes
from policy_checks.formatting.linters import LINTERS, Linter, paths
from policy_checks.formatting.outcome import Outcome, joined
from policy_checks.formatting.policy import Tool

# The longest first, so that the short ones fill what is left: pylint keeps every core busy by itself.
_LINTER_ORDER = (Tool.PYLINT, Tool.MYPY, Tool.RUFF)


def lint(bench: Bench, files: Sequence[str]) -> dict[Tool, Future[Outcome]]:
    """Starts every linter that is wanted; their answers are still to come."""
    wanted = [tool for tool in _LINTER_ORDER if tool in bench.job.policy.tools]
    return {tool: bench.pool.submit(_judge, bench, LINTERS[tool], files) for tool in wanted}


def _judge(bench: Bench, linter: Linter, files: Sequence[str]) -> Outcome:
    job = bench.job
    job.progress(linter.tool, True)
    given, refused = linter.accepts(files)
    known = paths(job.root, files)

    def judge(part: Sequence[str]) -> list[Outcome]:
        arguments = (*linter.arguments(job.root, job.skip_docs), *added(bench, linter.tool), *part)
        return processes(bench, linter.tool, arguments, given, job.root, lambda done, _part: linter.read(done, known))

    outcomes = [outcome for found in bench.pool.map(judge, _parts(bench, linter.tool, files)) for outcome in found]
    job.progress(linter.tool, False)
    return joined([*outcomes, Outcome(refused)])


def _parts(bench: Bench, tool: Tool, files: Sequence[str]) -> list[tuple[str, ...]]:
    """Arguments of the processes among which a linter's work is divided."""
    if tool is not Tool.PYLINT:
        return [()]
    further, executable = added(bench, tool), executables.find(tool, bench.job.root, bench.job.environment)
    if executable is None or any(argument.startswith(("--jobs", "-j")) for argument in further):
        return [()]
    if bench.job.cores == 1 or len(files) < pylint_parts.FEW:
        return [pylint_parts.WHOLE]
    try:
        return pylint_parts.parts(bench.children.run([str(executable), *further, *pylint_parts.QUERY], bench.job.root), bench.job.cores)
    except OSError:  # the run itself will say why
        return [pylint_parts.WHOLE]
