"""Every place of a repository that names the image something is built on or runs in, and the pins of its environments."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from policy_checks.containers.image_reference import ImageReference, parse
from policy_checks.environment import Environment
from policy_checks.readers.build_stages import BUILD_STAGES, BuildStage, BuildStages, external, read
from policy_checks.readers.dockerfile import is_dockerfile
from policy_checks.readers.image_builds import IMAGE_BUILDS, ImageBuild
from policy_checks.readers.needles import Needles
from policy_checks.readers.pipeline_images import BASE_NAME, PIPELINE_IMAGES, VARIANT_NAME, Given
from policy_checks.readers.written import Written
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Kind, Workspace

BUILDERS = ("docker", "podman", "buildah", "nerdctl")  # the needles of every command that builds an image


@record(eq=False)
class NamedImage:
    """One place: the text of the reference (variables by their defaults), and what holds it."""

    text: str
    place: Place
    called: str  # `FROM`, `ARG FROM_IMAGE_NAME`, `BASE_IMAGE`
    dockerfile: str = ""  # the path of the Dockerfile that is built on it
    argument: str = ""  # the build argument of that Dockerfile whose default it is
    is_given: bool = False  # to the build of a Dockerfile, from outside of it

    @cached_property
    def reference(self) -> ImageReference | None:
        """The text as a reference; None where it is none, or not known."""
        return parse(self.text)


@record(eq=False)
class Build:
    """What is given to one build, on a command line or side by side in a pipeline."""

    values: Mapping[str, Written]
    dockerfile: str  # the path in the workspace; empty where it is not known

    def first(self, pattern: re.Pattern[str]) -> tuple[str, Written] | None:
        """The first name that matches, and its value."""
        return next(((name, value) for name, value in self.values.items() if pattern.search(name)), None)

    @property
    def variant(self) -> Written | None:
        """The value of `IMAGE_TYPE`."""
        found = self.first(VARIANT_NAME)
        return found[1] if found else None


@record(eq=False)
class Pin:
    """What an environment is built on: the reference in its pin file."""

    environment: str
    text: str
    place: Place
    reference: ImageReference


@record(eq=False)
class BaseImages:
    """All of them in one workspace; builds on command lines are read when they are asked for."""

    workspace: Workspace
    dockerfiles: tuple[BuildStages, ...]
    jobs: tuple[Written, ...]  # the images that jobs run in
    given: tuple[Build, ...]  # in pipelines

    @property
    def place(self) -> Place | None:
        """The first Dockerfile."""
        return Place(self.dockerfiles[0].file, Span(0, 0)) if self.dockerfiles else None

    @cached_property
    def builds(self) -> tuple[Build, ...]:
        """What is given to every build, those on command lines last."""
        commands = [one for one in self.workspace.all(IMAGE_BUILDS, BUILDERS) if isinstance(one, ImageBuild)]
        return (*self.given, *(_of_command(command) for command in commands))

    @cached_property
    def bases(self) -> tuple[NamedImage, ...]:
        """What Dockerfiles start from, by the defaults of their arguments; what has no default is not among them."""
        return tuple(named for stages in self.dockerfiles for stage in external(stages.stages) if (named := base(stages, stage)))

    @cached_property
    def bases_of(self) -> Mapping[str, list[NamedImage]]:
        """The bases of each Dockerfile, by its path."""
        found: dict[str, list[NamedImage]] = {}
        for image in self.bases:
            found.setdefault(image.dockerfile, []).append(image)
        return found

    def given_to(self, builds: Iterable[Build]) -> Iterator[NamedImage]:
        """What builds are given as their base."""
        for build in builds:
            for name, value in build.values.items():
                if self.is_base(build, name):
                    yield NamedImage(value.text, value.place, f"`{name}`", build.dockerfile, is_given=True)

    def is_base(self, build: Build, name: str) -> bool:
        """Whether a value is what a Dockerfile starts from: by its name, or because the Dockerfile says so."""
        if BASE_NAME.search(name):
            return True
        return any(stage.argument and stage.argument.name == name for stage in self.stages_of(build.dockerfile))

    def stages_of(self, path: str) -> tuple[BuildStage, ...]:
        """The stages of a Dockerfile; none where the path is none's."""
        return self.by_path[path].stages if path in self.by_path else ()

    @cached_property
    def by_path(self) -> Mapping[str, BuildStages]:
        """The Dockerfiles by their paths."""
        return {stages.file.path: stages for stages in self.dockerfiles}


