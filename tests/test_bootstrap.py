"""The two commands of the README on machines of all kinds: what they set up, and what they end with."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
REQUIREMENTS = (REPOSITORY / "bootstrap" / "requirements.txt").read_text()
FOUND = re.search(r"^uv==([0-9.]+)", REQUIREMENTS, re.MULTILINE)
assert FOUND
VERSION = FOUND[1]
NEEDED = ("bash", "dirname", "env", "grep", "mkdir", "mktemp", "rm", "sed", "sort")

# A uv that writes down how it was called and makes an environment whose policy-checks ends as it is told to.
STUB_UV = """\
#!/bin/sh
echo "$@" >> "$LOG"
env | grep -E '^(UV_|VIRTUAL_ENV)' | sort >> "$LOG"
exit 0
"""
STUB_CHECKS = """\
#!/bin/sh
echo "$PWD: $@" >> "$LOG"
case $1 in format) exit "$FORMAT";; check) exit "$CHECK";; esac
"""


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder with what the scripts need of a system, and no Python and no uv."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in NEEDED:
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the scripts in a folder whose name holds spaces, set up with stubs."""
    root = tmp_path / "a fresh clone"
    for name in ("bootstrap/bootstrap.sh", "bootstrap/requirements.txt", "autoformat.sh", "tests/run"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    executable(root / ".cache" / f"uv-{VERSION}" / "bin" / "uv", STUB_UV)
    for name in (".venv", "other environment"):
        executable(root / name / "bin" / "policy-checks", STUB_CHECKS)
        executable(root / name / "bin" / "python", '#!/bin/sh\necho "$PWD: $@" >> "$LOG"\n')
    return root


def run(script: Path, path: Path, *arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a script with this environment and no other."""
    variables = {"PATH": str(path), "LOG": str(path.parent / "log"), "FORMAT": "0", "CHECK": "0"} | environment
    return subprocess.run([script, *arguments], cwd=cwd or path.parent, env=variables, capture_output=True, text=True, check=False)


def log(tools: Path) -> str:
    return (tools.parent / "log").read_text()


def test_the_version_and_the_hashes_stand_in_one_place() -> None:
    assert REQUIREMENTS.count("--hash=sha256:") >= 10
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=REPOSITORY, capture_output=True, check=True
    )
    for name in names.stdout.decode().split("\0"):
        if name.endswith((".sh", ".yml", ".yaml", "run")) or name.startswith("docker/"):
            assert f"uv=={VERSION}" not in (REPOSITORY / name).read_text(), name


def test_uv_is_asked_for_what_is_locked_whatever_the_environment_says(clone: Path, tools: Path) -> None:
    settings = {"UV_FROZEN": "1", "UV_NO_SYNC": "1", "VIRTUAL_ENV": "/elsewhere"}
    assert run(clone / "autoformat.sh", tools, cwd=None, **settings).returncode == 0
    said = log(tools)
    assert said.startswith(f"sync --quiet --locked --group dev --group test --project {clone}\n")
    assert "UV_PYTHON_DOWNLOADS=never\n" in said
    assert f"UV_CACHE_DIR={clone}/.cache/uv\n" in said, "there is no home to cache in"
    assert not any(f"{name}={value}" in said for name, value in settings.items())


@pytest.mark.parametrize("home", [None, "", "/nonexistent", "."])
def test_a_cache_is_found_with_or_without_a_home(clone: Path, tools: Path, home: str | None) -> None:
    settings = {} if home is None else {"HOME": str(tools) if home == "." else home}
    assert run(clone / "autoformat.sh", tools, cwd=None, **settings).returncode == 0
    assert ("UV_CACHE_DIR" in log(tools)) == (home != ".")


def test_in_an_image_its_variant_and_its_uv_are_taken(clone: Path, tools: Path) -> None:
    brought = tools.parent / "opt uv"
    (clone / ".cache" / f"uv-{VERSION}").rename(brought)
    (brought / f"uv-{VERSION}.dist-info").mkdir()
    assert run(clone / "autoformat.sh", tools, BOOTSTRAP_UV=str(brought), IMAGE_TYPE="lts").returncode == 0
    assert log(tools).startswith("sync --quiet --locked --group lts --group test ")


def test_an_image_that_brings_another_uv(clone: Path, tools: Path) -> None:
    executable(tools.parent / "opt" / "bin" / "uv", "#!/bin/sh\nexit 99\n")
    (tools.parent / "opt" / "uv-0.1.0.dist-info").mkdir()
    assert run(clone / "autoformat.sh", tools, BOOTSTRAP_UV=str(tools.parent / "opt")).returncode == 0
    assert log(tools).startswith("sync ")


def test_another_environment(clone: Path, tools: Path) -> None:
    assert run(clone / "tests" / "run", tools, "-k", "x", UV_PROJECT_ENVIRONMENT="other environment").returncode == 0
    assert log(tools).endswith(f"{clone}: -m pytest -n auto --dist loadgroup -k x\n")
    shutil.rmtree(clone / ".venv")
    absolute = str(clone / "other environment")
    assert run(clone / "tests" / "run", tools, UV_PROJECT_ENVIRONMENT=absolute).returncode == 0


@pytest.mark.parametrize(("format_code", "check_code", "worst"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 2, 2), (2, 1, 2), (2, 2, 2)])
def test_both_are_asked_and_the_worst_counts(clone: Path, tools: Path, format_code: int, check_code: int, worst: int) -> None:
    done = run(clone / "autoformat.sh", tools, "--check", "a b.py", FORMAT=str(format_code), CHECK=str(check_code))
    assert done.returncode == worst
    assert f": format --check a b.py\n{clone}: check {clone}\n" in log(tools)
    assert done.stdout.startswith("autoformat: format: ")


def test_an_interruption_ends_at_once(clone: Path, tools: Path) -> None:
    assert run(clone / "autoformat.sh", tools, FORMAT="130").returncode == 130
    assert ": check" not in log(tools)


def test_paths_start_at_the_working_directory_inside_the_repository(clone: Path, tools: Path) -> None:
    inside = clone / "tests"
    run(clone / "autoformat.sh", tools, cwd=inside)
    run(clone / "autoformat.sh", tools, cwd=tools)
    assert [line.partition(":")[0] for line in log(tools).splitlines() if ": format" in line] == [str(inside), str(clone)]


def test_help_sets_nothing_up(clone: Path, tools: Path) -> None:
    done = run(clone / "autoformat.sh", tools, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: ./autoformat.sh")
    assert "CHECK_ONLY=false" in done.stdout
    assert "set -euo" not in done.stdout
    assert not (tools.parent / "log").exists()


def test_without_any_python(clone: Path, tools: Path) -> None:
    shutil.rmtree(clone / ".cache")
    done = run(clone / "autoformat.sh", tools)
    assert done.returncode == 2
    assert done.stderr.startswith("bootstrap: no Python >= 3.11 with pip was found")
    assert done.stderr.count("\n") == 1


def with_pip() -> str:
    """A Python that could set the repository up; the one of an environment that uv made could not."""
    for found in (f"{sys.base_prefix}/bin/python3", "/usr/bin/python3"):
        if subprocess.run([found, "-P", "-c", "import pip"], capture_output=True, check=False).returncode == 0:
            return found
    pytest.skip("no Python >= 3.11 with pip")


def test_a_python_that_is_there_but_fails_is_passed_over(clone: Path, tools: Path) -> None:
    """As a pyenv shim does whose version is not installed; and a uv on PATH is nobody's business."""
    shutil.rmtree(clone / ".venv" / "bin")
    executable(tools / "python3", "#!/bin/sh\necho 'pyenv: python3: command not found' >&2\nexit 127\n")
    executable(tools / "uv", "#!/bin/sh\necho another uv >&2\nexit 99\n")
    executable(tools / "python3.12", f'#!/bin/sh\nexec "{with_pip()}" "$@"\n')
    done = run(clone / "tests" / "run", tools)
    assert "another uv" not in done.stderr
    assert f"UV_PYTHON={tools}/python3.12\n" in log(tools)


def test_a_stale_lock_is_a_failure(clone: Path, tools: Path) -> None:
    executable(clone / ".cache" / f"uv-{VERSION}" / "bin" / "uv", "#!/bin/sh\necho 'the lockfile needs to be updated' >&2\nexit 1\n")
    done = run(clone / "autoformat.sh", tools)
    assert done.returncode == 2
    assert "needs to be updated" in done.stderr
    assert "`uv sync --locked --group dev --group test` failed" in done.stderr


def test_a_fresh_clone_for_real(tmp_path: Path) -> None:
    """Two runs at once set it up, and without a network the next one finds everything in place."""
    clone = tmp_path / "a fresh clone"
    for name in ("policy_checks", "bootstrap", "tests"):
        shutil.copytree(REPOSITORY / name, clone / name)
    for name in ("pyproject.toml", "uv.lock", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, clone / name)
    kept = {
        name: value for name, value in os.environ.items() if name.endswith(("_PROXY", "_proxy", "_CERT", "_CA_BUNDLE", "SSL_CERT_FILE"))
    }
    cache = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=False).stdout.strip()
    environment = kept | {"PATH": f"{Path(with_pip()).parent}:/usr/bin:/bin", "PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1"}
    environment |= {"PIP_CACHE_DIR": cache, "UV_CACHE_DIR": str(Path.home() / ".cache" / "uv")} if cache else {}
    command = [str(clone / "tests" / "run"), "--version"]
    started = [
        subprocess.Popen(command, cwd="/", env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    ended = [(*process.communicate(), process.returncode) for process in started]
    if any("could not install uv" in err or "Failed to fetch" in err for _out, err, _code in ended):
        pytest.skip("the package index cannot be reached")
    assert [code for _out, _err, code in ended] == [0, 0], ended
    assert sorted(os.listdir(clone / ".cache"))[-1:] == [f"uv-{VERSION}"], "no staging folder is left"
    offline = environment | {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "UV_CACHE_DIR": str(tmp_path / "empty")}
    again = subprocess.run(command, cwd="/", env=offline, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("pytest ")
