"""`policy-checks doctor` as it is called: exit codes, standard input, JSON, and that it changes and runs nothing."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Git
from tests.containers.test_doctor_real_logs import PROJECT, wheel
from tests.real_uv import needs_uv, uv

STALE = "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.\n"
Doctor = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def doctor(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Doctor:
    """Calls the program in `tmp_path`, on a machine on which nothing is wrong: a uv is on PATH, there is space."""
    programs = tmp_path_factory.mktemp("programs")
    (programs / "uv").write_text('#!/bin/sh\necho "$PWD: $*" >> "$0.calls"\necho "uv 0.7.2 (abc 2026-01-01)"\n')
    (programs / "uv").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CI") and not name.startswith("UV_")}
    path = f"{programs}:{os.environ['PATH']}"

    def call(*arguments: str, said: str | None = None, **variables: str) -> "subprocess.CompletedProcess[str]":
        where: dict[str, Any] = {"stdin": subprocess.DEVNULL} if said is None else {"input": said}
        command = [sys.executable, "-m", "policy_checks", "doctor", *arguments]
        environment = kept | {"PATH": path, "COLUMNS": "100", "PYTHONPATH": str(Path(__file__).parents[2])} | variables
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, **where)

    return call


def checks(done: "subprocess.CompletedProcess[str]") -> dict[str, tuple[str, str]]:
    """Status and message of each check of a report in JSON."""
    return {one["name"]: (one["status"], one["message"]) for one in json.loads(done.stdout)["checks"]}


def test_nothing_is_wrong(doctor: Doctor) -> None:
    done = doctor()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("nothing is wrong")
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("how", ["file", "-", "piped"])
def test_log(doctor: Doctor, tmp_path: Path, how: str) -> None:
    (tmp_path / "ci.log").write_text(f"one\n{STALE}")
    done = doctor("--log", "ci.log") if how == "file" else doctor(*(["--log", "-"] if how == "-" else []), said=f"one\n{STALE}")
    assert done.returncode == 1
    name = "ci.log" if how == "file" else "standard input"
    assert f"  wrong   stale-lock: {name}:2: `uv sync --locked` fails\n" in done.stdout
    for part in ("   cause     uv.lock is stale", f"   evidence  {name}:2: error: The lockfile at", "   fix       run `uv lock` inside"):
        assert part in done.stdout


def test_silent_log(doctor: Doctor) -> None:
    done = doctor("--log", "-", said="Resolved 57 packages in 12ms\nAudited 55 packages in 0.12ms\n")
    assert done.returncode == 0
    assert "no known pitfall in 2 lines" in done.stdout


def test_empty_log_is_not_fine(doctor: Doctor) -> None:
    assert checks(doctor("--log", "-", "--output-format", "json", said=""))["standard input"] == ("unknown", "the log is empty")
    assert "standard input" not in doctor(said="").stdout


@pytest.mark.parametrize(("name", "told"), [("gone.log", "No such file"), (".", "this is a folder"), ("gone/x", "No such file")])
def test_log_that_cannot_be_read(doctor: Doctor, name: str, told: str) -> None:
    done = doctor("--log", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"policy-checks: --log {name}: ")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_pipe_on_which_nothing_comes_is_no_reason_to_wait(doctor: Doctor, tmp_path: Path) -> None:
    receive, send = os.pipe()
    try:
        command = [sys.executable, "-m", "policy_checks", "doctor"]
        done = subprocess.run(command, cwd=tmp_path, stdin=receive, capture_output=True, text=True, timeout=60, check=False)
    finally:
        os.close(receive)
        os.close(send)
    assert "unknown standard input: nothing came" in done.stdout


def test_json(doctor: Doctor) -> None:
    done = doctor("--log", "-", "--output-format", "json", said=STALE)
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["version"] == 1
    (problem,) = report["problems"]
    assert problem["pitfall"] == "stale-lock"
    assert problem["evidence"] == [{"text": STALE.strip(), "path": "standard input", "line": 1}]
    assert report["summary"]["wrong"] == 1
    assert {one["status"] for one in report["checks"]} <= {"ok", "note", "unknown", "wrong"}


def test_narrow_terminal(doctor: Doctor) -> None:
    done = doctor("--log", "-", said=STALE, COLUMNS="50")
    assert all(len(line) <= 50 or len(line.split()) == 1 for line in done.stdout.splitlines() if "/" not in line)


def test_a_broken_policy_hides_nothing_else(doctor: Doctor, git: Git, tmp_path: Path) -> None:
    (tmp_path / "policy-checks.toml").write_text("environments = 3\ncommits = 4\n")
    done = doctor("--output-format", "json")
    found = checks(done)
    assert done.returncode == 0
    assert found["image builds"][0] == found["signing"][0] == "unknown"
    assert "policy-checks.toml:2" in found["signing"][1]
    assert found["container"][0] in ("ok", "unknown")


def test_a_repository_that_git_refuses(doctor: Doctor, git: Git, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a repository to somebody else")
    git("status")
    for path in (tmp_path, tmp_path / ".git"):
        os.chown(path, 12345, 12345)
    done = doctor("--output-format", "json", GIT_CONFIG_GLOBAL=os.devnull)
    assert done.returncode == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert "dubious ownership" in problem["evidence"][0]["text"]
    assert f"git config --global --add safe.directory {tmp_path}" in problem["fix"]


ENVIRONMENTS = '[environments.dev]\ndockerfile = "Dockerfile"\ntarget = "main"\n'


def test_builds_and_registry(doctor: Doctor, git: Git, tmp_path: Path) -> None:
    (tmp_path / "policy-checks.toml").write_text(ENVIRONMENTS)
    (tmp_path / "Dockerfile").write_text("FROM base AS main\nFROM main AS jet\n")
    (tmp_path / "build.sh").write_text(
        "docker build .\ndocker pull git.example:5005/group/image:main\ngit clone ssh://git@git.example:2222/a/b\n"
    )
    git("remote", "add", "gitlab", "ssh://git@git.example:2222/group/project.git")
    done = doctor("--output-format", "json")
    assert done.returncode == 1
    builds, registry = json.loads(done.stdout)["problems"]
    assert (builds["pitfall"], builds["evidence"][0]["path"], builds["evidence"][0]["line"]) == ("jet-secret", "build.sh", 1)
    assert registry["pitfall"] == "registry-port"
    assert registry["evidence"] == [{"text": "git.example:5005/group/image:main", "path": "build.sh", "line": 2}]
    (tmp_path / "build.sh").write_text("docker build --target main .\ndocker pull git.example/group/image:main\n")
    assert doctor().returncode == 0


@needs_uv
def test_stale_lock(doctor: Doctor, git: Git, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(""))
    assert uv(tmp_path, "lock").returncode == 0
    assert checks(doctor("--output-format", "json"))["lock"][0] == "ok"
    (tmp_path / "pyproject.toml").write_text(PROJECT.format('"idna"'))
    done = doctor("--output-format", "json")
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["pitfall"] == "stale-lock"
    assert (problem["evidence"][0]["path"], problem["evidence"][0]["line"]) == ("pyproject.toml", 5)
    (tmp_path / "uv.lock").unlink()
    (problem,) = json.loads(doctor("--output-format", "json").stdout)["problems"]
    assert problem["pitfall"] == "missing-lock"


def test_a_broken_project_without_a_lock_is_not_told_as_a_missing_lock(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project")
    (problem,) = json.loads(doctor("--output-format", "json").stdout)["problems"]
    assert problem["pitfall"] == "invalid-project"
    assert "TOML" in problem["cause"]


@needs_uv
def test_pip_in_an_environment_of_uv(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        PROJECT.format("")
        + f'[dependency-groups]\nwheels = ["gadget"]\n[tool.uv.sources]\ngadget = {{ path = "{wheel(tmp_path, "gadget")}" }}\n'
    )
    done = uv(tmp_path, "sync", "--group", "wheels")
    assert done.returncode == 0, done.stderr
    assert checks(doctor("--output-format", "json"))["installed by uv"] == ("ok", "1 packages")
    pip = shutil.which("pip3") or shutil.which("pip") or pytest.skip("there is no pip")
    install = [pip, "--python", f"{tmp_path}/.venv/bin/python", "install", "--no-index", "--no-deps", str(wheel(tmp_path, "widget"))]
    subprocess.run(install, check=True, capture_output=True)
    done = doctor("--output-format", "json")
    assert done.returncode == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["pitfall"] == "pip-outside-venv"
    assert problem["evidence"][0]["text"] == "widget 1.0, INSTALLER: pip"
    assert checks(done)["as locked"] == ("note", "1 of 2 packages are not in uv.lock: widget")


def _tree(root: Path) -> Iterator[tuple[str, int, bytes]]:
    for path in sorted(root.rglob("*")):
        state = path.lstat()
        yield str(path), state.st_mtime_ns, path.read_bytes() if path.is_file() else b""


def test_nothing_is_changed_and_nothing_of_the_repository_is_run(doctor: Doctor, git: Git, tmp_path: Path) -> None:
    mark = tmp_path.parent / f"{tmp_path.name}-was-run"
    script = f"#!/bin/sh\ntouch {mark}\n"
    for name in (".venv/bin/uv", ".venv/bin/python", ".git/hooks/pre-commit", "monitor"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    (tmp_path / ".venv/pyvenv.cfg").write_text("uv = 0.7.2\n")
    (tmp_path / ".pre-commit-config.yaml").write_text("repos: []\n")
    git("config", "core.fsmonitor", str(tmp_path / "monitor"))
    before = list(_tree(tmp_path))
    first = doctor("--output-format", "json", PATH=f"{tmp_path}/.venv/bin:{os.environ['PATH']}")
    doctor("--log", "-", said=STALE)
    assert first.returncode in (0, 1)
    assert list(_tree(tmp_path)) == before
    assert not mark.exists()


@pytest.mark.skipif(not Path("/.dockerenv").exists() and not Path("/run/.containerenv").exists(), reason="uv is run in containers alone")
class TestInAContainer:
    """What is only asked inside: uv and its version."""

    def test_uv_of_the_repository_is_not_run(self, doctor: Doctor, tmp_path: Path) -> None:
        (tmp_path / "uv").write_text("#!/bin/sh\n")
        (tmp_path / "uv").chmod(0o755)
        found = checks(doctor("--output-format", "json", PATH=f"{tmp_path}:{os.environ['PATH']}"))
        assert found["uv version"][0] == "unknown"
        assert "lies in the repository" in found["uv version"][1]

    def test_uv_is_asked_for_its_version_outside_of_the_project(self, doctor: Doctor, tmp_path_factory: pytest.TempPathFactory) -> None:
        assert doctor().returncode == 0
        calls = [path.read_text().splitlines() for path in tmp_path_factory.getbasetemp().glob("programs*/uv.calls")]
        assert {line for lines in calls for line in lines} == {"/: --version"}

    def test_version_as_pinned(self, doctor: Doctor, tmp_path: Path) -> None:
        (tmp_path / "Dockerfile").write_text("FROM base\nARG UV_VERSION=0.7.2\n")
        assert checks(doctor("--output-format", "json"))["uv version"] == ("ok", "uv 0.7.2, as pinned")
        (tmp_path / "Dockerfile").write_text("FROM base\nARG UV_VERSION=0.9.0\n")
        done = doctor("--output-format", "json")
        assert done.returncode == 1
        assert json.loads(done.stdout)["problems"][0]["evidence"] == [{"text": "UV_VERSION: 0.9.0", "path": "Dockerfile", "line": 2}]

    def test_no_uv(self, doctor: Doctor, tmp_path_factory: pytest.TempPathFactory) -> None:
        only_git = tmp_path_factory.mktemp("only-git")
        (only_git / "git").symlink_to(shutil.which("git") or "git")
        done = doctor("--output-format", "json", PATH=str(only_git))
        assert done.returncode == 1
        assert json.loads(done.stdout)["problems"][0]["pitfall"] == "uv-missing"

    def test_image_environment_that_is_not_there(self, doctor: Doctor, tmp_path: Path) -> None:
        done = doctor("--output-format", "json", UV_PROJECT_ENVIRONMENT=str(tmp_path.parent / "nowhere"))
        assert done.returncode == 1
        assert checks(done)["venv"][0] == "wrong"


CONFIG = """\
default_install_hook_types: [pre-commit, commit-msg]
repos:
  - repo: local
    hooks:
      - {id: a, name: a, entry: "true", language: system}
      - {id: b, name: b, entry: "true", language: system, stages: [pre-push]}
