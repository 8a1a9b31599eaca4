"""The merge driver and `lock resolve` with real git and real uv: what is merged is what uv would write; the rest stays unmerged."""

import argparse
import os
import shutil
import sys
from pathlib import Path

import pytest

from policy_checks import uv
from policy_checks.commands import lock_merge
from tests.lock import merging
from tests.lock.merging import PROJECT, git, is_what_uv_writes
from tests.real_uv import UV, needs_uv

pytestmark = needs_uv
MERGED = "policy-checks: uv.lock: merged"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return merging.repository(tmp_path_factory.mktemp("origin"))


@pytest.fixture
def repository(origin: Path, tmp_path: Path) -> Path:
    shutil.copytree(origin, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".uv-cache"))
    return tmp_path


def switch(folder: Path, branch: str) -> None:
    git(folder, "checkout", "--quiet", "-B", "work", branch)


def version_of(folder: Path, revision: str) -> str:
    return git(folder, "show", f"{revision}:uv.lock")


def lock(folder: Path) -> str:
    return (folder / "uv.lock").read_text()


def assert_unmerged(folder: Path, said: str, reason: str, *, holds: str) -> None:
    assert f"policy-checks: uv.lock: not merged: {reason}" in said
    assert git(folder, "status", "--porcelain", "uv.lock").startswith("UU")
    assert lock(folder) == version_of(folder, holds)
    assert "-- uv.lock" in said
    assert "uv lock   # inside the container" in said


PAIRS = [("beta", "delta"), ("beta", "up2"), ("delta", "group"), ("extra", "group"), ("up2", "group"), ("without", "delta")]


@pytest.mark.parametrize(("ours", "theirs"), [*PAIRS, *[(theirs, ours) for ours, theirs in PAIRS]])
def test_changes_that_combine_are_merged_as_uv_writes_them(repository: Path, ours: str, theirs: str) -> None:
    switch(repository, ours)
    assert MERGED in git(repository, "merge", "--no-edit", theirs)
    assert is_what_uv_writes(repository)


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        ("up2", "delta", "delta 1 and alpha 2 come from different sides: nobody resolved them together"),
        ("delta", "up2", "delta 1 and alpha 2 come from different sides"),
        ("python", "beta", "the two sides were not resolved under the same settings"),
        ("beta", "extra", "both sides change beta in app's `package.metadata.requires-dist`"),
        ("up2", "up3", "both sides change alpha in app's `package.metadata.requires-dist`"),
    ],
)
def test_changes_that_do_not_combine_stay_unmerged(repository: Path, ours: str, theirs: str, reason: str) -> None:
    switch(repository, ours)
    said = git(repository, "merge", "--no-edit", theirs, accept=(1,))
    assert_unmerged(repository, said, reason, holds=ours)


def test_a_project_in_conflict_leaves_the_lock_to_uv(repository: Path) -> None:
    switch(repository, "up2")
    git(repository, "checkout", "--quiet", "-b", "up1", "main")
    merging.commit(repository, "up1", PROJECT.replace('"alpha==1"', '"alpha>=1"'))
    said = git(repository, "merge", "--no-edit", "up2", accept=(1,))
    assert "policy-checks: uv.lock: not merged: " in said
    assert lock(repository) == version_of(repository, "up1")


def test_the_other_projects_conflict_is_told(repository: Path) -> None:
    """The locks combine, and pyproject.toml does not."""
    for branch, new in (("one", '"beta",'), ("two", '"delta",')):
        git(repository, "checkout", "--quiet", "-b", branch, "main")
        merging.commit(repository, branch, PROJECT.replace("# one", new))
    said = git(repository, "merge", "--no-edit", "one", accept=(1,))
    assert_unmerged(repository, said, "pyproject.toml is in conflict: resolve it first", holds="two")


@pytest.mark.parametrize("backend", ["--merge", "--apply"])
def test_rebase(repository: Path, backend: str) -> None:
    """Each commit that is replayed gets its own merged lock."""
    switch(repository, "beta")
    merging.commit(repository, "second", (repository / "pyproject.toml").read_text().replace("# nine", 'lint = ["iota"]'))
    # The apply backend asks for a merge only where a patch does not apply.
    assert git(repository, "rebase", backend, "delta").count(MERGED) == (2 if backend == "--merge" else 1)
    assert is_what_uv_writes(repository)
    git(repository, "checkout", "--quiet", "HEAD~1")
    assert is_what_uv_writes(repository)


