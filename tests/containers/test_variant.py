"""Which image is meant: by name, by label, by default, by the policy or by the guide."""

import json
from pathlib import Path
from typing import Any

import pytest

from policy_checks import cli
from policy_checks.containers import labels, variant
from policy_checks.environment import Environment
from policy_checks.failure import Failure
from policy_checks.record import replace
from tests.containers.stubs import Stubs, stubs

__all__ = ["stubs"]

DEV, LTS = Environment(dockerfile="Dockerfile"), Environment(dockerfile="Dockerfile", label="container::lts")
KNOWN = {"dev": DEV, "lts": LTS}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("a, container::lts", ("a", "container::lts")),
        ("container::lts", ("container::lts",)),
        (" a b ,\n,c\n", ("a b", "c")),
        ('["a, b", "container::lts"]', ("a, b", "container::lts")),
        ('[\n  "a"\n]', ("a",)),
        ("[]", ()),
        ("[bug], [1]", ("[bug]", "[1]")),
        ("[1]", ("[1]",)),
        ("42", ("42",)),
        ("null", ()),
        ('[{"id": 1, "name": "bug"}, {"name": "container::lts"}]', ("bug", "container::lts")),
    ],
)
def test_labels_as_text(text: str, expected: tuple[str, ...]) -> None:
    assert labels.of_text(text) == expected


@pytest.mark.parametrize("text", ['{"name": "container::lts"}', '["container::lts", 1]', '[["a"]]', '["a"', '[{"title": "a"}]', '"a"'])
def test_labels_that_are_no_list_are_not_taken_for_none(text: str) -> None:
    with pytest.raises(Failure, match="the labels are JSON"):
        labels.of_text(text)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"pull_request": {"labels": [{"name": "a"}, {"name": "container::lts"}]}}, ("a", "container::lts")),
        ({"pull_request": {"labels": []}}, ()),
        ({"issue": {"pull_request": {}, "labels": [{"name": "x"}]}, "comment": {}}, ("x",)),
        ({"issue": {"labels": [{"name": "container::lts"}]}}, None),
        ({"ref": "refs/heads/main"}, None),
    ],
)
def test_labels_of_an_event(event: object, expected: tuple[str, ...] | None) -> None:
    assert labels.of_event(json.dumps(event).encode(), "--event") == expected


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"pull_request": 1}', b'{"pull_request": {"labels": ["a"]}}', b'{"pull_request": {}}']
)
def test_an_event_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(Failure, match=r"--event is .* --labels"):
        labels.of_event(data, "--event")


@pytest.mark.parametrize(
    ("given", "name", "reason"),
    [
        (("a", "container::lts"), "lts", "label container::lts (here)"),
        (("container::lts", "container::lts"), "lts", "label container::lts (here)"),
        (("container::dev",), "dev", "label container::dev (here)"),
        (("bug", "area::core"), "dev", "default: here selects no other"),
        ((), "dev", "default: here selects no other"),
        (None, "dev", "default: here"),
    ],
)
def test_a_label_selects(given: tuple[str, ...] | None, name: str, reason: str) -> None:
    found = variant.by_labels(KNOWN, given, "here")
    assert (found.name, found.reason, found.environment) == (name, reason, KNOWN[name])
    assert (found.suffix, found.is_declared) == ("" if name == "dev" else "-lts", True)


@pytest.mark.parametrize(
    ("known", "given", "message"),
    [
        (KNOWN, ("container::lts", "container::dev"), r"container::lts and container::dev select different environments \(lts, dev\)"),
        (KNOWN | {"old": replace(LTS, label="old-base")}, ("old-base", "container::lts"), "old-base and container::lts select different"),
        (KNOWN | {"two": LTS}, ("container::lts",), r"container::lts select different environments \(lts, two\)"),
        (KNOWN, ("container::ltz",), "container::ltz selects no environment; there is container::lts"),
        (KNOWN, ("Container::LTS",), "Container::LTS selects no environment; there is container::lts"),
        ({"a": DEV, "b": DEV}, ("bug",), "none of the environments a, b is the default"),
    ],
)
def test_labels_that_select_no_one_image(known: dict[str, Environment], given: tuple[str, ...], message: str) -> None:
    with pytest.raises(Failure, match=message):
        variant.by_labels(known, given, "here")


def test_the_default() -> None:
    assert variant.default(KNOWN) == "dev"
    assert variant.default({"gpu": DEV, "cpu": LTS}) == "gpu"
    assert not variant.default({"gpu": DEV, "cpu": DEV})