"""


class TestClone:
    """Hooks, signing and the merge driver: advice where people work, not asked in CI."""

    @pytest.fixture
    def clone(self, git: Git, tmp_path: Path) -> Path:
        assert git("status", "--porcelain") == ""
        (tmp_path / ".pre-commit-config.yaml").write_text(CONFIG)
        return tmp_path

    def test_what_is_missing_is_advice(self, doctor: Doctor, clone: Path) -> None:
        done = doctor("--output-format", "json", HOME=str(clone.parent))
        assert done.returncode == 0
        found = checks(done)
        for name in ("pre-commit hook", "commit-msg hook", "pre-push hook", "merge driver"):
            assert found[name][0] == "note"
        assert "pre-commit install --hook-type pre-push" in found["pre-push hook"][1]

    @pytest.mark.parametrize("runner", ["pre-commit", "prek"])
    @pytest.mark.parametrize("elsewhere", [False, True])
    def test_installed_by_the_real_runner(self, doctor: Doctor, clone: Path, git: Git, runner: str, elsewhere: bool) -> None:
        program = (
            shutil.which(runner) or shutil.which(str(Path(sys.executable).parent / runner)) or pytest.skip(f"{runner} is not installed")
        )
        types = ["--hook-type", "pre-commit", "--hook-type", "commit-msg", "--hook-type", "pre-push"]
        subprocess.run([program, "install", *types], cwd=clone, check=True, capture_output=True)
        if elsewhere:
            (clone / ".git/hooks").rename(clone / ".hooks")
            git("config", "core.hooksPath", ".hooks")
        found = checks(doctor("--output-format", "json"))
        assert [found[f"{kind} hook"][0] for kind in ("pre-commit", "commit-msg", "pre-push")] == ["ok"] * 3

    def test_a_hook_that_cannot_run_is_wrong(self, doctor: Doctor, clone: Path) -> None:
        (clone / ".git/hooks/pre-commit").write_text("#!/bin/sh\n# File generated by pre-commit\nINSTALL_PYTHON=/gone/python\n")
        (clone / ".git/hooks/pre-commit").chmod(0o755)
        done = doctor("--output-format", "json")
        assert done.returncode == 1
        assert "/gone/python" in json.loads(done.stdout)["problems"][0]["cause"]

    def test_signing(self, doctor: Doctor, clone: Path, git: Git) -> None:
        (clone / "policy-checks.toml").write_text('[commits]\nsignature = "present"\n')
        assert checks(doctor("--output-format", "json"))["signing"][0] == "note"
        for name, value in (("gpg.format", "ssh"), ("user.signingkey", "k.pub"), ("commit.gpgsign", "true"), ("format.signoff", "true")):
            git("config", name, value)
        assert checks(doctor("--output-format", "json"))["signing"][0] == "ok"
        (clone / "policy-checks.toml").write_text('[commits]\nsignature = "off"\n')
        assert checks(doctor("--output-format", "json"))["signing"] == ("ok", "the policy asks for no signatures")

    def test_merge_driver(self, doctor: Doctor, clone: Path, git: Git) -> None:
        (clone / ".gitattributes").write_text("uv.lock merge=uv-lock\n")
        assert checks(doctor("--output-format", "json"))["merge driver"][0] == "note"
        git("config", "merge.uv-lock.driver", "policy-checks lock merge-driver %O %A %B %P")
        assert checks(doctor("--output-format", "json"))["merge driver"][0] == "ok"

    @pytest.mark.usefixtures("clone")
    def test_ci_is_not_asked(self, doctor: Doctor) -> None:
        found = checks(doctor("--output-format", "json", CI="true"))
        assert not {"pre-commit hook", "signing", "merge driver"} & set(found)
        assert found["git"][0] == "note"
