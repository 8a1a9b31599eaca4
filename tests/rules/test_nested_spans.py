"""However a command is quoted on its way into a file, the span that is reported is the command, cut out and unescaped."""

import json
import shlex
from collections.abc import Callable
from itertools import count

from hypothesis import given, settings, strategies as st

from policy_checks import workspace
from policy_checks.examples import unmarked
from policy_checks.rules.pip.pip001_bare_pip_install import RULE
from policy_checks.source import Unreadable

_DELIMITER = count()


def _double_quoted(text: str) -> str:
    return '"' + "".join("\\" + char if char in '"\\$`' else char for char in text) + '"'


def _heredoc(shell: str) -> Callable[[str], str]:
    def wrap(text: str) -> str:
        word = f"EOF{next(_DELIMITER)}"
        return f"{shell} <<'{word}'\n{text}\n{word}\n"

    return wrap


def _python_string(text: str) -> str:
    """A string of Python in single quotes; what is no ASCII stays (repr may choose either quote)."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t") + "'"


def _python(code: str) -> Callable[[str], str]:
    """A shell command that runs Python which runs the text."""

    def wrap(text: str) -> str:
        return _heredoc("python3 -")(code.replace("TEXT", _python_string(text)))

    return wrap


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _indented(text: str, indent: int) -> str:
    return "\n".join(" " * indent + line if line else "" for line in text.split("\n"))


LEVELS: tuple[Callable[[str], str], ...] = (
    lambda text: f"bash -c {shlex.quote(text)}",
    lambda text: f"sudo sh -xec {_double_quoted(text)} || exit 1",
    lambda text: f"docker exec -it box bash -lc {_double_quoted(text)}",
    lambda text: f"eval {shlex.quote(text)}",
    lambda text: f"if true; then\n  {text}\nfi",
    _heredoc("bash -ex"),
    _heredoc("ssh build.example"),
    _python("import os\nif True:\n    os.system(TEXT)"),
    _python("import subprocess\ncommand = ['bash', '-c', TEXT]\nsubprocess.run(command, check=True)"),
)
STEPS = "jobs:\n  a:\n    steps:\n      - run: "


def _notebook(source: str) -> tuple[str, str]:
    cell = {"cell_type": "code", "source": source.splitlines(keepends=True), "outputs": []}
    return "a.ipynb", json.dumps({"cells": [cell], "metadata": {}}, indent=1, ensure_ascii=False)


FILES: tuple[Callable[[str], tuple[str, str]], ...] = (
    lambda text: ("a.sh", text),
    lambda text: ("Dockerfile", f'FROM base\nRUN ["bash", "-c", {_json(text)}]\n'),
    lambda text: ("Dockerfile", f"FROM base\nRUN <<-END_OF_RUN\n{text}\nEND_OF_RUN\nRUN true\n"),
    lambda text: (".github/workflows/a.yml", STEPS + _json(text) + "\n"),
    lambda text: (".github/workflows/a.yml", f"{STEPS}|2-\n{_indented(text, 8 + 2)}\n      - run: 'true'\n"),
    lambda text: (".gitlab-ci.yml", f"é:\n  script: [set -e, {_json(text)}]\n"),
    lambda text: (".circleci/config.yml", f"jobs:\n  é:\n    steps:\n    - run:\n        command: |+\n{_indented(text, 12)}\n\n"),
    lambda text: ("devcontainer.json", f'{{ // "é"\n  "postCreateCommand": ["bash", "-c", {_json(text)}], /* x */\n}}\n'),
    lambda text: ("job.yaml", f"apiVersion: v1\nkind: Pod\nspec:\n- command: [bash, -c]\n  args:\n  - |\n{_indented(text, 4)}\n"),
    lambda text: ("a.py", f"import os\nCOMMAND = {_python_string(text)}\nos.system(COMMAND)\n"),
    lambda text: ("a.py", f"subprocess.run(\n    ['bash', '-c', {_python_string(text)}],\n    check=True,\n)\n"),
    lambda text: _notebook(f"%%bash\n{text}"),
    lambda text: _notebook(f"import os\nos.system({_python_string(text)})"),
    lambda text: ("pyproject.toml", f"[tool.pdm.scripts]\na = {{cmd = ['bash', '-c', {_json(text)}]}}\n"),
    lambda text: ("justfile", f"a:\n    #!/bin/bash\n{_indented(text, 4)}\n"),
)
PACKAGES = st.text(st.sampled_from("ab1é =>$'\"|;&#()*~<!"), max_size=6).map("x".__add__)


@settings(deadline=None, max_examples=150)
@given(PACKAGES, st.lists(st.sampled_from(LEVELS), max_size=4), st.sampled_from(FILES))
def test_the_span_is_the_command(package: str, levels: list[Callable[[str], str]], file: Callable[[str], tuple[str, str]]) -> None:
    text = f"⟦pip install⟧ {shlex.quote(package)}"
    for level in levels:
        text = level(text)
    path, marked = file(text)
    files, expected = unmarked({path: marked})
    found = workspace.in_memory(files).all(RULE.subject, RULE.needles)
    assert not [subject for subject in found if isinstance(subject, Unreadable)]
    problems = [problem for subject in found if not isinstance(subject, Unreadable) for problem in RULE.check(subject, RULE.options())]
    assert [(problem.place.span.start, problem.place.span.end) for problem in problems] == expected[path]
    assert files[path][slice(*expected[path][0])] == "pip install"
