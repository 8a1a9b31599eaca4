"""A lock with the time by which its age is judged, and when its artifacts were uploaded (PEP 700)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property

from policy_checks.lock.integrity.surroundings import SURROUNDINGS, Surroundings
from policy_checks.readers.uv_lock import Package
from policy_checks.record import record
from policy_checks.source import Place, Unreadable
from policy_checks.workspace import Kind, Workspace

_UPLOADED = re.compile(r'upload-time = "([^"]*)"')


@record(eq=False)
class DatedLock:
    """One lock in its surroundings; git is asked for the date when it is first needed."""

    around: Surroundings
    workspace: Workspace

    @property
    def place(self) -> Place:
        """The start of the lock."""
        return self.around.place

    @cached_property
    def date(self) -> datetime | None:
        """When the lock was committed as it stands, now for one that is not; None for a lock without a history."""
        return self.workspace.date(self.around.lock.file.path)

    def uploaded(self, package: Package) -> list[datetime | None]:
        """When each artifact of a package was uploaded, in the lock's order; None where it does not say, or not so that it can be read."""
        lock = self.around.lock
        blocks = lock.artifact_blocks(package)
        if blocks is not None:
            text = lock.file.text
            # As uv writes them, an sdist is one line and each wheel is one between brackets.
            count = sum(max(text.count("\n", block.start, block.end) - 1, 1) for block in blocks)
            times = [time for block in blocks for time in _UPLOADED.findall(text, block.start, block.end)]
            if len(times) == count:
                return list(map(_moment, times))
        return [_moment(artifact.upload_time or "") for artifact in lock.artifacts(package)]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _read(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[DatedLock | Unreadable]:
    for around in workspace.all(SURROUNDINGS):
        yield around if isinstance(around, Unreadable) else DatedLock(around, workspace)


DATED_LOCK: Kind[DatedLock] = Kind("uv.lock with its date", _read)