def test_a_rebase_that_does_not_combine_holds_the_version_it_is_rebased_onto(repository: Path) -> None:
    switch(repository, "delta")
    said = git(repository, "rebase", "up2", accept=(1,))
    assert_unmerged(repository, said, "delta 1 and alpha 2", holds="up2")


def test_cherry_pick_and_revert(repository: Path) -> None:
    switch(repository, "delta")
    assert git(repository, "cherry-pick", "beta", "group").count(MERGED) == 2
    assert is_what_uv_writes(repository)
    assert MERGED in git(repository, "revert", "--no-edit", "HEAD~1")
    assert is_what_uv_writes(repository)
    assert '"beta"' not in lock(repository)


def test_stash(repository: Path) -> None:
    switch(repository, "beta")
    (repository / "pyproject.toml").write_text((repository / "pyproject.toml").read_text().replace("# three", '"iota",'))
    merging.lock(repository)
    git(repository, "stash")
    switch(repository, "delta")
    assert MERGED in git(repository, "stash", "pop")
    assert is_what_uv_writes(repository)


def test_a_linked_working_tree(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    linked = tmp_path_factory.mktemp("linked") / "tree"
    git(repository, "worktree", "add", "--quiet", "-b", "work", str(linked), "beta")
    git(
        repository,
        "config",
        "merge.uv-lock.driver",
        git(repository, "config", "merge.uv-lock.driver").strip().replace(".git/", f"{repository}/.git/"),
    )
    assert MERGED in git(linked, "rebase", "delta")
    assert is_what_uv_writes(linked)


def test_merges_crosswise(repository: Path) -> None:
    """Two merge bases: the driver is asked for their merge first, and then with a base that is in no commit."""
    git(repository, "checkout", "--quiet", "-B", "left", "beta")
    git(repository, "checkout", "--quiet", "-B", "right", "delta")
    git(repository, "merge", "--no-edit", "beta")
    git(repository, "checkout", "--quiet", "left")
    git(repository, "merge", "--no-edit", "delta")
    for branch, line in (("left", "# nine"), ("right", "# six")):
        git(repository, "checkout", "--quiet", branch)
        new = 'lint = ["iota"]' if line == "# nine" else 'slow = ["theta"]'
        merging.commit(repository, branch, (repository / "pyproject.toml").read_text().replace(line, new))
    assert MERGED in git(repository, "merge", "--no-edit", "left")
    assert is_what_uv_writes(repository)


def test_main_merged_into_a_branch_leaves_mains_version(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "main")
    git(repository, "merge", "--quiet", "up2")
    switch(repository, "delta")
    said = git(repository, "merge", "--no-edit", "main", accept=(1,))
    assert_unmerged(repository, said, "delta 1 and alpha 2", holds="main")
    assert "main's version (theirs)" in said
    assert "git checkout main -- uv.lock" in said


def test_two_commits_that_may_be_meant(repository: Path) -> None:
    """The same change of the lock with different projects: what was amended is still in the reflog."""
    switch(repository, "beta")
    text = (repository / "pyproject.toml").read_text()
    (repository / "pyproject.toml").write_text(text.replace("# twelve", "dev-dependencies = []"))
    git(repository, "commit", "--quiet", "--all", "--amend", "--no-edit")
    switch(repository, "delta")
    said = git(repository, "cherry-pick", "beta", accept=(1,))
    assert_unmerged(repository, said, "several commits made this change of uv.lock with different projects", holds="delta")


def test_a_merge_that_is_not_one_of_heads(repository: Path) -> None:
    switch(repository, "beta")
    (repository / "staged").write_text("x")
    git(repository, "add", "staged")
    said = git(repository, "cherry-pick", "--no-commit", "delta", accept=(1,))
    assert "other changes are staged" in said
    assert lock(repository) == version_of(repository, "beta")


def test_a_project_below_the_root(tmp_path: Path) -> None:
    merging.repository(tmp_path, "sub/project")
    switch(tmp_path, "beta")
    assert "sub/project/uv.lock: merged" in git(tmp_path, "merge", "--no-edit", "delta")
    assert is_what_uv_writes(tmp_path / "sub/project")
    switch(tmp_path, "up2")
    said = git(tmp_path, "merge", "--no-edit", "delta", accept=(1,))
    assert "git checkout main -- sub/project/uv.lock\n  uv lock --project sub/project" in said


def test_both_sides_add_a_member(tmp_path: Path) -> None:
    """The members' names are sorted, and each member's own entry comes from its side."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    merging.install_driver(tmp_path)
    (tmp_path / ".gitattributes").write_text("uv.lock merge=uv-lock\n")
    (tmp_path / ".gitignore").write_text(".uv-cache/\n")
    root = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n[tool.uv.workspace]\nmembers = ["members/*"]\n'
    for branch in ("main", "one", "two"):
        git(tmp_path, "checkout", "--quiet", *(["-b", branch, "main"] if branch != "main" else ["-B", "main"]))
        member = tmp_path / "members" / f"m-{branch}"
        member.mkdir(parents=True)
        (member / "pyproject.toml").write_text(f'[project]\nname = "m-{branch}"\nversion = "1"\nrequires-python = ">=3.11"\n')
        merging.commit(tmp_path, branch, root)
    git(tmp_path, "merge", "--no-edit", "one")
    assert is_what_uv_writes(tmp_path)
    assert 'members = [\n    "app",\n    "m-main",\n    "m-one",\n    "m-two",\n]' in lock(tmp_path)


def test_a_damaged_lock_stays_unmerged(repository: Path) -> None:
    switch(repository, "beta")
    (repository / "uv.lock").write_text(lock(repository) + "\0")
    git(repository, "commit", "--quiet", "--all", "--message", "damaged")
    said = git(repository, "merge", "--no-edit", "delta", accept=(1,))
    assert "a NUL byte" in said or "binary" in said


def resolve(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    lock_merge.configure_resolve(parser)
    return lock_merge.run_resolve(parser.parse_args(arguments))


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "inside_container", lambda _environment, _exists: False)


@pytest.fixture
def conflict(repository: Path, monkeypatch: pytest.MonkeyPatch, outside: None) -> Path:
    """A branch into which main was merged in vain."""
    git(repository, "merge", "--quiet", "up2")
    switch(repository, "delta")
    git(repository, "merge", "--no-edit", "main", accept=(1,))
    monkeypatch.chdir(repository)
    return repository


def test_resolve_takes_mains_version_and_tells_what_to_run(conflict: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert resolve() == 1
    assert lock(conflict) == version_of(conflict, "main")
    assert not git(conflict, "ls-files", "--unmerged")
    assert capsys.readouterr().out.splitlines()[1:] == ["now run inside the container:", "  uv lock && git add uv.lock"]


def test_resolve_runs_uv_where_it_is_told_to(conflict: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert UV is not None
    monkeypatch.setenv("PATH", f"{Path(UV).parent}{os.pathsep}{os.environ['PATH']}")
    for name, value in {"OFFLINE": "1", "PYTHON": sys.executable, "CACHE_DIR": str(conflict / ".uv-cache")}.items():
        monkeypatch.setenv(f"UV_{name}", value)
    assert resolve("--run-uv") == 0
    assert "locked again and staged" in capsys.readouterr().out
    assert is_what_uv_writes(conflict)
    assert git(conflict, "status", "--porcelain", "uv.lock").startswith("M ")


def test_resolve_in_a_rebase_takes_the_side_that_is_rebased_onto(repository: Path, monkeypatch: pytest.MonkeyPatch, outside: None) -> None:
    switch(repository, "delta")
    git(repository, "rebase", "up2", accept=(1,))
    monkeypatch.chdir(repository)
    assert resolve() == 1
    assert lock(repository) == version_of(repository, "up2")


def test_resolve_with_a_target(conflict: Path) -> None:
    assert resolve("--target", "beta") == 1
    assert lock(conflict) == version_of(conflict, "beta")
    assert resolve() == 0  # nothing is unmerged any more


def test_resolve_waits_for_the_project(repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for branch, new in (("one", '"beta",'), ("two", '"delta",')):
        git(repository, "checkout", "--quiet", "-b", branch, "main")
        merging.commit(repository, branch, PROJECT.replace("# one", new))
    git(repository, "merge", "--no-edit", "one", accept=(1,))
    monkeypatch.chdir(repository)
    assert resolve("--run-uv") == 1
    assert "pyproject.toml is still unmerged: resolve it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("environment", "files", "inside"),
    [
        ({}, set(), False),
        ({"UV_PROJECT_ENVIRONMENT": "/opt/venv"}, set(), True),
        ({"UV_PROJECT_ENVIRONMENT": ".venv"}, set(), False),
        ({}, {"/.dockerenv"}, True),
        ({}, {"/run/.containerenv"}, True),
    ],
)
def test_where_uv_may_run(environment: dict[str, str], files: set[str], inside: bool) -> None:
    assert uv.inside_container(environment, files.__contains__) == inside
