"""Commands of uv that use a lock of the repository, each with what it does to it.

Read from uv 0.13: `run`, `sync`, `export`, `tree`, `audit` and `check` make a new lock where it does not match the
project (crate uv-project-commands, `LockMode::Write`), unless they are told otherwise.
"""

import re
from collections.abc import Iterator, Sequence
from enum import Enum, auto

from policy_checks.lock import workspace_members
from policy_checks.lock.tree import WorkspaceTree, join, parents
from policy_checks.lock.uv_calls import Pyprojects
from policy_checks.readers import dockerfile, github_workflow
from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import ShellCommand
from policy_checks.readers.uv_command import Uv, uv
from policy_checks.readers.working_folder import WorkingFolders
from policy_checks.record import record
from policy_checks.source import Place, Unreadable
from policy_checks.workspace import Kind, Workspace


class Effect(Enum):
    """What a command does to a lock that does not match its project."""

    NONE = auto()  # it asks only, or runs without it; or that cannot be told
    CHECKS = auto()  # it fails: `--locked`
    TRUSTS = auto()  # it takes it as it is: `--frozen`
    REWRITES = auto()
    UPGRADES = auto()  # it makes another one on purpose: `--upgrade`


@record(eq=False)
class LockUse:
    """One command and its lock; `settled`: an earlier command of the same run has checked that lock, or made it on purpose."""

    uv: Uv
    lock: str
    effect: Effect
    settled: bool

    @property
    def place(self) -> Place:
        """The command."""
        return self.uv.command.place


USES = frozenset({"run", "sync", "export", "tree", "audit", "check"})
_MAKES = frozenset({"lock", "add", "remove", "version"})
_UPGRADES = ("-U", "--upgrade", "-P", "--upgrade-package", "--upgrade-group")
_RESOLVES_ANEW = ("--resolution", "--prerelease", "--prerelease-package", "--no-sources", "--no-sources-package", "--fork-strategy")
_ASKS = ("-h", "--help", "-V", "--version", "--dry-run")
_OFF = ("", "0", "false", "no", "off", "n", "f")


def effect(called: Uv) -> Effect:
    """What a command that uses a lock does to it, by its options and its environment."""
    run = called.subcommand == ("run",)
    if called.has(*_ASKS) or (called.subcommand == ("sync",) and called.has("--check")):
        return Effect.NONE
    if run and (called.has("--no-sync", "--no-project") or _is_on(called, "UV_NO_SYNC") or _is_on(called, "UV_NO_PROJECT")):
        return Effect.NONE
    if called.has("--locked") or (_is_on(called, "UV_LOCKED") and not called.has("--frozen", *_UPGRADES)):
        return Effect.CHECKS
    if _is_on(called, "UV_FROZEN"):
        return Effect.NONE  # the whole surroundings were told so
    if called.has("--frozen"):
        return Effect.TRUSTS
    if called.has(*_UPGRADES):
        return Effect.UPGRADES
    if _resolves_anew(called):
        return Effect.NONE
    if not run and any(not word.known for word in called.positionals()):
        return Effect.NONE  # `uv sync $OPTIONS`
    return Effect.REWRITES


def _is_on(called: Uv, variable: str) -> bool:
    """Whether a switch of uv's is on; what only the run can tell counts as on."""
    value = called.command.environment(variable)
    return value is not None and value.lower() not in _OFF


def _resolves_anew(called: Uv) -> bool:
    """Whether another resolution than that of the lock is asked for, which `--locked` would refuse."""
    return called.has(*_RESOLVES_ANEW) or called.command.environment("UV_RESOLUTION") not in (None, "", "highest")


def _settles(called: Uv) -> bool:
    """Whether the lock is known to match, or made on purpose, after a command."""
    if called.subcommand == ("version",) and not called.has("--bump") and not any(called.positionals()):
        return False  # it only prints it
    if called.subcommand[0] in _MAKES:
        return not called.has(*_ASKS, "--script", "--frozen")
    return called.subcommand[0] in USES and effect(called) in (Effect.CHECKS, Effect.UPGRADES)


