"""Dockerfiles with the files around them, which their `COPY` takes from."""

from collections.abc import Iterator

from policy_checks.readers.build_stages import BUILD_STAGES, BuildStages
from policy_checks.readers.needles import Needles
from policy_checks.record import record
from policy_checks.source import Place, Span, Unreadable
from policy_checks.workspace import Kind, Workspace


@record(eq=False)
class DockerfileInPlace:
    """The stages of one Dockerfile, and the repository that it is part of."""

    stages: BuildStages
    workspace: Workspace

    @property
    def place(self) -> Place:
        """The start of the Dockerfile."""
        return Place(self.stages.file, Span(0, 0))


def _read(workspace: Workspace, needles: Needles) -> Iterator[DockerfileInPlace | Unreadable]:
    for found in workspace.all(BUILD_STAGES, needles):
        yield found if isinstance(found, Unreadable) else DockerfileInPlace(found, workspace)


PUBLIC_STAGES: Kind[DockerfileInPlace] = Kind("Dockerfile with its context", _read)
