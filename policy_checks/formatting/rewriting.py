"""Runs the fixers in scratch trees; what one changed is seen from the files, not from what it says."""

from collections.abc import Mapping
from pathlib import Path

from policy_checks.formatting import tree
from policy_checks.formatting.bench import Bench, Contents, added, processes
from policy_checks.formatting.fixers import Fixer, groups
from policy_checks.formatting.outcome import Outcome, Row, joined
from policy_checks.formatting.results import Fixed


def rewrite_apart(bench: Bench, fixer: Fixer, contents: Contents) -> Row:
    """Runs a fixer on a tree of its own, whose result is only looked at."""
    folder = bench.scratch / fixer.tool
    bench.job.progress(fixer.tool, True, len(contents))
    known = _known(bench, fixer, contents)
    left = {path: data for path, data in contents.items() if path not in known}
    if left:
        tree.lay_out(bench.place, folder, left)
    return _finished(bench, fixer, folder, contents, known)[0]


def rewrite(bench: Bench, fixer: Fixer, folder: Path, before: Contents) -> tuple[Row, Contents]:
    """Runs a fixer in a tree; returns its row and the files as they are then."""
    bench.job.progress(fixer.tool, True, len(before))
    known = _known(bench, fixer, before)
    tree.restore(folder, {path: one.after for path, one in known.items() if one.after != before[path]})
    return _finished(bench, fixer, folder, before, known)


def _known(bench: Bench, fixer: Fixer, contents: Contents) -> dict[str, Fixed]:
    return bench.results.fixed(fixer.tool, _arguments(bench, fixer), contents) if bench.results else {}


def _finished(bench: Bench, fixer: Fixer, folder: Path, before: Contents, known: Mapping[str, Fixed]) -> tuple[Row, Contents]:
    """What is known, and the rest found out."""
    left = {path: data for path, data in before.items() if path not in known}
    bench.job.progress(fixer.tool, True, len(before), len(known))
    outcome, found = _run(bench, fixer, folder, left) if left else (Outcome(), {})
    if left and bench.results:
        bench.results.keep_fixed(fixer.tool, _arguments(bench, fixer), left, found, outcome)
    after = {path: known[path].after if path in known else found[path] for path in before}
    said = tuple(message for one in known.values() for message in one.messages)
    changed = {path: (before[path], after[path]) for path in before if before[path] != after[path]}
    bench.job.progress(fixer.tool, False)
    return Row(fixer.tool, len(before), joined([Outcome(said, known=len(known)), outcome]), changed, len(known)), after


def _run(bench: Bench, fixer: Fixer, folder: Path, before: Contents) -> tuple[Outcome, Contents]:
    outcomes = []
    for group in groups(tuple(before), folder, fixer.settings):
        outcomes += processes(bench, fixer.tool, _arguments(bench, fixer), group, folder, fixer.read)
    outcome = joined(outcomes)
    if outcome.failure:
        # What a tool wrote before it was killed may be half a file.
        tree.restore(folder, before)
    return outcome, tree.collect(folder, before)


def _arguments(bench: Bench, fixer: Fixer) -> tuple[str, ...]:
    return (*fixer.arguments, *added(bench, fixer.tool))