def test_environments_without_an_image_get_the_guides() -> None:
    assert variant.variants({}) == variant.GUIDE
    own = variant.variants({"lts": Environment(groups=("lts",), label="old"), "docs": Environment(groups=("docs",))})
    assert set(own) == {"dev", "lts"}
    assert (own["lts"].groups, own["lts"].label, own["lts"].base_image) == (("lts",), "old", "docker/.ngc_version.lts")
    assert set(variant.variants(KNOWN | {"docs": Environment()})) == {"dev", "lts"}
    with pytest.raises(Failure, match=r"`docs` has no image: set `dockerfile` in \[tool\.policy-checks\.environments\.docs\]"):
        variant.by_name(KNOWN | {"docs": Environment()}, "docs")
    with pytest.raises(Failure, match="no environment `ltz`, perhaps `lts`"):
        variant.by_name({}, "ltz")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/.ngc_version.dev").write_text("registry.example/pytorch:26.06-py3\n")
    (tmp_path / "docker/.ngc_version.lts").write_text("registry.example/pytorch:25.09-py3")
    (tmp_path / "docker/Dockerfile.ci.dev").write_text("FROM scratch\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "Some_Thing"\nversion = "1"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert cli.main(["container", "image", *arguments, "--output-format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_image_tells_what_it_is_built_from(project: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--labels", "a, container::lts") == {
        "environment": "lts",
        "reason": "label container::lts (--labels)",
        "base_image": "registry.example/pytorch:25.09-py3",
        "base_image_file": "docker/.ngc_version.lts",
        "dockerfile": "docker/Dockerfile.ci.dev",
        "target": "main",
        "tag": "some-thing:local-lts",
        "declared": False,
    }
    assert cli.main(["container", "image"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "environment  dev (default: nothing names labels)",
        "base image   registry.example/pytorch:26.06-py3 (docker/.ngc_version.dev)",
        "dockerfile   docker/Dockerfile.ci.dev",
        "target       main",
        "tag          some-thing:local",
        "No environment of [tool.policy-checks.environments] names a dockerfile or base-image: these are the guide's.",
    ]


def test_where_labels_come_from(project: Path, stubs: Stubs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    event = project / "event.json"
    event.write_text(json.dumps({"pull_request": {"labels": [{"name": "container::lts"}]}}))
    assert shown(capsys, "--event", str(event))["reason"] == "label container::lts (--event)"
    monkeypatch.setenv("CI_MERGE_REQUEST_LABELS", "bug,container::lts")
    assert shown(capsys)["reason"] == "label container::lts (CI_MERGE_REQUEST_LABELS)"
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    assert shown(capsys)["reason"] == "label container::lts (GITHUB_EVENT_PATH)"
    assert shown(capsys, "--environment", "dev")["reason"] == "--environment"
    assert shown(capsys, "--labels", "")["reason"] == "default: --labels selects no other"
    event.write_text("{}")
    assert shown(capsys)["reason"] == "default: GITHUB_EVENT_PATH is about no pull request"
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(project / "none"))
    assert cli.main(["container", "image"]) == 2
    assert capsys.readouterr().err == f"policy-checks: GITHUB_EVENT_PATH {project / 'none'}: No such file or directory\n"


@pytest.mark.parametrize(
    ("policy", "arguments", "message"),
    [
        ('environments.dev.dockerfile = "Docker"', (), "Docker is not here: correct the `dockerfile` of"),
        ('environments.dev.base-image = "pin"', (), "Dockerfile is not here"),
        (
            'environments.dev = { dockerfile = "docker/Dockerfile.ci.dev", base-image = "pin" }',
            (),
            "pin is not here: correct the `base-image`",
        ),
        (
            'environments.dev = { dockerfile = "docker/Dockerfile.ci.dev", base-image = "pyproject.toml" }',
            (),
            "must hold one image reference",
        ),
        ('environments = { a.dockerfile = "A", b.dockerfile = "B" }', (), "none of the environments a, b is the default"),
        (
            'environments = { a.dockerfile = "A", b.dockerfile = "B" }',
            ("--environment", "c"),
            "there is no environment `c`; there are a, b",
        ),
        ('containers.name = "Upper"', (), "name: 'Upper' is no path of an image"),
        ('containers.name = "a:b"', (), "no host, no port and no tag"),
        ('containers.registry-path = "gitlab.example:5005/a"', (), "no host, no port and no tag"),
        ('containers.registry-path = "gitlab.example/a"', (), "no host, no port and no tag"),
        ('containers.registry-tag = "a b"', (), "no tag of an image"),
        ('containers.nam = "x"', (), "unknown key 'nam', perhaps you meant 'name'"),
    ],
)
def test_what_is_wrong_is_told(
    project: Path, stubs: Stubs, capsys: pytest.CaptureFixture[str], policy: str, arguments: tuple[str, ...], message: str
) -> None:
    (project / "policy-checks.toml").write_text(policy)
    assert cli.main(["container", "image", *arguments]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert len(told.err.splitlines()) == 1
    assert not told.out


def test_the_guides_files_are_not_there(
    tmp_path: Path, stubs: Stubs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["container", "image"]) == 2
    assert (
        "docker/Dockerfile.ci.dev is not here: it is the guide's name; say in [tool.policy-checks.environments.dev]"
        in capsys.readouterr().err
    )
