"""The scratch tree, the final write, and how tools are found: each on its own."""

import errno
import os
import shutil
import time
from pathlib import Path

import pytest

from policy_checks.formatting import executables, tree, writing


def test_the_tree_looks_like_the_repository(tmp_path: Path) -> None:
    root, copy = tmp_path / "root", tmp_path / "copy"
    (root / "package" / "deep").mkdir(parents=True)
    (root / "other").mkdir()
    for name in ("pyproject.toml", "package/__init__.py", "package/deep/data.txt", "other/module.py"):
        (root / name).write_text(name)
    (root / "package" / "deep" / "new.py").write_text("before")
    (root / "package" / "deep" / "new.py").chmod(0o555)
    tree.lay_out(root, copy, {"package/deep/new.py": b"given"})
    assert (copy / "package/deep/new.py").read_text() == "given"
    assert (copy / "package/deep/new.py").stat().st_mode & 0o777 == 0o755
    assert (copy / "other").is_symlink()
    assert (copy / "package/__init__.py").is_symlink()
    assert (copy / "other/module.py").read_text() == "other/module.py"
    assert not (copy / "package").is_symlink()
    shutil.rmtree(copy)
    assert (root / "other/module.py").exists(), "links are removed, not what they point to"


def test_a_scratch_folder_is_gone_afterwards_and_so_is_what_a_killed_run_left(tmp_path: Path) -> None:
    old, young = (tmp_path / ".cache/policy-checks" / name for name in ("format-old", "format-young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (0, time.time() - 2 * 24 * 3600))
    with tree.scratch(tmp_path) as folder:
        assert folder.parent == tmp_path / ".cache/policy-checks"
        assert (folder / ".gitignore").read_text() == "*\n"
        assert not old.exists()
    assert os.listdir(tmp_path / ".cache/policy-checks") == ["format-young"]


def test_a_repository_without_room_for_a_scratch_folder(tmp_path: Path) -> None:
    (tmp_path / ".cache").touch()
    with tree.scratch(tmp_path) as folder:
        assert not folder.is_relative_to(tmp_path)
    assert not folder.exists()


def test_another_file_system_is_reached_through_the_folder_of_the_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    target = tmp_path / "folder" / "new.py"
    target.parent.mkdir()
    target.write_text("before")
    rename = os.replace

    def replace(source: str, to: Path) -> None:
        if Path(source).parent != Path(to).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(source, to)

    monkeypatch.setattr(os, "replace", replace)
    writing.replace(target, b"before", b"after", scratch)
    assert target.read_text() == "after"
    assert os.listdir(scratch) == []
    assert os.listdir(target.parent) == ["new.py"]


def test_what_is_not_as_it_was_read_is_left(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text("mine")
    (tmp_path / "link.py").symlink_to("new.py")
    for name in ("new.py", "link.py"):
        with pytest.raises(writing.Disturbed):
            writing.replace(tmp_path / name, b"before", b"after", tmp_path)
    assert (tmp_path / "new.py").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["link.py", "new.py"]


def test_where_tools_are_looked_for(tmp_path: Path) -> None:
    environment = {"VIRTUAL_ENV": "/active", "UV_PROJECT_ENVIRONMENT": "own", "PATH": f".{os.pathsep}bin{os.pathsep}{os.pathsep}/usr/bin"}
    folders = list(map(str, executables.folders(tmp_path, environment)))
    assert folders == [
        "/active/bin",
        f"{tmp_path}/own/bin",
        f"{tmp_path}/.venv/bin",
        "/usr/bin",
    ], "nothing relative: it would be the repository's"


def test_a_folder_or_a_file_without_permission_is_no_tool(tmp_path: Path) -> None:
    (tmp_path / ".venv/bin/black").mkdir(parents=True)
    (tmp_path / ".venv/bin/isort").touch()
    assert executables.find("black", tmp_path, {}) is None
    assert executables.find("isort", tmp_path, {}) is None


def test_what_a_kill_leaves_of_a_scratch_folder_is_nothing_to_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remove, ignored = shutil.rmtree, []
    with tree.scratch(tmp_path) as folder:
        (folder / "tree").mkdir()
        (folder / "marker").touch()

        def step(path: Path, *, ignore_errors: bool) -> None:
            ignored.append((folder / ".gitignore").exists() and (path != folder or os.listdir(folder) == [".gitignore"]))
            remove(path, ignore_errors=ignore_errors)

        monkeypatch.setattr(shutil, "rmtree", step)
    assert ignored == [True, True]
    assert not folder.exists()
