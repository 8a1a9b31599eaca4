"""Every command that a repository runs, and every one its documentation tells people to run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from policy_checks.readers import (
    containers,
    dockerfile,
    documentation,
    github_workflow,
    json_commands,
    justfile,
    makefile,
    notebook,
    pipelines,
    project_scripts,
    python_calls,
    script,
    windows,
)
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.nesting import commands
from policy_checks.readers.shell import Script, ShellCommand
from policy_checks.record import record
from policy_checks.source import SourceFile, Unreadable
from policy_checks.workspace import Kind, Workspace


@record
class Source:
    """A kind of file that holds shell text: which paths, and the scripts that hold a needle (raises Unreadable)."""

    wanted: Callable[[str], bool]
    scripts: Callable[[SourceFile, Needles], Iterable[Script]]
    also: Callable[[Workspace], frozenset[str]] | None = None  # paths that other files name
    every: bool = False  # each file is looked at, so that a binary file is reported whatever it holds


# The suffixes that most files have come first.
RUN = (
    Source(python_calls.is_python, python_calls.scripts),
    Source(containers.may_run, containers.scripts),
    Source(notebook.is_notebook, notebook.scripts),
    Source(windows.is_windows_script, windows.scripts),
    Source(script.may_be_script, script.scripts, every=True),
    Source(dockerfile.is_dockerfile, dockerfile.scripts),
    Source(makefile.is_makefile, makefile.scripts),
    Source(justfile.is_justfile, justfile.scripts),
    Source(json_commands.may_run, json_commands.scripts),
    Source(project_scripts.is_settings, project_scripts.scripts),
    Source(github_workflow.is_workflow, github_workflow.scripts),
    Source(pipelines.is_pipeline, pipelines.scripts, also=pipelines.included),
)
DOCUMENTATION = (Source(documentation.is_documentation, documentation.scripts),)


Places = tuple[Source, frozenset[str]]


def read(sources: Iterable[Source], workspace: Workspace, needles: Needles) -> Iterator[ShellCommand | Unreadable]:
    """The commands of all files of these sources; a file, or a script in it, without a needle is not parsed."""
    places: list[Places] = []
    for source in sources:
        try:
            places.append((source, source.also(workspace) if source.also else frozenset()))
        except Unreadable as error:
            yield error
            places.append((source, frozenset()))
    for every in (True, False):
        looked_at = [each for each in places if each[0].every is every]
        for file in workspace.files(partial(_is_any, looked_at), () if every else needles):
            if isinstance(file, Unreadable):
                yield file
                continue
            for each in looked_at:
                if _is_any((each,), file.path):
                    yield from _commands(each[0], file, needles)


def _is_any(places: Sequence[Places], path: str) -> bool:
    return any(source.wanted(path) or path in also for source, also in places)


def _commands(source: Source, file: SourceFile, needles: Needles) -> Iterator[ShellCommand | Unreadable]:
    try:
        for found in source.scripts(file, needles):
            if _may_hold(found, needles):
                yield from commands(found, needles)
    except Unreadable as error:
        yield error


def _may_hold(script: Script, needles: Needles) -> bool:
    """Whether a script holds a needle, or a variable set outside of it that does."""
    text = script.source.text
    return holds(text, needles) or any(name in text for name, value in script.variables.items() if holds(value, needles))


COMMANDS: Kind[ShellCommand] = Kind("shell command", lambda workspace, needles: read(RUN, workspace, needles), shared=True)
DOCUMENTED: Kind[ShellCommand] = Kind("documented command", lambda workspace, needles: read(DOCUMENTATION, workspace, needles), shared=True)
