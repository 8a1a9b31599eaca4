"""The pytest plugin, in pytest runs of its own."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

TESTS = """\
import pytest

@pytest.mark.flaky_in_dev
def test_one(): ...

@pytest.mark.flaky
@pytest.mark.parametrize("number", [1, 2])
def test_two(number): ...

@pytest.mark.slow
class TestThree:
    @pytest.mark.flaky
    def test_three(self): ...
"""
SETTINGS = '[tool.pytest.ini_options]\nmarkers = ["flaky: in lts", "flaky_in_dev: in dev", "slow: minutes"]\naddopts = "--strict-markers"\n'
POLICY = '[tool.policy-checks.environments.dev]\nskip-marker = "slow"\n[tool.policy-checks.environments.lts]\n'


def run(folder: Path, image: str | None, *arguments: str, policy: str = "") -> tuple[int, str]:
    """The exit code and the output of pytest where `IMAGE_TYPE` is as given."""
    (folder / "pyproject.toml").write_text(SETTINGS + policy)
    (folder / "test_image.py").write_text(TESTS)
    environment = {name: value for name, value in os.environ.items() if name not in ("IMAGE_TYPE", "PYTEST_ADDOPTS")}
    environment |= {"IMAGE_TYPE": image} if image is not None else {}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("image", "policy", "summary", "told"),
    [
        (None, "", "4 passed", ""),
        ("", "", "4 passed", ""),
        ("dev", "", "3 passed, 1 skipped", "policy-checks: skipped 1 test: marked flaky_in_dev, which IMAGE_TYPE=dev skips"),
        ("lts", "", "1 passed, 3 skipped", "policy-checks: skipped 3 tests: marked flaky, which IMAGE_TYPE=lts skips"),
        ("png", "", "4 passed", ""),
        ("dev", POLICY, "3 passed, 1 skipped", "policy-checks: skipped 1 test: marked slow, which IMAGE_TYPE=dev skips"),
        ("lts", POLICY, "4 passed", ""),
        ("png", '[tool.policy-checks.environments.dev]\ngroups = ["dev"]\n', "4 passed", ""),  # the variable is about something else
    ],
)
def test_what_an_image_skips(tmp_path: Path, image: str | None, policy: str, summary: str, told: str) -> None:
    code, output = run(tmp_path, image, policy=policy)
    assert code == 0
    assert f"{summary} in" in output
    assert [line for line in output.splitlines() if line.startswith("policy-checks:")] == [told] * bool(told)


@pytest.mark.parametrize(
    "arguments", [("-p", "policy_checks.pytest_plugin"), ("-n", "2"), ("-p", "policy_checks.pytest_plugin", "-n", "2")]
)
def test_loaded_twice_and_under_xdist(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    code, output = run(tmp_path, "lts", *arguments)
    assert code == 0
    assert "1 passed, 3 skipped in" in output
    assert "policy-checks: skipped 3 tests: marked flaky, which IMAGE_TYPE=lts skips" in output


def test_what_is_collected_only_is_not_told_as_skipped(tmp_path: Path) -> None:
    code, output = run(tmp_path, "lts", "--collect-only")
    assert code == 0
    assert "policy-checks:" not in output


def test_an_image_of_no_environment_is_an_error(tmp_path: Path) -> None:
    code, output = run(tmp_path, "ltss", policy=POLICY)
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "IMAGE_TYPE=ltss names no environment of [tool.policy-checks.environments]; there are dev, lts" in output


def test_a_broken_policy_is_an_error(tmp_path: Path) -> None:
    code, output = run(tmp_path, "dev", policy="[tool.policy-checks.environments.dev]\nskip-marker = 1\n")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "skip-marker" in output


def test_without_an_image_nothing_more_is_imported() -> None:
    code = "import policy_checks.pytest_plugin, sys; print([name for name in sys.modules if name.startswith('policy_checks.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['policy_checks.pytest_plugin']"


def test_this_repository_uses_it() -> None:
    settings = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["tool"]
    declared = {line.partition(":")[0] for line in settings["pytest"]["ini_options"]["markers"]}
    assert {environment["skip-marker"] for environment in settings["policy-checks"]["environments"].values()} == declared - {"slow"}
