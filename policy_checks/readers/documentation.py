"""Documents of every kind: the commands that their code blocks tell a reader to run."""

from collections.abc import Iterator

from policy_checks.readers import code_blocks, markdown, notebook, restructured_text
from policy_checks.readers.code_blocks import CodeBlock
from policy_checks.readers.embedded import whole
from policy_checks.readers.needles import Needles
from policy_checks.readers.shell import Script
from policy_checks.source import SourceFile


def is_documentation(path: str) -> bool:
    """Whether a file is a document by its suffix, or a notebook, whose Markdown cells are."""
    return markdown.is_markdown(path) or restructured_text.is_restructured_text(path) or notebook.is_notebook(path)


def scripts(file: SourceFile, needles: Needles = ()) -> Iterator[Script]:
    """The shell text of a document's code blocks; raises Unreadable for a notebook that is no JSON."""
    for block in blocks(file):
        yield from code_blocks.scripts(block, needles)


def blocks(file: SourceFile) -> Iterator[CodeBlock]:
    """The code blocks of a document."""
    if notebook.is_notebook(file.path):
        for cell in notebook.documents(file):
            yield from markdown.blocks(cell)
    elif restructured_text.is_restructured_text(file.path):
        yield from restructured_text.blocks(whole(file))
    else:
        yield from markdown.blocks(whole(file))
