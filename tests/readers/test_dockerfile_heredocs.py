"""Here-documents that other readers of Dockerfiles fail at: the shapes of hadolint's issues 682, 699, 736, 761, 806, 960, 1019, 1051, 1137."""

import pytest

from policy_checks.readers import dockerfile
from policy_checks.readers.nesting import commands
from policy_checks.readers.shell import ShellCommand
from policy_checks.source import SourceFile

CASES = {
    "a comment right after it": ("RUN <<EOF\n    a\nEOF\n# comment\n", ["a"]),
    "an instruction right after it": ("RUN <<EOF\n  a\n  b\nEOF\nCOPY --from=x /app ./\nRUN c\n", ["a", "b", "c"]),
    "another one right after it": ("RUN <<EOF bash\na\nEOF\nRUN <<EOF bash\nb\nEOF\nRUN c\n", ["bash", "a", "bash", "b", "c"]),
    "an empty one": ("RUN <<EOF bash\nEOF\nRUN a\n", ["bash", "a"]),
    "a comment without text": ("RUN  <<EOR\na\nEOR\n#\nRUN b\n", ["a", "b"]),
    "a file, and a comment right after it": ("COPY <<EOF /index.html\n(a page)\nEOF\n#\nCOPY <<EOF /b\nb\nEOF\nRUN a\n", ["a"]),
    "at the very end": ("RUN <<EOF\na\nEOF", ["a"]),
    "in a line that goes on": ("RUN a && \\\n    b <<BAR\nblah\nBAR\nRUN c\n", ["a", "b", "c"]),
    "its name after a backslash": ("COPY <<-\\EOT /data.txt\n  echo '$ARCH'\nEOT\nRUN a\n", ["a"]),
    "its name in quotes": ("RUN bash <<'EOF'\na\nEOF\n# comment\nRUN b\n", ["bash", "a", "b"]),
    "after an instruction without one": ("RUN foo bar\nFROM x AS y\nCOPY <<EOF /a.sh\ntext\nEOF\nRUN c\n", ["foo bar", "c"]),
    "with the settings of its shell": (
        'SHELL ["/bin/bash", "-c"]\nRUN <<EOF\nset -e\n\n# a\na\nEOF\nUSER b\nRUN c\n',
        ["set -e", "a", "c"],
    ),
}


def read(file: SourceFile) -> list[ShellCommand]:
    """The commands; nothing else may be there."""
    found = [command for script in dockerfile.scripts(file) for command in commands(script)]
    assert all(isinstance(command, ShellCommand) for command in found)
    return [command for command in found if isinstance(command, ShellCommand)]


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_they_are_read(text: str, expected: list[str]) -> None:
    found = read(SourceFile("Dockerfile", f"# syntax=docker/dockerfile:1\nFROM alpine:3.17\n{text}".encode()))
    assert [" ".join(word.value for word in command.words) for command in found] == expected


def test_a_command_behind_its_here_document_keeps_its_place() -> None:
    file = SourceFile("Dockerfile", b"FROM x\nRUN <<EOF bash -e\npip install a\nEOF\n")
    assert [file.cut(command.place.span) for command in read(file)] == ["bash -e", "pip install a"]
