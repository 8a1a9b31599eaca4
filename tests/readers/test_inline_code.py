"""Code inside of paragraphs: exact places, and nothing of what is no code there."""

import pytest

from policy_checks import workspace
from policy_checks.examples import unmarked
from policy_checks.readers.inline_code import IN_PASSING
from policy_checks.source import Unreadable


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.md", "Run `⟦uv sync --locked⟧`, then ``⟦uv lock --check⟧``.\n"),
        ("a.md", "- *see* [`⟦uv sync --locked⟧`](x)\n  and `⟦uv\n  lock --check⟧`\n"),
        ("a.md", "> `⟦uv sync\n> --locked⟧` twice: `⟦uv sync --locked⟧`\n"),
        ("a.md", "| a | b |\n|---|---|\n| `⟦uv sync --locked⟧` | `x` |\n"),
        ("a.md", "# About `⟦uv sync --locked⟧`\n"),
        ("a.md", "`x`, \\` and `⟦uv sync --locked⟧`\n"),
        ("a.md", "```bash\nuv sync --locked\n```\n\n    uv sync --locked\n\nuv sync --locked, `uvicorn --x`, `uv sync`\n"),
        ("a.md", "``uv sync -q` is no code\n\nnor ` uv sync -q\n"),
        ("docs/changelog.md", "`uv sync -q`\n"),
        ("a.rst", "Run ``⟦uv sync --locked⟧`` or `uv sync -q`_.\n"),
        ("a.txt", "`uv sync -q`\n"),
    ],
)
def test_places(path: str, text: str) -> None:
    files, expected = unmarked({path: text})
    found = workspace.in_memory(files).all(IN_PASSING, ("uv ", "uv\n"))
    spans = [(command.place.span.start, command.place.span.end) for command in found if not isinstance(command, Unreadable)]
    assert spans == expected.get(path, [])
