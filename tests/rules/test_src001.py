"""The fix of SRC001 on a real repository: afterwards real uv still accepts the lock, and installs the same commit."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from policy_checks import fixes, workspace
from policy_checks.lock.git_references import GIT_REFERENCES, GitReferences
from policy_checks.rule import Finding, Problem
from policy_checks.rules.sources.src001_unpinned_git_source import RULE, Options
from policy_checks.workspace import Workspace
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


def problems(files: Workspace) -> list[Problem]:
    (references,) = files.all(GIT_REFERENCES)
    assert isinstance(references, GitReferences), references
    return list(RULE.check(references, Options()))


def findings(root: Path) -> list[Finding]:
    return [Finding(RULE.code, RULE.name, RULE.severity, problem) for problem in problems(workspace.on_disk(root))]


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


def lock(folder: Path, text: str, *, count: int = 1, members: Mapping[str, str] | None = None) -> None:
    for name, written in {"": text, **(members or {})}.items():
        (folder / name).mkdir()
        (folder / name / "pyproject.toml").write_text(written)
    done = uv(folder, "lock")
    assert done.returncode == 0, done.stderr
    assert len(findings(folder)) == count


def stays_fresh(folder: Path, commit: str) -> None:
    """One run of the fix is enough; real uv accepts the lock, would write the same one, and nothing else follows a name."""
    assert mended(folder) >= 1
    assert findings(folder) == []
    written = (folder / "uv.lock").read_text()
    assert f"rev={commit}#{commit}" in written
    done = uv(folder, "lock", "--check")
    assert done.returncode == 0, done.stderr
    assert uv(folder, "lock").returncode == 0
    assert (folder / "uv.lock").read_text() == written, "uv would write the same lines"


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
    stays_fresh(folder, commit)
    assert f'rev = "{commit}"' in (folder / "pyproject.toml").read_text()


@needs_uv
@pytest.mark.parametrize("reference", ["", "@main", "@v1#subdirectory=sub"])
def test_a_url_is_pinned_and_the_lock_stays_fresh(
    upstream: Path, git: Git, tmp_path_factory: pytest.TempPathFactory, reference: str
) -> None:
    commit = git("rev-parse", "HEAD").strip()
    name = "subleaf" if "subdirectory" in reference else "leaf"
    folder = tmp_path_factory.mktemp("project") / "app"
    lock(folder, HEAD + f'dependencies = ["{name} @ git+file://{upstream}{reference}"]\n')
    stays_fresh(folder, commit)
    assert f"@{commit}" in (folder / "pyproject.toml").read_text()


TABLES = {
    "an extra and a group": (
        (
            "dependencies = []\n[project.optional-dependencies]\nx = ['leaf @ git+file://UP@main']\n"
            "[dependency-groups]\ndev = ['leaf @ git+file://UP@main']\n"
        ),
        2,
    ),
    "two sources with markers": (
        (
            "dependencies = ['leaf']\n[tool.uv.sources]\nleaf = [\n    { git = 'file://UP', branch = 'main', marker = \"sys_platform == 'linux'\" },\n"
            "    { git = 'file://UP', branch = 'main', marker = \"sys_platform != 'linux'\" },\n]\n"
        ),
        2,
    ),
    "a branch here, a tag there": (
        (
            "dependencies = ['leaf']\n[tool.uv.sources]\nleaf = [\n    { git = 'file://UP', branch = 'main', marker = \"sys_platform == 'linux'\" },\n"
            "    { git = 'file://UP', tag = 'v1', marker = \"sys_platform != 'linux'\" },\n]\n"
        ),
        2,
    ),
    "an override": ("dependencies = ['leaf']\n[tool.uv]\noverride-dependencies = ['leaf @ git+file://UP@v1']\n", 1),
    "a constraint": ("dependencies = ['leaf']\n[tool.uv]\nconstraint-dependencies = ['leaf @ git+file://UP']\n", 1),
    "a development dependency of old": ("dependencies = []\n[tool.uv]\ndev-dependencies = ['leaf @ git+file://UP@main']\n", 1),
    "a table of its own": ("dependencies = ['leaf']\n[tool.uv.sources.leaf]\ngit = 'file://UP'\nbranch = 'main' # the newest\n", 1),
    "two packages of one repository, one of them pinned by hand": (
        (
            "dependencies = ['leaf', 'subleaf']\n[tool.uv.sources]\nleaf = { git = 'file://UP', branch = 'main' }\n"
            "subleaf = { git = 'file://UP', rev = 'COMMIT', subdirectory = 'sub' }\n"
        ),
        1,
    ),
    "an extra of its own": (
        "dependencies = []\n[project.optional-dependencies]\nx = ['leaf']\n[tool.uv.sources]\nleaf = { git = 'file://UP', tag = 'v1', extra = 'x' }\n",
        1,
    ),
}


@needs_uv
@pytest.mark.parametrize("shape", TABLES)
def test_every_place_is_pinned_and_the_lock_stays_fresh(
    upstream: Path, git: Git, tmp_path_factory: pytest.TempPathFactory, shape: str
) -> None:
    text, count = TABLES[shape]
    folder = tmp_path_factory.mktemp("project") / "app"
    commit = git("rev-parse", "HEAD").strip()
    lock(folder, HEAD + text.replace("UP", str(upstream)).replace("COMMIT", commit), count=count)
    stays_fresh(folder, commit)


@needs_uv
def test_members_that_follow_one_branch_are_pinned_together(upstream: Path, git: Git, tmp_path_factory: pytest.TempPathFactory) -> None:
    source = f"dependencies = ['leaf']\n[tool.uv.sources]\nleaf = {{ git = 'file://{upstream}', branch = 'main' }}\n"
    folder = tmp_path_factory.mktemp("project") / "app"
    members = {name: HEAD.replace("app", name) + source for name in ("one", "two")}
    lock(folder, HEAD + source + "[tool.uv.workspace]\nmembers = ['one', 'two']\n", count=3, members=members)
    stays_fresh(folder, git("rev-parse", "HEAD").strip())


@needs_uv
def test_what_cannot_be_pinned_whole_is_left_to_people(upstream: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("project") / "app"
    text = (
        f"dependencies = ['leaf @ git+file://{upstream}@main']\n"
        f"[dependency-groups]\ndev = ['leaf']\n[tool.uv.sources]\nleaf.git = 'file://{upstream}'\nleaf.rev = 'main'\n"
    )
    lock(folder, HEAD + text.replace(f" @ git+file://{upstream}@main", ""))
    (folder / "pyproject.toml").write_text(HEAD + text)
    before = (folder / "uv.lock").read_text()
    assert mended(folder) == 0
    assert (folder / "uv.lock").read_text() == before


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
    (problem,) = problems(workspace.in_memory(files))
    assert problem.fix is not None
    assert {file.path for file, _edit in problem.fix.edits} == {"uv.lock", "packages/member/pyproject.toml"}


@pytest.mark.skipif(not REAL.is_dir(), reason="the real lock is not here")
def test_megatron() -> None:
    files = {name: (REAL / name).read_text() for name in ("pyproject.toml", "uv.lock")}
    told = sorted(problem.message for problem in problems(workspace.in_memory(files)))
    assert [message.split("`")[1] for message in told] == ["emerging_optimizers", "flash_mla"]
    assert "follows rev `v0.3.0`" in told[0]
    assert "follows rev `nv_dev`" in told[1]
    assert all("the commit in uv.lock" in message for message in told)
