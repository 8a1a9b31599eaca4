"""A project without a uv.lock.

Why: without a lock every `uv sync` resolves anew, with whatever the index holds that day: two machines, or two days, get
different versions, and no diff shows it. `uv sync --locked` does not run at all.

Fix: run `uv lock` inside the container and commit uv.lock (also where .gitignore hides it).

References: guide section "Dependency management"; https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

import posixpath
from collections.abc import Iterator

from policy_checks.lock.tree import WorkspaceTree, join
from policy_checks.lock.workspace_members import discover
from policy_checks.readers.pyproject import PyProject, read
from policy_checks.readers.uv_lock import LOCK, Lock
from policy_checks.record import record
from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity
from policy_checks.source import Unreadable
from policy_checks.workspace import Kind, Workspace

# Parts of `[tool.uv]` that say nothing about a project of its own.
_NOT_ABOUT_LOCKING = {"pip", "managed", "build-backend", "required-version", "publish-url", "check-url", "trusted-publishing"}


@record
class UvProject:
    """A pyproject.toml that is the root of its uv workspace, and whether a uv.lock stands beside it or holds it as a path dependency."""

    pyproject: PyProject
    locked: bool


def _projects(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[UvProject | Unreadable]:
    tree = WorkspaceTree(workspace)
    for path in workspace.paths:
        if posixpath.basename(path) != "pyproject.toml":
            continue
        folder = posixpath.dirname(path)
        try:
            own = read(workspace.file(path))
            # A member is locked with its workspace, an unmanaged project not at all.
            if own.managed and discover(tree, folder).root == folder:
                yield UvProject(own, join(folder, "uv.lock") in workspace or folder in _locked_folders(workspace))
        except Unreadable as error:
            yield error


def _locked_folders(workspace: Workspace) -> frozenset[str]:
    """The folders that some lock of the repository holds as local packages; a lock that cannot be read holds none."""
    locks = [lock for lock in workspace.all(LOCK) if isinstance(lock, Lock)]
    return frozenset(
        join(posixpath.dirname(lock.file.path), package.source.location)
        for lock in locks
        for package in lock.packages
        if package.source.kind in ("editable", "virtual", "directory")
    )


UV_PROJECT = Kind("root of a uv workspace", _projects)


def check(project: UvProject, _options: NoOptions) -> Iterator[Problem]:
    """At most one problem, at the project's table."""
    own = project.pyproject
    if project.locked or not (_is_for_uv(own) and _requires_something(own)):
        return
    place = own.document.place("project") if own.project is not None else own.document.place("dependency-groups")
    yield Problem(place, "there is no uv.lock beside this pyproject.toml: run `uv lock` and commit uv.lock")


def _is_for_uv(own: PyProject) -> bool:
    """The repository's own project is what this program is for; one further down may be a fixture or another tool's."""
    return posixpath.dirname(own.document.file.path) == "" or any(
        value for key, value in own.uv.values.items() if key not in _NOT_ABOUT_LOCKING
    )


def _requires_something(own: PyProject) -> bool:
    """A file that only configures tools, or a project without any dependency, leaves nothing to lock."""
    project = own.project
    declared = project is not None and bool(project.dependencies or project.optional or "dependencies" in project.dynamic)
    return declared or bool(own.groups) or own.workspace is not None or bool(own.dev_dependencies)


_PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["attrs"]\n'
_UV = "[tool.uv]\ndefault-groups = []\n"
_LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "attrs" }]

[package.metadata]
requires-dist = [{ name = "attrs" }]

[[package]]
name = "attrs"
version = "25.3.0"
source = { registry = "https://index.example/simple" }
"""

RULE = Rule(
    code="LCK001",
    name="missing-lock",
    severity=Severity.ERROR,
    subject=UV_PROJECT,
    check=check,
    examples=(
        Example(
            "settings of uv and no lock",
            {"pyproject.toml": f"{_UV}{_PROJECT}".replace("[project]", "[⟦project⟧]")},
            message="run `uv lock`",
        ),
        Example("the repository's own project", {"pyproject.toml": _PROJECT.replace("[project]", "[⟦project⟧]")}),
        Example("groups without a project", {"pyproject.toml": '[⟦dependency-groups⟧]\ntest = ["pytest"]\n'}),
        Example("a lock is there", {"pyproject.toml": f"{_UV}{_PROJECT}", "uv.lock": _LOCK}),
        Example("a project further down that says nothing of uv", {"tests/fixtures/pyproject.toml": _PROJECT}),
        Example("an empty table of uv further down", {"packages/a/pyproject.toml": f"{_PROJECT}[tool.uv.sources]\n"}),
        Example("a file that only configures tools", {"pyproject.toml": "[tool.ruff]\nline-length = 99\n\n[tool.uv.pip]\nstrict = true\n"}),
        Example(
            "an example that the repository's own lock holds as a path dependency",
            {
                "pyproject.toml": _PROJECT,
                "uv.lock": _LOCK + '\n[[package]]\nname = "example"\nversion = "1"\nsource = { editable = "examples/one" }\n',
                "examples/one/pyproject.toml": f'{_PROJECT}[tool.uv.sources]\napp = {{ path = "../.." }}\n',
            },
        ),
        Example("a project that uv must not manage", {"pyproject.toml": f"{_PROJECT}\n[tool.uv]\nmanaged = false\n"}),
    ),
)
