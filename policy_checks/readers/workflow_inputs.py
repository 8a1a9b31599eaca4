"""Shell text in workflows outside of `run:`: inputs of actions and reusable workflows, and values that a script is made of."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeGuard

from policy_checks.readers.yaml_text import elements, get, items, text

if TYPE_CHECKING:
    from yaml import Node, ScalarNode

# Inputs by name that actions and reusable workflows give to a shell: `script`, `run`, `command`, `pre-build-script`, `install_cmd` …
_SHELL_INPUT = re.compile(r"(?:\w+[-_])*(?:scripts?|run|commands?|cmds?|prepare|install)", re.IGNORECASE)
# What takes a program in another language by such a name.
_OTHER_LANGUAGE = re.compile(r"github-script|javascript|node-|python|ruby|groovy|perl|codeql", re.IGNORECASE)
# cibuildwheel's options (its documentation, "Options"), which it gives to a shell.
_CIBW = re.compile(r"CIBW_(?:BEFORE_(?:ALL|BUILD|TEST)|TEST_COMMAND|REPAIR_WHEEL_COMMAND)(?:_\w+)?")
_REFERENCE = re.compile(r"(?:^|[;&|({\n]|-\w*c[ \t]+['\"]?|eval[ \t]+['\"]?)[ \t]*\$\{\{\s*(matrix|inputs)\.([\w-]+)\s*\}\}", re.MULTILINE)


def values(root: "Node") -> "Iterator[ScalarNode]":
    """The texts of a workflow or an action that a shell reads and that are no `run:`."""
    jobs = [job for _, job in items(get(root, "jobs"))]
    steps = [step for job in jobs for step in elements(get(job, "steps"))] + elements(get(root, "runs", "steps"))
    for holder in (root, *jobs, *steps):
        yield from (value for name, value in items(get(holder, "env")) if _CIBW.fullmatch(name) and _is_scalar(value))
        if not _OTHER_LANGUAGE.search(text(get(holder, "uses"))):
            yield from (value for name, value in items(get(holder, "with")) if _SHELL_INPUT.fullmatch(name) and _is_scalar(value))
    for job in jobs:
        named = {name for step in elements(get(job, "steps")) for kind, name in _used(step) if kind == "matrix"}
        yield from _of_matrix(get(job, "strategy", "matrix"), named)
    named = {name for step in steps for kind, name in _used(step) if kind == "inputs"}
    for inputs in (get(root, "inputs"), *(get(root, "on", event, "inputs") for event in ("workflow_call", "workflow_dispatch"))):
        defaults = (get(value, "default") for name, value in items(inputs) if name in named)
        yield from (value for value in defaults if _is_scalar(value))


def _used(step: "Node") -> Iterator[tuple[str, str]]:
    """The values that begin a command of a step."""
    for found in _REFERENCE.finditer(text(get(step, "run"))):
        yield found[1], found[2]


def _of_matrix(matrix: "Node | None", named: set[str]) -> "Iterator[ScalarNode]":
    """The values of a matrix by these names, its own and those of `include`."""
    for holder in (matrix, *elements(get(matrix, "include"))):
        for name, value in items(holder):
            if name in named:
                yield from (node for node in (value, *elements(value)) if _is_scalar(node))


def _is_scalar(node: "Node | None") -> "TypeGuard[ScalarNode]":
    from yaml import ScalarNode

    return isinstance(node, ScalarNode)
