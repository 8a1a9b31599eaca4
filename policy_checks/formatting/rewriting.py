"""Runs the fixers in scratch trees; what one changed is seen from the files, not from what it says."""

from pathlib import Path

from policy_checks.formatting import tree
from policy_checks.formatting.bench import Bench, Contents, added, processes
from policy_checks.formatting.fixers import Fixer, groups
from policy_checks.formatting.outcome import Row, joined


def rewrite_apart(bench: Bench, fixer: Fixer, contents: Contents) -> Row:
    """Runs a fixer on a tree of its own, whose result is only looked at."""
    folder = bench.scratch / fixer.tool
    tree.lay_out(bench.job.root, folder, contents)
    return rewrite(bench, fixer, folder, contents)[0]


def rewrite(bench: Bench, fixer: Fixer, folder: Path, before: Contents) -> tuple[Row, Contents]:
    """Runs a fixer in a tree; returns its row and the files as they are then."""
    bench.job.progress(fixer.tool, True)
    outcomes = []
    for group in groups(tuple(before), folder, fixer.settings):
        outcomes += processes(bench, fixer.tool, (*fixer.arguments, *added(bench, fixer.tool)), group, folder, fixer.read)
    outcome = joined(outcomes)
    if outcome.failure:
        # What a tool wrote before it was killed may be half a file.
        tree.restore(folder, before)
    after = tree.collect(folder, before)
    changed = {path: (before[path], after[path]) for path in before if before[path] != after[path]}
    bench.job.progress(fixer.tool, False)
    return Row(fixer.tool, len(before), outcome, changed), after
