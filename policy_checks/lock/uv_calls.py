"""Commands of uv, run or documented, joined with the projects of the repository that they may be about."""

import posixpath
import re
from collections.abc import Iterator
from functools import cached_property

from policy_checks.lock import offered, workspace_members
from policy_checks.lock.offered import Offered
from policy_checks.lock.tree import WorkspaceTree, join, parents
from policy_checks.readers import commands
from policy_checks.readers.needles import Needles
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.shell import Context, Script, ShellCommand
from policy_checks.readers.uv_command import Uv, uv
from policy_checks.readers.uv_lock import LOCK, Lock
from policy_checks.readers.uv_mentions import mentions
from policy_checks.readers.uv_names import Named, What, named
from policy_checks.readers.working_folder import WorkingFolders
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Unreadable
from policy_checks.workspace import Kind, Workspace


@record(eq=False)
class Around:
    """One place where a command may run: its folder, and the project that uv finds from there."""

    folder: str
    offered: Offered | None
    pyprojects: "Pyprojects"

    def pyproject(self, folder: str) -> PyProject | None:
        """The pyproject.toml in a folder relative to this one, which `uv pip` looks for nowhere else."""
        return self.pyprojects.at(join(self.folder, folder)) if not folder.startswith("/") else None


@record(eq=False)
class UvCall:
    """A command of uv that names something, and every place where it may run; what is wrong in all of them is wrong."""

    uv: Uv
    names: tuple[Named, ...]
    around: tuple[Around, ...]

    @property
    def place(self) -> Place:
        """The command."""
        return self.uv.command.place


class Pyprojects:
    """The projects of a workspace, each read when it is asked for."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self.tree = workspace, WorkspaceTree(workspace)
        self._offered: dict[str, Offered | None] = {}

    @cached_property
    def _locks(self) -> dict[str, Lock]:
        return {posixpath.dirname(lock.file.path): lock for lock in self._workspace.all(LOCK) if isinstance(lock, Lock)}

    def _lock(self, folder: str) -> Lock | None:
        return self._locks.get(folder)

    def offered(self, folder: str) -> Offered | None:
        """What the project around a folder offers, None where there is none; raises Unreadable for one that uv refuses."""
        if folder not in self._offered:
            self._offered[folder] = offered.at(self.tree, folder, self._lock)
        return self._offered[folder]

    def at(self, folder: str) -> PyProject | None:
        """The pyproject.toml of a folder, None where there is none; raises Unreadable."""
        return workspace_members.read_pyproject(self.tree, folder)

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The names by which a clone of this repository goes: of its root project, and of the repository in its URLs."""
        try:
            root = self.at("")
            project = None if root is None else root.project
        except Unreadable:  # rules about locks report it
            return frozenset()
        if root is None or project is None:
            return frozenset()
        urls = root.document.get("project", "urls")
        written = [str(url) for url in urls.values()] if isinstance(urls, dict) else []
        found = {
            match[1].lower()
            for url in written
            if (match := re.match(r"(?:https?://|git@)[^/:]+[/:][^/]+/([\w.-]+?)(?:\.git)?(?:[/#]|$)", url))
        }
        return frozenset({project.name, *found})


def _read(workspace: Workspace, _needles: Needles) -> Iterator[UvCall | Unreadable]:
    pyprojects = Pyprojects(workspace)
    projects = {posixpath.dirname(path) for path in workspace.paths if posixpath.basename(path) == "pyproject.toml"}
    if not projects:
        return
    folders = WorkingFolders(pyprojects.tree.is_folder, pyprojects.own_names, _documents, projects=projects)
    for found in mentions(workspace):
        if isinstance(found, Unreadable):
            yield found
            continue
        called = uv(found)
        names = () if called is None else tuple(_lasting(named(called), found))
        if called is None or not names or _is_elsewhere(called, pyprojects):
            continue
        try:
            around = tuple(_around(called, folders, pyprojects))
        except Unreadable:  # rules about locks report a project that uv refuses; what it offers nobody knows
            continue
        if around:
            yield UvCall(called, names, around)


# What runs in the repositories of others, templates, and data of tests.
_PUBLISHED = re.compile(
    r"(?:^|/)\.pre-commit-hooks\.ya?ml$|^action\.ya?ml$|\{\{|\{%|(?:^|/)(?:fixtures?|test[-_]?data|__fixtures__)/", re.IGNORECASE
)
_INLINE_METADATA = re.compile(r"^# /// script\s*$", re.MULTILINE)  # PEP 723


def _is_elsewhere(called: Uv, pyprojects: Pyprojects) -> bool:
    """Whether a call is about no project of this repository: in what others run, or in a script with inline metadata.

    A document that begins with `uv init`, or adds this very project, is about its reader's.
    """
    file = called.command.script.source.file
    if _PUBLISHED.search(file.path) or _is_template(posixpath.dirname(file.path), pyprojects):
        return True
    if called.command.script.context is Context.DOCUMENTATION:
        own = "|".join(map(re.escape, sorted(pyprojects.own_names)))
        return (
            re.search(r"\buv init\b" + (rf"|\b(?:uv|poetry|pdm) add\b[^\n`]*(?<![\w-])(?:{own})(?![\w-])" if own else ""), file.text)
            is not None
        )
    script = next((word.value for word in called.started), "") if called.subcommand == ("run",) else ""
    path = join(posixpath.dirname(file.path), script)
    source = (
        next((found for at in (path, script) if (found := pyprojects.tree.file(at)) is not None), None) if script.endswith(".py") else None
    )
    return source is not None and _INLINE_METADATA.search(source.text) is not None


def _is_template(folder: str, pyprojects: Pyprojects) -> bool:
    """Whether the project around a folder is still to be made: `pyproject.toml.jinja`."""
    for above in (folder, *parents(folder)):
        names = pyprojects.tree.names(above)
        if "pyproject.toml" in names:
            return False
        if any(name.startswith("pyproject.toml.") for name in names):
            return True
    return False


def _lasting(names: Iterator[Named], command: ShellCommand) -> Iterator[Named]:
    """The names that the text around does not create itself: `uv add --group docs sphinx` before `uv sync --group docs`."""
    text = command.script.source.file.text
    if "uv add" not in text:
        yield from names
        return
    for name in names:
        created = rf"\buv add\b[^\n]*--(?:group|optional)[ =]['\"]?{re.escape(name.name)}\b"
        if name.what not in (What.GROUP, What.EXTRA) or not re.search(created, text):
            yield name


def _documents(file: SourceFile) -> Iterator[Script]:
    for source in commands.DOCUMENTATION:
        if source.wanted(file.path):
            yield from source.scripts(file, ())


def _around(called: Uv, folders: WorkingFolders, pyprojects: Pyprojects) -> Iterator[Around]:
    """The places where a call may run; none where it names a project that is none of this repository."""
    moved = [*called.values("--directory"), *called.values("--project")]
    if any(not word.known or "$" in value or value.startswith(("/", "~")) for value, word in moved):
        return
    command: ShellCommand = called.command
    for folder in folders.of(command):
        there = folder
        for value, _ in moved:
            there = join(there, value)
        if pyprojects.tree.is_folder(there):
            yield Around(there, pyprojects.offered(there), pyprojects)


UV_CALLS: Kind[UvCall] = Kind("uv command", _read)
