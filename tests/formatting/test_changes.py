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


def test_since_a_revision_is_what_differs_from_it_and_not_from_a_merge_base(repo: Path, run_format: Format) -> None:
    git(repo, "switch", "main")
    for name in ("theirs.py", "both.py"):
        (repo / name).touch()
    commit(repo)
    git(repo, "switch", "feature")
    (repo / "both.py").touch()
    (repo / "committed.py").touch()
    commit(repo)
    (repo / "staged.py").touch()
    git(repo, "add", "staged.py")
    (repo / "old.py").write_text("x = 2\n")
    (repo / "untracked.py").touch()
    found = changes.since(repo, "main")
    assert python_files(repo, found) == ["committed.py", "old.py", "staged.py", "untracked.py"], "what is equal on both is none"
    assert found.compared.startswith("main (")
    assert python_files(repo, changes.since(repo, "HEAD")) == ["old.py", "staged.py", "untracked.py"]
    git(repo, "tag", "--annotate", "--message=x", "v1", "HEAD~1")
    assert python_files(repo, changes.since(repo, "v1")) == ["both.py", "committed.py", "old.py", "staged.py", "untracked.py"]


@pytest.mark.parametrize("revision", ["nope", "-x", "", "main..feature", "a b", "HEAD~99", "HEAD:old.py", "f" * 40])
def test_since_what_is_no_revision(repo: Path, revision: str) -> None:
    with pytest.raises(GitError, match="names no commit here"):
        changes.since(repo, revision)


