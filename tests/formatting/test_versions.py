"""A tool that is not the one that uv.lock holds is told before it can touch a file.

The environments are made by hand (`pyvenv.cfg`, `*.dist-info`, a script), except where it is said that they are real.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from policy_checks.failure import Failure
from policy_checks.formatting import installed, versions
from policy_checks.formatting.policy import FormatPolicy, Tool
from tests.formatting.conftest import Format, install

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]
LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "black"
version = "26.3.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "isort"
version = "5.13.2"
source = { registry = "https://index.example/simple" }

[[package]]
name = "project"
version = "1"
source = { virtual = "." }

[package.dev-dependencies]
linting = [
    { name = "black" },
]
"""
SCRIPT = "#!/bin/sh\n[ $# -gt 2 ] && touch {folder}/has-run\ntest $1 != --version || echo '{says}'\n"


def environment(tmp_path: Path, name: str = "black", recorded: str | None = "26.3.0", says: str = "") -> Path:
    """A virtual environment with one tool in it; it leaves a mark where it runs over files."""
    folder = install(tmp_path / "environment", name, SCRIPT.format(folder=tmp_path, says=says))
    (folder / "pyvenv.cfg").touch()
    packages = folder / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True, exist_ok=True)
    if recorded:
        (packages / f"{name}-{recorded}.dist-info").mkdir()
    return folder


def compare(root: Path, at: Path | None, tool: Tool = Tool.BLACK, group: str = "linting") -> versions.Compared:
    found = {"VIRTUAL_ENV": str(at)} if at else {}
    return versions.compare(root, FormatPolicy((tool,), group=group), found)


