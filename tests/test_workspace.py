"""The three places files come from: disk, index, revision."""

import os
import subprocess
from pathlib import Path

import pytest

from policy_checks import workspace
from policy_checks.git import GitError, top_level
from policy_checks.source import SourceFile, Unreadable
from tests.conftest import Git


def everything(path: str) -> bool:
    return bool(path)


def texts(found: workspace.Workspace) -> dict[str, str]:
    return {file.path: file.text for file in found.files(everything) if not isinstance(file, Unreadable)}


def test_disk_index_and_revision_differ_as_git_says(git: Git, tmp_path: Path) -> None:
    file = tmp_path / "sp ace\n'é.txt"
    file.write_text("committed")
    (tmp_path / ".gitignore").write_text("ignored\n")
    git("add", "-A")
    git("commit", "-qm", "one")
    file.write_text("staged")
    git("add", "-A")
    file.write_text("on disk")
    (tmp_path / "untracked").write_text("new")
    (tmp_path / "ignored").write_text("no")

    name = file.name
    assert texts(workspace.on_disk(tmp_path)) == {".gitignore": "ignored\n", name: "on disk", "untracked": "new"}
    assert texts(workspace.staged(tmp_path)) == {".gitignore": "ignored\n", name: "staged"}
    assert texts(workspace.at_revision(tmp_path, "HEAD")) == {".gitignore": "ignored\n", name: "committed"}


def test_a_file_deleted_on_disk_is_not_there(git: Git, tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("x")
    git("add", "-A")
    (tmp_path / "uv.lock").unlink()
    assert "uv.lock" not in workspace.on_disk(tmp_path)
    assert "uv.lock" in workspace.staged(tmp_path)


def test_links_and_pipes_are_no_files_of_their_own(git: Git, tmp_path: Path) -> None:
    git("commit", "--allow-empty", "-qm", "one")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "out").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    found = workspace.on_disk(tmp_path)
    assert "loop" not in found
    assert "out" not in found
    # git does not list a pipe; named outright it is refused, and nobody waits for its other end
    with pytest.raises(OSError, match="not a regular file"):
        workspace.Disk(tmp_path).read("pipe")


def test_a_folder_without_git_is_walked(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x.sh").write_text("echo")
    assert workspace.on_disk(tmp_path).paths == ("a/b/x.sh",)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "x").touch(mode=0)
    (found,) = workspace.on_disk(tmp_path).files(everything)
    assert isinstance(found, Unreadable)
    assert found.message == "cannot be read: Permission denied"


def test_an_unmerged_index_is_refused(git: Git, tmp_path: Path) -> None:
    for branch in ("main", "one", "two"):
        if branch != "main":
            git("checkout", "-q", "-b", branch, "main")
        (tmp_path / "f").write_text(branch)
        git("add", "-A")
        git("commit", "-qm", branch)
    with pytest.raises(subprocess.CalledProcessError):
        git("merge", "one")
    with pytest.raises(GitError, match="f: unmerged"):
        workspace.staged(tmp_path)


def test_an_unknown_revision_is_refused(git: Git, tmp_path: Path) -> None:
    git("commit", "--allow-empty", "-qm", "one")
    for revision in ("nonesuch", "--all", "HEAD:x", ""):
        with pytest.raises(GitError, match="unknown revision"):
            workspace.at_revision(tmp_path, revision)


def test_a_kind_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("text")
    reads = []

    def parse(file: SourceFile) -> list[str]:
        reads.append(file.path)
        return [file.text]

    kind = workspace.per_file("text", everything, parse)
    found = workspace.on_disk(tmp_path)
    assert found.all(kind) == found.all(kind, ("te",)) == ["text"]
    assert reads == ["x"]
    assert workspace.on_disk(tmp_path).all(kind, ("absent",)) == []


def test_what_lies_behind_a_link_is_not_of_the_tree(git: Git, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "b.sh").write_text("echo")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.sh").write_text("echo")
    git("add", "-A")
    (tmp_path / "a/b.sh").unlink()
    (tmp_path / "a").rmdir()
    (tmp_path / "a").symlink_to(outside)
    assert workspace.on_disk(tmp_path).paths == ()
    (tmp_path / "a").unlink()
    (tmp_path / "a").write_text("a file now")
    assert workspace.on_disk(tmp_path).paths == ("a",)


def test_a_damaged_object_is_said(git: Git, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(os.urandom(5000))
    git("add", "-A")
    git("commit", "-qm", "one")
    name = git("rev-parse", "HEAD:x").strip()
    file = tmp_path / ".git/objects" / name[:2] / name[2:]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:2000])
    (found,) = workspace.at_revision(tmp_path, "HEAD").files(everything)
    assert isinstance(found, Unreadable)
    assert "git " in found.message


def test_the_root_is_found_in_a_hook_of_a_linked_worktree(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git("commit", "--allow-empty", "-qm", "one")
    linked = tmp_path / "linked"
    git("worktree", "add", "-q", str(linked))
    (linked / "sub").mkdir()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git/worktrees/linked"))
    assert top_level(linked / "sub") == linked


def test_what_was_read_for_wider_needles_is_not_read_again() -> None:
    kind = workspace.per_file("text", everything, lambda file: [file.text])
    found = workspace.in_memory({"a": "uv sync", "b": "pip", "c": "other"})
    first = found.all(kind, ("pip", "uv"))
    assert first == ["uv sync", "pip"]
    assert found.all(kind, ("uv ",)) is first
    assert found.all(kind, ("uv", "pip")) is first
    assert found.all(kind, ("other", "uv")) == ["uv sync", "other"]
    assert found.all(kind) == ["uv sync", "pip", "other"]
