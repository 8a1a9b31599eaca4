"""What the doctor finds in the repository: the uv it pins, builds without a target, the registry's port. Read, never run."""

import re
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from policy_checks import config, git, judgement
from policy_checks.commands import doctor_machine, verdict
from policy_checks.commands.doctor_machine import Here
from policy_checks.config import Config
from policy_checks.containers import registry
from policy_checks.containers.doctor import repository
from policy_checks.containers.doctor.verdicts import Check, Status
from policy_checks.containers.settings import ContainerOptions
from policy_checks.failure import Failure
from policy_checks.readers.uv_pins import UV_PINS, UvPins
from policy_checks.source import Place, Span, Unreadable
from policy_checks.workspace import Workspace, on_disk


class Repository:
    """The repository around a place; its files and its policy are read when something is asked."""

    def __init__(self, here: Here, file: Path | None) -> None:
        self.here, self._file = here, file

    @cached_property
    def workspace(self) -> Workspace:
        """What git tracks or would add."""
        return on_disk(self.here.root)

    @cached_property
    def policy(self) -> Config:
        """The policy in force. Raises ConfigError."""
        return config.load(self.here.root, file=self._file)

    def uv(self) -> Iterator[Check]:
        """Whether the uv of the container is the pinned one."""
        version = doctor_machine.uv_version(self.here)
        if version:
            found = [one for one in self.workspace.all(UV_PINS, ("uv",)) if isinstance(one, UvPins)]
            yield repository.uv_version(version, [pin for one in found for pin in one.pins])

    def builds(self) -> Iterator[Check]:
        """Builds of an image that would run into an internal stage: IMG001, with the policy's waivers."""
        environments = self.policy.options(ContainerOptions).environments.values()
        if not any(one.dockerfile and one.target for one in environments):
            yield Check(repository.GROUP, "image builds", Status.UNKNOWN, repository.NO_STAGES)
            return
        settings, rules = verdict.policy(partial(config.load, self.here.root, file=self._file), Namespace(select="IMG001", ignore=None))
        recorded = verdict.recorded(self.workspace, settings)
        judged = judgement.judge(self.workspace.without(settings.excluded), rules, settings, datetime.now(UTC).date(), recorded)
        if judged.crashed:
            raise Failure("a rule crashed; `policy-checks check --select IMG001` says where")
        found = [one for one in judged.findings if one.code == "IMG001" and one.suppressed is None]
        yield repository.builds([(one.problem.place, one.problem.message) for one in found])

    def registry(self) -> Iterator[Check]:
        """The host of the `gitlab` remote, and every place that gives it a port."""
        if not self.here.is_repository:
            return
        remote = self.policy.options(ContainerOptions).containers.remote
        url = git.remote_url(self.here.root, remote)
        if url is None:
            yield Check(repository.GROUP, "registry", Status.NOTE, f"no remote `{remote}`: CI's images cannot be pulled, build your own")
            return
        host = registry.host(url, remote)
        yield repository.registry(host, tuple(self._with_port(host)))

    def _with_port(self, host: str) -> Iterator[tuple[Place, str]]:
        """References of images at that host; a URL (`ssh://`, `https://`) is no reference."""
        pattern = re.compile(rf"(?:(?<![\w.@/-])|(?<=docker://)){re.escape(host)}:\d{{2,5}}/[\w./:@-]*")
        for file in self.workspace.files(lambda path: not self.policy.excluded(path), (f"{host}:",)):
            try:
                if isinstance(file, Unreadable):
                    raise file
                for match in pattern.finditer(file.text):
                    yield Place(file, Span(*match.span())), match[0]
            except Unreadable:
                continue  # not text: `check` says so where it matters
