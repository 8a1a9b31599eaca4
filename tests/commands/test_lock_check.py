"""`policy-checks lock check`: its lines, its exit codes, and that one fault hides no other project."""

import argparse
import json
from pathlib import Path

import pytest

from policy_checks import cli
from policy_checks.commands import lock_check
from policy_checks.commands.disk_tree import DiskTree
from policy_checks.lock import freshness

PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["attrs>=23"]\n'
LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }

[package.metadata]
requires-dist = [{ name = "attrs", specifier = ">=23" }]
"""


def project(folder: Path, text: str = PROJECT) -> str:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(text)
    (folder / "uv.lock").write_text(LOCK)
    return str(folder)


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    lock_check.configure(parser)
    return lock_check.run(parser.parse_args(["--no-cache", *arguments]))


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = PROJECT.replace(">=23", ">=24")
    folders = [
        project(tmp_path / "fresh"),
        project(tmp_path / "stale", stale),
        project(tmp_path / "bad", "[project"),
        str(tmp_path / "none"),
    ]
    assert run("--output-format", "json", *folders) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["dir"], line["verdict"]) for line in lines] == list(zip(folders, ["fresh", "stale", "invalid", "unknown"], strict=True))
    (difference,) = lines[1]["differences"]
    assert sorted(difference) == ["code", "declared", "line", "locked", "message", "path", "what"]
    assert (difference["code"], difference["path"], difference["line"]) == ("LCK002", "pyproject.toml", 5)
    assert (difference["declared"], difference["locked"]) == ("attrs>=24", "attrs>=23")


def test_exit_codes(tmp_path: Path) -> None:
    assert run(project(tmp_path / "a")) == 0
    assert run(project(tmp_path / "b", PROJECT.replace(">=23", ">=24"))) == 1
    assert run(project(tmp_path / "c", "[project")) == 1
    assert run(str(tmp_path / "d")) == 2


def test_text(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    project(tmp_path / "a", PROJECT.replace(">=23", ">=24"))
    assert run("a") == 1
    assert capsys.readouterr().out == (
        "a: stale — uv.lock does not match the project\n"
        "\n"
        "  dependency of app on attrs\n"
        "    declared  pyproject.toml:5                    locked  uv.lock:10\n"
        "    attrs>=24                                     attrs>=23\n"
        "    what `app` requires of `attrs` changed\n"
        "\n"
        "  to mend it, run inside the container: uv lock\n"
    )


def test_a_crash_hides_no_other_project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    real, first = freshness.judge, iter([True])

    def judge(*arguments: object) -> object:
        if next(first, False):
            raise RuntimeError("broken")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(freshness, "judge", judge)
    assert run("--output-format", "json", project(tmp_path / "a"), project(tmp_path / "b")) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["verdict"] for line in lines] == ["unknown", "fresh"]
    assert "broken" in lines[0]["differences"][0]["message"]


def test_nothing_outside_of_a_repository_is_read(tmp_path: Path) -> None:
    project(tmp_path / "outside")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    inner = Path(project(tmp_path / "repository" / "app"))
    tree = DiskTree(inner)
    assert tree.project == "app"
    assert tree.file("app/pyproject.toml") is not None
    assert tree.file("../outside/pyproject.toml") is None
    assert not tree.is_folder("../outside")


@pytest.mark.parametrize(("pinned", "expected"), [("3.12\n", "3.12"), ("cpython-3.13.1", "3.13"), ("# none", None)])
def test_the_interpreter_that_uv_would_take(tmp_path: Path, pinned: str, expected: str | None) -> None:
    text = PROJECT.replace('requires-python = ">=3.11"\n', "")
    folder = Path(project(tmp_path / "a", text))
    (folder / ".python-version").write_text(pinned)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "pyvenv.cfg").write_text("home = /x\nversion_info = 3.11.4\n")
    assert run(str(folder)) == (0 if expected is None else 1)


UNSOUND = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "attrs" },
]

[package.metadata]
requires-dist = [{ name = "attrs", specifier = ">=23" }]

[[package]]
name = "attrs"
version = "22.2.0"
source = { registry = "https://index.example/simple" }
wheels = [
    { url = "https://index.example/attrs-22.2.0-py3-none-any.whl", hash = "sha256:%s" },
]
""" % ("0" * 64)  # fmt: skip  # braces are TOML's
INDEX = '[[tool.uv.index]]\nname = "own"\nurl = "https://index.example/simple"\ndefault = true\n'


def unsound(folder: Path, policy: str = "") -> str:
    project(folder, PROJECT + INDEX + policy)
    (folder / "uv.lock").write_text(UNSOUND)
    return str(folder)


def test_integrity_is_judged_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = unsound(tmp_path / "a")
    assert run(folder) == 0
    assert run("--integrity", folder) == 1
    assert "fresh — uv.lock matches the project; 1 fault that uv does not look for" in capsys.readouterr().out
    assert run("--integrity", "--output-format", "json", folder) == 1
    shown = json.loads(capsys.readouterr().out)
    (difference,) = shown["differences"]
    assert (shown["verdict"], difference["code"], difference["what"]) == ("fresh", "LCK010", "locked-version-violates-requirement")
    assert (difference["path"], difference["line"]) == ("uv.lock", UNSOUND.splitlines().index('version = "22.2.0"') + 1)


def test_a_remembered_verdict_says_nothing_of_integrity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    parser = argparse.ArgumentParser()
    lock_check.configure(parser)
    folder = unsound(tmp_path / "a")
    assert lock_check.run(parser.parse_args([folder])) == 0
    assert lock_check.run(parser.parse_args(["--integrity", folder])) == 1


def test_integrity_follows_the_policy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--integrity", unsound(tmp_path / "a", '[tool.policy-checks]\nignore = ["LCK010"]\n')) == 0
    assert run("--integrity", unsound(tmp_path / "c", '[tool.policy-checks]\nignore = ["LCK011"]\n')) == 1
    assert "\n  uv.lock:" in capsys.readouterr().out
    waiver = '[[tool.policy-checks.waivers]]\ncodes = ["LCK010"]\npaths = ["uv.lock"]\nreason = "known"\n'
    assert run("--integrity", unsound(tmp_path / "b", waiver)) == 0
    assert "fault" not in capsys.readouterr().out


def test_integrity_of_a_project_that_uv_refuses_is_left_alone(tmp_path: Path) -> None:
    folder = unsound(tmp_path / "a")
    (tmp_path / "a" / "pyproject.toml").write_text("[project")
    assert run("--integrity", folder) == 1


def test_integrity_knows_the_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = unsound(tmp_path / "a")
    monkeypatch.chdir(folder)
    assert run("--integrity", ".") == 1
    assert cli.main(["baseline", "--select", "LCK"]) == 0
    assert run("--integrity", ".") == 0
    (tmp_path / "a/.policy-checks-baseline.json").rename(tmp_path / "a/known.json")
    assert run("--integrity", ".") == 1
    with (tmp_path / "a/pyproject.toml").open("a") as project_file:
        project_file.write('\n[tool.policy-checks]\nbaseline = "known.json"\n')
    assert run("--integrity", ".") == 0