def base(stages: BuildStages, stage: BuildStage) -> NamedImage | None:
    """What one stage starts from; None where that is not known."""
    path, argument = stages.file.path, stage.argument
    if not stage.base.known:
        return None
    if argument is not None and argument.value is not None and argument.value.value == stage.base.value:
        return NamedImage(stage.base.value, Place(stages.file, argument.value.span), f"`ARG {argument.name}`", path, argument.name)
    return NamedImage(stage.base.value, Place(stages.file, stage.base.span), "`FROM`", path)


def _of_command(command: ImageBuild) -> Build:
    values = {argument.name: Written(argument.value, argument.place) for argument in command.arguments}
    return Build(values, command.dockerfile.file.path if command.dockerfile else "")


def _read(workspace: Workspace, _needles: Needles) -> Iterator[BaseImages | Unreadable]:
    dockerfiles: list[BuildStages] = []
    jobs: list[Written] = []
    given: list[Given] = []
    for found in workspace.all(BUILD_STAGES):
        if isinstance(found, Unreadable):
            yield found
        else:
            dockerfiles.append(found)
    for one in workspace.all(PIPELINE_IMAGES):
        if isinstance(one, Unreadable):
            yield one
        elif isinstance(one, Given):
            given.append(one)
        else:
            jobs.append(one.image)
    paths = [stages.file.path for stages in dockerfiles]
    yield BaseImages(workspace, tuple(dockerfiles), tuple(jobs), tuple(Build(one.values, _path(one.dockerfile, paths)) for one in given))


BASE_IMAGES: Kind[BaseImages] = Kind("base images", _read)


def _path(written: str, paths: Iterable[str]) -> str:
    """The Dockerfile that a pipeline means: a path from the root, or the only one that ends so (`FILE: Dockerfile.ci.dev`)."""
    path = posixpath.normpath(written) if written else ""
    ending = [one for one in paths if path and (one == path or one.endswith(f"/{path}"))]
    return path if path in ending else ending[0] if len(ending) == 1 else ""


def pins(workspace: Workspace, environments: Mapping[str, Environment]) -> Iterator[Pin | Unreadable]:
    """What each environment is pinned to; an Unreadable, at the place that names it, for a file that is not there or holds no reference."""
    for name, environment in environments.items():
        if not environment.base_image:
            continue
        path = posixpath.normpath(environment.base_image)
        file = workspace.get(path)
        if file is None:
            written = environment.origin.place("base-image")
            if _is_meant(workspace, written, environments):
                yield Unreadable(written.file, written.span, f"the base image of `{name}` is to stand in {path}, which is not there")
        elif pin := _pin(name, file):
            yield pin
        else:
            yield Unreadable(file, _first_line(file), f"no reference of an image: what `{name}` is built on cannot be told")


def _is_meant(workspace: Workspace, written: Place, environments: Mapping[str, Environment]) -> bool:
    """Whether a repository is asked for a pin file: a preset may speak of what it does not have at all."""
    if not written.file.path.startswith("preset:"):
        return True
    paths = [path for one in environments.values() for path in (one.base_image, one.dockerfile) if path]
    return any(posixpath.normpath(path) in workspace for path in paths)


_PIN_LINE = re.compile(r"^[ \t]*(?:FROM[ \t]+|[A-Za-z_]\w*[ \t]*[:=][ \t]*)?[\"']?([^\s\"'#]+)[\"']?[ \t]*\r?$", re.MULTILINE)


def _pin(name: str, file: SourceFile) -> Pin | None:
    """The first line of a file that is a reference, as such or behind a name; of a Dockerfile the base of its first stage."""
    if is_dockerfile(file.path):
        stages = file.once(read)
        named = next((one for stage in external(stages.stages) if (one := base(stages, stage))), None)
        reference = named.reference if named else None
        return Pin(name, named.text, named.place, reference) if named and reference else None
    for line in _PIN_LINE.finditer(file.text):
        if reference := parse(line[1]):
            return Pin(name, line[1], Place(file, Span(*line.span(1))), reference)
    return None


def _first_line(file: SourceFile) -> Span:
    return file.line_span(1)


def agrees(reference: ImageReference, pin: ImageReference) -> bool:
    """Whether two references may mean one image: of one repository, and no part that both have differs; without tag and digest nothing is said."""
    if reference.repository != pin.repository:
        return False
    if reference.digest and pin.digest:
        return reference.digest == pin.digest
    if reference.tag and pin.tag:
        return reference.tag == pin.tag
    return bool(reference.digest or pin.digest) or reference.tag == pin.tag
