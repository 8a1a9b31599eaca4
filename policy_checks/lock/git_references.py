"""Every place where a repository names a git reference: sources, requirements, requirements files, and what its images take from git."""

import posixpath
from collections.abc import Iterable, Iterator

from policy_checks.lock.git_declared import of_project, of_requirements
from policy_checks.lock.git_fetched import of_command, of_images
from policy_checks.lock.git_reference import GitReference, GitScope
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.lock.tree import parents
from policy_checks.readers import git_command
from policy_checks.readers.build_commands import is_dockerfile
from policy_checks.readers.requirements_txt import REQUIREMENTS_FILE
from policy_checks.readers.uv_lock import LOCK, Lock
from policy_checks.source import Unreadable
from policy_checks.workspace import Kind, Workspace


class GitReferences:
    """All of them. Those of all the repository's commands are only looked for when a policy asks: that reads every script."""

    def __init__(self, workspace: Workspace, declared: Iterable[GitReference], in_images: Iterable[GitReference]) -> None:
        self._workspace = workspace
        self.locks = tuple([lock for lock in workspace.all(LOCK) if isinstance(lock, Lock)])
        self.projects = tuple([project for project in workspace.all(LOCKED_PROJECT) if isinstance(project, LockedProject)])
        self.declared, self.in_images = tuple(declared), tuple(in_images)

    def within(self, scope: GitScope) -> Iterator[GitReference | Unreadable]:
        """The references that a policy is about, each once."""
        yield from self.declared
        if scope is not GitScope.DECLARED:
            yield from self.in_images
        if scope is GitScope.EVERYWHERE:
            from policy_checks.readers.commands import COMMANDS

            for command in self._workspace.all(COMMANDS, git_command.NEEDLES):
                if isinstance(command, Unreadable):
                    yield command
                elif not is_dockerfile(command.script.source.file.path):
                    yield from of_command(command)


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[GitReferences | Unreadable]:
    locks: dict[str, Lock] = {}
    declared: list[GitReference] = []
    for lock in workspace.all(LOCK):
        if isinstance(lock, Lock):
            locks[posixpath.dirname(lock.file.path)] = lock
        else:
            yield lock
    for project in workspace.all(LOCKED_PROJECT):
        if isinstance(project, Unreadable):
            yield project
        else:
            declared += of_project(project)
    for file in workspace.all(REQUIREMENTS_FILE):
        if isinstance(file, Unreadable):
            yield file
        else:
            folder = posixpath.dirname(file.file.path)
            declared += of_requirements(file, next((locks[above] for above in (folder, *parents(folder)) if above in locks), None))
    in_images: list[GitReference] = []
    for found in of_images(workspace):
        if isinstance(found, Unreadable):
            yield found
        else:
            in_images.append(found)
    yield GitReferences(workspace, declared, in_images)


GIT_REFERENCES: Kind[GitReferences] = Kind("git references", _read)
