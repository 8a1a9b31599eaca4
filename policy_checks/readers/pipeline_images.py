"""Container images in the YAML of CI pipelines and compose files: what a job runs in, and what is given to an image's build."""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from policy_checks.readers import github_workflow, pipelines
from policy_checks.readers.needles import Needles
from policy_checks.readers.written import Written
from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Unreadable
from policy_checks.workspace import Kind, Workspace

if TYPE_CHECKING:
    from yaml import Node

# `FROM_IMAGE_NAME`, `BASE_IMAGE`, `base-image`
BASE_NAME = re.compile(r"(?:^|[_-])(?:base|from)[_-]?image(?:[_-]?name)?$", re.IGNORECASE)
VARIANT_NAME = re.compile(r"(?:^|[_-])image[_-]?type$", re.IGNORECASE)  # `IMAGE_TYPE`, `image-type`
# What a file holds that has one of the keys which are looked for.
_NEEDLES = tuple(
    "image: IMAGE: Image: image': image\": container: build-args docker:// args: image_type IMAGE_TYPE image-type IMAGE_NAME".split()
)
_COMPOSE = re.compile(r"(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$")
_NAME_LINE = re.compile(r"^[ \t]*(\w+)=([^\r\n]*?)[ \t]*\r?$", re.MULTILINE)
# An `image` in there is not what the job runs in: a service, an input, the name of a virtual machine.
_BESIDE = re.compile("services|with|variables|env|environment|matrix|pool|machine|inputs|.*_instance")
_RUNS_IN_IMAGES = re.compile(r"gitlab|azure|circleci|buildkite|bitbucket|drone|woodpecker|cirrus|gitpod", re.IGNORECASE)
_MOST_ROWS = 100


@record(eq=False)
class RunIn:
    """The image of a job, as it is written."""

    image: Written


@record(eq=False)
class Given:
    """What is set side by side, a build's arguments among it: a row of a matrix, `variables`, `build-args`."""

    values: Mapping[str, Written]
    dockerfile: str  # as it is written; empty where nothing says it


PipelineImage = RunIn | Given


def _is_wanted(path: str) -> bool:
    if not path.endswith((".yml", ".yaml")):
        return False
    return github_workflow.is_workflow(path) or _RUNS_IN_IMAGES.search(path) is not None or _COMPOSE.search(path) is not None


def _read(workspace: Workspace, _needles: Needles) -> Iterator[PipelineImage | Unreadable]:
    named = {posixpath.basename(path) for path in workspace.paths if "ockerfile" in path or "ontainerfile" in path}
    try:
        included = pipelines.included(workspace)
    except Unreadable as error:
        yield error
        included = frozenset()
    for file in workspace.files(lambda path: _is_wanted(path) or path in included, _NEEDLES):
        try:
            if isinstance(file, Unreadable):
                raise file
            yield from images(file, named, is_included=file.path in included)
        except Unreadable as error:
            yield error


PIPELINE_IMAGES: Kind[PipelineImage] = Kind("image in a pipeline", _read)


def images(file: SourceFile, dockerfiles: Collection[str], *, is_included: bool = False) -> Iterator[PipelineImage]:
    """The images of one file in its order; `dockerfiles` are the names by which a value is known for a Dockerfile."""
    is_workflow = github_workflow.is_workflow(file.path)
    reading = _Reading(file.once(Document), dockerfiles, is_workflow, _COMPOSE.search(file.path) is not None)
    runs = is_workflow or is_included or _RUNS_IN_IMAGES.search(file.path) is not None
    for root in reading.document.roots:
        yield from reading.below(root, runs)


