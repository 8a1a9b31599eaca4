"""Where a container command runs: the repository, its policy, and the image that is meant."""

import argparse
import os
from functools import cached_property
from pathlib import Path

from policy_checks import config, git
from policy_checks.containers import image_reference, labels, variant
from policy_checks.containers.launch import Build
from policy_checks.containers.settings import ContainerOptions
from policy_checks.containers.variant import Variant
from policy_checks.failure import Failure
from policy_checks.readers.pyproject import PyProject, read as read_pyproject
from policy_checks.source import SourceFile
from policy_checks.workspace import Disk


class Site:
    """The repository around the working directory, read when something is asked; a folder that is in none is its own root."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self.here = Path.cwd()
        self.root = (git.top_level(self.here) or self.here).resolve()

    @cached_property
    def options(self) -> ContainerOptions:
        """The policy's part about containers."""
        return config.load(self.root, file=self._arguments.config).options(ContainerOptions)

    @cached_property
    def variant(self) -> Variant:
        """The image that is meant: by name, else by the labels of the pull request, else the default one."""
        environments = self.options.environments
        if self._arguments.environment:
            return variant.by_name(environments, self._arguments.environment)
        return variant.by_labels(environments, *self._labels())

    def _labels(self) -> tuple[tuple[str, ...] | None, str]:
        """The labels and where they come from; None, and why there are none."""
        if self._arguments.labels is not None:
            return labels.of_text(self._arguments.labels), "--labels"
        event = self._arguments.event or os.environ.get("GITHUB_EVENT_PATH")
        if event:
            name = "--event" if self._arguments.event else "GITHUB_EVENT_PATH"
            found = labels.of_event(_bytes(Path(event), f"{name} {event}"), name)
            return (found, name) if found is not None else (None, f"{name} is about no pull request")
        told = os.environ.get("CI_MERGE_REQUEST_LABELS")
        return (None, "nothing names labels") if told is None else (labels.of_text(told), "CI_MERGE_REQUEST_LABELS")

    @property
    def name(self) -> str:
        """The name of the local images: the policy's, else the project's."""
        if self.options.containers.name:
            return self.options.containers.name
        project = self.pyproject.project if self.pyproject else None
        if project is None:
            raise Failure("the image has no name: set `name` in [tool.policy-checks.containers]")
        return project.name

    @property
    def tag(self) -> str:
        """The local image: `megatron-lm:local`, `megatron-lm:local-lts`."""
        tag = f"{self.name}:local{self.variant.suffix}"
        if image_reference.parse(tag) is None:
            raise Failure(
                f"{tag!r} is no image's name: give the environment another one, or name the image (`container build --tag`, `--image`)"
            )
        return tag

    @cached_property
    def pyproject(self) -> PyProject | None:
        """The pyproject.toml at the root."""
        found = self.root / "pyproject.toml"
        return read_pyproject(SourceFile("pyproject.toml", _bytes(found, "pyproject.toml"))) if found.is_file() else None

    @property
    def build(self) -> Build:
        """What the image is built from, as seen from here. Raises Failure for what is not there."""
        environment = self.variant.environment
        dockerfile = environment.dockerfile or "Dockerfile"
        for path in filter(None, (dockerfile, environment.base_image)):
            if not (self.root / path).is_file():
                raise Failure(f"{path} is not here: {self._who_names(path)}")
        base = self._base_image(environment.base_image) if environment.base_image else ""
        return Build(self.variant.name, base, self.relative(dockerfile), environment.target, self.tag, self.relative("."))

    def _who_names(self, path: str) -> str:
        table = f"[tool.policy-checks.environments.{self.variant.name}]"
        if not self.variant.is_declared:
            return f"it is the guide's name; say in {table} what the image is built from, with `dockerfile` and `base-image`"
        return f"correct the `{'base-image' if path == self.variant.environment.base_image else 'dockerfile'}` of {table}"

    def _base_image(self, path: str) -> str:
        words = _bytes(self.root / path, path).decode(errors="replace").split()
        if len(words) != 1 or image_reference.parse(words[0]) is None:
            raise Failure(f"{path} must hold one image reference and nothing else, such as registry.example/pytorch:26.06")
        return words[0]

    def relative(self, path: str) -> str:
        """A path of the repository as seen from the working directory."""
        return os.path.relpath(self.root / path, self.here)

    @property
    def folder(self) -> str:
        """The working directory below the root."""
        below = self.here.relative_to(self.root).as_posix()
        return "" if below == "." else below

    def nearest(self, name: str) -> str | None:
        """The file of that name here or in the nearest folder above, as seen from here; None when the repository has none there."""
        for folder in (self.here, *self.here.parents):
            if (folder / name).is_file():
                return os.path.relpath(folder / name, self.here)
            if folder == self.root:
                return None
        return None


def _bytes(file: Path, name: str) -> bytes:
    try:
        return Disk(file.resolve().parent).read(file.resolve().name)
    except OSError as error:
        raise Failure(f"{name}: {error.strerror or error}") from None
