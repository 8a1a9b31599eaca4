"""JSON files whose values are commands: development containers, package.json, and the tasks of VS Code."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_checks.readers.embedded import Embedded, joined
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.source import SourceFile

if TYPE_CHECKING:
    from yaml import Node

_DEVCONTAINER = re.compile(r"(?:^|/)\.?devcontainer(?:[-.][^/]*)?\.json$")
_PACKAGE = re.compile(r"(?:^|/)package\.json$")
_TASKS = re.compile(r"(?:^|/)\.vscode/tasks\.json$")
# JSON with comments is YAML once the comments are blank. YAML knows no tab between tokens, no pair of `\u` for one character.
_STRING_OR_COMMENT = re.compile(r'("(?:[^"\\\n]++|\\.)*+")|//[^\n]*|/\*.*?\*/|\t', re.DOTALL)
_SURROGATE = re.compile(r"(?<!\\)((?:\\\\)*)\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
# containers.dev, "Lifecycle scripts". initializeCommand runs on the host.
_LIFECYCLE = ("onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand", "postAttachCommand")


def may_run(path: str) -> bool:
    """Whether a file is one of these by its name."""
    patterns = (_DEVCONTAINER, _PACKAGE, _TASKS) if path.endswith(".json") else ()
    return any(pattern.search(path) for pattern in patterns)


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The commands of a file; raises Unreadable where it is no JSON."""
    plain = SourceFile(file.path, _STRING_OR_COMMENT.sub(_plain, file.text).encode())
    document = Document(plain)
    for root in document.roots:
        if _DEVCONTAINER.search(file.path):
            found = _devcontainer(document, root)
        elif _PACKAGE.search(file.path):
            found = ((value, Context.SCRIPT) for _, script in items(get(root, "scripts")) for value in _texts(document, script))
        else:
            found = ((task, Context.SCRIPT) for task in _tasks(document, root))
        for source, context in found:
            if holds(source.text, needles):
                # It was cut from the file with its comments blanked: the places are the same.
                yield Script(Embedded(file, source.text, source.starts, source.places), context)


def _plain(found: re.Match[str]) -> str:
    if found[1]:
        return _SURROGATE.sub(lambda half: half[1] + "\\ufffd", found[1]).replace("\t", " ")
    return re.sub(r"[^\n]", " ", found[0])


def _devcontainer(document: Document, root: "Node") -> Iterator[tuple[Embedded, Context]]:
    for key, value in items(root):
        if key in (*_LIFECYCLE, "initializeCommand"):
            context = Context.SCRIPT if key == "initializeCommand" else Context.IMAGE
            yield from ((source, context) for source in _texts(document, value))


def _texts(document: Document, value: "Node") -> Iterator[Embedded]:
    """A command as text, as a list of words, or several of them by name (they run in parallel)."""
    from yaml import MappingNode, ScalarNode

    if isinstance(value, MappingNode):
        for _, each in items(value):
            yield from _texts(document, each)
    elif isinstance(value, ScalarNode):
        yield document.scalar(value)
    elif words := [word for word in elements(value) if isinstance(word, ScalarNode)]:
        yield document.words(words)


def _tasks(document: Document, root: "Node") -> Iterator[Embedded]:
    """The command of each task with its arguments (code.visualstudio.com, "Custom tasks"), also for one system."""
    from yaml import ScalarNode

    for task in elements(get(root, "tasks")):
        for holder in (task, *(get(task, system) for system in ("windows", "osx", "linux"))):
            command = get(holder, "command")
            arguments = [word if isinstance(word, ScalarNode) else get(word, "value") for word in elements(get(holder, "args"))]
            words = [word for word in arguments if isinstance(word, ScalarNode)]
            if isinstance(command, ScalarNode) and text(command):
                yield joined([document.scalar(command), *([document.words(words)] if words else [])], " ")
