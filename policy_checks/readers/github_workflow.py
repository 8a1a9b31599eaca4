"""GitHub workflows and composite actions: their `run:` blocks."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_checks.readers import python_calls
from policy_checks.readers.needles import Needles, holds
from policy_checks.readers.python_command import is_python
from policy_checks.readers.shell import Context, Script
from policy_checks.readers.wrappers import command_name
from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.source import SourceFile

if TYPE_CHECKING:
    from yaml import Node

_PATH = re.compile(r"(?:^|/)(?:workflows/[^/]+|action|[^/]*github[^/]*)\.ya?ml$")
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
# In PowerShell and cmd a backslash parts folders, and a line goes on after a backtick or a caret.
_WINDOWS = re.compile(r"\\(?=[\w.])|[`^]\n")
# What else `shell:` may name (`perl {0}`), Python aside. PowerShell and cmd are
# not here: they run a simple command as it is written.
_NOT_SHELLS = re.compile(r"(?:node|deno|bun|perl|ruby|rscript|php|julia|lua|nu|java)[\d.]*$", re.IGNORECASE)


def is_workflow(path: str) -> bool:
    """Whether a file is a workflow or an action by its place or name (in examples they lie anywhere)."""
    return _PATH.search(path) is not None


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """Every `run:` block that a shell reads, `${{ … }}` masked as an expansion of the same length."""
    document = Document(file)
    for root in document.roots:
        shell = text(get(root, "defaults", "run", "shell"))
        for _, job in items(get(root, "jobs")):
            usual = "pwsh" if text(get(job, "runs-on")).startswith("windows") else "bash"
            yield from _steps(document, get(job, "steps"), text(get(job, "defaults", "run", "shell")) or shell or usual, needles)
        yield from _steps(document, get(root, "runs", "steps"), "bash", needles)


def _steps(document: Document, steps: "Node | None", shell: str, needles: Needles) -> Iterator[Script]:
    from yaml import ScalarNode

    for step in elements(steps):
        run = get(step, "run")
        if not isinstance(run, ScalarNode) or not holds(run.value, needles):
            continue
        name = command_name((text(get(step, "shell")) or shell).partition(" ")[0]).lower()
        if is_python(name):
            # Inside a string or outside of it, underscores are Python.
            code = document.scalar(run).masked(_EXPRESSION, lambda found: "_" * len(found[0]))
            if python_calls.may_run(code.text, needles):
                yield from python_calls.calls(code, Context.WORKFLOW)
        elif not _NOT_SHELLS.match(name):
            script = document.scalar(run).masked(_EXPRESSION, expansion)
            if name in ("pwsh", "powershell", "cmd"):
                script = script.masked(_WINDOWS, lambda found: "/" if found[0] == "\\" else "\\\n")
            yield Script(script, Context.WORKFLOW)


def expansion(found: re.Match[str]) -> str:
    """A template's expression as a shell expansion of the same length: the grammar reads it as one unknown word."""
    return "${" + "_" * (len(found[0]) - 3) + "}"
