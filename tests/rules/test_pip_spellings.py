"""PIP001 over every spelling in every container: the span in the file is the command as it is written there."""

import json
from collections.abc import Callable

import pytest

from policy_checks import workspace
from policy_checks.examples import unmarked
from policy_checks.rule import NoOptions
from policy_checks.rules.pip.pip001_bare_pip_install import RULE
from policy_checks.source import Unreadable
from tests.rules.pip_spellings import RUNS, SILENT, lines

STEP = "jobs:\n  a:\n    steps:\n      - run: {}\n"
CONTAINERS: dict[str, Callable[[str], tuple[str, str]]] = {
    "script": lambda text: ("setup", f"#!/usr/bin/env bash\nset -e\n{text}\n"),
    "RUN": lambda text: ("Dockerfile", f"FROM base AS main\nRUN {text}\n"),
    "RUN heredoc": lambda text: ("docker/Dockerfile.ci", f"FROM base\nRUN <<EOF\nset -e\n{text}\nEOF\n# done\nRUN true\n"),
    "RUN bash heredoc": lambda text: ("Containerfile", f'FROM base\nRUN bash -ex <<"EOF"\n{text}\nEOF\nRUN true\n'),
    "RUN exec form": lambda text: ("dev.Dockerfile", f'FROM base\nRUN ["bash", "-c", {json.dumps(text, ensure_ascii=False)}]\n'),
    "workflow block": lambda text: (".github/workflows/ci.yml", STEP.format(f"|\n          set -e\n          {text}")),
    "workflow string": lambda text: (".github/workflows/ci.yaml", STEP.format(json.dumps(text, ensure_ascii=False))),
    "workflow single quotes": lambda text: (".github/workflows/ci.yaml", STEP.format("'" + text.replace("'", "''") + "'")),
    "action": lambda text: ("action.yml", f"runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: |\n        {text}\n"),
    "GitLab": lambda text: (".gitlab-ci.yml", f"job:\n  script:\n    - set -e\n    - |\n      {text}\n"),
}


def reported(path: str, text: str) -> dict[str, list[tuple[int, int]]]:
    """The spans that PIP001 reports in a file of that name."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for subject in workspace.in_memory({path: text}).all(RULE.subject, RULE.needles):
        assert not isinstance(subject, Unreadable), subject
        for problem in RULE.check(subject, NoOptions()):
            spans.setdefault(problem.place.file.path, []).append((problem.place.span.start, problem.place.span.end))
    return {name: sorted(found) for name, found in spans.items()}


@pytest.mark.parametrize("snippet", [*lines(RUNS), *lines(SILENT)])
def test_spelling(snippet: str) -> None:
    for container, wrap in CONTAINERS.items():
        path, text = wrap(snippet)
        files, expected = unmarked({path: text})
        assert reported(path, files[path]) == expected, container


@pytest.mark.parametrize(
    "text",
    [
        "⟦pip \\\n  install⟧ \\\n  numpy\n",
        "⟦pip \\\r\n  install⟧ numpy\r\n⟦pip install⟧ scipy\r\n",
        "set -e\n  \\⟦pip install⟧ numpy\n",
        "sudo bash <<EOF\n⟦pip install⟧ numpy\nEOF\n",
        "docker exec -i box bash <<-'EOF'\n\t⟦pip install⟧ numpy\n\tEOF\n",
        "ssh build.example <<EOF\n⟦pip install⟧ \\$name\nEOF\n",
        "cat <<'EOF' | sudo bash -s\n⟦pip install⟧ numpy\nEOF\n",
        "cat <<EOF\n$(⟦pip install⟧ numpy)\nEOF\n",
        "cat <<EOF\npip install numpy\nEOF\n",
        "cat > setup.sh <<'EOF'\npip install numpy\nEOF\n",
        "python - <<EOF\npip install numpy\nEOF\n",
        "bash -c '\n  cd src\n  ⟦pip install⟧ numpy\n'\n",
        "PIP=pip\nrun() {\n  ⟦$PIP install⟧ numpy\n}\n",
        "é='ü'; ⟦pip install⟧ numpy # ß\n",
        "if true; then\n  ⟦pip install⟧ numpy\n",  # no fi: the commands that are there run until bash complains
    ],
)
def test_more_than_one_line(text: str) -> None:
    files, expected = unmarked({"a.sh": text})
    assert reported("a.sh", files["a.sh"]) == expected
