"""Where else a repository names the Python versions it is run on: tox, the matrix of a workflow, the base of an image."""

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_checks.readers import dockerfile, github_workflow, pipelines
from policy_checks.readers.dockerfile import Dockerfile
from policy_checks.readers.pre_commit_config import written
from policy_checks.readers.python_targets import Version
from policy_checks.readers.tool_settings import ToolSettings
from policy_checks.readers.written import unquoted
from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Kind, Workspace

if TYPE_CHECKING:
    from yaml import Node


@record(eq=False)
class NamedVersion:
    """A Python version that something is run on."""

    what: str
    version: Version
    place: Place


_FILE_LINE = re.compile(r"^[ \t]*(?:cpython[-@]?|python)?(3)\.(\d{1,2})(?:\.\d+)?[ \t]*\r?$", re.MULTILINE)
_FACTOR = re.compile(r"(?<![\w.])(?:py(3)(\d{1,2})|(3)\.(\d{1,2}))(?![\w.])")
_BRACES = re.compile(r"(?<![\w.])py(3)?\{([\d,\s.]*)\}")
_MATRIX_KEYS = ("python-version", "python_version", "python-versions", "python", "py")
_SETUP = re.compile(r"(?:actions/setup-python|astral-sh/setup-uv|conda-incubator/setup-miniconda)@")
_CI_VERSION = re.compile(r"(?:cpython-?|pypy-?|graalpy-?)?(\d)\.(\d{1,2})(?:\.\d+|-dev|t|-nightly|\.x)?")
_IMAGE = re.compile(r"(?:^|/)python:(\d)\.(\d{1,2})(?![\d])")
_BASE_KEY = re.compile(r"(?:^|_)(?:BASE|FROM)_?IMAGE(?:_NAME)?$", re.IGNORECASE)
_ARGUMENT = re.compile(r"^[ \t]*ARG[ \t]+(\w+)=[\"']?([^\s\"']+)", re.MULTILINE | re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{?(\w+)(?::-[^}]*)?\}?")


def version_file(settings: ToolSettings) -> Iterator[NamedVersion]:
    """The first version in `.python-version`: the one that uv and pyenv take."""
    file = settings.workspace.get(posixpath.join(settings.folder, ".python-version"))
    if file and (found := next((line for line in file.text.splitlines() if line.strip() and not line.lstrip().startswith("#")), None)):
        start = file.text.index(found)
        if line := _FILE_LINE.match(file.text, start, start + len(found)):
            inner = found.strip()
            place = Place(file, Span(file.text.index(inner, start), file.text.index(inner, start) + len(inner)))
            yield NamedVersion(".python-version", (int(line[1]), int(line[2])), place)


def tox_environments(settings: ToolSettings) -> Iterator[NamedVersion]:
    """The factors `py310` and `3.10` (and `py{39,310}`, `py3{9,10}`) of tox's list of environments."""
    table = settings.get("tox")
    for key in ("envlist", "env_list") if table else ():
        if not table or key not in table.values:
            continue
        start = table.place(key).span.start
        value = table.values[key]
        listed = " ".join(map(str, value)) if isinstance(value, list) else str(value)
        body = table.file.text[start : start + 2 * len(listed) + 200]
        for version, spelled in _factors(listed):
            at = body.find(spelled)
            place = Place(table.file, Span(start + at, start + at + len(spelled))) if at >= 0 else table.place(key)
            yield NamedVersion(f"tox `{key}`", version, place)


def _factors(listed: str) -> Iterator[tuple[Version, str]]:
    for factor in _FACTOR.finditer(listed):
        yield (3, int(factor[2] or factor[4])), factor[0]
    for braces in _BRACES.finditer(listed):
        for part in filter(None, (part.strip() for part in braces[2].split(","))):
            whole = (braces[1] or "") + part.replace(".", "")
            if re.fullmatch(r"3\d{1,2}", whole):
                yield (3, int(whole[1:])), part


def hatch_matrices(settings: ToolSettings) -> Iterator[NamedVersion]:
    """The `python` of `[[tool.hatch.envs.NAME.matrix]]`."""
    own = settings.pyproject
    environments = own.document.get("tool", "hatch", "envs") if own else None
    for name in environments if own and isinstance(environments, dict) else ():
        path = ("tool", "hatch", "envs", name, "matrix")
        matrices = own.document.get(*path) if own else None
        for index, matrix in enumerate(matrices if isinstance(matrices, list) else ()):
            versions = matrix.get("python") if isinstance(matrix, dict) else None
            for position, value in enumerate(versions if isinstance(versions, list) else ()):
                if own and (found := _CI_VERSION.fullmatch(str(value))):
                    place = unquoted(own.document.place(*path, index, "python", position))
                    yield NamedVersion("the matrix of a hatch environment", (int(found[1]), int(found[2])), place)


