"""The uv workspace that a folder belongs to: its root and its members (crate uv-workspace, `workspace.rs`)."""

import posixpath
from collections.abc import Iterator, Mapping

from policy_checks.lock import globs, validity
from policy_checks.lock.tree import Tree, join, parents
from policy_checks.readers import pyproject
from policy_checks.readers.pyproject import PyProject, WorkspaceTable
from policy_checks.readers.table import Text
from policy_checks.readers.uv_source import Source
from policy_checks.record import record
from policy_checks.source import SourceFile, Span, Unreadable


@record
class Member:
    """A project of the workspace: its normalised name, its folder and its pyproject.toml."""

    name: str
    folder: str
    pyproject: PyProject


@record
class UvWorkspace:
    """A root and its members by name; a single project is a workspace of one.

    `required` holds the names that some member takes from the workspace, and whether as editable.
    """

    root: str
    pyproject: PyProject
    members: Mapping[str, Member]
    required: Mapping[str, bool | None]

    @property
    def root_is_project(self) -> bool:
        """Whether the root itself is a member."""
        return any(member.folder == self.root for member in self.members.values())

    def is_package(self, member: Member) -> bool:
        """Whether a member is built and installed; one that another member requires needs no build system for it."""
        return member.pyproject.is_package(require_build_system=member.name not in self.required)


def alone(workspace: UvWorkspace, folder: str) -> UvWorkspace:
    """The workspace as uv sees it from one project while sources of some packages are ignored: its root and that project only."""
    members = {name: member for name, member in workspace.members.items() if member.folder in (folder, workspace.root)}
    return UvWorkspace(workspace.root, workspace.pyproject, members, _required(workspace.pyproject, members))


def read_pyproject(tree: Tree, folder: str) -> PyProject | None:
    """The pyproject.toml of a folder, None where there is none."""
    file = tree.file(join(folder, "pyproject.toml"))
    return None if file is None else file.once(pyproject.read)


def discover(tree: Tree, folder: str) -> UvWorkspace:
    """The workspace of the nearest project at or above a folder; raises Unreadable where uv refuses it."""
    home = next((above for above in (folder, *parents(folder)) if tree.is_file(join(above, "pyproject.toml"))), None)
    own = None if home is None else read_pyproject(tree, home)
    if home is None or own is None:
        raise Unreadable(SourceFile(join(folder, "pyproject.toml"), b""), Span(0, 0), "there is no pyproject.toml here or above")
    own = _validated(own)
    if not own.managed:
        raise own.uv.refused("the project is not managed by uv (`managed = false`)", "managed")
    root, definition = home, own.workspace
    found = own
    if definition is None and own.project is not None:
        above = _workspace_above(tree, home)
        if above is not None:
            root, found = above
            definition = found.workspace
    members = dict(_members(tree, root, found, definition))
    return UvWorkspace(root, found, dict(sorted(members.items())), _required(found, members))


def _validated(project: PyProject) -> PyProject:
    validity.check(project)
    return project


def _workspace_above(tree: Tree, folder: str) -> tuple[str, PyProject] | None:
    """The nearest pyproject.toml above, when it is a workspace that takes the folder in."""
    for above in parents(folder):
        if not tree.is_file(join(above, "pyproject.toml")):
            continue
        found = read_pyproject(tree, above)
        assert found is not None  # it is a file, see above
        definition = _validated(found).workspace
        if definition is None:
            return None
        path = posixpath.relpath(folder or ".", above or ".")
        included = any(globs.pattern(glob, literal_separator=True).fullmatch(path) for glob in definition.members)
        return (above, found) if included and not _excluded(definition, path) else None
    return None


def _excluded(definition: WorkspaceTable, path: str) -> bool:
    return any(globs.pattern(glob, literal_separator=False).fullmatch(path) for glob in definition.exclude)


def _members(tree: Tree, root: str, own: PyProject, definition: WorkspaceTable | None) -> Iterator[tuple[str, Member]]:
    names: dict[str, str] = {}
    if own.project is not None:
        names[own.project.name] = root
        yield own.project.name, Member(own.project.name, root, own)
    seen = {root}
    for glob in () if definition is None else definition.members:
        for folder in globs.matches(tree, root, glob):
            if folder in seen:
                continue
            seen.add(folder)
            if definition is not None and _excluded(definition, posixpath.relpath(folder or ".", root or ".")):
                continue
            member = _member(tree, folder, glob)
            if member is None:
                continue
            if member.name in names:
                raise glob.refused(f"two workspace members are named `{member.name}`: `{names[member.name]}` and `{folder}`")
            names[member.name] = folder
            if member.pyproject.workspace is not None:
                raise member.pyproject.uv.refused("a workspace member cannot be a workspace itself", "workspace")
            yield member.name, member


def _member(tree: Tree, folder: str, glob: Text) -> Member | None:
    """None for what uv passes over: no folder, hidden or empty ones without a project, unmanaged projects."""
    if not tree.is_folder(folder):
        return None
    found = read_pyproject(tree, folder)
    if found is None:
        if posixpath.basename(folder).startswith(".") or not _holds_files(tree, folder):
            return None
        raise glob.refused(f"workspace member `{folder}` has no pyproject.toml (it matches `{glob.text}`)")
    _validated(found)
    if not found.managed:
        return None
    if found.project is None:
        raise Unreadable(found.file, Span(0, 0), "a workspace member needs a `[project]` table")
    return Member(found.project.name, folder, found)


def _holds_files(tree: Tree, folder: str) -> bool:
    """Whether a file stands in the folder or below it; ignored ones do not count where the tree leaves them out."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        for name in tree.names(here):
            path = join(here, name)
            if tree.is_folder(path):
                waiting.append(path)
            else:
                return True
    return False


def _required(own: PyProject, members: Mapping[str, Member]) -> Mapping[str, bool | None]:
    found: dict[str, bool | None] = {}
    root_name = None if own.project is None else own.project.name
    tables: list[tuple[str | None, Mapping[str, tuple[Source, ...]]]] = [(root_name, own.sources)]
    tables += [(name, member.pyproject.sources) for name, member in sorted(members.items())]
    for owner, sources in tables:
        for name, some in sorted(sources.items()):
            for source in some if name != owner else ():
                if source.kind != "workspace" or source.option("workspace") is not True:
                    continue
                editable = source.option("editable")
                if found.get(name) is not None and editable is not None and found[name] != editable:
                    raise source.table.refused(f"`{name}` is taken from the workspace both as editable and as not editable", "editable")
                found[name] = editable
    return found