def test_another_version_is_told_and_does_not_run(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (repo / "uv.lock").write_text(LOCK)
    (repo / "new.py").write_text("x=1\n")
    at = environment(tmp_path, recorded="24.10.0")
    monkeypatch.setenv("VIRTUAL_ENV", str(at))
    assert run_format("--tools=black") == 1
    said = capsys.readouterr().out
    assert f"black 24.10.0 found at {at}/bin/black, uv.lock has 26.3.0: `uv sync --locked --only-group linting --inexact --active`" in said
    assert "black not run: 1 Python file" in said
    assert not (tmp_path / "has-run").exists()


def test_programs_are_pointed_at_the_lock(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (repo / "uv.lock").write_text(LOCK)
    (repo / "new.py").write_text("x=1\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(environment(tmp_path, recorded="24.10.0")))
    assert run_format("--tools=black", "--output-format=json") == 1
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["path"], found["line"], found["code"], found["severity"]) == ("uv.lock", 7, "version", "error")
    assert LOCK.splitlines()[found["line"] - 1] == 'version = "26.3.0"'
    assert found["message"].startswith("black 24.10.0 found at ")
    assert run_format("--tools=black", "--output-format=github") == 1
    assert capsys.readouterr().out.startswith("::error file=uv.lock,line=7,")


def test_one_wrong_tool_keeps_no_other_from_running(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (repo / "uv.lock").write_text(LOCK)
    (repo / "new.py").write_text("import sys, os\nx=1\n")
    at = environment(tmp_path, recorded="24.10.0")
    (at / "bin" / "isort").symlink_to(Path(sys.prefix, "bin", "isort"))
    lock = LOCK.replace('"5.13.2"', f'"{installed.recorded(Path(sys.prefix, "bin", "isort"), repo, {})}"')
    (repo / "uv.lock").write_text(lock)
    monkeypatch.setenv("VIRTUAL_ENV", str(at))
    assert run_format("--tools=isort,black") == 1
    assert (repo / "new.py").read_text().startswith("import os\nimport sys\n")
    assert "1 file changed" in capsys.readouterr().out


def test_the_locked_version_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(LOCK)
    assert compare(tmp_path, environment(tmp_path)) == versions.Compared()


def test_a_repository_without_a_lock(tmp_path: Path) -> None:
    assert compare(tmp_path, environment(tmp_path, recorded="1.0")) == versions.Compared()


@pytest.mark.parametrize("lock", [LOCK.replace("\n", "\r\n"), LOCK.replace('"black"', "'black'"), LOCK.replace("26.3.0", "26.3")])
def test_a_lock_that_is_written_otherwise_is_read_all_the_same(tmp_path: Path, lock: str) -> None:
    (tmp_path / "uv.lock").write_bytes(lock.encode())
    at = environment(tmp_path)
    assert compare(tmp_path, at) == versions.Compared()
    (at / "lib/python3.12/site-packages/black-26.3.0.dist-info").rename(at / "lib/python3.12/site-packages/black-24.10.0.dist-info")
    (row,) = compare(tmp_path, at).rows
    assert [message.line for message in row.counted] == [7]


def test_any_version_of_a_forked_lock_will_do_and_the_groups_own_is_named(tmp_path: Path) -> None:
    fork = '[[package]]\nname = "black"\nversion = "24.10.0"\nsource = { registry = "https://index.example/simple" }\n\n[[package]]\nname = "black"'
    forked = LOCK.replace('[[package]]\nname = "black"', fork).replace('{ name = "black" }', '{ name = "black", version = "26.3.0" }')
    (tmp_path / "uv.lock").write_text(forked)
    for number, version in enumerate(("24.10.0", "26.3.0", "25.1.0")):
        compared = compare(tmp_path, environment(tmp_path / str(number), recorded=version))
        assert len(compared.rows) == (version == "25.1.0")
    (message,) = compared.rows[0].counted
    assert ", uv.lock has 26.3.0: " in message.text
    assert message.line == 12


def test_a_tool_that_is_not_locked_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(LOCK)
    assert compare(tmp_path, environment(tmp_path / "a", "mypy", "2.0"), Tool.MYPY).notes == (
        "mypy: uv.lock does not hold it, so its version is whatever is installed",
    )
    assert compare(tmp_path, environment(tmp_path / "b", "isort", "9.0"), Tool.ISORT).notes == (
        "isort: uv.lock does not hold it in the tools' group, so its version is whatever is installed",
    )


def test_without_the_group_every_locked_version_counts(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(LOCK.replace("linting = [", "lint = ["))
    at = environment(tmp_path, "isort", "9.0")
    (row,) = compare(tmp_path, at, Tool.ISORT).rows
    assert row.counted[0].text.endswith("uv.lock has 5.13.2: `uv sync --locked --inexact --active`")
    assert compare(tmp_path, at, Tool.ISORT, group="Lint").notes
    with pytest.raises(Failure, match=r"group: uv\.lock has no group 'lnit'"):
        compare(tmp_path, at, Tool.ISORT, group="lnit")


def test_a_group_of_a_workspace_without_a_project(tmp_path: Path) -> None:
    manifest = LOCK.partition('[[package]]\nname = "project"')[0] + '\n[manifest.dependency-groups]\nlinting = [{ name = "black" }]\n'
    (tmp_path / "uv.lock").write_text(manifest)
    assert compare(tmp_path, environment(tmp_path, recorded="24.10.0")).rows
    assert compare(tmp_path, environment(tmp_path / "isort", "isort", "9.0"), Tool.ISORT).notes


def test_a_tool_outside_of_an_environment_is_asked(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(LOCK)
    at = environment(tmp_path, recorded=None, says="black, 26.3.0 (compiled: yes)")
    assert compare(tmp_path, at) == versions.Compared()
    for says in ("black, 24.10.0 (compiled: no)", ""):
        (row,) = compare(tmp_path, environment(tmp_path, recorded=None, says=says)).rows
        assert bool(row.counted) == bool(says)
        assert ("bin/black does not tell its version, and uv.lock has 26.3.0: `uv sync" in row.outcome.failure) == (not says)


def test_two_records_of_one_tool_settle_nothing(tmp_path: Path) -> None:
    at = environment(tmp_path)
    assert installed.recorded(at / "bin/black", tmp_path, {}) == "26.3.0"
    assert installed.recorded(at / "bin/black", tmp_path, {"PYTHONPATH": "src"}) == "26.3.0"
    (tmp_path / "src" / "black").mkdir(parents=True)
    assert installed.recorded(at / "bin/black", tmp_path, {"PYTHONPATH": "/nowhere:src"}) is None, "it would be imported instead"
    (at / "lib/python3.12/site-packages/black-24.10.0.dist-info").mkdir()
    assert installed.recorded(at / "bin/black", tmp_path, {}) is None


def test_a_missing_tool_comes_with_the_command_that_brings_it(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (repo / "uv.lock").write_text(LOCK)
    (repo / "new.py").touch()
    monkeypatch.delenv("VIRTUAL_ENV")
    monkeypatch.setenv("PATH", str(Path(shutil.which("git") or "").parent))
    assert run_format("--tools=black") == 2
    assert "on PATH; `uv sync --locked --only-group linting --inexact` installs it" in capsys.readouterr().out


@pytest.mark.parametrize("lock", ["<<<<<<< ours\n" + LOCK, LOCK + "[[", LOCK[:100], "", "version = 2\n"])
def test_a_lock_that_is_none_is_no_verdict(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, lock: str
) -> None:
    (repo / "uv.lock").write_text(lock)
    (repo / "new.py").write_text("x=1\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(environment(tmp_path, recorded="24.10.0")))
    assert run_format("--tools=black") == 2
    assert not (tmp_path / "has-run").exists()


def test_a_lock_that_cannot_be_read(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "uv.lock").mkdir()
    (repo / "new.py").touch()
    assert run_format("--tools=black") == 2
    assert "uv.lock: cannot be read: " in capsys.readouterr().err


def test_this_environment_is_the_one_that_this_repository_locks(repo: Path) -> None:
    """Real tools, a real lock; then the same lock with other versions in it."""
    text = (ROOT / "uv.lock").read_text()
    (repo / "uv.lock").write_text(text)
    found = {"VIRTUAL_ENV": sys.prefix}
    assert versions.compare(repo, FormatPolicy(), found) == versions.Compared()
    at = {tool: Path(sys.prefix, "bin", tool) for tool in Tool}
    held = {tool: str(installed.recorded(path, repo, {})) for tool, path in at.items()}
    for tool in Tool:
        (repo / "elsewhere" / tool).mkdir(parents=True)
    assert installed.versions(at, repo, {"PYTHONPATH": "elsewhere"}) == held, "what the tools say of themselves"
    for tool, version in held.items():
        text = text.replace(f'name = "{tool}"\nversion = "{version}"', f'name = "{tool}"\nversion = "1.2.3"')
    (repo / "uv.lock").write_text(text)
    assert [row.tool for row in versions.compare(repo, FormatPolicy(), found).rows] == list(Tool)


def test_a_real_environment(tmp_path: Path) -> None:
    """As `venv` makes it, with the console script that an installer would write; what it records is made by hand."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (packages / "isort-9.0.2.dist-info").mkdir()
    script = install(tmp_path / "elsewhere", "isort", f"#!{tmp_path}/venv/bin/python\n") / "bin" / "isort"
    assert installed.recorded(script, tmp_path, {}) == "9.0.2", "its interpreter's environment, wherever the script lies"