def _workflow(file: SourceFile) -> Iterator[NamedVersion]:
    """The matrix of each job that sets up Python from it."""
    document = Document(file)
    for root in document.roots:
        for _name, job in items(get(root, "jobs")):
            matrix = get(job, "strategy", "matrix")
            for key in _MATRIX_KEYS if matrix is not None else ():
                if _sets_up(job, key):
                    yield from _matrix(document, matrix, key)


def _sets_up(job: "Node", key: str) -> bool:
    """Whether a step sets up the Python that the matrix names."""
    reference = re.compile(r"matrix\." + re.escape(key) + r"(?![\w.-])")
    return any(
        _SETUP.match(text(get(step, "uses"))) and reference.search(text(get(step, "with", "python-version")))
        for step in elements(get(job, "steps"))
    )


def _matrix(document: Document, matrix: "Node | None", key: str) -> "Iterator[NamedVersion]":
    nodes = [*elements(get(matrix, key)), *(node for entry in elements(get(matrix, "include")) if (node := get(entry, key)))]
    for node in nodes:
        value = written(document, node)
        if value and (found := _CI_VERSION.fullmatch(value.text.strip())):
            yield NamedVersion("the matrix of a workflow", (int(found[1]), int(found[2])), value.place)


def _read_workflows(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[NamedVersion | Unreadable]:
    for file in workspace.files(lambda path: path.startswith(".github/workflows/") and github_workflow.is_workflow(path), ("matrix.py",)):
        try:
            if isinstance(file, Unreadable):
                raise file
            yield from _workflow(file)
        except Unreadable as error:
            yield error


MATRICES: Kind[NamedVersion] = Kind("Python version of a workflow", _read_workflows)


def _is_own(path: str) -> bool:
    """A Dockerfile of the repository itself: at its root, or in its folder for such; elsewhere it may be an example."""
    return path.partition("/")[0] in ("docker", ".docker", "dockerfiles", ".devcontainer") or "/" not in path


def _read_images(workspace: Workspace, _needles: tuple[str, ...]) -> Iterator[NamedVersion | Unreadable]:
    named = {posixpath.basename(path) for path in workspace.paths if dockerfile.is_dockerfile(path)}
    for file in workspace.files(lambda path: _is_own(path) and dockerfile.is_dockerfile(path), ("python:", "/python")):
        try:
            if isinstance(file, Unreadable):
                raise file
            yield from _bases(dockerfile.read(file))
        except Unreadable as error:
            yield error
    for file in workspace.files(pipelines.is_pipeline, ("python:",)):
        try:
            if isinstance(file, Unreadable):
                raise file
            yield from _built(Document(file), named)
        except Unreadable as error:
            yield error


IMAGES: Kind[NamedVersion] = Kind("Python version of an image", _read_images)


def _bases(found: Dockerfile) -> Iterator[NamedVersion]:
    """The official Python images that stages start from; arguments have their default."""
    defaults = {name[1]: name[2] for name in _ARGUMENT.finditer(found.file.text[: found.stages[-1].span.end if found.stages else 0])}
    for stage in found.stages:
        image = _IMAGE.search(_VARIABLE.sub(lambda variable: defaults.get(variable[1], variable[0]), stage.base))
        at = found.file.text.find(stage.base, stage.span.start) if stage.base else -1
        if image and at >= 0:
            place = Place(found.file, Span(at, at + len(stage.base)))
            yield NamedVersion("the base of an image", (int(image[1]), int(image[2])), place)


def _built(document: Document, dockerfiles: set[str]) -> Iterator[NamedVersion]:
    """A base that a pipeline gives to a Dockerfile of the repository: both names stand in one mapping (Megatron-LM's build jobs)."""
    for mapping in _mappings(document):
        values = [*items(mapping)]
        if not any(posixpath.basename(text(value)) in dockerfiles for _key, value in values):
            continue
        for key, value in values:
            image = _IMAGE.search(text(value)) if _BASE_KEY.search(key) else None
            if image and (found := written(document, value)):
                yield NamedVersion("the base of an image", (int(image[1]), int(image[2])), found.place)


def _mappings(document: Document) -> "Iterator[Node]":
    """Every mapping of a file once, in the order of the file."""
    from yaml import MappingNode, SequenceNode

    waiting, met = [*reversed(document.roots)], set()
    while waiting:
        node = waiting.pop()
        if id(node) in met:
            continue
        met.add(id(node))
        if isinstance(node, MappingNode):
            yield node
            waiting.extend(value for _key, value in reversed(node.value))
        elif isinstance(node, SequenceNode):
            waiting.extend(reversed(node.value))
