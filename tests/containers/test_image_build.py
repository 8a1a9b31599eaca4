"""Our own images, really built, on a base made for it. Takes minutes, so it is asked for: `./tests/run -m slow`."""

import re
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from policy_checks.containers.doctor.log import read
from policy_checks.containers.doctor.log_diagnosis import troubles
from tests.containers import base_image
from tests.containers.base_image import Buildah

REPOSITORY = Path(__file__).parents[2]
GROUPS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["dependency-groups"]
TOOLS = {"dev": GROUPS["linting"], "lts": GROUPS["lts"]}
Inside = Callable[..., "subprocess.CompletedProcess[str]"]

# One group: with xdist, one process makes the base and the images for all of them.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("image")]


@pytest.fixture(scope="module")
def buildah(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """A storage that holds the base image, and nothing is left of it."""
    if "slow" not in request.config.option.markexpr:
        pytest.skip("builds images for minutes; ./tests/run -m slow does it")
    if reason := base_image.hindrance():
        pytest.skip(f"no image can be built here: {reason}")
    folder = tmp_path_factory.mktemp("buildah")
    buildah = base_image.storage(folder)
    try:
        base_image.make(buildah)
        yield buildah
    finally:
        base_image.remove(folder)


def build(buildah: Buildah, target: str, variant: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """The guide's build command, but for the program's name."""
    shared = ("--layers",) if buildah.driver == "overlay" else ()
    arguments = (*shared, "--build-arg", f"FROM_IMAGE_NAME={base_image.BASE}", "--build-arg", f"IMAGE_TYPE={variant}")
    return buildah.run(
        "build", "--target", target, *arguments, "-f", f"{REPOSITORY}/docker/Dockerfile.ci.dev", *options, str(REPOSITORY), check=False
    )


@pytest.fixture(scope="module", params=["dev", "lts"])
def variant(request: pytest.FixtureRequest, buildah: Buildah) -> str:
    """A variant whose image is there, under its own name."""
    name = str(request.param)
    done = build(buildah, "main", name, "-t", name)
    assert done.returncode == 0, done.stderr[-4000:]
    return name


@pytest.fixture
def inside(buildah: Buildah, variant: str) -> Iterator[Inside]:
    """Runs a command in a new container of the variant, after options of `buildah run`."""
    container = buildah.say("from", variant)

    def run(*command: str, options: tuple[str, ...] = (), check: bool = True) -> "subprocess.CompletedProcess[str]":
        return buildah.run("run", *options, container, "--", *command, check=check)

    yield run
    buildah.run("rm", container)


def test_what_is_in_the_image(inside: Inside, variant: str) -> None:
    assert inside("id", "-u").stdout == "1000\n"
    assert inside("bash", "-c", "type -P python policy-checks uv").stdout.split() == [
        "/opt/venv/bin/python",
        "/opt/venv/bin/policy-checks",
        "/opt/uv/bin/uv",
    ]
    assert inside("policy-checks", "--version").stdout.startswith("policy-checks ")
    for text in TOOLS[variant]:
        wanted = Requirement(text)
        if not wanted.name.startswith("types-"):
            version = re.search(r"\d+\.\d+[.\d]*", inside(wanted.name, "--version").stdout)
            assert version, wanted
            assert wanted.specifier.contains(version[0]), (wanted, version[0])
    assert inside("git", "remote").stdout == "", "nothing of the builder's own git configuration"

    # Both commands of the README, and nothing is installed for them.
    assert inside("./autoformat.sh", "--help").stdout.startswith("usage: ./autoformat.sh")
    collected = inside("./tests/run", "--collect-only", "-q")
    assert re.search(r"^\d+ tests collected", collected.stdout, re.MULTILINE)
    assert "installing uv" not in collected.stderr
    inside("sh", "-c", "printf 'def twice( number: int ) -> int:\\n    return 2*number\\n' > policy_checks/twice.py")
    formatted = inside("./autoformat.sh", check=False)
    assert "policy_checks/twice.py: black changed it" in formatted.stdout, formatted
    assert "autoformat: format: something to mend; check: " in formatted.stdout, "ruff and pylint ask for docstrings"
    assert all(re.search(rf"^{tool} +1 ", formatted.stdout, re.MULTILINE) for tool in ("ruff", "isort", "black", "pylint", "mypy"))
    assert ".cache" not in inside("ls", "-A").stdout


def test_with_a_repository_mounted_by_anybody_and_without_a_network(inside: Inside, tmp_path: Path) -> None:
    """As the guide launches it, by a user whom neither the image nor the repository knows."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split("\0")
    clone = tmp_path / "clone"
    for name in names:
        if (REPOSITORY / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, clone / name)
    for arguments in (["init"], ["add", "."], ["commit", "-m", "all"]):
        subprocess.run(["git", *arguments], cwd=clone, capture_output=True, check=True)
    (clone / "policy_checks" / "twice.py").write_text('"""Twice."""\n\nNUMBER = 2*2\n')
    subprocess.run(["chown", "-R", "4242:4242", clone], check=True)
    tmp_path.chmod(0o755)
    options = ("--volume", f"{clone}:/workspace", "--user", "4242:4242", "--env", "UV_OFFLINE=1", "--env", "PIP_NO_INDEX=1")
    done = inside("./autoformat.sh", options=options, check=False)
    assert "policy_checks/twice.py: black changed it" in done.stdout, done
    assert "autoformat: format: clean" in done.stdout
    assert (clone / "policy_checks" / "twice.py").read_text().endswith("NUMBER = 2 * 2\n")
    assert " tests collected" in inside("./tests/run", "--collect-only", "-q", options=options).stdout


def test_the_jet_stage_without_its_secret(buildah: Buildah) -> None:
    done = build(buildah, "jet", "dev")
    assert done.returncode != 0
    assert "secret required but no secret with id JET_INDEX_URLS found" in done.stderr
    assert [trouble.pitfall for trouble in troubles(read(BytesIO(done.stderr.encode())), "build")] == ["jet-secret"]


def test_the_jet_stage_with_its_secret(buildah: Buildah, tmp_path: Path) -> None:
    package = tmp_path / "index" / "jet-api"
    package.mkdir(parents=True)
    with zipfile.ZipFile(package / "jet_api-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("jet_api-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: jet-api\nVersion: 1.0\n")
        wheel.writestr("jet_api-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("jet_api-1.0.dist-info/RECORD", "")
    (package / "index.html").write_text('<a href="jet_api-1.0-py3-none-any.whl">jet_api-1.0-py3-none-any.whl</a>')
    secret = tmp_path / "secret"
    secret.write_text("file:///srv/the-index")
    options = ("--volume", f"{tmp_path}/index:/srv/the-index:ro", "--secret", f"id=JET_INDEX_URLS,src={secret}")
    done = build(buildah, "jet", "dev", "--build-arg", "JET_API_VERSION=1.0", *options, "-t", "jet")
    assert done.returncode == 0, done.stderr[-4000:]
    assert "+ jet-api==1.0" in done.stdout + done.stderr
    assert "the-index" not in buildah.say("inspect", "--type", "image", "jet")