def test_since_what_is_no_commit(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    git(repo, "tag", "text", "HEAD:old.py")
    git(repo, "tag", "--annotate", "--message=x", "folder", "HEAD^{tree}")
    for name, kind in (("text", "blob"), ("folder", "tree")):
        assert run_format("--since", name) == 2
        assert f"--since: {name!r} is a {kind}, not a commit" in capsys.readouterr().err


def test_since_in_a_shallow_clone(repo: Path, tmp_path: Path) -> None:
    (repo / "mine.py").touch()
    commit(repo)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--depth=1", "--branch=feature", f"file://{repo}", str(clone))
    (clone / "new.py").touch()
    assert python_files(clone, changes.since(clone, "HEAD")) == ["new.py"], "what is here needs no history"
    with pytest.raises(GitError, match="`git fetch --unshallow` brings older commits"):
        changes.since(clone, "HEAD~1")


@pytest.mark.parametrize("others", [["--base=main"], ["--staged"], ["--all"]])
def test_one_comparison_at_a_time(run_format: Format, others: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_format("--since=HEAD", *others)
    assert ended.value.code == 2


def test_a_submodule_and_a_nested_repository_are_left_alone(repo: Path, run_format: Format, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(tmp_path, "init", str(other))
    (other / "theirs.py").write_text("x=1\n")
    commit(other)
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", str(other), "module.py")
    git(tmp_path, "clone", str(other), str(repo / "nested"))
    for arguments in (["--all"], ["--staged"], ["--since=HEAD"], [], ["."]):
        (repo / "module.py/theirs.py").write_text("x=2\n")
        (repo / "module.py/new.py").write_text("x=2\n")
        (repo / "nested/theirs.py").write_text("x=2\n")
        assert run_format("--tools=black", *arguments) == 0
        assert (repo / "module.py/theirs.py").read_text() == (repo / "module.py/new.py").read_text() == "x=2\n"
        assert (repo / "nested/theirs.py").read_text() == "x=2\n"
    git(repo, "commit", "--message=added")
    git(repo / "module.py", "commit", "--allow-empty", "--message=moved on")
    git(repo, "add", "module.py")
    assert python_files(repo, changes.staged(repo)) == []


def test_what_a_sparse_checkout_leaves_out_is_not_judged(repo: Path, run_format: Format) -> None:
    for name in ("in/new.py", "out/new.py"):
        (repo / name).parent.mkdir()
        (repo / name).write_text("x=1\n")
    commit(repo)
    git(repo, "sparse-checkout", "set", "in")
    assert not (repo / "out").exists()
    for found in (changes.since_base(repo, "main"), changes.since(repo, "main"), changes.everything(repo)):
        assert "out/new.py" not in python_files(repo, found)
        assert "in/new.py" in python_files(repo, found)
    assert run_format("--all", "--tools=black") == 0


def test_a_file_where_a_folder_was_and_the_other_way_round(repo: Path) -> None:
    (repo / "folder.py").mkdir()
    (repo / "folder.py/one.py").touch()
    (repo / "file.py").touch()
    commit(repo)
    (repo / "folder.py/one.py").unlink()
    (repo / "folder.py").rmdir()
    (repo / "folder.py").touch()
    (repo / "file.py").unlink()
    (repo / "file.py").mkdir()
    (repo / "file.py/two.py").touch()
    expected = ["file.py/two.py", "folder.py"]
    assert python_files(repo, changes.since(repo, "HEAD")) == expected
    git(repo, "add", "--all")
    assert python_files(repo, changes.staged(repo)) == expected


def test_only_the_case_of_a_name_changes(repo: Path) -> None:
    git(repo, "mv", "old.py", "OLD.py")
    assert python_files(repo, changes.since(repo, "HEAD")) == python_files(repo, changes.staged(repo)) == ["OLD.py"]


def test_a_file_that_is_only_intended_to_be_added_counts_unless_it_is_about_what_is_staged(repo: Path) -> None:
    (repo / "new.py").touch()
    git(repo, "add", "--intent-to-add", "new.py")
    assert python_files(repo, changes.since(repo, "HEAD")) == python_files(repo, changes.since_base(repo, "main")) == ["new.py"]
    assert python_files(repo, changes.staged(repo)) == []


def test_settings_of_git_do_not_hide_a_file(repo: Path) -> None:
    for key, value in (
        ("core.quotepath", "true"),
        ("diff.relative", "true"),
        ("diff.renames", "copies"),
        ("status.showUntrackedFiles", "no"),
    ):
        git(repo, "config", key, value)
    git(repo, "config", "diff.external", "false")
    git(repo, "config", "diff.ignoreSubmodules", "all")
    git(repo, "mv", "old.py", "é.py")
    (repo / "new.py").touch()
    assert python_files(repo, changes.since(repo, "HEAD")) == ["new.py", "é.py"]
    assert python_files(repo, changes.staged(repo)) == ["é.py"]


def test_a_linked_working_tree_and_a_detached_head(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_format: Format) -> None:
    git(repo, "worktree", "add", "--detach", str(tmp_path / "linked"))
    monkeypatch.chdir(tmp_path / "linked")
    (tmp_path / "linked/new.py").write_text("x=1\n")
    assert run_format("--tools=black") == 0
    assert (tmp_path / "linked/new.py").read_text() == "x = 1\n"
    assert python_files(repo, changes.since_base(repo, "main")) == []


def test_a_repository_without_a_working_tree(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "clone", "--bare", str(repo), str(tmp_path / "bare.git"))
    monkeypatch.chdir(tmp_path / "bare.git")
    assert run_format() == 2
    assert "this operation must be run in a work tree" in capsys.readouterr().err


def test_paths_are_those_of_the_working_directory(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "folder").mkdir()
    for name in ("folder/new.py", "new.py"):
        (repo / name).write_text("x=1\n")
    monkeypatch.chdir(repo / "folder")
    assert run_format("--tools=black", "new.py") == 0
    assert ((repo / "folder/new.py").read_text(), (repo / "new.py").read_text()) == ("x = 1\n", "x=1\n")
    assert run_format("--tools=black", "../new.py") == 0
    assert (repo / "new.py").read_text() == "x = 1\n"


@pytest.mark.parametrize("pattern", ["generated", "generated/", "generated/**", "**/*_pb2.py", "*_pb2.py", "gen*/deep"])
def test_excluded_files_stay_as_they_are(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str], pattern: str) -> None:
    (repo / "pyproject.toml").write_text(f'[tool.policy-checks.format]\nexclude = ["{pattern}"]\n')
    (repo / "generated/deep").mkdir(parents=True)
    (repo / "generated/deep/new_pb2.py").write_text("x=1\n")
    git(repo, "add", "--all")
    for argument in ("--all", "--staged", "--since=HEAD", "generated", "generated/deep/new_pb2.py"):
        assert run_format("--tools=black", argument) == 0
        assert (repo / "generated/deep/new_pb2.py").read_text() == "x=1\n"
        is_named = argument.endswith(".py") or (argument == "generated" and pattern.startswith("generated"))
        assert (": left out by `exclude` in [tool.policy-checks.format]" in capsys.readouterr().err) == is_named


def test_a_path_in_a_nested_repository_is_not_taken_for_one_of_ours(
    repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nested = repo / "folder/nested"
    git(repo, "init", str(nested))
    (nested / "deep").mkdir()
    (nested / "deep/theirs.py").write_text("x=1\n")
    for name in ("folder/nested", "folder/nested/deep", "folder/nested/deep/theirs.py"):
        assert run_format("--tools=black", "old.py", name) == run_format("--tools=black", name) == 2
        assert f"is part of another repository, {nested}; run `policy-checks format` there" in capsys.readouterr().err
    assert run_format("--tools=black", "folder") == run_format("--tools=black", ".") == run_format("--tools=black", str(repo)) == 0
    assert (nested / "deep/theirs.py").read_text() == "x=1\n"
    monkeypatch.chdir(nested / "deep")
    assert run_format("--tools=black", "theirs.py") == 0
    assert (nested / "deep/theirs.py").read_text() == "x = 1\n"


def test_paths_may_lie_in_a_repository_that_we_do_not_stand_in(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "new.py").write_text("x=1\n")
    monkeypatch.chdir(tmp_path)
    assert run_format("--tools=black", "repo/new.py") == 0
    assert (repo / "new.py").read_text() == "x = 1\n"
    assert run_format("--tools=black", "nowhere/new.py") == 2
