"""Code fences of Markdown documents."""

import pytest

from policy_checks import workspace
from policy_checks.readers.commands import COMMANDS, DOCUMENTED
from policy_checks.readers.shell import Context, ShellCommand
from policy_checks.source import SourceFile


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```bash\na b\n```\n", ["a b"]),
        ("```\na b\n```\n", ["a b"]),
        ("~~~sh title=x\na b\n~~~\n", ["a b"]),
        ("- item\n\n  ```{.bash}\n  a \\\n    b\n  ```\n", ["a \\\n    b"]),
        ("> ```console\n> $ a b\n> output here\n> (venv) me@host:~$ c\n> ```\n", ["a b", "c"]),
        ("```bash\n$ a b\n# c d\n```\n", ["a b"]),
        ("```bash\r\na b\r\n```\r\n", ["a b"]),
        ("```python\na b\n```\n", []),
        ("Run `a b`, or\n\n    a b\n", []),
        ("```bash\na b", ["a b"]),
    ],
)
def test_fences(text: str, expected: list[str]) -> None:
    found = workspace.in_memory({"README.md": text}).all(DOCUMENTED)
    shown = []
    for command in found:
        assert isinstance(command, ShellCommand)
        assert command.script.context is Context.DOCUMENTATION
        assert isinstance(command.place.file, SourceFile)
        shown.append(command.place.file.cut(command.place.span))
    assert shown == expected


def test_documentation_does_not_run() -> None:
    assert workspace.in_memory({"README.md": "```bash\na b\n```\n"}).all(COMMANDS) == []
