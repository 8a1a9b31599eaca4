"""Images in YAML: what jobs run in, and what stands side by side."""

from policy_checks.readers.pipeline_images import Given, RunIn, images
from policy_checks.source import SourceFile


def read(text: str, path: str = ".gitlab-ci.yml") -> tuple[list[str], list[dict[str, str]]]:
    found = [*images(SourceFile(path, text.encode()), {"Dockerfile.ci"})]
    runs = [one.image.place.file.cut(one.image.place.span) for one in found if isinstance(one, RunIn)]
    return runs, [{name: value.text for name, value in one.values.items()} for one in found if isinstance(one, Given)]


def test_gitlab() -> None:
    text = "image: 'a:1'\njob:\n  image: {name: \"b:1\"}\n  services: [{name: c, image: d}]\n  variables: {image: e}\n"
    assert read(text)[0] == ["a:1", "b:1"]


def test_github() -> None:
    text = (
        "jobs:\n  a:\n    container: a:1\n    steps:\n    - uses: docker://b:1\n    - with: {image: c}\n  b:\n    container: {image: d:1}\n"
    )
    assert read(text, ".github/workflows/x.yml")[0] == ["a:1", "docker://b:1", "d:1"]
    assert read("jobs:\n- job: a\n  container: alias\n", "azure-pipelines.yml")[0] == []


def test_rows_of_a_matrix_with_the_variables_around() -> None:
    text = "variables: {BASE_IMAGE: a:1}\njob:\n  parallel:\n    matrix:\n    - IMAGE_TYPE: [dev, lts]\n    - IMAGE_TYPE: docs\n"
    rows = [row for row in read(text)[1] if {"BASE_IMAGE", "IMAGE_TYPE"} <= row.keys()]
    assert [row["IMAGE_TYPE"] for row in rows] == ["dev", "lts", "docs"]


def test_a_matrix_of_any_size_ends() -> None:
    values = ", ".join(map(str, range(50)))
    rows = "".join(f"      {name}: [{values}]\n" for name in "ABCDEFG")
    text = f"job:\n  parallel:\n    matrix:\n    - BASE_IMAGE: [a]\n{rows}"
    assert len(read(text)[1]) == 100


def test_build_arguments() -> None:
    step = (
        "jobs:\n  a:\n    steps:\n    - with:\n        file: x/Dockerfile\n        build-args: |\n          A=1\n          BASE_IMAGE=b:1\n"
    )
    assert read(step, ".github/workflows/x.yml")[1] == [{"A": "1", "BASE_IMAGE": "b:1"}]
    compose = "services:\n  a:\n    build:\n      context: x\n      args:\n      - A=1\n  b:\n    build:\n      args: {B: 2}\n"
    found = [one for one in images(SourceFile("compose.yaml", compose.encode()), set()) if isinstance(one, Given)]
    assert [({name: value.text for name, value in one.values.items()}, one.dockerfile) for one in found] == [
        ({"A": "1"}, "x/Dockerfile"),
        ({"B": "2"}, "./Dockerfile"),
    ]


def test_the_dockerfile_beside() -> None:
    found = [
        *images(SourceFile(".gitlab-ci.yml", b"a:\n  variables:\n    FILE: docker/Dockerfile.ci\n    BASE_IMAGE: b\n"), {"Dockerfile.ci"})
    ]
    assert [one.dockerfile for one in found if isinstance(one, Given)] == ["docker/Dockerfile.ci"]
