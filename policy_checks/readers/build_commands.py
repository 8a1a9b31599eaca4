"""The commands of Dockerfiles and CI jobs alone: few files, where all commands of a repository take reading every script."""

from collections.abc import Callable, Iterator

from policy_checks.readers import dockerfile, github_workflow, pipelines
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.nesting import commands
from policy_checks.readers.shell import ShellCommand
from policy_checks.source import SourceFile, Unreadable
from policy_checks.workspace import Workspace

_SERVICES = ("gitlab", "azure", "circleci", "buildkite", "travis", "bitbucket", "drone", "woodpecker")


def is_dockerfile(path: str) -> bool:
    """As `dockerfile.is_dockerfile`; a quick look comes first, for thousands of paths are asked."""
    return "file" in path.rpartition("/")[2].lower() and dockerfile.is_dockerfile(path)


def is_job(path: str) -> bool:
    """Whether a file configures GitHub's workflows or another CI service."""
    if not path.endswith((".yml", ".yaml")):
        return False
    return github_workflow.is_workflow(path) or (any(service in path for service in _SERVICES) and pipelines.is_pipeline(path))


def image_commands(
    workspace: Workspace, needles: Needles, *, scripts: Needles = (), also: Needles = ()
) -> Iterator[ShellCommand | Unreadable]:
    """The commands of Dockerfiles that hold a needle. Of each such file: what else is worth reading in which other scripts."""
    for file in workspace.files(is_dockerfile, needles):
        try:
            if isinstance(file, Unreadable):
                raise file
            found = file.once(dockerfile.read)
            yield from found.faults
            for script in found.scripts:
                if holds(script.source.text, (*needles, *scripts)):
                    yield from commands(script, (*needles, *also))
        except Unreadable as error:
            yield error


def job_commands(workspace: Workspace, needles: Needles, worth: Callable[[SourceFile], bool]) -> Iterator[ShellCommand | Unreadable]:
    """The commands of CI jobs that hold a needle, in the files that are worth to be parsed."""
    for file in workspace.files(is_job, needles):
        try:
            if isinstance(file, Unreadable):
                raise file
            reader = github_workflow if github_workflow.is_workflow(file.path) else pipelines
            for script in reader.scripts(file, needles) if worth(file) else ():
                if holds(script.source.text, needles):
                    yield from commands(script, needles)
        except Unreadable as error:
            yield error