def _read(workspace: Workspace, needles: Needles) -> Iterator[LockUse | Unreadable]:
    if not any(path.endswith(".lock") for path in workspace.paths):
        return
    locks = _Locks(workspace)
    settled: set[tuple[object, ...]] = set()
    for found in workspace.all(COMMANDS, needles):
        if isinstance(found, Unreadable):
            yield found
            continue
        called = uv(found)
        if called is None or called.subcommand[0] not in USES | _MAKES:
            continue
        lock = locks.of(called)
        if lock is None:
            continue
        run = (*_run(found), lock)
        if called.subcommand[0] in USES:
            yield LockUse(called, lock, effect(called), run in settled)
        if _settles(called):
            settled.add(run)


LOCK_USES: Kind[LockUse] = Kind("use of uv.lock", _read)


def _run(command: ShellCommand) -> tuple[object, ...]:
    """What runs in one go, one command after the other: a Dockerfile, a workflow's job, elsewhere a script."""
    outermost = command
    while outermost.outer is not None:
        outermost = outermost.outer
    script = outermost.script
    path = script.source.file.path
    if dockerfile.is_dockerfile(path):
        return (path,)
    return (path, script.stage) if github_workflow.is_workflow(path) else (path, script.source.span(0, 1).start)


_INLINE_METADATA = re.compile(r"^# /// script\s*$", re.MULTILINE)  # PEP 723


class _Locks:
    """Finds the lock that a command uses; remembers those of folders."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._tree = workspace, WorkspaceTree(workspace)
        own_names = Pyprojects(workspace).own_names
        self._folders = WorkingFolders(self._tree.is_folder, own_names, lambda _file: (), trusting=True)
        self._of_folder: dict[str, tuple[str | None, str | None]] = {}

    def of(self, called: Uv) -> str | None:
        """The lock's path; None for one that is not part of the repository."""
        moved = [value for value, _ in (*called.values("--directory"), *called.values("--project"))]
        folders = [there for folder in self._folders.of(called.command) if (there := self._below(folder, moved)) is not None]
        script = _script(called)
        if script is not None and (lock := self._of_script(called, script, folders)) is not None:
            return lock if lock in self._workspace else None
        in_image = dockerfile.is_dockerfile(called.command.script.source.file.path)  # its own folder is seldom the context
        for folder in folders:
            home, lock = self._of_project(folder)
            if lock is not None or (home is not None and not in_image):
                return lock
        return None

    def _below(self, folder: str, moved: Sequence[str]) -> str | None:
        for path in moved:
            if path.startswith(("/", "~", "$")):
                path = path.partition("/")[2] if path.startswith("$") else ""
                folder, path = "", path if self._tree.is_folder(path) else ""
            folder = join(folder, path)
        return folder if self._tree.is_folder(folder) else None

    def _of_script(self, called: Uv, script: str, folders: Sequence[str]) -> str | None:
        """The lock of a script with inline metadata, whether it exists or not; None for a program of the project."""
        if script == "-":
            stdin = called.command.stdin
            return "-.lock" if stdin is not None and _INLINE_METADATA.search(stdin.text) else None
        if "://" in script:
            return script + ".lock"
        path = script.partition("/")[2] if script.startswith("$") else script
        for folder in (*folders, ""):
            file = self._tree.file(join(folder, path))
            if file is not None:
                return f"{file.path}.lock" if _INLINE_METADATA.search(file.text) else None
        return f"{path}.lock" if called.has("--script") and called.subcommand != ("run",) else None

    def _of_project(self, folder: str) -> tuple[str | None, str | None]:
        """The folder of the nearest project, and its lock."""
        if folder not in self._of_folder:
            self._of_folder[folder] = self._found(folder)
        return self._of_folder[folder]

    def _found(self, folder: str) -> tuple[str | None, str | None]:
        home = next((above for above in (folder, *parents(folder)) if self._tree.is_file(join(above, "pyproject.toml"))), None)
        if home is None:
            return None, None
        lock = join(home, "uv.lock")
        if not self._tree.is_file(lock):
            try:
                lock = join(workspace_members.discover(self._tree, home).root, "uv.lock")
            except Unreadable:  # reported by the rules about projects
                return home, None
        return home, lock if self._tree.is_file(lock) else None


def _script(called: Uv) -> str | None:
    """The Python script that a command is about, if it is about one."""
    if called.subcommand == ("run",):
        if called.has("-m", "--module"):
            return None
        first = called.started[0].value if called.started else "-"  # the grammar has no word for a single `-`
        return first if first == "-" or first.endswith((".py", ".pyw")) or called.has("-s", "--script", "--gui-script") else None
    return next((value for value, _ in called.values("--script")), None)
