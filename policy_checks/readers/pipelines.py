"""CI pipelines of other hosts, hooks and task runners: a key of a mapping holds shell text, or a list of it, wherever it stands."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from policy_checks.readers import python_calls, windows
from policy_checks.readers.embedded import joined
from policy_checks.readers.github_workflow import expansion, is_workflow
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.pipeline_services import AZURE, INCLUDED, Service, service
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.record import record
from policy_checks.source import SourceFile
from policy_checks.workspace import Workspace

if TYPE_CHECKING:
    from yaml import Node, ScalarNode

_GITLAB = ".gitlab-ci.yml"
# `$[[ inputs.x ]]` (GitLab), `${{ x }}` (Azure), `<< x >>` (CircleCI), `{{ x }}` (Ansible). `$(x)` of Azure is shell, too.
_EXPRESSION = re.compile(r"\$\[\[.*?\]\]|\$\{\{.*?\}\}|<< *[\w.]+ *>>|\{\{[^\n]*?\}\}", re.DOTALL)
_VARIABLES = ("variables", "env", "environment")
_NOT_RUN = ("pygrep", "fail")  # hooks whose entry is a pattern, or a message
_WINDOWS = {"ps": "powershell", "powershell": "powershell", "pwsh": "powershell"}


@record(eq=False)
class _Command:
    """The value of a key that holds commands, the mapping it stands in, and the variables that hold there."""

    key: str
    value: "Node"
    beside: "Node"
    variables: Mapping[str, str]


def is_pipeline(path: str) -> bool:
    """Whether a file configures one of the services by its place or name."""
    return path.endswith((".yml", ".yaml")) and not is_workflow(path) and service(path) is not None


def included(workspace: Workspace) -> frozenset[str]:
    """The files that GitLab's and Azure's configurations include from the repository; raises Unreadable like `scripts`."""
    found: set[str] = set()
    waiting = [path for path in workspace.paths if path.endswith((".yml", ".yaml")) and (path == _GITLAB or AZURE.holds(path))]
    while waiting:
        file = workspace.file(waiting.pop())
        for pattern in _local_includes(file) if file.path.endswith((".yml", ".yaml")) else ():
            new = _matching(workspace, pattern) - found
            found |= new
            waiting += sorted(new)
    return frozenset(found)


def _matching(workspace: Workspace, pattern: str) -> set[str]:
    """The paths that a pattern names; `**` stands for several folders."""
    if "*" not in pattern:
        return {pattern} if pattern in workspace else set()
    wanted = re.compile(re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*"))
    return {path for path in workspace.paths if wanted.fullmatch(path)}


def _local_includes(file: SourceFile) -> Iterator[str]:
    """Paths (with `*`) in the repository: `include` and its `local` (GitLab CI/CD reference), `template` (Azure Pipelines' schema)."""
    azure = file.path != _GITLAB and b"template" in file.data
    if not azure and b"include" not in file.data:
        return
    for root in file.once(Document).roots:
        for holder in (root, *(get(job, "trigger") for _, job in items(root))):
            entries = get(holder, "include")
            for entry in elements(entries) or ([entries] if entries else []):
                name = text(entry) or text(get(entry, "local"))
                if name and "://" not in name:
                    yield name.lstrip("/")
        for name in _templates(root) if azure else ():
            yield name.lstrip("/") if name.startswith("/") else posixpath.normpath(posixpath.join(posixpath.dirname(file.path), name))


def _templates(root: "Node") -> Iterator[str]:
    for command in _commands(root, Service("", "template")):
        name = text(command.value)
        if name.endswith((".yml", ".yaml")):  # `x.yml@other` stands in another repository
            yield name


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The scripts of a pipeline; the items of a list run in one shell, one after the other."""
    document = file.once(Document)
    of = service(file.path) or INCLUDED
    for root in document.roots:
        for command in _commands(root, of):
            yield from _read(document, command, of, needles)


def _read(document: Document, command: _Command, of: Service, needles: Needles) -> Iterator[Script]:
    nodes = [*_items(command.value)]
    if command.key == of.program:
        if text(get(command.beside, "language")) in _NOT_RUN:
            return
        arguments = [*_items(get(command.beside, "args"))]
        if len(nodes) == 1 and any(holds(node.value, needles) for node in (*nodes, *arguments)):
            words = [document.words(arguments, _EXPRESSION)] if arguments else []
            line = joined([document.scalar(nodes[0]).masked(_EXPRESSION, expansion), *words], " ")
            yield Script(line, Context.WORKFLOW, variables=command.variables)
        return
    if not any(holds(value, needles) for value in (*(node.value for node in nodes), *command.variables.values())):
        return
    parts = [document.scalar(node).masked(_EXPRESSION, expansion) for node in nodes]
    if text(get(command.beside, "scriptSource")) or "scriptPath" in dict(items(command.beside)):  # Azure's task PythonScript
        for part in parts:
            if python_calls.may_run(part.text, needles):
                yield from python_calls.calls(part, Context.WORKFLOW)
    elif command.key == "argv":
        yield Script(document.words(nodes, _EXPRESSION), Context.WORKFLOW, variables=command.variables)
    else:
        # Azure replaces `$(NAME)` before the shell sees it.
        macro = re.compile(rf"\$\(({'|'.join(map(re.escape, command.variables))})\)") if of is AZURE and command.variables else None
        whole = joined(parts)
        script = Script(
            whole.masked(macro, lambda found: f"${{{found[1]}}}") if macro else whole, Context.WORKFLOW, variables=command.variables
        )
        yield from windows.commands(script, _WINDOWS[command.key], needles) if command.key in _WINDOWS else (script,)


def _commands(root: "Node", of: Service) -> Iterator[_Command]:
    """The value of every wanted key, in document order; what aliases repeat is met once."""
    from yaml import MappingNode, ScalarNode, SequenceNode

    waiting: list[_Command] = [_Command("", root, root, {})]
    met: set[tuple[int, bool]] = set()
    while waiting:
        found = waiting.pop()
        node = found.value
        wanted = found.key != "" and (found.key == of.program or of.keys.fullmatch(found.key) is not None)
        if (id(node), wanted) in met:
            continue
        met.add((id(node), wanted))
        if wanted and not isinstance(node, MappingNode):
            yield found
        if isinstance(node, SequenceNode):
            waiting.extend(_Command("", item, node, found.variables) for item in reversed(node.value))
        elif isinstance(node, MappingNode):
            variables = {**found.variables, **dict(_variables(node))}
            inner = [_Command(key.value, value, node, variables) for key, value in node.value if isinstance(key, ScalarNode)]
            waiting.extend(reversed(inner))


def _variables(node: "Node") -> Iterator[tuple[str, str]]:
    """What a mapping sets for the commands below it: `variables: {A: b}`, or `[{name: A, value: b}]`."""
    for key, value in items(node):
        if key in _VARIABLES:
            yield from ((name, _EXPRESSION.sub("${_}", text(one) or text(get(one, "value")))) for name, one in items(value))
            yield from ((text(get(one, "name")), _EXPRESSION.sub("${_}", text(get(one, "value")))) for one in elements(value))


def _items(node: "Node | None") -> "Iterator[ScalarNode]":
    """The texts of a script: one, or a list of texts and lists. `!reference` names another script, read where it stands."""
    from yaml import ScalarNode, SequenceNode

    waiting = [node]
    while waiting:
        found = waiting.pop()
        if isinstance(found, ScalarNode):
            yield found
        elif isinstance(found, SequenceNode) and found.tag != "!reference":
            waiting.extend(reversed(found.value))
