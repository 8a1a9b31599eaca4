"""What `check` says about the soundness of one lock, which uv does not look at: the rules LCK010 and up, as the policy has them."""

import posixpath
from pathlib import Path

from policy_checks import engine, registry, workspace
from policy_checks.commands.disk_tree import DiskTree
from policy_checks.failure import Failure
from policy_checks.rule import Finding
from policy_checks.source import SourceFile

_RULES = ("LCK01", "LCK02")
_MARKS = (b"policy-checks", b"policy:")  # of a policy, and of a suppression


def findings(tree: DiskTree) -> tuple[str, tuple[Finding, ...]]:
    """The findings on what a verdict on freshness has read, and the project's folder as their paths have it.

    Raises Failure for a faulty policy, or when a rule crashed.
    """
    project = tree.project
    files, root = tree.files(), Path(tree.location)
    alone = not (root / ".git").exists()
    if not any(mark in file.data for mark in _MARKS for file in files) and not _has_policy(root / project if alone else root):
        # Nothing is set and nothing suppressed: what a policy is read with need not be loaded.
        outcome = engine.run(workspace.of_files(files), registry.selected(_RULES, ()), lambda kind: kind())
        found, crashed = engine.in_order(outcome.findings), bool(outcome.crashes)
    else:
        if alone:
            # No repository: the project is the root, as it is for `check`, and its policy names paths from there.
            files = [SourceFile(posixpath.relpath(file.path, project), file.data) for file in files]
            root, project = root / project, ""
        found, crashed = _under_policy(workspace.of_files(files), root)
    if crashed:
        raise Failure(f"{tree.project or '.'}: a rule crashed; `policy-checks check --select LCK` says which")
    return project, tuple(finding for finding in found if finding.suppressed is None and finding.code.startswith("LCK"))


def _has_policy(root: Path) -> bool:
    """Whether the repository's root, which may not be the project's, has a configuration, or a baseline."""
    pyproject = root / "pyproject.toml"
    own = any((root / name).exists() for name in ("policy-checks.toml", ".policy-checks-baseline.json"))
    return own or (pyproject.is_file() and _MARKS[0] in pyproject.read_bytes())


def _under_policy(held: workspace.Workspace, root: Path) -> tuple[tuple[Finding, ...], bool]:
    from argparse import Namespace
    from datetime import UTC, datetime
    from functools import partial

    from policy_checks import config, judgement
    from policy_checks.commands import verdict

    settings, rules = verdict.policy(partial(config.load, root), Namespace(select=",".join(_RULES), ignore=None))
    baseline = settings.keys.baseline
    of_disk = workspace.Workspace([baseline] if (root / baseline).is_file() else [], workspace.Disk(root))
    judged = judgement.judge(held, rules, settings, datetime.now(UTC).date(), verdict.recorded(of_disk, settings))
    return judged.findings, judged.crashed
