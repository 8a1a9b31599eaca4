"""Runs the linters, each beside the others, on the files as they are, as far as it is not known what they would say."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future

from policy_checks.formatting import executables, notebooks, pylint_parts
from policy_checks.formatting.bench import Bench, added, processes
from policy_checks.formatting.linters import LINTERS, Linter, paths
from policy_checks.formatting.mypy_verdict import MypyVerdict
from policy_checks.formatting.outcome import Outcome, joined
from policy_checks.formatting.policy import Tool
from policy_checks.formatting.pylint_parts import FEW, WHOLE, Division
from policy_checks.formatting.pylint_verdicts import Verdicts
from policy_checks.formatting.surroundings import Surroundings

# The longest first, so that the short ones fill what is left: pylint keeps every core busy by itself.
_LINTER_ORDER = (Tool.PYLINT, Tool.MYPY, Tool.RUFF)

Run = Callable[[Sequence[str], Sequence[str]], list[Outcome]]  # arguments, files


def lint(bench: Bench, files: Sequence[str]) -> dict[Tool, Future[Outcome]]:
    """Starts every linter that is wanted; their answers are still to come."""
    wanted = [tool for tool in _LINTER_ORDER if tool in bench.job.policy.tools]
    seen = None
    # What is judged elsewhere than in the repository is judged anew: nothing says that the two stay alike.
    if bench.results and bench.place == bench.job.root and any(bench.results.may_know(tool) for tool in wanted if tool is not Tool.RUFF):
        seen = bench.results.judging(files, wanted)
    return {tool: bench.pool.submit(_judge, bench, LINTERS[tool], notebooks.readable(tool, files), seen) for tool in wanted}


def _judge(bench: Bench, linter: Linter, files: Sequence[str], seen: Surroundings | None) -> Outcome:
    job = bench.job
    job.progress(linter.tool, True, len(files))
    given, refused = linter.accepts(files)
    told = paths(bench.place, files)
    usual = (*linter.arguments(job.root, job.skip_docs), *added(bench, linter.tool))

    def run(arguments: Sequence[str], some: Sequence[str]) -> list[Outcome]:
        return processes(bench, linter.tool, (*usual, *arguments), some, bench.place, lambda done, _part: linter.read(done, told))

    base = bench.results.base(linter.tool, usual) if bench.results and seen and given else None
    if base is None or seen is None or bench.results is None or linter.tool is Tool.RUFF:
        outcomes = _pylint(bench, given, run, None) if linter.tool is Tool.PYLINT else run((), given)
    elif linter.tool is Tool.PYLINT:
        outcomes = _pylint(bench, given, run, Verdicts(bench.results, seen, base, given))
    else:
        outcomes = [MypyVerdict(bench.results, seen, base, given).judged(lambda: joined(run((), given)))]
    job.progress(linter.tool, False)
    return joined([*outcomes, Outcome(refused)])


def _pylint(bench: Bench, files: Sequence[str], run: Run, verdicts: Verdicts | None) -> list[Outcome]:
    """Pylint's answers; its work is divided where its settings allow it."""
    if any(argument.startswith(("--jobs", "-j")) for argument in added(bench, Tool.PYLINT)):
        return run((), files)
    is_small = bench.job.cores == 1 or len(files) < FEW
    division = verdicts.division if verdicts else None
    if verdicts and division and division.is_certain:
        return _missing(bench, files, run, verdicts, division)
    if is_small:
        asked = bench.pool.submit(_asked, bench) if verdicts and division is None else None
        outcomes = run(WHOLE, files)
        if verdicts and asked:
            verdicts.keep_division(asked.result())
            _keep(verdicts, asked.result(), outcomes)
        return outcomes
    if division is None:
        division = _asked(bench)
        if verdicts:
            verdicts.keep_division(division)
            if division.is_certain:
                return _missing(bench, files, run, verdicts, division)
    return [outcome for found in bench.pool.map(lambda part: run(part, files), division.parts(bench.job.cores)) for outcome in found]


def _missing(bench: Bench, files: Sequence[str], run: Run, verdicts: Verdicts, division: Division) -> list[Outcome]:
    """What is known, and the rest found out: the files that are missing, and what looks across files if it is not known of these."""
    known = verdicts.known()
    missing = [path for path in files if path not in known]
    if missing:
        bench.pool.submit(verdicts.look_ahead)
    bench.job.progress(Tool.PYLINT, True, len(files), len(known))
    if len(missing) == len(files) and (bench.job.cores == 1 or len(files) < FEW):
        outcomes = run(WHOLE, files)
        _keep(verdicts, division, outcomes)
        return outcomes
    across = (verdicts.across() if known else None) if division.across else Outcome()
    running = [] if across else [bench.pool.submit(run, division.over_all(), files)]
    if missing:
        some = verdicts.with_neighbours(missing) if known else files
        found = joined(run(division.by_file(bench.job.cores if len(some) >= FEW else 1), some))
        verdicts.keep(found, some)
    else:
        found = Outcome()
    if across is None:
        across = joined(running[0].result())
        verdicts.keep_across(across)
    return [across, *known.values(), found]


def _keep(verdicts: Verdicts, division: Division, outcomes: Sequence[Outcome]) -> None:
    if division.is_certain:
        verdicts.keep(joined([*outcomes]), verdicts.files)
        verdicts.keep_across(joined([*outcomes]))


def _asked(bench: Bench) -> Division:
    """What pylint's settings say; where there is no answer, the run itself will say why."""
    executable = executables.find(Tool.PYLINT, bench.job.root, bench.job.environment)
    if executable is None:
        return Division()
    try:
        return pylint_parts.division(bench.children.run([str(executable), *added(bench, Tool.PYLINT), *pylint_parts.QUERY], bench.place))
    except OSError:
        return Division()
