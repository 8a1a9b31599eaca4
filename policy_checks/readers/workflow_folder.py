"""The folder that a step of a GitHub workflow works in: `working-directory`, and what was checked out where."""

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from policy_checks.readers.yaml_text import Document, elements, get, items, text
from policy_checks.source import SourceFile, Span

if TYPE_CHECKING:
    from yaml import Node


def of(file: SourceFile, span: Span) -> str | None:
    """The folder of the repository in which the step around a span runs (the root is empty); None where it is another repository's."""
    if "working-directory" not in file.text and "repository:" not in file.text and "path:" not in file.text:
        return ""
    document = Document(file)
    for root in document.roots:
        for _, job in [*items(get(root, "jobs")), ("", get(root, "runs"))]:
            steps = elements(get(job, "steps")) if job is not None else []
            for index, step in enumerate(steps):
                run = get(step, "run")
                if run is not None and document.span(run).start <= span.start and span.end <= document.span(run).end:
                    usual = text(get(job, "defaults", "run", "working-directory")) or text(
                        get(root, "defaults", "run", "working-directory")
                    )
                    return _in_repository(text(get(step, "working-directory")) or usual, steps[:index])
    return ""


def _in_repository(folder: str, before: "Sequence[Node]") -> str | None:
    """A path of the runner's workspace as one of this repository, after these steps."""
    folder = folder.removeprefix("${{ github.workspace }}").removeprefix("$GITHUB_WORKSPACE").lstrip("/")
    folder = posixpath.normpath(folder or ".")
    own, foreign = ".", []
    for step in before:
        if text(get(step, "uses")).startswith("actions/checkout@"):
            path = posixpath.normpath(text(get(step, "with", "path")) or ".")
            if text(get(step, "with", "repository")) in ("", "${{ github.repository }}"):
                own = path
            else:
                foreign.append(path)
    if "$" in folder or any(_below(folder, path) for path in foreign) or not _below(folder, own):
        return None
    below = posixpath.relpath(folder, own)
    return "" if below == "." else below


def _below(folder: str, path: str) -> bool:
    return path in (".", folder) or folder.startswith(path + "/")
