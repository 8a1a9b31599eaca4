"""The fix of SRC001 on a real repository: afterwards real uv still accepts the lock, and installs the same commit."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policy_checks import fixes, workspace
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.rule import Finding, NoOptions, Problem
from policy_checks.rules.sources.src001_unpinned_git_source import RULE
from policy_checks.source import Unreadable
from tests.real_uv import needs_uv, uv

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm/head"
Git = Callable[..., str]
HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
LINUX = "\n[tool.uv]\nenvironments = [\"sys_platform == 'linux'\"]\n"
SOURCES = [
    'rev = "main"',
    'branch = "feature/x"',
    'tag = "v1"',
    'rev = "SHORT"',
    "",
    'tag = "v1", subdirectory = "sub"',
    'branch = "main", marker = "sys_platform == \'linux\'"',
]


def findings(root: Path) -> list[Finding]:
    found = []
    for project in workspace.on_disk(root).all(LOCKED_PROJECT):
        assert isinstance(project, LockedProject), project
        found += [Finding(RULE.code, RULE.name, RULE.severity, problem) for problem in RULE.check(project, NoOptions())]
    return found


def mended(root: Path) -> int:
    """Applies every fix; how many there were."""
    plan = fixes.plan(findings(root), unsafe=False)
    for change in plan.changes:
        (root / change.file.path).write_text(change.text)
    return len(plan.fixed)


@pytest.fixture
def upstream(tmp_path: Path, git: Git) -> Path:
    for folder, name in ((tmp_path, "leaf"), (tmp_path / "sub", "subleaf")):
        folder.mkdir(exist_ok=True)
        (folder / "pyproject.toml").write_text(
            f'[project]\nname = "{name}"\nversion = "1.0"\nrequires-python = ">=3.9"\ndependencies = []\n'
        )
    git("add", "pyproject.toml", "sub")
    git("commit", "-qm", "one")
    git("tag", "v1")
    git("branch", "feature/x")
    return tmp_path


def lock(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(text)
    done = uv(folder, "lock")
    assert done.returncode == 0, done.stderr
    assert len(findings(folder)) == 1


@needs_uv
@pytest.mark.parametrize("source", SOURCES)
def test_a_source_is_pinned_and_the_lock_stays_fresh(
    upstream: Path, git: Git, tmp_path_factory: pytest.TempPathFactory, source: str
) -> None:
    commit = git("rev-parse", "HEAD").strip()
    name = "subleaf" if "subdirectory" in source else "leaf"
    more = f", {source.replace('SHORT', commit[:9])}" if source else ""
    folder = tmp_path_factory.mktemp("project") / "app"
    lock(folder, HEAD + f'dependencies = ["{name}"]\n\n[tool.uv.sources]\n{name} = {{ git = "file://{upstream}"{more} }}\n{LINUX}')
    assert mended(folder) == 1
    assert findings(folder) == []
    assert f'rev = "{commit}"' in (folder / "pyproject.toml").read_text()
    before = (folder / "uv.lock").read_text()
    done = uv(folder, "lock", "--check")
    assert done.returncode == 0, done.stderr
    assert uv(folder, "lock").returncode == 0
    assert (folder / "uv.lock").read_text() == before, "uv would write the same lines"


@needs_uv
@pytest.mark.parametrize("reference", ["", "@main", "@v1#subdirectory=sub"])
def test_a_url_is_pinned_and_the_lock_stays_fresh(
    upstream: Path, git: Git, tmp_path_factory: pytest.TempPathFactory, reference: str
) -> None:
    commit = git("rev-parse", "HEAD").strip()
    name = "subleaf" if "subdirectory" in reference else "leaf"
    folder = tmp_path_factory.mktemp("project") / "app"
    lock(folder, HEAD + f'dependencies = ["{name} @ git+file://{upstream}{reference}"]\n')
    assert mended(folder) == 1
    assert findings(folder) == []
    assert f"@{commit}" in (folder / "pyproject.toml").read_text()
    done = uv(folder, "lock", "--check")
    assert done.returncode == 0, done.stderr


def test_a_member_of_a_workspace_is_pinned_by_the_lock_above() -> None:
    commit = "0123456789" * 4
    member = (
        HEAD.replace("app", "member")
        + 'dependencies = ["leaf"]\n[tool.uv.sources]\nleaf = { git = "https://git.example/leaf", tag = "v1" }\n'
    )
    locked = (
        'version = 1\nrequires-python = ">=3.11"\n[manifest]\nmembers = ["member"]\n'
        '[[package]]\nname = "member"\nversion = "1"\nsource = { virtual = "packages/member" }\n'
        'dependencies = [\n    { name = "leaf" },\n]\n'
        f'[[package]]\nname = "leaf"\nversion = "1"\nsource = {{ git = "https://git.example/leaf?tag=v1#{commit}" }}\n'
    )
    files = {
        "pyproject.toml": "[tool.uv.workspace]\nmembers = ['packages/*']\n",
        "uv.lock": locked,
        "packages/member/pyproject.toml": member,
    }
    problems: list[Problem] = []
    for project in workspace.in_memory(files).all(LOCKED_PROJECT):
        assert not isinstance(project, Unreadable)
        problems += RULE.check(project, NoOptions())
    (problem,) = problems
    assert problem.fix is not None
    assert {file.path for file, _edit in problem.fix.edits} == {"uv.lock", "packages/member/pyproject.toml"}


@pytest.mark.skipif(not REAL.is_dir(), reason="the real lock is not here")
def test_megatron() -> None:
    files = {name: (REAL / name).read_text() for name in ("pyproject.toml", "uv.lock")}
    (project,) = workspace.in_memory(files).all(LOCKED_PROJECT)
    assert isinstance(project, LockedProject)
    told = sorted(problem.message for problem in RULE.check(project, NoOptions()))
    assert [message.split("`")[1] for message in told] == ["emerging_optimizers", "flash_mla"]
    assert "follows rev `v0.3.0`" in told[0]
    assert "follows rev `nv_dev`" in told[1]
    assert all("the commit in uv.lock" in message for message in told)
