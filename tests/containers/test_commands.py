"""The container commands as their users call them: on any engine, from any folder, with any words, and when something is missing."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policy_checks import cli, uv
from policy_checks.containers import dependencies, launch
from policy_checks.containers.launch import Build, Job, Launch
from policy_checks.environment import Environment
from policy_checks.failure import Failure
from tests.conftest import Git
from tests.containers.stubs import Stubs, stubs

__all__ = ["stubs"]

RUN = ["docker", "run", "--rm"]
SLEEP = shutil.which("sleep")  # PATH holds stubs alone


@pytest.fixture
def project(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "thing"\nversion = "1"\n')
    (tmp_path / "uv.lock").write_text("version = 1\n")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path


def container(*arguments: str) -> int:
    return cli.main(["container", *arguments])


def mounted(project: Path) -> list[str]:
    return ["-v", f"{project}:/workspace", "-w", "/workspace"]


@pytest.mark.parametrize("names", [("docker",), ("podman",), ("nerdctl",), ("podman", "docker"), ("nerdctl", "podman")])
def test_the_engine_that_is_there(project: Path, stubs: Stubs, names: tuple[str, ...]) -> None:
    stubs.add(*names)
    assert container("exec", "--", "true") == 0
    assert stubs.calls == [[min(names, key=["docker", "podman", "nerdctl"].index), *RUN[1:], *mounted(project), "thing:local", "true"]]


def test_the_engine_that_is_asked_for(project: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    stubs.add("docker", "podman")
    assert container("run", "--engine", "podman", "true") == 0
    assert stubs.calls[-1][0] == "podman"
    assert container("run", "--engine", "nerdctl", "true") == 2
    assert capsys.readouterr().err.endswith("nerdctl is not on PATH: install it, or leave --engine out\n")


def test_no_engine(project: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    assert container("run", "true") == 2
    assert (
        capsys.readouterr().err
        == "policy-checks: no container engine is on PATH, looked for docker, podman, nerdctl: install one of them\n"
    )
    assert container("slurm") == 2
    assert capsys.readouterr().err.endswith("policy-checks: srun is not installed or not on PATH\n")
    assert container("run", "--dry-run", "true") == 0
    assert capsys.readouterr().out.startswith("docker run ")


def test_gpus_where_there_are_some(project: Path, stubs: Stubs) -> None:
    stubs.add("docker", "podman", "nvidia-smi")
    for arguments, expected in {
        (): ["--gpus", "all"],
        ("--no-gpus",): [],
        ("--engine", "podman"): ["--device", "nvidia.com/gpu=all"],
    }.items():
        assert container("run", *arguments, "true") == 0
        assert stubs.calls[-1][3 : 3 + len(expected) + 1] == [*expected, "-v"]


def test_a_shell(project: Path, stubs: Stubs) -> None:
    stubs.add("docker")
    assert container("run", "--no-gpus") == 0
    assert stubs.calls == [[*RUN, "-it", *mounted(project), "thing:local", "bash"]]


def test_words_of_run_are_to_be_quoted(project: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    assert container("run", "pytest", "tests") == 2
    assert "container run 'pytest tests'" in capsys.readouterr().err


WORDS = ["a b", "", "it's", '"', "$HOME", "`id`", "a\nb", "é", "*", ";", "--", "-x", "--dry-run", "\\"]


def test_words_arrive_as_they_are(project: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    stubs.add("docker")
    assert container("exec", "--no-gpus", "--", "printf", *WORDS) == 0
    assert stubs.calls[-1] == [*RUN, *mounted(project), "thing:local", "printf", *WORDS]
    assert shlex.split(capsys.readouterr().err) == stubs.calls[-1]
    text = " && ".join(WORDS)
    assert container("run", "--no-gpus", text) == 0
    assert stubs.calls[-1][-3:] == ["bash", "-c", text]


def test_what_the_host_lends(project: Path, stubs: Stubs) -> None:
    stubs.add("docker", "podman")
    user, cache = f"{os.getuid()}:{os.getgid()}", project / "home/.cache/uv"
    assert container("run", "--dry-run", "--uv-cache", "true") == 0
    assert not cache.exists()
    assert container("run", "--uv-cache", "true") == 0
    assert cache.is_dir()
    assert stubs.calls[-1][3:9] == ["-v", f"{project}:/workspace", "-v", f"{cache}:/root/.cache/uv", "-w", "/workspace"]
    assert container("run", "--user", "--uv-cache", "--option=--ipc=host", "--image", "x:y", "true") == 0
    lent = ["-v", f"{cache}:/tmp/uv-cache", "-e", "UV_CACHE_DIR=/tmp/uv-cache", "--user", user, "-e", "HOME=/tmp", "--ipc=host", "-w"]
    assert stubs.calls[-1][5 : 5 + len(lent)] == lent
    assert stubs.calls[-1][-5:] == ["/workspace", "x:y", "bash", "-c", "true"]
    assert container("run", "--engine", "podman", "--user", "true") == 0
    assert stubs.calls[-1][5:8] == ["--userns=keep-id", "--user", user]


def test_from_a_folder_below(project: Path, stubs: Stubs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "docker").mkdir()
    (project / "docker/Dockerfile").write_text("FROM scratch\n")
    (project / "policy-checks.toml").write_text('environments.dev.dockerfile = "docker/Dockerfile"\n')
    monkeypatch.chdir(project / "sub")
    stubs.add("docker")
    assert container("exec", "--dry-run", "--no-gpus", "--", "ls") == 0
    assert container("build", "--dry-run") == 0
    assert container("add", "--dry-run", "--no-gpus", "x>=1", "y", "--group", "test") == 0
    run = f"docker run --rm -v {project}:/workspace -w /workspace/sub thing:local"
    assert capsys.readouterr().out.splitlines() == [
        f"{run} ls",
        "docker build --build-arg IMAGE_TYPE=dev -f ../docker/Dockerfile -t thing:local ..",
        f"{run} uv add --group test 'x>=1' y",
        f"{run} uv lock",
        "git add ../pyproject.toml ../uv.lock",
        'git commit -S -s -m "build: add x>=1, y dependencies"',
    ]
    (project / "uv.lock").unlink()
    assert container("conflict", "--dry-run", "--no-gpus") == 0
    assert capsys.readouterr().out.splitlines()[0] == "git checkout origin/main -- ../uv.lock"


def test_a_step_that_fails_is_the_last(project: Path, stubs: Stubs, git: Git, capfd: pytest.CaptureFixture[str]) -> None:
    stubs.add("docker", then="exit 7")
    assert container("add", "x") == 7
    assert len(stubs.calls) == 1
    assert "git commit" not in capfd.readouterr().out
    assert git("status", "--porcelain", "uv.lock") == "?? uv.lock\n"


def test_a_signal_is_told_as_shells_do(project: Path, stubs: Stubs) -> None:
    stubs.add("docker", then="kill -TERM $$")
    assert container("run", "true") == 143


def test_an_engine_that_cannot_be_started(project: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    (stubs.folder / "docker").write_text("#!/nowhere/sh\n")
    (stubs.folder / "docker").chmod(0o755)
    assert container("run", "true") == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("policy-checks: docker ")


@pytest.mark.parametrize(("number", "whole_group", "expected"), [(signal.SIGINT, True, 130), (signal.SIGTERM, False, 41)])
def test_the_container_is_waited_for(project: Path, stubs: Stubs, number: signal.Signals, whole_group: bool, expected: int) -> None:
    ready, ended = project / "ready", project / "ended"
    then = f"trap 'echo > {ended}; exit 41' INT TERM\necho > {ready}\nleft=600\nwhile [ $left -gt 0 ]; do {SLEEP} 0.05; left=$((left - 1)); done"
    stubs.add("docker", then=then)
    command = [sys.executable, "-m", "policy_checks", "container", "run", "true"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    while not ready.exists() and process.poll() is None:
        time.sleep(0.01)
    (os.killpg if whole_group else os.kill)(process.pid, number)
    assert process.wait() == expected
    assert ended.exists()


@pytest.mark.parametrize("wrong", ["a:b", "a,b"])
def test_a_path_that_cannot_be_mounted(wrong: str) -> None:
    with pytest.raises(Failure, match="move the repository to a path without it"):
        launch.run(Launch("docker", "x", f"/{wrong}"), ("ls",))
    with pytest.raises(Failure, match="move the repository to a path without it"):
        launch.srun(Job("x", f"/{wrong}"))


def test_a_dockerfile_that_says_it_all() -> None:
    assert launch.build("podman", Build("dev", "", "Dockerfile", "", "x:local")) == (
        *("podman", "build", "--build-arg", "IMAGE_TYPE=dev", "-f", "Dockerfile", "-t", "x:local", "."),
    )


def test_sync_is_the_environment() -> None:
    environment = Environment(extras=("te",), groups=("build",), member="core")
    words = ["uv", "sync", "--locked", "--package", "core", "--extra", "te", "--group", "build"]
    assert list(dependencies.sync(environment)) == words
    assert list(dependencies.sync(environment, ("build",))) == words
    assert list(dependencies.sync(environment, ("test",))) == [*words[:7], "--no-default-groups", *words[7:]]


@pytest.mark.parametrize(
    ("uv", "expected"),
    [
        ("", ["--group", "lts"]),
        ('default-groups = ["test"]', ["--no-default-groups", "--group", "lts"]),
        ('default-groups = ["lts"]', ["--group", "lts"]),
    ],
)
def test_sync_keeps_uvs_default_groups_out(project: Path, stubs: Stubs, uv: str, expected: list[str]) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write(f"[dependency-groups]\nlts = []\ntest = []\n[tool.uv]\n{uv}\n")
    (project / "policy-checks.toml").write_text('environments.lts.groups = ["lts"]\n')
    stubs.add("docker")
    assert container("sync", "--no-gpus", "--environment", "lts") == 0
    assert stubs.calls[-1][-3 - len(expected) :] == ["uv", "sync", "--locked", *expected]
    assert stubs.calls[-1][-4 - len(expected)] == "thing:local-lts"


def test_pull_wants_to_know_where(project: Path, stubs: Stubs, git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    stubs.add("docker")
    policy = project / "policy-checks.toml"
    for text, arguments, message in [
        ("", (), 'set `registry-path = "group/project/ci_{environment}"` in [tool.policy-checks.containers]'),
        (
            'containers.registry-path = "a/b"',
            (),
            "there is no git remote `gitlab`: `git remote add gitlab URL`, or name the registry's host",
        ),
        ('containers.registry-path = "a/b"', ("--tag", "a b"), "no git remote"),
        ('containers.registry-path = "a/b"', ("--tag", "a b", "--registry", "git.example"), "is no image reference: correct --tag"),
        ('containers.registry-path = "a/b"', ("--registry", "git.example:5005"), "leave the port out"),
    ]:
        policy.write_text(text)
        assert container("pull", *arguments) == 2
        told = capsys.readouterr().err
        assert message in told
        assert len(told.splitlines()) == 1
    assert not stubs.calls


def test_pull_finds_the_host_as_git_does(project: Path, stubs: Stubs, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    stubs.add("podman")
    (project / "policy-checks.toml").write_text('[containers]\nregistry-path = "g/x_{environment}"\nregistry-tag = "t"\nremote = "lab"\n')
    git("remote", "add", "lab", "lab:adlr/x.git")
    git("remote", "add", "other", "https://u:p@other.example:8443/x")
    git("config", "url.ssh://git@gitlab.example:12051/.insteadOf", "lab:")
    assert container("pull", "--labels", "container::lts") == 0
    assert stubs.calls[-1] == ["podman", "pull", "gitlab.example/g/x_lts:t"]
    with (project / "policy-checks.toml").open("a") as file:
        file.write('registries-with-port = ["gitlab.example:5005"]\n')
    for arguments in ((), ("--registry", "gitlab.example"), ("--registry", "gitlab.example:5005")):
        assert container("pull", *arguments) == 0
        assert stubs.calls[-1] == ["podman", "pull", "gitlab.example:5005/g/x_dev:t"]
    assert container("pull", "--remote", "other", "--tag", "latest") == 0
    assert stubs.calls[-1] == ["podman", "pull", "other.example/g/x_dev:latest"]
    for name, value in {"COUNT": "1", "KEY_0": "remote.mine.url", "VALUE_0": "git@mine.example:x"}.items():  # as in ~/.gitconfig
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    assert container("pull", "--remote", "mine") == 0
    assert stubs.calls[-1] == ["podman", "pull", "mine.example/g/x_dev:t"]


def test_a_conflict_in_the_project_comes_first(project: Path, stubs: Stubs, git: Git, capsys: pytest.CaptureFixture[str]) -> None:
    stubs.add("docker")
    git("add", ".")
    git("commit", "--quiet", "-m", "a")
    for branch in ("one", "two"):
        git("checkout", "--quiet", "-b", branch, "main")
        for name in ("pyproject.toml", "uv.lock"):
            (project / name).write_text(f'[project]\nname = "{branch}"\nversion = "1"\n')
        git("commit", "--quiet", "-am", branch)
    subprocess.run(["git", "merge", "--quiet", "one"], cwd=project, capture_output=True, check=False)
    (project / "policy-checks.toml").write_text('containers.name = "thing"\n')
    before = len(stubs.calls)
    assert container("conflict") == 2
    assert "pyproject.toml is still unmerged, and uv could not read it: resolve it first" in capsys.readouterr().err
    git("checkout", "--ours", "pyproject.toml")
    git("add", "pyproject.toml")
    before = len(stubs.calls)
    assert container("conflict", "--no-gpus", "--target", "one") == 0
    run = [*RUN, *mounted(project), "thing:local", "uv", "lock"]
    assert stubs.calls[before:] == [["git", "checkout", "one", "--", "uv.lock"], run]
    assert '"one"' in (project / "uv.lock").read_text()
    assert capsys.readouterr().err.endswith("uv.lock is resolved: `git add uv.lock`, then go on with the merge\n")
    assert container("conflict", "--target=--force") == 2
    assert "unknown revision '--force'" in capsys.readouterr().err


def test_an_archive_that_is_there_is_used(project: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    stubs.add("srun", "enroot")
    (project / "thing-lts.sqsh").touch()
    assert container("slurm", "--sqsh", "--environment", "lts", "--nodes", "2", "--option=--partition=batch", "--", "nvidia-smi", "-L") == 0
    (call,) = stubs.calls
    assert call[:6] == ["srun", "--nodes=2", "--gpus-per-node=8", "--partition=batch", "--container-image", f"{project}/thing-lts.sqsh"]
    assert call[-2:] == ["nvidia-smi", "-L"]
    assert "thing-lts.sqsh is here already" in capsys.readouterr().err
    assert container("slurm", "--sqsh", "--image", "git.example/a/ci_dev:main", "--engine", "podman", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines()[0] == "enroot import -o ci_dev-main.sqsh podman://git.example/a/ci_dev:main"
    with pytest.raises(SystemExit):
        container("slurm", "--nodes", "0")


def test_options_are_no_packages(project: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    assert container("add", "--", "--frozen") == 2
    assert "'--frozen' is no package" in capsys.readouterr().err


@pytest.mark.parametrize(
    "typed",
    [
        *("run --environment '' x", "run --image '' x", "run --option '' x", "build --tag ' '", "pull --remote ''", "pull --registry ''"),
        *(
            "pull --tag ''",
            "conflict --target ''",
            "add ''",
            "add --group '' x",
            "add --extra '' x",
            "sync --only-group ''",
            "slurm --image ''",
        ),
    ],
)
def test_a_variable_that_is_not_set_is_no_default(typed: str, project: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        container(*shlex.split(typed), "--dry-run")
    assert stopped.value.code == 2
    told = capsys.readouterr()
    assert told.err.endswith(": it is empty\n")
    assert not told.out


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=3))
def test_the_line_that_commits_is_one_message(packages: list[str]) -> None:
    *words, message = shlex.split(dependencies.commit(packages))
    assert words == ["git", "commit", "-S", "-s", "-m"]
    assert message.startswith(f"build: add {', '.join(packages)} dependenc")


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("command", ["", *[name.split()[1] for name in cli.COMMANDS if name.startswith("container ")]])
def test_help_fits(command: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    if command:
        with pytest.raises(SystemExit):
            container(command, "--help")
    else:
        assert cli.main(["container"]) == 2
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > width] == []


def test_the_documentation_names_only_what_there_is() -> None:
    text = (Path(__file__).parents[2] / "docs/containers.md").read_text()
    told = set(re.findall(r"^\| `(\w+)", text, re.MULTILINE)) | set(re.findall(r"policy-checks container (\w+)", text))
    assert told >= {name.split()[1] for name in cli.COMMANDS if name.startswith("container ")}
    assert all(f"container {name}" in cli.COMMANDS for name in re.findall(r"policy-checks container (\w+)", text))


def test_a_container_without_an_engine_is_inside(project: Path, stubs: Stubs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uv, "inside_container", lambda _environment, _exists: True)
    stubs.add("uv")
    assert container("exec", "--", "uv", "lock") == 0
    assert stubs.calls == [["uv", "lock"]]
    stubs.add("podman")  # a container to develop in, from which the image is started
    assert container("exec", "--no-gpus", "--", "uv", "lock") == 0
    assert stubs.calls[-1] == ["podman", *RUN[1:], *mounted(project), "thing:local", "uv", "lock"]


def test_on_the_host_uv_is_never_run(
    project: Path, stubs: Stubs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(uv, "inside_container", lambda _environment, _exists: False)
    stubs.add("uv")
    for arguments in (("sync",), ("add", "x"), ("conflict",), ("exec", "--", "uv", "lock")):
        assert container(*arguments) == 2
        assert "no container engine is on PATH" in capsys.readouterr().err
    assert not stubs.calls


def test_a_folder_that_is_no_repository(
    tmp_path: Path, stubs: Stubs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy-checks.toml").write_text('containers = { name = "team/thing", registry-path = "a" }\n')
    monkeypatch.chdir(tmp_path)
    stubs.add("docker")
    assert container("run", "--no-gpus", "true") == 0
    assert stubs.calls == [[*RUN, *mounted(tmp_path), "team/thing:local", "bash", "-c", "true"]]
    assert container("slurm", "--sqsh", "--dry-run") == 0
    assert capsys.readouterr().out.startswith("enroot import -o thing.sqsh dockerd://team/thing:local\n")
    for command, message in {"pull": "not a git repository", "conflict": "this is no git repository"}.items():
        assert container(command) == 2
        assert message in capsys.readouterr().err
    assert container("add", "x") == 2
    assert "there is no pyproject.toml here or above" in capsys.readouterr().err
    (tmp_path / "policy-checks.toml").write_text("")
    assert container("run", "true") == 2
    assert "the image has no name: set `name` in [tool.policy-checks.containers]" in capsys.readouterr().err
    (tmp_path / "policy-checks.toml").write_text(
        'containers.name = "x"\nenvironments."a b".dockerfile = "D"\nenvironments.dev.dockerfile = "D"\n'
    )
    assert container("run", "--environment", "a b", "true") == 2
    assert "'x:local-a b' is no image's name" in capsys.readouterr().err
