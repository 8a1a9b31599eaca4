"""Does uv.lock match the project? Decided offline as uv decides before it resolves, with every difference named."""

from policy_checks.lock import (
    compare_manifest,
    compare_modifiers,
    compare_packages,
    compare_settings,
    compare_static_metadata,
    settings,
    workspace_members,
)
from policy_checks.lock.comparison import Comparison
from policy_checks.lock.differences import Difference, Judgement, Verdict, invalid, judgement
from policy_checks.lock.tree import Tree, join
from policy_checks.lock.workspace_members import UvWorkspace
from policy_checks.readers import uv_lock
from policy_checks.source import Unreadable

LOCK_NAME = "uv.lock"


def judge(tree: Tree, folder: str, python: str | None = None) -> Judgement:
    """The verdict on the project at or above a folder.

    `python` is the minor version (`3.12`) of the interpreter that uv would take; it only counts for a
    project that declares no requires-python. Without it, a lock that says `>=3.X` is taken to be right.
    """
    try:
        return judgement(differences(tree, folder, python))
    except Unreadable as error:
        return judgement((invalid(error),))


def differences(tree: Tree, folder: str, python: str | None = None) -> tuple[Difference, ...]:
    """Every difference, in the order in which uv would meet them; raises Unreadable for what uv refuses before it compares."""
    workspace = workspace_members.discover(tree, folder)
    file = tree.file(join(workspace.root, LOCK_NAME))
    if file is None:
        return (_missing(workspace),)
    comparison = Comparison(tree, workspace, settings.find(tree, workspace.root), file.once(uv_lock.parse), python)
    return (
        *compare_settings.compare(comparison),
        *compare_manifest.compare(comparison),
        *compare_modifiers.compare(comparison),
        *compare_static_metadata.compare(comparison),
        *compare_packages.compare(comparison),
    )


def _missing(workspace: UvWorkspace) -> Difference:
    """Uv refuses to check a lock that is not there."""
    place = workspace.pyproject.document.place("project")
    return Difference(Verdict.INVALID, LOCK_NAME, "", "", place, "there is no uv.lock beside it: run `uv lock`")
