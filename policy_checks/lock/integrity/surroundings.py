"""A lock and what stands around it: uv's settings, and the lines that declare what the lock resolves."""

import posixpath
from collections.abc import Iterator
from functools import cached_property

from policy_checks.lock import requires_python, settings
from policy_checks.lock.integrity.obligations import Obligations
from policy_checks.lock.integrity.targets import Targets
from policy_checks.lock.settings import Settings
from policy_checks.lock.tree import Tree, WorkspaceTree, inside, join
from policy_checks.lock.workspace_members import read_pyproject
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import PyProject
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import LOCK, Lock, Package, Requirement
from policy_checks.record import record
from policy_checks.source import Place, Span, Unreadable
from policy_checks.workspace import Kind, Workspace


@record
class Surroundings:
    """One lock in its folder. What cannot be read is None here: the rules about the project itself say so."""

    lock: Lock
    tree: Tree
    folder: str

    @property
    def place(self) -> Place:
        """The start of the lock."""
        return Place(self.lock.file, Span(0, 0))

    @cached_property
    def settings(self) -> Settings | None:
        """Uv's settings for the lock; None where no project stands beside it or they cannot be read."""
        try:
            has_project = read_pyproject(self.tree, self.folder) is not None
            return settings.find(self.tree, self.folder) if has_project else None
        except Unreadable:
            return None

    @cached_property
    def targets(self) -> Targets:
        """What the lock's edges mean."""
        return Targets(self.lock)

    @cached_property
    def obligations(self) -> Obligations:
        """What the remembered requirements oblige the edges to be."""
        return Obligations(self.targets)

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """Every requirement that the lock remembers: of packages, and of the manifest."""
        return tuple(_requirements(self.lock))

    def declaration(self, package: Package, requirement: Requirement) -> Text | None:
        """Where a source tree declares a requirement that the lock remembers of it; None where it is not found."""
        try:
            project = read_pyproject(self.tree, inside(self.tree, join(self.folder, package.source.location)))
            texts = () if project is None else tuple(_declared(project))
        except Unreadable:
            return None
        same = [text for text in texts if normalized(_name(text.text)) == requirement.name]
        return next(
            (text for text in same if requirement.specifier.replace(" ", "") in text.text.replace(" ", "")), same[0] if same else None
        )


def _requirements(lock: Lock) -> Iterator[Requirement]:
    for package in lock.packages:
        yield from package.metadata.requires_dist
        for some in package.metadata.requires_dev.values():
            yield from some
    manifest = lock.manifest
    yield from (*manifest.requirements, *manifest.constraints)
    for scoped in manifest.overrides:
        yield from scoped.requirements
    for some in manifest.dependency_groups.values():
        yield from some


def _declared(project: PyProject) -> Iterator[Text]:
    if project.project is not None:
        yield from project.project.dependencies or ()
        for texts in project.project.optional.values():
            yield from texts
    for items in project.groups.values():
        yield from (item for item in items if isinstance(item, Text))
    yield from project.dev_dependencies or ()


def _name(text: str) -> str:
    """What stands before extras, specifier, marker or URL."""
    end = next((index for index, letter in enumerate(text) if not (letter.isalnum() or letter in "-_.")), len(text))
    return text[:end].rstrip("-_.")


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[Surroundings | Unreadable]:
    tree = WorkspaceTree(workspace)
    for lock in workspace.all(LOCK):
        try:
            if isinstance(lock, Unreadable):
                raise lock
            requires_python.of(lock)
        except Unreadable as error:
            yield error
        else:
            yield Surroundings(lock, tree, posixpath.dirname(lock.file.path))


SURROUNDINGS: Kind[Surroundings] = Kind("uv.lock and what is around it", _read)
