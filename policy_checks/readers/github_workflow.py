"""GitHub workflows and composite actions: their `run:` blocks."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from policy_checks.readers import python_calls, windows, workflow_inputs
from policy_checks.readers.embedded import Embedded, Piece
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.python_command import is_python
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.wrappers import command_name
from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.source import SourceFile, Span

if TYPE_CHECKING:
    from yaml import Node

_PATH = re.compile(r"(?:^|/)(?:workflows/[^/]+|action|[^/]*github[^/]*)\.ya?ml$")
_ENVIRONMENT = re.compile(r"\$\{\{\s*env\.(\w+)\s*\}\}")
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
# What else `shell:` may name (`perl {0}`), Python aside.
_NOT_SHELLS = re.compile(r"(?:node|deno|bun|perl|ruby|rscript|php|julia|lua|nu|java)[\d.]*$", re.IGNORECASE)


def is_workflow(path: str) -> bool:
    """Whether a file is a workflow or an action by its place or name (in examples they lie anywhere)."""
    return path.endswith((".yml", ".yaml")) and _PATH.search(path) is not None


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """Everything that a shell reads, `${{ … }}` masked as an expansion of the same length; what aliases repeat once."""
    met: set[tuple[Span, str]] = set()
    for script in _scripts(file.once(Document), needles):
        key = script.source.span(0, len(script.source.text)), script.source.text
        if key not in met:
            met.add(key)
            yield script


def _scripts(document: Document, needles: Needles) -> Iterator[Script]:
    for root in document.roots:
        for name, job in items(get(root, "jobs")):
            usual = "pwsh" if text(get(job, "runs-on")).startswith("windows") else "bash"
            yield from _steps(document, get(job, "steps"), (root, job), usual, name, needles)
        yield from _steps(document, get(root, "runs", "steps"), (), "bash", "", needles)
        for value in workflow_inputs.values(root):
            if holds(value.value, needles):
                yield Script(_shell(document.scalar(value)), Context.WORKFLOW)


def _steps(document: Document, steps: "Node | None", around: "Sequence[Node]", usual: str, job: str, needles: Needles) -> Iterator[Script]:
    """The scripts of a job's steps; `around` are the workflow and the job, whose defaults and variables hold in each step."""
    from yaml import ScalarNode

    # The job's, or else the workflow's.
    shell = next((value for node in reversed(around) if (value := text(get(node, "defaults", "run", "shell")))), usual)
    for step in elements(steps):
        run = get(step, "run")
        if not isinstance(run, ScalarNode):
            continue
        variables = {key: _EXPRESSION.sub("${_}", text(value)) for node in (*around, step) for key, value in items(get(node, "env"))}
        if not any(holds(value, needles) for value in (run.value, *variables.values())):
            continue
        name = command_name((text(get(step, "shell")) or shell).partition(" ")[0]).lower()
        if is_python(name):
            # Inside a string or outside of it, underscores are Python.
            code = document.scalar(run).masked(_EXPRESSION, lambda found: "_" * len(found[0]))
            if python_calls.may_run(code.text, needles):
                yield from python_calls.calls(code, Context.WORKFLOW)
        elif not _NOT_SHELLS.match(name):
            script = Script(_shell(document.scalar(run)), Context.WORKFLOW, job, variables)
            yield from windows.commands(script, name, needles) if name in ("pwsh", "powershell", "cmd") else (script,)


def _shell(source: Embedded) -> Embedded:
    """Text in which `${{ env.X }}` is the variable of the shell, and every other expression one that is not known."""
    pieces: list[Piece] = []
    at = 0
    for found in _ENVIRONMENT.finditer(source.text):
        pieces += [(source.text[at : found.start()], at, found.start()), (f"${{{found[1]}}}", *found.span())]
        at = found.end()
    if pieces:
        source = source.rewrite([*pieces, (source.text[at:], at, len(source.text))])
    return source.masked(_EXPRESSION, expansion)


def expansion(found: re.Match[str]) -> str:
    """A template's expression as a shell expansion of the same length: the grammar reads it as one unknown word."""
    return "${" + "_" * (len(found[0]) - 3) + "}"
