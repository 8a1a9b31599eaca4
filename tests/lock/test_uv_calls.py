"""What a command of uv names: whether uv refuses an unknown name is asked of uv itself; where it is looked for is a table."""

from pathlib import Path

import pytest

from policy_checks import workspace
from policy_checks.examples import unmarked
from policy_checks.lock.uv_calls import UV_CALLS, UvCall
from policy_checks.readers.uv_names import Named, Then
from policy_checks.rule import NoOptions, Problem
from policy_checks.rules.pip.pip007_unknown_group_or_extra import RULE
from policy_checks.source import Unreadable
from tests.real_uv import needs_uv, uv

PYPROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.10"

[project.optional-dependencies]
dev = []

[dependency-groups]
test = []
"""
REFUSED = """\
sync --group nope
sync --only-group nope
sync --no-group nope
sync --no-dev --group nope
sync --group dev
sync --extra nope
sync --extra dev,nope
sync --no-extra nope
sync --extra test
sync --upgrade-group nope
sync --package nope
sync --all-packages --extra nope
sync --frozen --group nope
run --group nope python -V
run --extra nope python -V
run --isolated --extra nope python -V
run --package nope python -V
export --group nope
export --no-group nope
export --extra nope
export --package nope
lock --upgrade-group nope
add --package nope x
remove --group nope x
remove --optional nope x
version --package nope
build --package nope
pip install --group nope
pip install --group pyproject.toml:nope
pip install -r pyproject.toml --extra nope
pip compile pyproject.toml --extra nope
pip compile --group nope""".splitlines()
IGNORED = """\
sync --no-install-package nope
sync --reinstall-package nope
sync --upgrade-package nope
sync -P nope
sync --no-editable-package nope
run --no-sync --group nope python -V
run --no-sync --extra nope python -V
export --no-emit-package nope
export --no-emit-package=nope,app
export --prune nope
tree --group nope
tree --package nope
tree --prune nope
lock --upgrade-package nope
lock -P nope==1""".splitlines()
NOT_NAMED = """\
sync --dev
sync --only-dev
sync --no-dev
sync --group test --extra dev --package app
run --no-project --group nope python -V
run --group test python -c --group=nope
tree --no-group test
export --package app --extra Dev
export --no-default-groups --group TEST
lock -P app""".splitlines()


def reported(files: dict[str, str]) -> list[Problem]:
    """What PIP007 reports, in order."""
    found: list[Problem] = []
    for call in workspace.in_memory(files).all(UV_CALLS):
        assert isinstance(call, UvCall), call
        found += RULE.check(call, NoOptions())
    return found


def problems(files: dict[str, str]) -> list[str]:
    """The names that are reported."""
    return [problem.place.file.cut(problem.place.span) for problem in reported(files)]


def spans(files: dict[str, str]) -> list[tuple[int, int]]:
    """Where they stand."""
    return sorted((problem.place.span.start, problem.place.span.end) for problem in reported(files))


def names(arguments: str) -> list[Named]:
    """What a command line names."""
    calls = workspace.in_memory({"pyproject.toml": PYPROJECT, "a.sh": f"uv {arguments}\n"}).all(UV_CALLS)
    return [name for call in calls if not isinstance(call, Unreadable) for name in call.names]


@pytest.fixture(scope="module", name="project")
def _project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    assert uv(folder, "lock").returncode == 0
    assert uv(folder, "venv").returncode == 0
    return folder


@needs_uv
@pytest.mark.parametrize("arguments", REFUSED)
def test_refused(arguments: str, project: Path) -> None:
    done = uv(project, *arguments.split())
    if "unexpected argument" in done.stderr:
        pytest.skip("an older uv does not know the option")
    wrong = "test" if arguments.endswith("--extra test") else "dev" if arguments.endswith("--group dev") else "nope"
    assert done.returncode != 0
    assert wrong in done.stderr
    lock = (project / "uv.lock").read_text()
    assert problems({"pyproject.toml": PYPROJECT, "uv.lock": lock, "a.sh": f"uv {arguments}\n"}) == [wrong]
    assert [name.then for name in names(arguments) if name.name == wrong] == [Then.REFUSES]


@needs_uv
@pytest.mark.parametrize("arguments", IGNORED)
def test_ignored(arguments: str, project: Path) -> None:
    done = uv(project, *arguments.split())
    if "unexpected argument" in done.stderr:
        pytest.skip("an older uv does not know the option")
    assert done.returncode == 0, done.stderr
    lock = (project / "uv.lock").read_text()
    assert problems({"pyproject.toml": PYPROJECT, "uv.lock": lock, "a.sh": f"uv {arguments}\n"}) == ["nope"]
    assert [name.then for name in names(arguments) if name.name == "nope"] == [Then.NOTHING]


@needs_uv
@pytest.mark.parametrize("arguments", NOT_NAMED)
def test_accepted(arguments: str, project: Path) -> None:
    assert "not defined" not in uv(project, *arguments.split()).stderr
    lock = (project / "uv.lock").read_text()
    assert problems({"pyproject.toml": PYPROJECT, "uv.lock": lock, "a.sh": f"uv {arguments}\n"}) == []


MEMBER = '[project]\nname = "{}"\nversion = "1"\n[project.optional-dependencies]\n{} = []\n[dependency-groups]\n{} = []\n'
WORKSPACE = {
    "pyproject.toml": MEMBER.format("root", "cpu", "lint") + '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
    "packages/one/pyproject.toml": MEMBER.format("one", "gpu", "bench"),
    "examples/alone/pyproject.toml": MEMBER.format("alone", "demo", "demos"),
}


@needs_uv
@pytest.mark.parametrize(
    ("folder", "arguments"),
    [
        ("", "sync --extra cpu --group lint"),
        ("", "sync --extra gpu"),
        ("", "sync --group bench"),
        ("", "sync --package one --extra gpu --group bench"),
        ("", "sync --package one --extra cpu"),
        ("", "sync --package one --group lint"),
        ("", "sync --all-packages --extra gpu --group bench"),
        ("", "lock --upgrade-group bench"),
        ("packages/one", "sync --extra gpu --group bench"),
        ("packages/one", "sync --extra cpu"),
        ("packages/one", "sync --group lint"),
        ("examples/alone", "sync --extra demo --group demos"),
        ("examples/alone", "sync --group lint"),
    ],
)
def test_workspace_members(folder: str, arguments: str, tmp_path: Path) -> None:
    """Whether uv finds a name in a workspace, and so do we; a member takes the groups of the root from uv 0.13 on."""
    for path, text in WORKSPACE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    refused = uv(tmp_path / folder, *arguments.split(), "--dry-run").returncode != 0
    ours = problems({**WORKSPACE, "a.sh": f'cd "$(git rev-parse --show-toplevel)/{folder}"\nuv {arguments}\n'})
    assert bool(ours) == refused


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", "uv sync --group ⟦nope⟧"),
        ("a.sh", "cd packages/one && uv sync --extra ⟦cpu⟧"),
        ("a.sh", "(cd packages/one && uv sync --extra gpu)\nuv sync --extra ⟦gpu⟧"),
        ("a.sh", "pushd packages/one\nuv sync --extra gpu\npopd\nuv sync --extra ⟦gpu⟧"),
        ("a.sh", "cd packages/one; cd ../..; uv sync --extra ⟦gpu⟧"),
        ("a.sh", "cd packages/one; cd -; uv sync --extra ⟦gpu⟧"),
        ("a.sh", "HERE=$(cd packages/one && pwd)\nuv sync --extra ⟦gpu⟧"),
        ("a.sh", 'bash -c "cd packages/one && uv sync --extra ⟦cpu⟧"'),
        ("a.sh", 'cd packages/one\nbash -c "uv sync --extra ⟦cpu⟧"'),
        ("a.sh", "uv --directory packages/one sync --extra ⟦cpu⟧"),
        ("a.sh", "uv sync --project=packages/one --extra ⟦cpu⟧"),
        ("a.sh", 'cd "$SOMEWHERE/packages/one"\nuv sync --extra ⟦cpu⟧'),
        ("a.sh", 'cd "$SOMEWHERE"\nuv sync --extra nope'),
        ("a.sh", "cd /opt/work\nuv sync --extra nope"),
        ("a.sh", "uv sync --project $DIR --extra nope"),
        ("a.sh", "uv run --script x.py --extra nope"),
        ("tools/a.sh", 'cd "$(dirname "$0")/.."\nuv sync --extra ⟦gpu⟧'),
        ("tools/a.sh", 'cd "$(dirname "${BASH_SOURCE[0]}")/../packages/one"\nuv sync --extra gpu'),
        ("tools/a.sh", 'ROOT="$(cd "$(dirname "$0")/.." && pwd)"\ncd "$ROOT"\nuv sync --extra ⟦gpu⟧'),
        ("packages/one/a.sh", "uv sync --extra gpu\nuv sync --extra cpu\nuv sync --extra ⟦demo⟧"),
        ("packages/one/a.sh", "uv pip install -e '.[gpu]' -e '../../examples/alone[demo,⟦nope⟧]'"),
        ("a.sh", "uv pip install './packages/one[gpu]' 'numpy[nope]' 'one[nope] @ file:///x'"),
        ("a.sh", "uv sync --package one --extra ⟦cpu⟧"),
        ("a.sh", "uv sync --package ⟦nobody⟧ --extra gpu"),
        ("Dockerfile", "FROM x\nRUN git clone https://git.example/a/other /opt/other\nWORKDIR /opt/other\nRUN uv sync --extra nope"),
        ("Dockerfile", "FROM x\nWORKDIR /opt/root\nCOPY . .\nRUN uv sync --extra ⟦nope⟧"),
        ("examples/alone/README.md", "```sh\nuv sync --extra demo\nuv sync --group ⟦nope⟧\n```"),
        ("README.md", "```sh\ncd examples/alone\n```\n\nand\n\n```sh\nuv sync --extra demo\n```"),
        ("README.md", "```sh\ngit clone https://git.example/a/other\ncd other\n```\n\nand\n\n```sh\nuv sync --extra nope\n```"),
        ("README.md", "> run `uv sync\n> --extra ⟦nope⟧`, or ``uv sync --group ⟦no-such⟧``; not `x --extra y`"),
        ("docs/a.rst", "Run ``uv sync --extra ⟦nope⟧``.\n\n.. code-block:: bash\n\n   uv sync --group ⟦no-such⟧\n"),
        ("README.md", "`uv sync --extra foo`, `uv sync --group your-group`, `uv sync --extra <x>`"),
        (".pre-commit-hooks.yaml", "- id: a\n  entry: uv run --extra nope x"),
        (".pre-commit-config.yaml", "repos:\n  - repo: local\n    hooks:\n      - id: a\n        entry: uv run --extra ⟦nope⟧ x"),
        ("action.yml", "runs:\n  using: composite\n  steps:\n    - run: uv sync --extra nope\n      shell: bash"),
        ("tests/fixtures/README.md", "`uv sync --extra nope`"),
        ("{{cookiecutter.name}}/README.md", "`uv sync --extra nope`"),
        ("a.py", "import subprocess\nsubprocess.run(['uv', 'sync', '--extra', '⟦nope⟧'])"),
        ("a.py", "import subprocess\nsubprocess.run(['uv', 'sync', '--extra', 'nope'], cwd=folder)"),
        ("a.sh", 'E=nope\nuv sync --extra "⟦$E⟧"'),
    ],
)
def test_where_a_name_is_looked_for(path: str, text: str) -> None:
    files, expected = unmarked({path: text + "\n"})
    assert spans({**WORKSPACE, **files}) == sorted(expected.get(path, []))


def test_what_cannot_be_read_is_not_judged() -> None:
    assert problems({"pyproject.toml": "[project", "a.sh": "uv sync --group nope\n"}) == []
    assert problems({"pyproject.toml": PYPROJECT, "x/pyproject.toml": "{{ name }}", "x/README.md": "`uv sync --group nope`\n"}) == []


def test_a_project_that_is_still_to_be_made() -> None:
    call = {"a/b/README.md": "`uv sync --group nope`\n"}
    assert problems({**WORKSPACE, **call}) == ["nope"]
    assert problems({**WORKSPACE, **call, "a/pyproject.toml.jinja": ""}) == []


def test_a_step_in_another_checkout() -> None:
    step = "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v5\n        with: {}\n      - run: uv sync --extra nope\n"
    for given, expected in (
        ("{}", ["nope"]),
        ("{repository: a/other}", []),
        ("{path: own}", []),
        ("{repository: a/other, path: b}", ["nope"]),
    ):
        assert problems({**WORKSPACE, ".github/workflows/ci.yml": step.format(given)}) == expected


def test_a_script_with_its_own_metadata() -> None:
    script = "# /// script\n# dependencies = []\n# ///\n"
    assert problems({**WORKSPACE, "tools/x.py": script, "a.sh": "uv run --extra nope tools/x.py\n"}) == []
    assert problems({**WORKSPACE, "tools/x.py": "", "a.sh": "uv run --extra nope tools/x.py\n"}) == ["nope"]
