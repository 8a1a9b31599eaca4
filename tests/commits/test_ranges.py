"""Which commits are judged, in real repositories of every odd shape."""

import subprocess
from pathlib import Path

import pytest

from policy_checks import git as objects, git_objects
from policy_checks.commits import ranges
from policy_checks.git import GitError
from tests.commits.conftest import commit
from tests.conftest import Git


def subjects(root: Path, chosen: ranges.Range) -> list[str]:
    return [file.text.rpartition("\n\n")[2].strip() for file in ranges.commits(root, chosen)]


@pytest.fixture
def forked(git: Git) -> Git:
    """main: one, two, three; topic, checked out: one, two, mine."""
    commit(git, "-m", "one")
    commit(git, "-m", "two")
    git("switch", "--quiet", "-c", "topic")
    git("switch", "--quiet", "main")
    commit(git, "-m", "three", "--date=2020-01-01T00:00:00Z")
    git("switch", "--quiet", "topic")
    commit(git, "-m", "mine")
    return git


@pytest.mark.parametrize(
    ("revision", "found"),
    [
        ("main..HEAD", {"mine"}),
        ("main..", {"mine"}),
        ("main...topic", {"mine", "three"}),
        ("HEAD", {"one", "two", "mine"}),
        ("HEAD^!", {"mine"}),
        ("HEAD~1", {"one", "two"}),
        ("HEAD..HEAD", set()),
        (":/two", {"one", "two"}),
    ],
)
def test_ranges_as_git_understands_them(forked: Git, tmp_path: Path, revision: str, found: set[str]) -> None:
    assert set(subjects(tmp_path, ranges.named(tmp_path, revision))) == found


@pytest.mark.parametrize(
    "revision", ["nothing", "nothing..HEAD", "main..nothing", "", "..", "--all", "HEAD main", "^HEAD", "file", "HEAD:file", "blob"]
)
def test_what_names_no_commits_is_refused(forked: Git, tmp_path: Path, revision: str) -> None:
    (tmp_path / "file").write_text("x")
    forked("add", "file")
    commit(forked, "-m", "file")
    forked("tag", "blob", "HEAD:file")
    with pytest.raises(GitError, match=r"unknown revision|names no commits"):
        ranges.named(tmp_path, revision)


def test_an_annotated_tag_is_its_commit(forked: Git, tmp_path: Path) -> None:
    forked("tag", "-a", "-m", "v1", "v1", "main")
    assert subjects(tmp_path, ranges.named(tmp_path, "v1..HEAD")) == ["mine"]


def test_replacements_and_grafts_hide_nothing(forked: Git, tmp_path: Path) -> None:
    head, first = (objects.commit_id(tmp_path, name) for name in ("HEAD", "HEAD~2"))
    forked("replace", "--graft", "HEAD", first)
    (tmp_path / ".git/info/grafts").write_text(f"{head}\n")
    assert set(subjects(tmp_path, ranges.named(tmp_path, head))) == {"one", "two", "mine"}


def test_own_commits_of_a_branch(forked: Git, tmp_path: Path) -> None:
    assert ranges.own(tmp_path).name == "main..HEAD"
    forked("branch", "--quiet", "--set-upstream-to=main")
    assert ranges.own(tmp_path).name == "main..HEAD"


def test_what_a_topic_branch_already_pushed_is_still_its_own(forked: Git, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    bare = str(tmp_path_factory.mktemp("server"))
    forked("clone", "--quiet", "--bare", ".", bare)
    forked("remote", "add", "origin", bare)
    forked("fetch", "--quiet", "origin")
    forked("branch", "--quiet", "--set-upstream-to=origin/topic")
    assert ranges.own(tmp_path).name == "origin/main..HEAD"
    forked("switch", "--quiet", "main")
    forked("branch", "--quiet", "--set-upstream-to=origin/topic")
    assert ranges.own(tmp_path).name == "origin/topic..HEAD"


def test_nothing_to_compare_with(git: Git, tmp_path: Path) -> None:
    commit(git, "-m", "one")
    with pytest.raises(GitError, match="name a range"):
        ranges.own(tmp_path)
    git("checkout", "--quiet", "--detach")
    commit(git, "-m", "detached")
    assert ranges.own(tmp_path).name == "main..HEAD"


def test_an_unborn_branch(git: Git, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no commits yet on branch main"):
        ranges.named(tmp_path, "HEAD")


def clone(source: Path, target: Path, *options: str) -> Path:
    subprocess.run(["git", "clone", "--quiet", *options, source.as_uri(), target], check=True)
    return target


def test_a_shallow_clone_without_the_base(forked: Git, tmp_path: Path) -> None:
    shallow = clone(tmp_path, tmp_path / "shallow", "--depth=1")
    with pytest.raises(GitError, match=r"`git fetch --unshallow origin main` brings it"):
        ranges.named(shallow, "origin/main..HEAD")
    with pytest.raises(GitError, match="--unshallow"):
        ranges.named(shallow, "HEAD~1..HEAD")
    with pytest.raises(GitError, match="shallow"):
        ranges.commits(shallow, ranges.named(shallow, "HEAD"))


def test_a_shallow_clone_whose_ends_do_not_meet(forked: Git, tmp_path: Path) -> None:
    shallow = clone(tmp_path, tmp_path / "shallow", "--depth=1", "--no-single-branch")
    with pytest.raises(GitError, match="shallow"):
        ranges.commits(shallow, ranges.named(shallow, "origin/main..HEAD"))


def test_a_shallow_clone_that_is_deep_enough(forked: Git, tmp_path: Path) -> None:
    shallow = clone(tmp_path, tmp_path / "shallow", "--depth=2", "--no-single-branch")
    assert subjects(shallow, ranges.named(shallow, "origin/main..HEAD")) == ["mine"]


def test_a_bare_repository_and_a_worktree(forked: Git, tmp_path: Path) -> None:
    bare = clone(tmp_path, tmp_path / "bare", "--bare")
    forked("worktree", "add", "--quiet", "tree", "main")
    assert objects.repository(bare) == bare
    assert objects.repository(tmp_path / "tree") == tmp_path / "tree"
    assert subjects(bare, ranges.named(bare, "main..topic")) == ["mine"]
    assert subjects(tmp_path / "tree", ranges.named(tmp_path / "tree", "topic..")) == ["three"]


def test_objects_are_read_as_far_as_they_are_wanted(forked: Git, tmp_path: Path) -> None:
    reading = git_objects.commit_objects(tmp_path, objects.commit_id(tmp_path, "HEAD"))
    assert next(reading)[1].endswith(b"\n\nmine\n")
    reading.close()
    assert list(git_objects.commit_objects(tmp_path)) == []


def test_a_damaged_history_is_said(forked: Git, tmp_path: Path) -> None:
    gone = objects.commit_id(tmp_path, "HEAD~1")
    (tmp_path / ".git/objects" / gone[:2] / gone[2:]).unlink()
    with pytest.raises(GitError, match=gone):
        list(git_objects.commit_objects(tmp_path, objects.commit_id(tmp_path, "HEAD")))


def test_a_huge_commit_is_refused(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = commit(git, "-m", "x" * 2000)
    monkeypatch.setattr(git_objects, "MAX_COMMIT_BYTES", 1000)
    with pytest.raises(GitError, match="more than 1000"):
        list(git_objects.commit_objects(tmp_path, head))
