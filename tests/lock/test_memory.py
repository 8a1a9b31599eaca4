"""A remembered verdict holds exactly as long as everything that was looked at stays the same."""

import json
from pathlib import Path

import pytest

from policy_checks import cli
from policy_checks.lock import memory

MEMBER = '[project]\nname = "{0}"\nversion = "1"\nrequires-python = ">=3.11"\n'
ROOT = (
    MEMBER.format("app") + 'dependencies = ["lib"]\n[tool.uv.sources]\nlib = { workspace = true }\n[tool.uv.workspace]\nmembers = ["lib"]\n'
)
LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[manifest]
members = [
    "app",
    "lib",
]

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "lib" },
]

[package.metadata]
requires-dist = [{ name = "lib", editable = "lib" }]

[[package]]
name = "lib"
version = "1"
source = { editable = "lib" }
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    (folder / "lib").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(ROOT)
    (folder / "lib/pyproject.toml").write_text(MEMBER.format("lib") + '[build-system]\nrequires = ["hatchling"]\n')
    (folder / "uv.lock").write_text(LOCK)
    return folder


def verdict(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    cli.main(["lock", "check", "--output-format", "json", *options, str(folder)])
    found: str = json.loads(capsys.readouterr().out)["verdict"]
    return found


def remembered(folder: Path) -> bool:
    from policy_checks.commands.lock_check import _python

    return memory.is_remembered(str(folder), _python(str(folder)))


def test_a_fresh_verdict_is_remembered(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not remembered(project)
    assert verdict(project, capsys, "--no-cache") == "fresh"
    assert not remembered(project)
    assert verdict(project, capsys) == "fresh"
    assert remembered(project)
    assert verdict(project, capsys) == "fresh"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", ROOT.replace("3.11", "3.12")),
        ("lib/pyproject.toml", MEMBER.format("lib") + 'dependencies = ["app"]\n'),
        ("uv.lock", LOCK.replace("3.11", "3.12")),
        ("uv.toml", 'resolution = "lowest"\n'),
        (".python-version", "3.13\n"),
        (".git/HEAD", "ref: refs/heads/main\n"),
        ("lib/pyproject.toml", None),
        ("uv.lock", None),
    ],
)
def test_any_change_is_looked_at_anew(project: Path, capsys: pytest.CaptureFixture[str], path: str, text: str | None) -> None:
    verdict(project, capsys)
    file = project / path
    if text is None:
        file.unlink()
    else:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert not remembered(project)
    assert verdict(project, capsys) == verdict(project, capsys, "--no-cache")


def test_another_program_decides_anew(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    verdict(project, capsys)
    monkeypatch.setattr(memory, "program", lambda: "another")
    assert not remembered(project)


def test_what_is_not_fresh_is_not_remembered(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text(ROOT.replace("3.11", "3.12"))
    assert verdict(project, capsys) == "stale"
    assert not remembered(project)


@pytest.mark.parametrize("damage", ["", "\0", "x\n\0y", "/\n3.11"])
def test_a_damaged_memory_is_no_verdict(project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, damage: str) -> None:
    verdict(project, capsys)
    (kept,) = (tmp_path / "cache/policy-checks/fresh-locks").iterdir()
    kept.write_text(damage)
    assert not remembered(project)
    assert verdict(project, capsys) == "fresh"


def test_no_home_no_memory(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    assert memory.cache_folder() is None
    assert verdict(project, capsys) == "fresh"
    assert not remembered(project)
