"""Allowances of the policy that nothing needs: names and globs of packages that no lock of the repository holds."""

from collections.abc import Iterator

from policy_checks.lock.list_scopes import any_of
from policy_checks.lock.policy_text import policy_text
from policy_checks.readers.uv_lock import LOCK, Lock
from policy_checks.source import Place, Span
from policy_checks.workspace import Workspace


def unused(workspace: Workspace, lock: Lock, key: str, globs: tuple[str, ...]) -> Iterator[tuple[Place, str]]:
    """Where each of them stands, and what to say: told with the first lock, once for the repository.

    Only what the repository's own policy says is judged: a preset allows for many.
    """
    locks = [some for some in workspace.all(LOCK) if isinstance(some, Lock)]
    if not locks or locks[0] is not lock:
        return
    names = {name for some in locks for name in some.by_name}
    policy, elsewhere = policy_text(workspace), Place(lock.file, Span(0, 0))
    for number, glob in enumerate(globs):
        if policy.is_own(key, number, len(globs)) and not any(any_of((glob,), name) for name in names):
            place = policy.place(elsewhere, key, number, of=len(globs))
            if place is not elsewhere:
                yield place, f"`{key}` names `{glob}`, which is no package of any uv.lock here; remove it, or mend its name"
