"""Notebooks go to ruff and black, and to nobody else."""

import importlib.util
import json
from pathlib import Path

import pytest

from tests.formatting.conftest import Format, commit, install
from tests.formatting.test_staged import git

Capture = pytest.CaptureFixture[str]
HAS_EXTRA = all(importlib.util.find_spec(name) for name in ("IPython", "tokenize_rt"))


def notebook(*cells: str) -> str:
    """As nbformat writes it; each cell is code."""
    made: list[dict[str, object]] = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": cell.splitlines(keepends=True)}
        for cell in cells
    ]
    about = {"language_info": {"name": "python"}}
    return json.dumps({"cells": made, "metadata": about, "nbformat": 4, "nbformat_minor": 4}, indent=1) + "\n"


@pytest.fixture
def settings(repo: Path) -> None:
    (repo / "pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["F401"]\n[tool.pylint.main]\ndisable = ["C"]\n')
    commit(repo)


@pytest.mark.usefixtures("settings")
def test_ruff_judges_and_mends_cells(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "new.ipynb").write_text(notebook("x = 1\n", "import os\nx", "%matplotlib inline\n!ls"))
    assert run_format("--check", "--tools=ruff") == 1
    assert "new.ipynb: ruff F401: cell 2, line 1: `os` imported but unused" in capsys.readouterr().out
    assert run_format("--check", "--tools=ruff", "--output-format=json") == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["line"] == 1
    assert run_format("--tools=ruff") == 0
    assert (repo / "new.ipynb").read_text() == notebook("x = 1\n", "x", "%matplotlib inline\n!ls")
    before = (repo / "new.ipynb").stat()
    assert run_format("--tools=ruff") == 0
    assert (repo / "new.ipynb").stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.usefixtures("settings")
@pytest.mark.skipif(HAS_EXTRA, reason="black has its extra for notebooks here")
def test_a_black_that_cannot_read_notebooks_says_so(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "new.ipynb").write_text(notebook("x = {  1 }"))
    for arguments in (["--check"], []):
        assert run_format(*arguments, "--tools=black") == 0
        assert "black notebooks: note: notebooks are not looked at" in (said := capsys.readouterr().out)
        assert "`black[jupyter]`" in said
    (repo / "new.ipynb").unlink()
    (repo / "new.py").write_text("x = 1\n")
    assert run_format("--tools=black") == 0
    assert "note" not in capsys.readouterr().out


@pytest.mark.usefixtures("settings")
@pytest.mark.skipif(not HAS_EXTRA, reason="black has not its extra for notebooks here")
def test_black_formats_cells(repo: Path, run_format: Format) -> None:
    (repo / "new.ipynb").write_text(notebook("x = {  1 }", "%time x=1"))
    assert run_format("--check", "--tools=black") == 1
    assert run_format("--tools=black") == 0
    assert (repo / "new.ipynb").read_text() == notebook("x = {1}", "%time x=1")
    assert run_format("--check", "--tools=black") == 0


@pytest.mark.usefixtures("settings")
def test_the_others_are_not_given_any(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (repo / "new.ipynb").write_text(notebook("import sys, os"))
    assert run_format("--tools=isort,pylint,mypy") == 0
    table = capsys.readouterr().out
    assert [line.split()[:3] for line in table.splitlines() if line.startswith(("isort", "pylint", "mypy"))] == [
        ["isort", "0", "ok"],
        ["pylint", "0", "ok"],
        ["mypy", "0", "ok"],
    ]
    (repo / "new.py").write_text("import sys, os\n")
    for name in ("isort", "pylint", "mypy"):
        install(tmp_path, name, '#!/bin/sh\ncase "$*" in *ipynb*) exit 77;; esac\ncase "$*" in *json*) echo "[]";; esac\n')
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert run_format("--tools=isort,pylint,mypy", "--no-cache") == 0, capsys.readouterr().out


@pytest.mark.usefixtures("settings")
def test_what_is_staged_of_a_notebook(repo: Path, run_format: Format) -> None:
    cells = [f"value_{number} = {number}" for number in range(4)]
    (repo / "new.ipynb").write_text(notebook("import os", *cells, "x = 1"))
    git(repo, "add", "new.ipynb")
    (repo / "new.ipynb").write_text(notebook("import os", *cells, "x = {  2 }"))
    assert run_format("--staged", "--tools=ruff") == 0
    assert git(repo, "cat-file", "blob", ":new.ipynb") == notebook("", *cells, "x = 1")
    assert (repo / "new.ipynb").read_text() == notebook("", *cells, "x = {  2 }")


@pytest.mark.usefixtures("settings")
def test_what_is_no_notebook(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "new.ipynb").write_text("{broken")
    (repo / "bytes.ipynb").write_bytes(b"\xff")
    assert run_format("--tools=ruff,black") == 1
    said = capsys.readouterr().out
    assert "new.ipynb:1:1: ruff invalid-syntax: Expected a Jupyter Notebook" in said
    assert "bytes.ipynb: format undecodable: cannot be decoded: " in said
    assert (repo / "new.ipynb").read_text() == "{broken"
