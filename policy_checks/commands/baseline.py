"""`policy-checks baseline`: records what is found today, so that from now on only what is new fails."""

import argparse
import os
import stat
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from policy_checks import baseline, config, git, judgement, workspace
from policy_checks.baseline import Entry
from policy_checks.commands import judged_tree, verdict
from policy_checks.failure import Failure
from policy_checks.record import record
from policy_checks.reporters import count
from policy_checks.rule import Finding
from policy_checks.source import SourceFile


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.epilog = (
        "An existing baseline only shrinks: what is mended is taken out, what is new is refused. "
        "The exit code is 1 when findings are left that it does not hold."
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--prune", action="store_true", help="only take out what is mended; the exit code is 0 whatever is new")
    how.add_argument("--grow", metavar="REASON", help="record what is new, too; the reason stands in each entry and in reports")
    parser.add_argument("--select", metavar="CODES", help="only these rules: codes or prefixes; entries of others stay as they are")
    parser.add_argument("--ignore", metavar="CODES", help="not these rules")
    parser.add_argument("--config", type=Path, metavar="FILE", help="judge by this configuration instead of the repository's")


@record
class _Outcome:
    """What the baseline held and holds now, and the findings that it might hold and those that it never does."""

    before: tuple[Entry, ...]
    kept: tuple[Entry, ...]
    new: tuple[Entry, ...]
    never: tuple[Finding, ...]


def run(arguments: argparse.Namespace) -> int:
    """Judges the files on disk, and writes what is to be left alone."""
    if arguments.grow is not None and not arguments.grow.strip():
        raise Failure("say why in --grow REASON")
    root = judged_tree.root_of([])
    settings, rules = verdict.policy(partial(config.load, root, file=arguments.config), arguments)
    path = settings.keys.baseline
    if not path:
        raise Failure('`baseline = ""` in the configuration: this repository wants none')
    held = _existing(root, path)
    if arguments.prune and held is None:
        raise Failure(f"there is no baseline {path}: `policy-checks baseline` writes one")
    found = _judged(root, rules, settings, held, (arguments.grow or "").strip())
    if held is not None and found.new and not (arguments.grow or arguments.prune):
        print(f"{path} is left as it is, because a baseline does not grow: {_counted(found.new)} not in it")
        print("`policy-checks check` shows them; mend them, or add them with `policy-checks baseline --grow REASON`")
        return 1
    added = () if arguments.prune else found.new
    if held is None and not added:
        print("nothing to record: no findings")
    else:
        _write(root, path, held, (*found.kept, *added))
        _tell(path, found, added)
    if found.never and not arguments.prune:
        print(f"{_counted(found.never)} about the policy itself are not recorded: mend them", file=sys.stderr)
    return int(bool(found.never) and not arguments.prune)


def _existing(root: Path, path: str) -> SourceFile | None:
    target = root.resolve() / path
    if target.resolve() != target:
        raise Failure(f"{path}: is or lies behind a symbolic link; name a file of the repository in `baseline`")
    try:
        return SourceFile(path, workspace.Disk(root).read(path)) if os.path.lexists(target) else None
    except OSError as error:
        raise Failure(f"{path}: cannot be read: {error.strerror or error}") from None


def _judged(root: Path, rules: Sequence[verdict.AnyRule], settings: config.Config, held: SourceFile | None, reason: str) -> _Outcome:
    recorded = baseline.read(held) if held else ()
    found = workspace.on_disk(root).without(settings.excluded)
    judged = judgement.judge(found, rules, settings, datetime.now(UTC).date(), recorded)
    if judged.crashed:
        raise Failure("a rule crashed; `policy-checks check` tells more")
    return _Outcome(
        tuple(one.entry for one in recorded),
        tuple(one.entry for one in judged.recorded if not one.stale),
        tuple(baseline.entries(judged.findings, reason)),
        # What a baseline that is stale is said to be is mended right here.
        tuple(one for one in judged.findings if one.suppressed is None and not baseline.is_recordable(one) and one.code != "POL008"),
    )


def _write(root: Path, path: str, held: SourceFile | None, entries: Iterable[Entry]) -> None:
    """Replaces the file in one step; raises Failure for one that cannot be, or that no check would see."""
    data = baseline.written(entries).encode()
    target = root / path
    try:
        if held is None or held.data != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".policy-checks-", dir=target.parent)
            try:
                with open(descriptor, "wb") as temporary:
                    temporary.write(data)
                os.chmod(name, stat.S_IMODE(target.stat().st_mode) if held else 0o666 & ~_umask())
                os.replace(name, target)
            except BaseException:
                os.unlink(name)
                raise
    except OSError as error:
        raise Failure(f"{path}: cannot be written: {error.strerror or error}") from None
    if git.top_level(root) and path not in workspace.on_disk(root):
        raise Failure(f"{path} is written, but git ignores it, and so would every check: take it out of .gitignore")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _tell(path: str, found: _Outcome, added: Sequence[Entry]) -> None:
    held = len(found.kept) + len(added)
    if not found.before:
        print(f"{path}: recorded {_counted(added)}; commit it")
        return
    gone = len(found.before) - len(found.kept)
    changes = [f"{gone:,} mended and taken out"] * bool(gone) + [f"{_counted(added)} added"] * bool(added)
    print(f"{path}: {', '.join(changes) or 'nothing to take out'}; it holds {count(held, 'findings')}")


def _counted(found: Iterable[Entry | Finding]) -> str:
    """A number of findings, and how many of each rule."""
    codes = Counter(one.code for one in found)
    return f"{count(codes.total(), 'findings')} ({', '.join(f'{number:,} {code}' for code, number in sorted(codes.items()))})"