@record(eq=False)
class _Reading:
    document: Document
    dockerfiles: Collection[str]
    is_workflow: bool
    is_compose: bool

    def below(self, root: "Node", runs: bool) -> Iterator[PipelineImage]:
        """What each mapping says, once; with the variables around it, and whether an `image` in it is what a job runs in."""
        from yaml import MappingNode, ScalarNode, SequenceNode

        waiting: list[tuple[Node, Mapping[str, Written], bool]] = [(root, {}, runs)]
        met: set[int] = set()
        while waiting:
            node, around, runs = waiting.pop()
            if id(node) in met:
                continue
            met.add(id(node))
            if isinstance(node, SequenceNode):
                waiting.extend((one, around, runs) for one in reversed(node.value) if not isinstance(one, ScalarNode))
            elif isinstance(node, MappingNode):
                pairs = {key.value: value for key, value in node.value if isinstance(key, ScalarNode)}
                if runs:
                    yield from self._runs(pairs)
                yield from self._given(pairs, around)
                inner = {**around, **self._values(get(node, "variables"))} if "variables" in pairs else around
                for name, value in reversed(pairs.items()):
                    if not isinstance(value, ScalarNode):
                        waiting.append((value, inner, runs and not _BESIDE.fullmatch(name)))

    def _runs(self, pairs: "Mapping[str, Node]") -> Iterator[RunIn]:
        for name in ("image", "container") if self.is_workflow else ("image",):  # Azure's `container` may be an alias
            value = pairs.get(name)
            if value is not None and (image := _written(self.document, value) or _written(self.document, get(value, "name"))):
                yield RunIn(image)
        action = _written(self.document, pairs.get("uses"))
        if action and action.text.startswith("docker://"):
            yield RunIn(action)

    def _given(self, pairs: "Mapping[str, Node]", around: Mapping[str, Written]) -> Iterator[Given]:
        """What is set side by side where that names a base image, or the kind of image."""
        names_one = any("image" in name.lower() and (BASE_NAME.search(name) or VARIANT_NAME.search(name)) for name in pairs)
        if names_one and (own := self._of(pairs.items())):
            yield Given(own, self._dockerfile(own))
        if "parallel" in pairs:
            variables = {**around, **self._values(pairs.get("variables"))}
            for row in elements(get(pairs["parallel"], "matrix")):
                yield from self._rows(row, variables)
        arguments = self._lines(pairs.get("build-args"))
        if self.is_compose:
            arguments |= {**self._lines(pairs.get("args")), **self._values(pairs.get("args"))}
        if arguments:
            file, context = text(pairs.get("file")) or text(pairs.get("dockerfile")), text(pairs.get("context"))
            from_context = self.is_compose or not file
            yield Given(arguments, posixpath.join(context or ".", file or "Dockerfile") if from_context else file)

    def _rows(self, row: "Node", variables: Mapping[str, Written]) -> Iterator[Given]:
        """A row of GitLab's matrix, where it says more together with the variables of its job, or by its lists, than alone."""
        lists = {name: [one for each in elements(value) if (one := _written(self.document, each))] for name, value in items(row)}
        lists = {name: values for name, values in lists.items() if values}
        own = self._values(row)
        told = {**variables, **own}
        has_base = any(BASE_NAME.search(name) for name in own)
        if (has_base and not lists) or not any(BASE_NAME.search(name) for name in (*told, *lists)):
            return
        for number, chosen in enumerate(product(*lists.values())):
            if number >= _MOST_ROWS:
                break
            values = {**told, **dict(zip(lists, chosen, strict=True))}
            yield Given(values, self._dockerfile(values))

    def _dockerfile(self, values: Mapping[str, Written]) -> str:
        return next((one.text for one in values.values() if posixpath.basename(one.text) in self.dockerfiles), "")

    def _values(self, node: "Node | None") -> dict[str, Written]:
        return self._of(items(node)) if node is not None else {}

    def _of(self, pairs: "Iterable[tuple[str, Node]]") -> dict[str, Written]:
        found = {name: _written(self.document, value) or _written(self.document, get(value, "value")) for name, value in pairs}
        return {name: value for name, value in found.items() if value}

    def _lines(self, node: "Node | None") -> dict[str, Written]:
        """`NAME=value`, a line each, or an element each."""
        from yaml import ScalarNode

        found: dict[str, Written] = {}
        for one in (*elements(node), node) if node is not None else ():
            if isinstance(one, ScalarNode):
                scalar = self.document.scalar(one)
                for line in _NAME_LINE.finditer(scalar.text):
                    found[line[1]] = Written(line[2], Place(self.document.file, scalar.span(*line.span(2))))
        return found


def _written(document: Document, node: "Node | None") -> Written | None:
    """A scalar's text and place; None for what is no value of one line."""
    if node is None:
        return None
    from yaml import ScalarNode

    if not isinstance(node, ScalarNode) or "\n" in node.value or not node.value:
        return None
    return Written(node.value, Place(document.file, document.scalar(node).span(0, len(node.value))))
