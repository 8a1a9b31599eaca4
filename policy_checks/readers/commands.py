"""Every command that a repository runs, and every one its documentation tells people to run."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from policy_checks.readers import (
    containers,
    dockerfile,
    github_workflow,
    makefile,
    markdown,
    notebook,
    pipelines,
    project_scripts,
    python_calls,
    script,
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


RUN = (
    Source(script.may_be_script, script.scripts, every=True),
    Source(dockerfile.is_dockerfile, dockerfile.scripts),
    Source(github_workflow.is_workflow, github_workflow.scripts),
    Source(pipelines.is_pipeline, pipelines.scripts, also=pipelines.included),
    Source(containers.may_run, containers.scripts),
    Source(project_scripts.is_settings, project_scripts.scripts),
    Source(notebook.is_notebook, notebook.scripts),
    Source(makefile.is_makefile, makefile.scripts),
    Source(makefile.is_justfile, makefile.just_scripts),
    Source(python_calls.is_python, python_calls.scripts),
)
DOCUMENTATION = (Source(markdown.is_markdown, markdown.scripts),)


def read(sources: Iterable[Source], workspace: Workspace, needles: Needles) -> Iterator[ShellCommand | Unreadable]:
    """The commands of all files of these sources; a file, or a script in it, without a needle is not parsed."""
    for source in sources:
        try:
            also = source.also(workspace) if source.also else frozenset()
        except Unreadable as error:
            yield error
            also = frozenset()
        wanted = partial(_wanted, source, also)
        for file in workspace.files(wanted, () if source.every else needles):
            if isinstance(file, Unreadable):
                yield file
                continue
            try:
                for found in source.scripts(file, needles):
                    if holds(found.source.text, needles):
                        yield from commands(found, needles)
            except Unreadable as error:
                yield error


def _wanted(source: Source, also: frozenset[str], path: str) -> bool:
    return source.wanted(path) or path in also


COMMANDS: Kind[ShellCommand] = Kind("shell command", lambda workspace, needles: read(RUN, workspace, needles))
DOCUMENTED: Kind[ShellCommand] = Kind("documented command", lambda workspace, needles: read(DOCUMENTATION, workspace, needles))
