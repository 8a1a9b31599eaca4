"""Files that say what containers run: compose files, Kubernetes manifests, and development containers."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from policy_checks.readers.embedded import Embedded
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Context, Script, argument_list
from policy_checks.readers.yaml_text import Document, elements, get, items
from policy_checks.source import SourceFile

if TYPE_CHECKING:
    from yaml import Node

_COMPOSE = re.compile(r"(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$")
_DEVCONTAINER = re.compile(r"(?:^|/)\.?devcontainer(?:-[^/]*)?\.json$")
_API, _KIND = re.compile("^apiVersion:", re.MULTILINE), re.compile("^kind:", re.MULTILINE)
_TEMPLATE = re.compile(r"^[^#\n]*\{\{", re.MULTILINE)  # Helm: no YAML before it is rendered
_COMMENT = re.compile(r"^[ \t]*//[^\n]*|(?<=[,{}\[\]\s])//[^\n\"]*$", re.MULTILINE)
# containers.dev, "Lifecycle scripts". initializeCommand runs on the host.
_LIFECYCLE = ("onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand")


def may_run(path: str) -> bool:
    """Whether a file is one of these by its name, or any YAML file, which may be a manifest."""
    return path.endswith((".yml", ".yaml")) or _DEVCONTAINER.search(path) is not None


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The commands of containers; of a list the words, of a text the shell's."""
    if _DEVCONTAINER.search(file.path):
        yield from _devcontainer(file, needles)
    elif _COMPOSE.search(file.path):
        document = Document(file)
        for root in document.roots:
            for _, service in items(get(root, "services")):
                values = dict(items(service))
                yield from _container(document, values, ("entrypoint", "command"), needles)
    elif _API.search(file.text) and _KIND.search(file.text) and not _TEMPLATE.search(file.text):
        document = Document(file)
        for root in document.roots:
            for values in _mappings(root):
                yield from _container(document, values, ("command", "args"), needles)


def _devcontainer(file: SourceFile, needles: Needles) -> Iterator[Script]:
    # JSON with comments is YAML once the comments are blank; offsets stay.
    plain = SourceFile(file.path, _COMMENT.sub(lambda found: " " * len(found[0]), file.text).replace("\t", " ").encode())
    document = Document(plain)
    for root in document.roots:
        for key, value in items(root):
            if key in (*_LIFECYCLE, "initializeCommand"):
                context = Context.SCRIPT if key == "initializeCommand" else Context.IMAGE
                for text in _texts(document, value, needles):
                    # The text was cut from the file with its comments blanked: the places are the same.
                    yield Script(Embedded(file, text.text, text.starts, text.places), context)


def _texts(document: Document, value: "Node", needles: Needles) -> Iterator[Embedded]:
    """A command as text, as a list of words, or several of them by name (they run in parallel)."""
    from yaml import MappingNode, ScalarNode

    if isinstance(value, MappingNode):
        for _, each in items(value):
            yield from _texts(document, each, needles)
    elif isinstance(value, ScalarNode):
        if holds(value.value, needles):
            yield document.scalar(value)
    elif words := [document.scalar(word) for word in elements(value) if isinstance(word, ScalarNode)]:
        yield argument_list(words)


def _container(document: Document, values: Mapping[str, "Node"], keys: tuple[str, str], needles: Needles) -> Iterator[Script]:
    """The program of a container and its arguments: lists of words, one after the other, or a text that is split like a shell's."""
    from yaml import ScalarNode, SequenceNode

    words: list[Embedded] = []
    for key in keys:
        value = values.get(key)
        if isinstance(value, ScalarNode) and holds(value.value, needles):
            yield Script(document.scalar(value), Context.IMAGE)
        elif isinstance(value, SequenceNode):
            words += [document.scalar(word) for word in value.value if isinstance(word, ScalarNode)]
    if words:
        yield Script(argument_list(words), Context.IMAGE)


def _mappings(root: "Node") -> "Iterator[dict[str, Node]]":
    """Every mapping of a document, in its order; what aliases repeat is met once."""
    from yaml import MappingNode, SequenceNode

    waiting, met = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in met:
            continue
        met.add(id(node))
        if isinstance(node, SequenceNode):
            waiting.extend(reversed(node.value))
        elif isinstance(node, MappingNode):
            yield dict(items(node))
            waiting.extend(value for _, value in reversed(node.value))
