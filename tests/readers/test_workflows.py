"""GitHub workflows and actions, and the pipelines of other services: what a shell reads."""

import pytest

from policy_checks import workspace
from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.shell import ShellCommand


def lines(path: str, text: str) -> list[str]:
    found = workspace.in_memory({path: text}).all(COMMANDS)
    return [" ".join(word.value for word in command.words) for command in found if isinstance(command, ShellCommand)]


def workflow(step: str, top: str = "", job: str = "") -> list[str]:
    return lines(".github/workflows/a.yml", f"on: push\n{top}jobs:\n  a:\n    {job or 'x: y'}\n    steps:\n      - {step}\n")


@pytest.mark.parametrize(
    ("shell", "read"),
    [
        ("bash", True),
        ("sh", True),
        ("bash -e {0}", True),
        ("pwsh", True),
        ("cmd", True),
        ("python", False),
        ("perl {0}", False),
        ("/usr/bin/python3 {0}", False),
    ],
)
def test_shells(shell: str, read: bool) -> None:
    expected = ["a b"] if read else []
    assert workflow(f"{{run: a b, shell: '{shell}'}}") == expected
    assert workflow("run: a b", top=f"defaults: {{run: {{shell: '{shell}'}}}}\n") == expected
    assert workflow("run: a b", job=f"defaults: {{run: {{shell: '{shell}'}}}}") == expected


def test_windows() -> None:
    assert workflow("run: venv\\Scripts\\pip install x", job="runs-on: windows-latest") == ["venv/Scripts/pip install x"]


def test_expressions_are_unknown_words() -> None:
    (line,) = workflow("run: ${{ inputs.python || 'python' }} -m pip install ${{ env.NAME }}")
    assert " -m pip install " in line


def test_inputs_for_a_shell() -> None:
    assert workflow("{uses: x, with: {script: a b, pre-build-script: c, name: d, message: e}}") == ["a b", "c"]
    assert workflow("{uses: actions/github-script@v7, with: {script: a b}}") == []


def test_shared_steps_are_read_where_they_stand() -> None:
    assert set(lines("action.yml", "x: &step {run: a}\nruns:\n  steps: [*step, *step]\n")) == {"a"}


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            ".gitlab-ci.yml",
            "a:\n  before_script: b c\n  script:\n    - d\n    - [e, [f]]\n    - !reference [.x, script]\n",
            ["b c", "d", "e", "f"],
        ),
        (".gitlab/stages/01.yml", ".x: &x\n  - a\nb:\n  script: *x\nc:\n  script: *x\n", ["a"]),
        (".gitlab-ci.yml", "spec: {inputs: {}}\n---\na:\n  script:\n    - P=x\n    - $P y\n  after_script: []\n", ["x y"]),
        ("ci/azure-pipelines.yml", "steps:\n- bash: |\n    a\n- script: b\n  displayName: x y\n", ["a", "b"]),
        (
            ".circleci/config.yml",
            "jobs:\n  a:\n    steps:\n      - run: a\n      - run:\n          name: x y\n          command: b << parameters.c >>\n",
            ["a", "b ${_______________}"],
        ),
        (".buildkite/pipeline.yml", "steps:\n  - command: a\n  - commands: [b]\n", ["a", "b"]),
        (".travis.yml", "install: a\nscript: [b]\n", ["a", "b"]),
        ("deploy.yml", "script: a\n", []),
    ],
)
def test_pipelines(path: str, text: str, expected: list[str]) -> None:
    assert lines(path, text) == expected


def test_included_files_of_gitlab() -> None:
    files = {
        ".gitlab-ci.yml": "include:\n  - local: /build/jobs.yml\n  - '/more/**.yml'\n  - remote: https://index.example/x.yml\n",
        "build/jobs.yml": "include: build/deep.yml\na:\n  script: a\n",
        "build/deep.yml": "a:\n  script: b\n",
        "more/x/y.yml": "include: {local: .gitlab-ci.yml}\na:\n  script: c\n",
        "other.yml": "a:\n  script: d\n",
    }
    found = workspace.in_memory(files).all(COMMANDS)
    assert sorted(command.name for command in found if isinstance(command, ShellCommand)) == ["a", "b", "c"]
