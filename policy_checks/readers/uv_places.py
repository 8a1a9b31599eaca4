"""Commands of uv that change an environment or a lock, and whether they are meant to run in a container."""

import re
from collections.abc import Iterator

from policy_checks.readers import dockerfile, github_workflow, pipelines
from policy_checks.readers.commands import COMMANDS, DOCUMENTED
from policy_checks.readers.shell import Context, ShellCommand
from policy_checks.readers.uv_command import Uv, uv
from policy_checks.readers.wrappers import in_container
from policy_checks.record import record
from policy_checks.source import Unreadable
from policy_checks.workspace import Kind, Workspace

_CHANGES = frozenset(
    {("sync",), ("add",), ("remove",), ("lock",), ("run",), ("venv",), ("pip", "install"), ("pip", "sync"), ("pip", "uninstall")}
)
_ENGINES = ("docker", "podman", "nerdctl", "srun", "apptainer", "singularity")
_ASKS_ONLY = ("-h", "--help", "--dry-run")
_HEADING = re.compile(r"^(?:(?P<level>#{1,6})[ \t]|[^\n]+\n[=~^\"'-]{3,}[ \t]*$)", re.MULTILINE)  # Markdown, reStructuredText
_CONTAINER = re.compile(r"container|docker|podman|buildah|enroot|apptainer|singularity|\bsrun\b|\bimages?\b", re.IGNORECASE)


@record(eq=False)
class UvPlace:
    """One such command; `is_inside` when something says that it runs in a container, `starts_containers` of a script that does."""

    uv: Uv
    is_inside: bool
    starts_containers: bool


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[UvPlace | Unreadable]:
    images = _dockerfiles(workspace)
    every = [*workspace.all(COMMANDS, ("uv", *_ENGINES)), *workspace.all(DOCUMENTED, ("uv ",))]
    launchers = {
        one.script.source.file.path for one in every if not isinstance(one, Unreadable) and in_container([word.value for word in one.words])
    }
    for command in every:
        if isinstance(command, Unreadable):
            yield command
        elif (found := uv(command)) and found.subcommand in _CHANGES and not found.has(*_ASKS_ONLY) and not _is_of_a_pipeline(command):
            inside = command.in_container or _is_said_inside(command) or _is_part_of(command, images)
            yield UvPlace(found, inside, command.script.source.file.path in launchers)


UV_PLACES: Kind[UvPlace] = Kind("place where uv runs", _read)


def _dockerfiles(workspace: Workspace) -> str:
    """The text of every Dockerfile; one that cannot be read is told by the rules about it."""
    return "\n".join(file.text for file in workspace.files(dockerfile.is_dockerfile) if not isinstance(file, Unreadable))


def _is_of_a_pipeline(command: ShellCommand) -> bool:
    """A runner is neither somebody's machine nor one of the project's images: its jobs say what they run in."""
    path = command.script.source.file.path
    return github_workflow.is_workflow(path) or pipelines.is_pipeline(path)


def _is_said_inside(command: ShellCommand) -> bool:
    """Whether a document speaks of containers before a command: in the same part, or at the beginning of one that this is a part of."""
    if command.script.context is not Context.DOCUMENTATION:
        return False
    text, start = command.script.source.file.text, command.place.span.start
    parts: list[tuple[int, int, int]] = [(0, 0, start)]  # level, begin and end of what stands directly below each heading
    for found in _HEADING.finditer(text, 0, start):
        level = len(found["level"] or "#")
        parts[-1] = (*parts[-1][:2], found.start())
        parts = [*(part for part in parts if part[0] < level), (level, found.start(), start)]
    return any(_CONTAINER.search(text, begin, end) for _level, begin, end in parts)


def _is_part_of(command: ShellCommand, dockerfiles: str) -> bool:
    """Whether a script is named in a Dockerfile, which copies or runs it."""
    name = command.script.source.file.path.rpartition("/")[2]
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", dockerfiles) is not None
