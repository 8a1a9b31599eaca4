"""However shell text is quoted on its way into a file, its commands keep their exact place."""

import json
import re
import shlex
from collections.abc import Callable
from itertools import count

from hypothesis import given, settings, strategies as st

from policy_checks import workspace
from policy_checks.examples import unmarked
from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.shell import ShellCommand

_DELIMITER = count()


def _double_quoted(text: str) -> str:
    return '"' + "".join("\\" + char if char in '"\\$`' else char for char in text) + '"'


def _ansi(text: str) -> str:
    return "$'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def _heredoc(text: str) -> str:
    word = f"EOF{next(_DELIMITER)}"
    return f"sudo bash -e <<'{word}'\n{text}\n{word}\n"


def _expanding_heredoc(text: str) -> str:
    word = f"EOF{next(_DELIMITER)}"
    escaped = "".join("\\" + char if char in "\\$`" else char for char in text)
    return f"ssh build.example <<{word}\n{escaped}\n{word}\n"


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


LEVELS: tuple[Callable[[str], str], ...] = (
    lambda text: f"bash -c {shlex.quote(text)}",
    lambda text: f"sh -xec {_double_quoted(text)} || exit 1",
    lambda text: f"cd src && docker exec -it box bash -lc {_double_quoted(text)}",
    lambda text: f"su - worker -c {_ansi(text)}",
    lambda text: f"eval {shlex.quote(text)}",
    lambda text: f"if true; then\n  {text}\nfi",
    _heredoc,
    _expanding_heredoc,
)


def _block(style: str, indent: int) -> Callable[[str], tuple[str, str]]:
    def wrap(text: str) -> tuple[str, str]:
        lines = "\n".join(" " * (8 + indent) + line if line else "" for line in text.split("\n"))
        return ".github/workflows/ci.yml", f"jobs:\n  a:\n    steps:\n      - run: {style}  # a comment\n{lines}\n      - run: 'true'\n"

    return wrap


FILES: tuple[Callable[[str], tuple[str, str]], ...] = (
    lambda text: ("a.sh", text),
    lambda text: ("Dockerfile", f'FROM base\nRUN ["bash", "-c", {_json(text)}]\n'),
    lambda text: ("Dockerfile", f"FROM base\nRUN <<END_OF_RUN\n{text}\nEND_OF_RUN\n# a comment\nRUN true\n"),
    lambda text: ("action.yml", f"runs:\n  steps:\n    - shell: bash\n      run: {_json(text)}\n"),
    lambda text: (".gitlab-ci.yml", f"é:\n  script: [set -e, {_json(text)}]\n"),
    _block("|", 2),
    _block("|-", 5),
)
PACKAGES = (
    st.text(st.sampled_from("ab1é =>$'\"\\`|;&\n\t#{}()*~<!"), max_size=8)
    .map("x".__add__)
    .filter(lambda text: not re.search(r"\n[ \t]*\\[a-z]", text))
)


@settings(deadline=None)
@given(PACKAGES, st.lists(st.sampled_from(LEVELS), max_size=4), st.sampled_from(FILES))
def test_the_span_is_the_command(package: str, levels: list[Callable[[str], str]], file: Callable[[str], tuple[str, str]]) -> None:
    text = f"⟦pip install⟧ {shlex.quote(package)}"
    for level in levels:
        text = level(text)
    path, marked = file(text)
    files, spans = unmarked({path: marked})
    found = [command for command in workspace.in_memory(files).all(COMMANDS) if isinstance(command, ShellCommand) and command.name == "pip"]
    assert [command.words[-1].value for command in found] == [package]
    place = found[0].part(0, 1).span
    assert [(place.start, place.end)] == spans[path]
