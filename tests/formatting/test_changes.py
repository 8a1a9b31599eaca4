"""Which files a run is about."""

import subprocess
from pathlib import Path

import pytest

from policy_checks.formatting import changes
from policy_checks.git import GitError
from tests.formatting.conftest import Format, commit


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def python_files(root: Path, found: changes.Changes) -> list[str]:
    return list(changes.python_files(root, found, lambda _path: True).paths)


def test_committed_staged_unstaged_and_untracked_files_count(repo: Path) -> None:
    (repo / "committed.py").touch()
    commit(repo)
    (repo / "staged.py").touch()
    git(repo, "add", "staged.py")
    (repo / "old.py").write_text("x = 2\n")
    (repo / "untracked.py").touch()
    assert python_files(repo, changes.since_base(repo, "main")) == ["committed.py", "old.py", "staged.py", "untracked.py"]


def test_what_only_the_base_changed_does_not_count(repo: Path) -> None:
    git(repo, "switch", "main")
    (repo / "theirs.py").touch()
    commit(repo)
    git(repo, "switch", "feature")
    assert python_files(repo, changes.since_base(repo, "main")) == []


def test_deleted_ignored_linked_and_other_files_do_not_count(repo: Path) -> None:
    (repo / "old.py").unlink()
    (repo / ".gitignore").write_text("ignored.py\n")
    (repo / "ignored.py").touch()
    (repo / "link.py").symlink_to("ignored.py")
    (repo / "dangling.py").symlink_to("nowhere")
    (repo / "folder.py").mkdir()
    (repo / "text.txt").touch()
    assert python_files(repo, changes.since_base(repo, "main")) == []


def test_a_renamed_file_counts_under_its_new_name(repo: Path) -> None:
    git(repo, "mv", "old.py", "new.py")
    assert python_files(repo, changes.since_base(repo, "main")) == ["new.py"]


def test_every_name_comes_through(repo: Path) -> None:
    names = sorted(["sp ace.py", "new\nline.py", "qu'o\"te.py", "-dash.py", "@at.py", "é.py", "inv\udcffalid.py", "[a]*?.py", "tab\t.py"])
    for name in names:
        (repo / name).touch()
    assert python_files(repo, changes.since_base(repo, "main")) == names
    git(repo, "add", "--all")
    assert list(changes.staged(repo).paths) == names


def test_on_the_base_itself_only_what_is_not_committed_counts(repo: Path) -> None:
    git(repo, "switch", "main")
    (repo / "new.py").touch()
    assert python_files(repo, changes.since_base(repo, "main")) == ["new.py"]


def test_on_a_branch_without_a_commit_every_file_counts(repo: Path) -> None:
    git(repo, "switch", "--orphan", "empty")
    (repo / "new.py").touch()
    found = changes.since_base(repo, "main")
    assert python_files(repo, found) == ["new.py"]
    assert "no commit yet" in found.compared


def test_the_branch_of_a_remote_stands_in_for_a_missing_one(repo: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--branch=feature", str(repo), str(clone))
    assert changes.since_base(clone, "main").compared.startswith("origin/main (merge base ")


def test_a_base_that_is_nowhere(repo: Path, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="'nope' is neither a branch nor a commit here"):
        changes.since_base(repo, "nope")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", str(repo), str(clone))
    with pytest.raises(GitError, match="`git fetch origin nope:refs/remotes/origin/nope`"):
        changes.since_base(clone, "nope")


@pytest.mark.parametrize("base", ["-x", "--all", "main..feature", "", "a b"])
def test_a_base_that_is_no_name(repo: Path, base: str) -> None:
    with pytest.raises(GitError):
        changes.since_base(repo, base)


def test_histories_that_share_nothing(repo: Path) -> None:
    git(repo, "switch", "--orphan", "other")
    (repo / "new.py").touch()
    commit(repo)
    with pytest.raises(GitError, match="no common commit"):
        changes.since_base(repo, "main")


def test_a_merge_base_that_a_shallow_clone_makes_doubtful(repo: Path, tmp_path: Path) -> None:
    """Of two ways to a common commit, the cut one may hold a nearer one: a clone says what it sees, not what is."""
    for name in ("one", "two"):
        git(repo, "switch", "main")
        (repo / f"{name}.py").touch()
        commit(repo, name)
    git(repo, "switch", "feature")
    git(repo, "merge", "--no-ff", "--message=merge", "main~1")
    for number in range(3):
        git(repo, "commit", "--allow-empty", f"--message=mine {number}")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--depth=2", "--no-single-branch", "--branch=feature", f"file://{repo}", str(clone))
    with pytest.raises(GitError, match=r"shallow.*`git fetch --unshallow origin main:refs/remotes/origin/main`"):
        changes.since_base(clone, "main")


def test_a_shallow_clone_that_holds_the_merge_base_is_enough(repo: Path, tmp_path: Path) -> None:
    (repo / "mine.py").touch()
    commit(repo)
    clone = tmp_path / "clone"
    git(repo, "switch", "main")
    (repo / "older.py").touch()
    git(tmp_path, "clone", "--depth=2", "--no-single-branch", "--branch=feature", f"file://{repo}", str(clone))
    assert python_files(clone, changes.since_base(clone, "main")) == ["mine.py"]


def test_partly_staged_files_are_refused(repo: Path) -> None:
    (repo / "old.py").write_text("x = 2\n")
    git(repo, "add", "old.py")
    assert changes.staged(repo).paths == ("old.py",)
    (repo / "old.py").write_text("x = 3\n")
    with pytest.raises(GitError, match=r"old\.py: partly staged"):
        changes.staged(repo)


def test_git_configuration_is_left_alone(repo: Path, run_format: Format) -> None:
    before = (repo / ".git" / "config").read_bytes()
    (repo / "new.py").write_text("x=1\n")
    run_format("--tools=black")
    assert (repo / ".git" / "config").read_bytes() == before


def test_a_change_set_that_is_empty_says_what_was_compared(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_format() == 0
    assert capsys.readouterr().out.startswith("clean: no Python files differ from main (merge base ")


def test_a_broken_repository_is_no_empty_change_set(repo: Path, run_format: Format) -> None:
    (repo / ".git" / "index").write_bytes(b"nonsense")
    assert run_format() == 2


def test_outside_of_a_repository(tmp_path: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_format() == 2
