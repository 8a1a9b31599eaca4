"""Files that say what containers run: compose files, and manifests of Kubernetes, Tekton and Argo."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from policy_checks.readers import python_calls
from policy_checks.readers.embedded import Embedded
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.python_command import is_python
from policy_checks.readers.script import interpreter
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.wrappers import SHELLS, command_name
from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.record import replace
from policy_checks.source import SourceFile

if TYPE_CHECKING:
    from yaml import Node

_COMPOSE = re.compile(r"(?:^|/)(?:docker-)?compose[^/]*\.ya?ml$")
_API, _KIND = re.compile("^apiVersion:", re.MULTILINE), re.compile("^kind:", re.MULTILINE)
# Helm and Go templates: a line of its own is blank before the rest is YAML, an expression inside a line is text.
_TEMPLATE_LINE = re.compile(r"^[ \t]*\{\{[^\n]*\}\}[ \t\r]*$", re.MULTILINE)
_VALUE = re.compile(r"\$\{?\w+\}?|\$\(\w+\)")  # compose's variables, Kubernetes' `$(NAME)`, and templates once they are masked
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def may_run(path: str) -> bool:
    """Whether a file is one of these by its suffix: any YAML file may be a manifest."""
    return path.endswith((".yml", ".yaml"))


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The commands of containers; of a list the words, of a text the shell's."""
    if _COMPOSE.search(file.path):
        document = Document(file)
        for root in document.roots:
            for _, service in items(get(root, "services")):
                values = dict(items(service))
                yield from _container(document, values, ("entrypoint", "command"), needles)
    elif _API.search(file.text) and _KIND.search(file.text):
        document = Document(_rendered(file))
        for root in document.roots:
            for values in _mappings(root):
                for script in _container(document, values, ("command", "args"), needles):
                    yield replace(script, source=replace(script.source, file=file))


def _rendered(file: SourceFile) -> SourceFile:
    """A template's text without what would be no YAML; of the same length."""
    if "{{" not in file.text:
        return file
    text = _TEMPLATE_LINE.sub(lambda found: " " * len(found[0]), file.text)
    return SourceFile(file.path, _TEMPLATE.sub(lambda found: "${" + "_" * (len(found[0]) - 3) + "}", text).encode())


def _container(document: Document, values: Mapping[str, "Node"], keys: tuple[str, str], needles: Needles) -> Iterator[Script]:
    """The program of a container and its arguments: lists of words, one after the other, or a text that is split like a shell's."""
    from yaml import ScalarNode, SequenceNode

    # Tekton's `script`, Argo's `source`: the program of the container reads it.
    for key in ("script", "source") if keys[0] == "command" and "image" in values else ():
        value = values.get(key)
        if isinstance(value, ScalarNode) and holds(value.value, needles):
            yield from _program(document.scalar(value), command_name("".join(map(text, elements(values.get("command"))[:1]))), needles)
    words: list[ScalarNode] = []
    for key in keys:
        value = values.get(key)
        if isinstance(value, ScalarNode) and holds(value.value, needles):
            yield Script(document.scalar(value), Context.IMAGE)
        elif isinstance(value, SequenceNode):
            words += [word for word in value.value if isinstance(word, ScalarNode)]
    if words:
        yield Script(document.words(words, _VALUE), Context.IMAGE)


def _program(source: Embedded, named: str, needles: Needles) -> Iterator[Script]:
    named = interpreter(source.text.encode()) or named
    if named in {"", *SHELLS}:
        yield Script(source, Context.IMAGE)
    elif is_python(named) and python_calls.may_run(source.text, needles):
        yield from python_calls.calls(source, Context.IMAGE)


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
