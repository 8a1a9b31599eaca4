"""Every command line of the guide comes from one subcommand, word for word: as it is printed, and as the program gets it."""

import re
import shlex
from pathlib import Path

import pytest

from policy_checks import cli
from tests.conftest import Git
from tests.containers.stubs import Stubs, stubs

__all__ = ["stubs"]

GUIDE = Path(__file__).parents[3] / "shared/guide/build-and-dependency.txt"
DEV, LTS = "registry.example/pytorch:26.06-py3", "registry.example/pytorch:25.09-py3"
ROOT = "$(pwd)"
RUN = f"docker run --rm --gpus all -v {ROOT}:/workspace -w /workspace megatron-lm:local"
LTS_RUN = f"{RUN}-lts"
BUILD = "docker build --target main --build-arg FROM_IMAGE_NAME={base} --build-arg IMAGE_TYPE={name} -f docker/Dockerfile.ci.dev -t {tag} ."
SRUN = "srun --nodes=1 --gpus-per-node=8 --container-image {image} --container-mounts $(pwd):/workspace --container-workdir /workspace --pty bash"

# What is typed → the guide's lines. What the guide types inside the container follows RUN.
GOLDEN: dict[str, list[str]] = {
    "pull": ["docker pull gitlab.example/adlr/megatron-lm/mcore_ci_dev:main"],
    "build": [BUILD.format(base=DEV, name="dev", tag="megatron-lm:local")],
    "build --environment lts": [BUILD.format(base=LTS, name="lts", tag="megatron-lm:local-lts")],
    "run --gpus 'pytest tests'": [f"{RUN} bash -c 'pytest tests'"],
    "slurm": [SRUN.format(image="megatron-lm:local")],
    "slurm --sqsh": [
        "enroot import -o megatron-lm.sqsh dockerd://megatron-lm:local",
        SRUN.format(image=f"{ROOT}/megatron-lm.sqsh"),
    ],
    "sync --gpus": [f"{RUN} uv sync --locked --group dev --group test"],
    "sync --gpus --only-group linting": [f"{RUN} uv sync --locked --only-group linting"],
    "sync --gpus --environment lts": [f"{LTS_RUN} uv sync --locked --group lts --group test"],
    "add --gpus httpx": [
        f"{RUN} uv add httpx",
        f"{RUN} uv lock",
        "git add pyproject.toml uv.lock",
        'git commit -S -s -m "build: add httpx dependency"',
    ],
    "conflict --gpus": ["git checkout origin/main -- uv.lock", f"{RUN} uv lock"],
}
PRINTED_ONLY = "git commit"  # for people to type: it needs their key


@pytest.fixture
def repository(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository of the guide, without a policy about images."""
    docker = tmp_path / "docker"
    docker.mkdir()
    (docker / ".ngc_version.dev").write_text(f"{DEV}\n")
    (docker / ".ngc_version.lts").write_text(f"{LTS}\n")
    (docker / "Dockerfile.ci.dev").write_text("ARG FROM_IMAGE_NAME\nFROM ${FROM_IMAGE_NAME} AS main\nFROM main AS jet\n")
    table = '[tool.policy-checks.containers]\nregistry-path = "adlr/megatron-lm/mcore_ci_{environment}"\n'
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "megatron-lm"\nversion = "1"\n{table}')
    (tmp_path / "uv.lock").write_text("version = 1\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "all")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("remote", "add", "gitlab", "ssh://git@gitlab.example:12051/adlr/megatron-lm.git")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words(line: str, root: Path) -> list[str]:
    return shlex.split(line.replace(ROOT, str(root)))


@pytest.mark.parametrize("typed", GOLDEN)
def test_it_is_printed(typed: str, repository: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    stubs.add("docker")
    assert cli.main(["container", *shlex.split(typed), "--dry-run"]) == 0
    told = capsys.readouterr()
    assert [shlex.split(line) for line in told.out.splitlines()] == [words(line, repository) for line in GOLDEN[typed]]
    assert not told.err
    assert not stubs.calls


@pytest.mark.parametrize("typed", GOLDEN)
def test_it_is_run(typed: str, repository: Path, stubs: Stubs, capfd: pytest.CaptureFixture[str]) -> None:
    stubs.add("docker", "srun", "enroot")
    assert cli.main(["container", *shlex.split(typed)]) == 0
    assert stubs.calls == [words(line, repository) for line in GOLDEN[typed] if not line.startswith(PRINTED_ONLY)]
    told = capfd.readouterr()
    shown = [line for line in told.err.splitlines() if line.split()[0] in {"docker", "srun", "enroot", "git"}]
    assert [shlex.split(line) for line in (*shown, *told.out.splitlines())] == [words(line, repository) for line in GOLDEN[typed]]


@pytest.mark.parametrize("typed", [typed for typed in GOLDEN if " uv " in GOLDEN[typed][-1]])
def test_inside_the_image_uv_gets_the_guides_words(
    typed: str, repository: Path, stubs: Stubs, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    stubs.add("uv", "docker")
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", "/opt/venv")
    assert cli.main(["container", *shlex.split(typed)]) == 0
    told = capfd.readouterr()
    guide = [words(re.sub("^docker .* uv ", "uv ", line), repository) for line in GOLDEN[typed]]
    typed_on_host = [shlex.split(line) for line in told.out.splitlines()]
    assert [*stubs.calls, *typed_on_host] == guide
    assert typed_on_host == [line for line in guide if line[:2] in (["git", "add"], ["git", "commit"])]


def guide_lines() -> set[tuple[str, ...]]:
    """The command lines of the guide's blocks, expanded as its shell would."""
    text = re.sub(r"\\\n", " ", GUIDE.read_text())
    # The recipe for a dependency came out of the page as one line.
    text = re.sub(r"(?<=\S )(?=uv add <|uv lock #|git add |git commit )", "\n", text)
    for written, meant in {
        "$(cat docker/.ngc_version.dev)": DEV,
        "$(cat docker/.ngc_version.lts)": LTS,
        "${GITLAB_HOST}": "gitlab.example",
        "<your command>": "pytest tests",
        "<package>": "httpx",
    }.items():
        text = text.replace(written, meant)
    commands = r"^(?:docker (?:pull|build|run) |srun |enroot |uv (?:sync |add |lock )|git (?:checkout|add|commit) )[^|\n]*$"
    return {tuple(shlex.split(line, comments=True)) for line in re.findall(commands, text, re.MULTILINE)}


@pytest.mark.skipif(not GUIDE.exists(), reason="the guide is not beside this repository")
def test_the_golden_lines_are_all_of_the_guide() -> None:
    golden = {tuple(shlex.split(re.sub("^docker run .*?(?= uv )", "", line))) for lines in GOLDEN.values() for line in lines}
    assert guide_lines() == golden
