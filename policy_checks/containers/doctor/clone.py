"""A clone: whether git takes it, and its hooks: what the configuration of pre-commit or prek wants, and what lies in the hooks folder."""

import re
from collections.abc import Callable, Iterable, Sequence

from policy_checks.containers.doctor.verdicts import Check, Evidence, Status, Trouble
from policy_checks.record import record

GROUP = "clone"
# https://pre-commit.com/#supported-git-hooks; what a hook may be asked for in `stages` beside `manual`
_TYPES = "commit-msg post-checkout post-commit post-merge post-rewrite pre-commit pre-merge-commit pre-push pre-rebase prepare-commit-msg".split()
_OLD = {"commit": "pre-commit", "push": "pre-push", "merge-commit": "pre-merge-commit"}
_OURS = re.compile(r"pre-commit|prek")
_PYTHON = re.compile(r"^INSTALL_PYTHON=['\"]?([^'\"\n]*)", re.MULTILINE)


@record
class HookFile:
    """A file of the hooks folder: its path and text (None: there is none), and whether git would run it."""

    path: str
    text: str | None
    executable: bool


def wanted(installed: Sequence[str], stages: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The hook types that a configuration needs: its `default_install_hook_types`, and one for each hook that none of them runs."""
    types = [name for name in installed if name in _TYPES] or ["pre-commit"]
    for listed in stages:
        of_git = [name for name in (_OLD.get(stage, stage) for stage in listed) if name in _TYPES]
        if of_git and not set(of_git) & set(types):
            types.append(of_git[0])
    return tuple(dict.fromkeys(types))


def check(kind: str, file: HookFile, exists: Callable[[str], bool]) -> Check:
    """One hook type: what is missing is advice, what is broken stops or skips every commit."""
    name = f"{kind} hook"
    install = f"`pre-commit install --hook-type {kind}` (or `prek install`)"
    if file.text is None:
        return Check(GROUP, name, Status.NOTE, f"not installed: {install}")
    if not _OURS.search(file.text):
        return Check(GROUP, name, Status.UNKNOWN, f"{file.path} is neither pre-commit's nor prek's: what it runs is not looked into")
    if not file.executable:
        return _wrong(name, file, "the file is not executable: git passes over it", f"`chmod +x {file.path}`")
    python = _PYTHON.search(file.text)
    if python and python[1] and not exists(python[1]):
        return _wrong(name, file, f"it starts {python[1]}, which is gone", install)
    return Check(GROUP, name, Status.OK, f"installed: {file.path}")


def _wrong(name: str, file: HookFile, cause: str, fix: str) -> Check:
    known = Trouble("hooks", f"the {name} does not run", cause, fix, (Evidence(file.path, file.path),))
    return Check(GROUP, name, Status.WRONG, cause, known)


def refused(said: str, folder: str) -> Check:
    """A git that refuses to work: in a container often because the mounted repository is somebody else's."""
    if "dubious ownership" not in said:
        return Check(GROUP, "git", Status.UNKNOWN, said)
    known = Trouble("git-ownership", "git refuses the repository", "it is mounted from the host and belongs to another user than this one",
                    f"`git config --global --add safe.directory {folder}`, or run the container as that user: `--user $(id -u):$(id -g)`",
                    (Evidence(said, folder),))  # fmt: skip
    return Check(GROUP, "git", Status.WRONG, "git refuses the repository: it belongs to another user", known)
