"""Base images across a repository: one pin moved, one row changed, one file taken away."""

from collections.abc import Mapping

import pytest

from policy_checks.containers.base_images import BASE_IMAGES, BaseImages
from policy_checks.environment import Environment
from policy_checks.lock.bans import Ban
from policy_checks.rule import Problem
from policy_checks.rules.containers import (
    img002_base_image_drift as img002,
    img004_floating_base_image as img004,
    img005_variant_mismatch as img005,
)
from policy_checks.source import Unreadable
from policy_checks.workspace import in_memory

ENVIRONMENTS = {
    name: Environment(extras=(name,), base_image=f"docker/.pin.{name}", dockerfile=f"docker/Dockerfile.ci.{name}", target="main")
    for name in ("dev", "lts")
}
REPOSITORY = {
    "docker/.pin.dev": "hub.example/nvidia/pytorch:26.06-py3\n",
    "docker/.pin.lts": "hub.example/nvidia/pytorch:25.09-py3",
    "docker/Dockerfile.ci.dev": "ARG FROM_IMAGE_NAME=hub.example/nvidia/pytorch:26.06-py3\nFROM ${FROM_IMAGE_NAME} AS main\nARG IMAGE_TYPE=dev\n",
    "docker/Dockerfile.ci.lts": "ARG FROM_IMAGE_NAME\nFROM ${FROM_IMAGE_NAME} as main\nRUN uv sync --locked --extra lts\n",
    ".gitlab/stages/01.build.yml": """\
build:
  parallel:
    matrix:
      - IMAGE: CI_LTS
        FILE: Dockerfile.ci.lts
        BASE_IMAGE: hub.example/nvidia/pytorch:25.09-py3
      - IMAGE: CI_DEV
        FILE: Dockerfile.ci.dev
        IMAGE_TYPE: dev
        BASE_IMAGE: hub.example/nvidia/pytorch:26.06-py3
""",
    "docs/build.md": """\
```bash
docker build --target main \\
  --build-arg FROM_IMAGE_NAME=$(cat docker/.pin.dev) \\
  --build-arg IMAGE_TYPE=dev -f docker/Dockerfile.ci.dev .
docker build --target main --build-arg FROM_IMAGE_NAME=$(cat docker/.pin.lts) -f docker/Dockerfile.ci.lts .
```
""",
}


def found(files: Mapping[str, str]) -> BaseImages:
    *_, last = in_memory(files).all(BASE_IMAGES)
    assert not isinstance(last, Unreadable)
    return last


def drifts(files: Mapping[str, str]) -> list[Problem]:
    return [*img002.check(found(files), img002.Options(ENVIRONMENTS))]


def mismatches(files: Mapping[str, str], *bans: Ban) -> list[Problem]:
    return [*img005.check(found(files), img005.Options(ENVIRONMENTS, bans))]


def where(problems: list[Problem]) -> list[tuple[str, int]]:
    return [(problem.place.file.path, problem.place.line) for problem in problems]


def test_a_repository_in_step() -> None:
    assert drifts(REPOSITORY) == []
    assert mismatches(REPOSITORY) == []


def test_a_pin_that_moved_alone_is_told_at_every_other_place() -> None:
    problems = drifts({**REPOSITORY, "docker/.pin.dev": "hub.example/nvidia/pytorch:26.09-py3\n"})
    assert where(problems) == [(".gitlab/stages/01.build.yml", 10), ("docker/Dockerfile.ci.dev", 1)]
    assert all(problem.fix and problem.fix.safe and problem.fix.edits[0][1].text == ":26.09-py3" for problem in problems)
    assert [place.place.file.path for place in problems[0].related] == [
        "docker/.pin.dev",
        ".gitlab/stages/01.build.yml",
        "docker/Dockerfile.ci.dev",
    ]


@pytest.mark.parametrize(
    ("path", "old", "new", "line"),
    [
        (".gitlab/stages/01.build.yml", "26.06", "25.09", 10),
        (".gitlab/stages/01.build.yml", "25.09", "26.06", 6),
        ("docker/Dockerfile.ci.dev", "26.06", "25.09", 1),
        ("docs/build.md", ".pin.dev", ".pin.lts", 3),
        ("docs/build.md", ".pin.lts", ".pin.dev", 5),
        ("docs/build.md", "IMAGE_TYPE=dev", "IMAGE_TYPE=lts", 3),
    ],
)
def test_the_other_pin_is_a_mismatch_and_no_drift(path: str, old: str, new: str, line: int) -> None:
    files = {**REPOSITORY, path: REPOSITORY[path].replace(old, new)}
    assert drifts(files) == []
    assert where(mismatches(files)) == [(path, line)]


def test_a_pin_file_that_is_gone() -> None:
    files = {path: text for path, text in REPOSITORY.items() if path != "docker/.pin.lts"}
    messages = [problem.message for problem in drifts(files)]
    assert any("docker/.pin.lts, which is not there" in message for message in messages)


@pytest.mark.parametrize(
    "text", ["FROM hub.example/nvidia/pytorch:26.06-py3\n", "# the pin\nBASE='hub.example/nvidia/pytorch:26.06-py3'\r\n"]
)
def test_other_ways_to_write_a_pin(text: str) -> None:
    assert drifts({**REPOSITORY, "docker/.pin.dev": text}) == []


def test_a_pin_in_a_dockerfile() -> None:
    environments = {"dev": Environment(base_image="docker/Dockerfile.ci.dev")}
    files = {**REPOSITORY, "run.sh": "docker run hub.example/nvidia/pytorch:26.01-py3\n"}
    problems = [*img002.check(found(files), img002.Options(environments))]
    assert ("run.sh", 1) in where(problems)
    assert all(path != "docker/Dockerfile.ci.dev" for path, _ in where(problems))


def test_bans_of_other_environments_and_ranges() -> None:
    files = {**REPOSITORY, "docker/Dockerfile.ci.lts": "FROM x:1 AS main\nRUN uv pip install 'modelopt==1.0' tool==2\n"}
    assert where(mismatches(files, Ban("modelopt", environments=("lts",)))) == [("docker/Dockerfile.ci.lts", 2)]
    assert mismatches(files, Ban("modelopt", environments=("dev",)), Ban("tool<2", environments=("lts",))) == []


def test_hundreds_of_places_stay_bounded() -> None:
    rows = "".join(f"docker run hub.example/nvidia/pytorch:20.{number:03} x\n" for number in range(400))
    problems = drifts({**REPOSITORY, "run.sh": rows})
    assert len(problems) == 400
    assert max(len(problem.related) for problem in problems) <= 53


def test_images_of_included_pipelines_are_read() -> None:
    files = {
        ".gitlab-ci.yml": "include:\n- local: ci/build.yml\n",
        "ci/build.yml": "a:\n  image: tools:latest\n",
        "data/x.yml": "image: a\n",
    }
    assert where([*img004.check(found(files), img004.Options())]) == [("ci/build.yml", 2)]


def test_yaml_that_cannot_be_read_is_told() -> None:
    faults = [one for one in in_memory({".gitlab-ci.yml": "image: [\n"}).all(BASE_IMAGES) if isinstance(one, Unreadable)]
    assert [fault.file.path for fault in faults][:1] == [".gitlab-ci.yml"]
