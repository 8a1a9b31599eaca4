"""PIP001 over every spelling in every container: the span in the file is the command as it is written there."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

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
@pytest.mark.parametrize("container", CONTAINERS)
def test_spelling(container: str, snippet: str) -> None:
    path, text = CONTAINERS[container](snippet)
    files, expected = unmarked({path: text})
    assert reported(path, files[path]) == expected


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


@pytest.mark.parametrize("tree", ["NVIDIA+Megatron-LM"])
def test_the_labels_of_a_real_repository(tree: str) -> None:
    shared = Path(__file__).parents[3] / "shared"
    checkout = shared.parent / "checkouts" / tree
    if not (shared / "eval").is_dir() or not checkout.is_dir():
        pytest.skip("needs the labels, and a checkout of the labelled commit")
    labels = shared / "eval" / "pip_labels_open.tsv"
    command = [sys.executable, shared / "eval" / "score_pip.py", "--labels", labels, "--repo", tree.replace("+", "/"), "--tree", checkout]
    done = subprocess.run([*command, "--cmd", f"{sys.executable} -m policy_checks"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
