"""`lock why` and `lock list`: contracts, selection, exit codes."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from policy_checks.commands import lock_paths
from policy_checks.failure import Failure

SOURCE = '{ registry = "https://index.example/simple" }'
PYPROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["Base_Package"]

[project.optional-dependencies]
gpu = ["fast"]

[dependency-groups]
dev = ["tester"]
lts = [{ include-group = "dev" }]

[tool.policy-checks.environments.ci]
groups = ["lts"]
extras = ["gpu"]

[tool.policy-checks.environments.plain]
default-groups = true
markers = { platform = "darwin/arm64" }
requirements = ["docker/more.txt"]
"""
LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.11"
conflicts = [[
    {{ package = "app", extra = "gpu" }},
    {{ package = "app", group = "dev" }},
]]

[[package]]
name = "app"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "base-package" }},
]

[package.optional-dependencies]
gpu = [
    {{ name = "fast" }},
]

[package.dev-dependencies]
dev = [
    {{ name = "tester" }},
]
lts = [
    {{ name = "tester" }},
]

[[package]]
name = "base-package"
version = "1.0"
source = {SOURCE}

[[package]]
name = "deep"
version = "4.0"
source = {SOURCE}

[[package]]
name = "fast"
version = "2.0"
source = {SOURCE}
dependencies = [
    {{ name = "deep", marker = "sys_platform == 'linux'" }},
]

[[package]]
name = "tester"
version = "3.0"
source = {SOURCE}
"""
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "uv.lock").write_text(LOCK)

    def call(command: str, *arguments: str) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        getattr(lock_paths, f"configure_{command}")(parser)
        code = getattr(lock_paths, f"run_{command}")(parser.parse_args([*arguments, "--project", str(tmp_path)]))
        return code, capsys.readouterr().out

    return call


def test_list(run: Run) -> None:
    assert run("list") == (0, "base-package 1.0\ntester 3.0\n")  # `dev` is installed by default
    assert run("list", "--extra", "GPU") == (0, "base-package 1.0\ndeep 4.0\nfast 2.0\n")
    assert run("list", "--environment", "ci") == (0, "base-package 1.0\ndeep 4.0\nfast 2.0\ntester 3.0\n")
    code, text = run("list", "--group", "dev", "--output-format", "json")
    assert code == 0
    assert json.loads(text)[0] == {"name": "base-package", "version": "1.0", "source": {"registry": "https://index.example/simple"}}


def test_why(run: Run) -> None:
    code, text = run("why", "DEEP")
    assert code == 0
    assert text == "deep 4.0\n  gpu (extra) → fast → deep (sys_platform == 'linux')   (pyproject.toml:8)\n"
    code, text = run("why", "tester", "--environment", "ci")
    assert code == 0
    assert "lts (group) → tester   (pyproject.toml:11)" in text
    code, text = run("why", "base.package")
    assert text == "base-package 1.0\n  dependencies → base-package   (pyproject.toml:5)\n"


def test_an_environment_with_defaults_markers_and_requirements_files(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/more.txt").write_text("fast==2.0\nother==1\n")
    arguments = argparse.Namespace(
        environment="plain", group=[], extra=[], project=tmp_path, config=None, output_format="text", package="fast", all=False
    )
    assert lock_paths.run_list(arguments) == 0
    told = capsys.readouterr()
    assert told.out == "base-package 1.0\nfast 2.0\ntester 3.0\n"  # `deep` comes on Linux only
    assert told.err == "docker/more.txt:2: `other` is not in uv.lock: what it pulls in cannot be seen\n"
    assert run("why", "fast", "--environment", "plain")[1] == ("fast 2.0\n  docker/more.txt (requirements) → fast   (docker/more.txt:1)\n")


def test_everything(run: Run, tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/more.txt").write_text("")
    assert run("list", "--environment", "all") == (0, "base-package 1.0\ndeep 4.0\nfast 2.0\ntester 3.0\n")


def test_why_not(run: Run) -> None:
    assert run("why", "deep", "--group", "dev") == (1, "deep is locked, but not reached by `dev`\n")
    assert run("why", "zzz") == (1, "zzz is not in uv.lock\n")
    assert run("why", "testr") == (1, "testr is not in uv.lock; perhaps `tester`\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--group", "de"), "takes the group `de`, which uv.lock does not have; perhaps `dev`"),
        (("--extra", "cpu"), "takes the extra `cpu`, which uv.lock does not have; perhaps `gpu`"),
        (("--environment", "cii"), "no environment `cii` .*; perhaps `ci`"),
        (("--extra", "gpu", "--group", "dev"), "conflict"),
    ],
)
def test_a_selection_that_cannot_be(run: Run, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(Failure, match=message):
        run("list", *arguments)


def test_from_a_folder_below(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "src").mkdir()
    assert run("list", "--project", str(tmp_path / "src"))[0] == 0
    project = lock_paths._alone(lock_paths._root(tmp_path / "src"))
    assert project.folder == ""
    assert len(project.graph.lock.packages) == 5
    assert capsys.readouterr().out == ""
