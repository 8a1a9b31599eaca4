"""The guide's own driver says "all good" in each of these cases, or rewrites what it was told to leave (docs/autoformat.md)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.formatting.conftest import BAD, Format, commit, install

Capture = pytest.CaptureFixture[str]


def test_a_shallow_clone(repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    (repo / "bad.py").write_text(BAD)
    commit(repo)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", "--branch=feature", f"file://{repo}", str(clone)], check=True)
    monkeypatch.chdir(clone)
    assert run_format("--check") == 2
    mend = capsys.readouterr().err.split("`")[1]
    assert mend.startswith("git fetch --unshallow origin main")
    subprocess.run(mend.split(), cwd=clone, check=True, capture_output=True)
    assert run_format("--check", "--tools=black") == 1


def test_b_from_a_subfolder(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "bad.py").write_text(BAD)
    (repo / "tools").mkdir()
    monkeypatch.chdir(repo / "tools")
    assert run_format("--check", "--tools=black") == 1


def test_c_a_folder_that_is_not_there(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "bad.py").write_text(BAD)
    assert run_format("--check", "--tools=black", "tests/") == 2
    assert "tests: there is no such file or folder" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["new.py", "training/bad.py", "tools/bad.py", "é.py", "sp ace.py", "stub.pyi"])
def test_d_to_h_every_python_file_is_looked_at(repo: Path, run_format: Format, name: str) -> None:
    (repo / name).parent.mkdir(exist_ok=True)
    (repo / name).write_text(BAD)
    assert run_format("--check", "--tools=black") == 1
    assert run_format("--tools=black") == 0
    assert (repo / name).read_text() != BAD


@pytest.mark.parametrize("value", ["1", "true", "YES", "On"])
def test_i_every_yes_is_a_yes(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    (repo / "bad.py").write_text(BAD)
    monkeypatch.setenv("CHECK_ONLY", value)
    assert run_format("--tools=black,isort") == 1
    assert (repo / "bad.py").read_text() == BAD


def test_i_what_is_neither_yes_nor_no(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    (repo / "bad.py").write_text(BAD)
    monkeypatch.setenv("CHECK_ONLY", "maybe")
    assert run_format() == 2
    assert "CHECK_ONLY='maybe'" in capsys.readouterr().err
    assert (repo / "bad.py").read_text() == BAD


def test_j_in_check_mode_every_tool_speaks(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "bad.py").write_text(f'{BAD}import yaml\nyaml.load("")\ny: int = ""\n')
    assert run_format("--check") == 1
    said = capsys.readouterr().out
    for part in ("black would change it", "isort would change it", "pylint W0611 unused-import", "ruff S506", "mypy assignment"):
        assert part in said
    assert (repo / "bad.py").read_text().startswith(BAD)


def test_k_in_fix_mode_every_tool_speaks(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "bad.py").write_text(f'{BAD}import yaml\nyaml.load("")\ny: int = ""\n')
    assert run_format() == 1
    said = capsys.readouterr().out
    for part in ("black changed it", "isort changed it", "pylint W0611 unused-import", "ruff S506", "mypy assignment"):
        assert part in said


def test_l_a_tool_that_is_not_installed(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (repo / "new.py").write_text('"""Fine."""\n')
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    for name in ("black", "isort", "pylint", "ruff"):
        (environment / "bin" / name).symlink_to(Path(sys.prefix) / "bin" / name)
    monkeypatch.setenv("VIRTUAL_ENV", str(environment))
    monkeypatch.setenv("PATH", os.path.dirname(shutil.which("git") or ""))
    assert run_format("--check") == 2
    said = capsys.readouterr().out
    assert "mypy failed: is not installed" in said
    assert said.count(" ok ") == 4


@pytest.mark.parametrize("name", ["ruff", "isort", "black", "pylint", "mypy"])
def test_a_tool_that_crashes(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, name: str
) -> None:
    (repo / "new.py").write_text('"""Fine."""\n')
    for code in ("kill -9 $$", "echo broken >&2; exit 32", "echo broken >&2; exit 2", "echo '{'; exit 1", "echo '[1]'; exit 1"):
        environment = install(tmp_path / "environment", name, f"#!/bin/sh\n{code}\n")
        monkeypatch.setenv("VIRTUAL_ENV", str(environment))
        for mode in ([], ["--check"]):
            if code.startswith("echo '") and name in ("ruff", "isort", "black") and not mode:
                continue  # as fixers they are read by their exit code
            assert run_format(f"--tools={name}", *mode) == 2, (code, mode)
            assert f"{name} failed: " in capsys.readouterr().out
