"""CI pipelines of other hosts, and hooks: a key of a mapping holds shell text, or a list of it, wherever it stands."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_checks.readers.embedded import joined
from policy_checks.readers.github_workflow import expansion, is_workflow
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.yaml_text import Document, elements, get, text
from policy_checks.record import record
from policy_checks.source import SourceFile
from policy_checks.workspace import Workspace

if TYPE_CHECKING:
    from yaml import Node, ScalarNode


@record
class _Service:
    """One CI service: its files, and the keys whose value a shell reads."""

    path: re.Pattern[str]
    keys: frozenset[str]


def _service(path: str, keys: str) -> _Service:
    return _Service(re.compile(path), frozenset(keys.split()))


_SERVICES = (
    _service(r"gitlab-ci[^/]*\.ya?ml$|(?:^|/)\.gitlab/.+\.ya?ml$|(?:^|/)[^/]*gitlab[^/]*\.ya?ml$",
             "script before_script after_script pre_get_sources_script"),
    _service(r"(?:^|/)[^/]*azure[^/]*\.ya?ml$|(?:^|/)\.azure[^/]*/.+\.ya?ml$", "script bash powershell pwsh"),
    _service(r"(?:^|/)\.circleci/.+\.ya?ml$|(?:^|/)[^/]*circleci[^/]*\.ya?ml$", "run command"),
    _service(r"(?:^|/)\.buildkite/.+\.ya?ml$", "command commands"),
    _service(r"(?:^|/)\.travis\.ya?ml$",
             "before_install install before_script script after_success after_failure after_script before_deploy after_deploy"),
    _service(r"(?:^|/)\.pre-commit-(?:config|hooks)\.ya?ml$", "entry"),
    _service(r"(?:^|/)bitbucket-pipelines\.ya?ml$", "script after-script"),
    _service(r"(?:^|/)\.(?:drone|woodpecker)(?:/.+)?\.ya?ml$", "commands"),
)  # fmt: skip
_GITLAB = ".gitlab-ci.yml"
# `$[[ inputs.x ]]` (GitLab), `${{ x }}` and `$(x)` (Azure), `<< x >>` (CircleCI). `$(x)` is shell, too.
_EXPRESSION = re.compile(r"\$\[\[.*?\]\]|\$\{\{.*?\}\}|<< *[\w.]+ *>>", re.DOTALL)


def is_pipeline(path: str) -> bool:
    """Whether a file configures one of the services by its place or name."""
    return path.endswith((".yml", ".yaml")) and not is_workflow(path) and any(service.path.search(path) for service in _SERVICES)


def included(workspace: Workspace) -> frozenset[str]:
    """The files that GitLab's configuration includes with `include: local`, by any name; raises Unreadable like `scripts`."""
    found: set[str] = set()
    waiting = [_GITLAB] if _GITLAB in workspace else []
    while waiting:
        for pattern in _local_includes(workspace.file(waiting.pop())):
            wanted = re.compile(re.escape(pattern.lstrip("/")).replace(r"\*\*", ".*").replace(r"\*", "[^/]*"))
            new = {path for path in workspace.paths if wanted.fullmatch(path)} - found
            found |= new
            waiting += sorted(new)
    return frozenset(found)


def _local_includes(file: SourceFile) -> Iterator[str]:
    """What `include` names: a path, or entries with a `local` one (GitLab CI/CD YAML reference, "include")."""
    if not file.path.endswith((".yml", ".yaml")) or b"include" not in file.data:
        return
    for root in Document(file).roots:
        entries = get(root, "include")
        for entry in elements(entries) or ([entries] if entries else []):
            name = text(entry) or text(get(entry, "local"))
            if name and "://" not in name:
                yield name


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The scripts of a pipeline; the items of a list run in one shell, one after the other."""
    document = Document(file)
    keys = next(
        (service.keys for service in _SERVICES if service.path.search(file.path)), _SERVICES[0].keys
    )  # GitLab's for an included file
    for root in document.roots:
        for node in _values(root, keys):
            items = [*_items(node)]
            if items and any(holds(item.value, needles) for item in items):
                parts = [document.scalar(item) for item in items]
                yield Script(joined(parts).masked(_EXPRESSION, expansion), Context.WORKFLOW)


def _values(root: "Node", keys: frozenset[str]) -> "Iterator[Node]":
    """The value of every wanted key, in document order; what aliases repeat is met once."""
    from yaml import MappingNode, ScalarNode, SequenceNode

    waiting, met = [(root, False)], set()
    while waiting:
        node, wanted = waiting.pop()
        if (id(node), wanted) in met:
            continue
        met.add((id(node), wanted))
        if wanted and not isinstance(node, MappingNode):
            yield node
        elif isinstance(node, SequenceNode):
            waiting.extend((item, False) for item in reversed(node.value))
        elif isinstance(node, MappingNode):
            waiting.extend((value, isinstance(key, ScalarNode) and key.value in keys) for key, value in reversed(node.value))


def _items(node: "Node") -> "Iterator[ScalarNode]":
    """The texts of a script: one, or a list of texts and lists. `!reference` names another script, read where it stands."""
    from yaml import ScalarNode, SequenceNode

    waiting = [node]
    while waiting:
        found = waiting.pop()
        if isinstance(found, ScalarNode):
            yield found
        elif isinstance(found, SequenceNode) and found.tag != "!reference":
            waiting.extend(reversed(found.value))
