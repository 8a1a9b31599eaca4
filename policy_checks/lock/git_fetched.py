"""Git references outside of any declaration: what Dockerfiles install, clone and add, and what command lines install."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from policy_checks.lock import git_pin
from policy_checks.lock.git_pin import VARIABLE, Reference
from policy_checks.lock.git_reference import GitReference, Located, Pin
from policy_checks.readers import dockerfile_add, git_command
from policy_checks.readers.build_commands import image_commands, is_dockerfile
from policy_checks.readers.dockerfile_add import added
from policy_checks.readers.shell import ShellCommand
from policy_checks.source import Place, SourceFile, Unreadable
from policy_checks.workspace import Workspace


def of_command(command: ShellCommand) -> Iterator[GitReference]:
    """What a command line of pip or uv installs from git."""
    for one in git_command.installed(command):
        found, place = git_pin.mention(one.word.value), Place(command.place.file, one.word.span)
        if found is None:
            continue
        if one.at is None:
            yield _found(found.name, found.reference, Located(place, place, Pin("@")))
        else:
            reference = Reference(found.reference.url, one.kind if one.at.known else VARIABLE, one.reference)
            yield _found(found.name, reference, Located(Place(place.file, one.at.span), place, Pin("--rev ")))


def _found(name: str, reference: Reference, located: Located) -> GitReference:
    return GitReference(name, reference, lambda: located)


def _cloned(some: Iterable[ShellCommand]) -> Iterator[GitReference]:
    for clone in git_command.clones(some):
        url = Place(clone.command.place.file, clone.url.span)
        kind = "" if clone.at is None else _kind(clone.reference) if clone.at.known else VARIABLE
        reference = Reference(clone.url.value, kind, clone.reference)
        place = url if clone.at is None else Place(url.file, clone.at.span)
        yield _found(git_pin.repository_name(clone.url.value), reference, Located(place, url, Pin("git checkout ")))


def _added_to(file: SourceFile) -> Iterator[GitReference]:
    for one in added(file):
        kind = "rev" if one.is_checked else _kind(one.reference)
        reference = Reference(one.url, kind, "0" * 40 if one.is_checked else one.reference)
        yield _found(git_pin.repository_name(one.url), reference, Located(one.place, one.place, Pin("#")))


def _kind(reference: str) -> str:
    """What a name on a command line of git may be; empty without one."""
    if Reference("", "rev", reference).is_pinned:
        return "rev"
    return "the short id" if re.fullmatch("[0-9a-f]{7,39}", reference) else "the branch or tag" if reference else ""


def of_images(workspace: Workspace) -> Iterator[GitReference | Unreadable]:
    """What Dockerfiles install, clone and add."""
    found: list[ShellCommand] = []
    for command in image_commands(workspace, git_command.NEEDLES, scripts=("git",), also=git_command.AROUND):
        if isinstance(command, Unreadable):
            yield command
        else:
            found.append(command)
    for _path, some in groupby(found, lambda command: command.script.source.file.path):
        run = list(some)
        for command in run:
            yield from of_command(command)
        yield from _cloned(run)
    for file in workspace.files(is_dockerfile, dockerfile_add.NEEDLES):
        try:
            if isinstance(file, Unreadable):
                raise file
            yield from _added_to(file)
        except Unreadable as error:
            yield error
