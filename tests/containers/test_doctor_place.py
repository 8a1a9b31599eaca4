"""What the doctor says of the place: container or host, environment, space, repository, clone."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from policy_checks.containers.doctor import clone, environment, place, repository, space
from policy_checks.containers.doctor.clone import HookFile
from policy_checks.containers.doctor.environment import Installed, Virtual
from policy_checks.containers.doctor.space import LEAST, Space
from policy_checks.containers.doctor.verdicts import Check, Status
from policy_checks.readers.uv_pins import UvPin
from policy_checks.source import Place, SourceFile, Span


@pytest.mark.parametrize(
    ("variables", "files", "inside"),
    [
        ({}, {"/.dockerenv": ""}, True),
        ({}, {"/run/.containerenv": 'engine="podman"\n'}, True),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {"/proc/1/cgroup": "0::/\n"}, True),
        ({"container": "oci"}, {"/proc/1/cgroup": "0::/\n"}, True),
        ({"UV_PROJECT_ENVIRONMENT": "/opt/venv"}, {"/proc/1/cgroup": "0::/\n"}, True),
        ({}, {"/proc/1/cgroup": "12:pids:/kubepods/besteffort/pod1\n"}, True),
        ({}, {"/proc/1/cgroup": "4:memory:/docker/0123\n"}, True),
        ({}, {"/proc/1/cgroup": "0::/init.scope\n"}, False),
        ({}, {"/proc/1/cgroup": "0::/\n", "/proc/1/comm": "systemd\n"}, False),
        ({}, {}, False),  # no /proc: macOS, Windows
        ({}, {"/proc/1/cgroup": "0::/\n", "/proc/1/comm": "bash\n"}, None),
        ({}, {"/proc/self/cgroup": "0::/\n"}, None),
        ({"container": ""}, {"/proc/1/cgroup": "0::/\n"}, None),
    ],
)
def test_container_host_or_unknown(variables: Mapping[str, str], files: Mapping[str, str], inside: bool | None) -> None:
    found, why = place.container(variables, files.get)
    assert found is inside
    assert why
    assert place.check(found, why).status is (Status.UNKNOWN if inside is None else Status.OK)


def package(name: str, version: str = "1.0", installer: str = "uv") -> Installed:
    return Installed(name, version, installer, f"/opt/venv/lib/{name}-{version}.dist-info")


@pytest.mark.parametrize(
    ("packages", "made_by_uv", "status"),
    [
        ((package("a"), package("b")), "0.13.9", Status.OK),
        ((package("a"), package("b", installer="pip")), "0.13.9", Status.WRONG),
        ((package("a"), package("b", installer="pip")), "", Status.WRONG),
        ((package("a", installer="pip"),), "", Status.NOTE),  # nothing of it is uv's
        ((package("a"), package("pip", installer="pip")), "0.13.9", Status.OK),  # a seed
        ((package("a"), package("b", installer="")), "0.13.9", Status.OK),  # unknown is not pip
    ],
)
def test_who_installed_it(packages: tuple[Installed, ...], made_by_uv: str, status: Status) -> None:
    found = environment.installers(Virtual("/opt/venv", made_by_uv, system_packages=False, installed=packages))
    assert found.status is status
    if status is Status.WRONG:
        assert found.trouble is not None
        assert found.trouble.pitfall == "pip-outside-venv"
        assert [one.path for one in found.trouble.evidence] == ["/opt/venv/lib/b-1.0.dist-info"]


@pytest.mark.parametrize(
    ("packages", "status", "told"),
    [
        ((package("a"), package("b", "2.0")), Status.OK, "each as in uv.lock"),
        ((package("a", "1.0.0"),), Status.OK, ""),  # the same version (PEP 440)
        ((package("a", "1.1"),), Status.WRONG, "not at their locked version"),
        ((package("b", "3.0"),), Status.OK, ""),  # the other fork
        ((package("c", "0.1.dev7"),), Status.OK, ""),  # the lock leaves it open: a git source, the project itself
        ((package("a"), package("d")), Status.NOTE, "not in uv.lock: d"),
        ((package("a"), package("setuptools", "80", "pip")), Status.OK, ""),
        ((package("a", "not a version"),), Status.WRONG, ""),
        ((), Status.NOTE, "is empty"),
    ],
)
def test_drift(packages: tuple[Installed, ...], status: Status, told: str) -> None:
    locked: dict[str, list[str | None]] = {"a": ["1.0"], "b": ["2.0", "3.0"], "c": [None]}
    found = environment.drift(Virtual("/opt/venv", "0.13.9", system_packages=False, installed=packages), locked)
    assert found.status is status
    assert told in found.said


def test_too_many_packages_are_not_taken_for_fine() -> None:
    found = environment.drift(Virtual("/opt/venv", "1", system_packages=False, installed=(package("a"),), more=True), {"a": ["1.0"]})
    assert found.status is Status.UNKNOWN


def test_names_of_folders() -> None:
    assert environment.distribution("Nvidia_ModelOpt-0.44.dist-info", "uv\n", "p") == Installed("nvidia-modelopt", "0.44", "uv", "p")
    assert environment.distribution("no-dist", "uv", "p") is None
    assert environment.configuration("home = /usr/bin\nuv = 0.13.9\ninclude-system-site-packages = true\nodd\n")["uv"] == "0.13.9"


@pytest.mark.parametrize(
    ("found", "image", "status"),
    [
        ("/opt/venv", True, Status.OK),
        ("/usr", True, Status.WRONG),
        (None, True, Status.WRONG),
        ("/usr", False, Status.NOTE),
    ],
)
def test_python_of_path(found: str | None, image: bool, status: Status) -> None:
    assert environment.python("/opt/venv", found, image=image).status is status


@pytest.mark.parametrize(
    ("there", "image", "inside", "status"),
    [
        (True, True, True, Status.OK),
        (False, True, True, Status.WRONG),
        (False, True, None, Status.NOTE),
        (False, False, True, Status.NOTE),
        (False, False, False, Status.NOTE),
    ],
)
def test_expected_place(there: bool, image: bool, inside: bool | None, status: Status) -> None:
    assert environment.venv("/opt/venv", there, image=image, inside=inside).status is status


@pytest.mark.parametrize(
    ("variable", "inside", "status"),
    [
        ("", True, Status.OK),
        ("/opt/venv/", True, Status.OK),
        ("/home/me/venv", True, Status.WRONG),
        ("/home/me/venv", False, Status.NOTE),
    ],
)
def test_activated(variable: str, inside: bool, status: Status) -> None:
    assert environment.activated("/opt/venv", variable, inside=inside).status is status


def measured(free: int = 50 * LEAST, files: int = -1, *, writable: bool = True, own_mount: bool = True) -> Space:
    return Space("/root/.cache/uv", free, 100 * LEAST, files, writable, own_mount)


@pytest.mark.parametrize(
    ("measured", "inside", "status", "told"),
    [
        (measured(), True, Status.OK, "50.0 GiB free of 100.0 GiB at /root/.cache/uv"),
        (measured(LEAST - 1), True, Status.WRONG, "1024.0 MiB free"),
        (measured(LEAST - 1), None, Status.WRONG, ""),
        (measured(files=12), False, Status.WRONG, "only 12 more files"),
        (measured(writable=False), False, Status.NOTE, "may not write"),
        (measured(own_mount=False), True, Status.NOTE, "-v $HOME/.cache/uv:/root/.cache/uv"),
        (measured(own_mount=False), False, Status.OK, ""),
    ],
)
def test_space(measured: Space, inside: bool | None, status: Status, told: str) -> None:
    found = space.check("uv cache", measured, inside=inside)
    assert found.status is status
    assert told in found.said
    assert (found.trouble is not None) == (status is Status.WRONG)


@pytest.mark.parametrize(
    ("types", "stages", "wanted"),
    [
        ([], [], ("pre-commit",)),
        ([], [["commit-msg"], ["pre-push", "manual"]], ("pre-commit", "commit-msg", "pre-push")),
        (["pre-commit", "pre-push"], [["pre-commit", "pre-merge-commit"], ["push"]], ("pre-commit", "pre-push")),
        (["commit-msg"], [["commit"], []], ("commit-msg", "pre-commit")),
        ([], [["manual"]], ("pre-commit",)),
        (["nonsense"], [["nonsense"]], ("pre-commit",)),
    ],
)
def test_wanted_hook_types(types: list[str], stages: list[list[str]], wanted: tuple[str, ...]) -> None:
    assert clone.wanted(types, stages) == wanted


_OURS = "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\nINSTALL_PYTHON={}\n"


@pytest.mark.parametrize(
    ("text", "executable", "status"),
    [
        (None, False, Status.NOTE),
        (_OURS.format("/here"), True, Status.OK),
        (_OURS.format("'/here'"), True, Status.OK),
        (_OURS.format("/gone"), True, Status.WRONG),
        (_OURS.format("/here"), False, Status.WRONG),
        ("#!/bin/sh\n# File generated by prek\n", True, Status.OK),
        ("#!/bin/sh\nmake lint\n", True, Status.UNKNOWN),
    ],
)
def test_hook_file(text: str | None, executable: bool, status: Status) -> None:
    found = clone.check("pre-commit", HookFile("/r/.git/hooks/pre-commit", text, executable), lambda path: path == "/here")
    assert found.status is status


def pin(written: str, *, bound: bool = False) -> UvPin:
    return UvPin(
        Place(SourceFile("Dockerfile", b"x\n" + written.encode()), Span(2, 3)),
        written,
        "required-version" if bound else "UV_VERSION",
        bound,
    )


@pytest.mark.parametrize(
    ("pins", "status"),
    [
        ([], Status.NOTE),
        ([pin("0.7.2")], Status.OK),
        ([pin("0.7")], Status.OK),
        ([pin("<0.8")], Status.OK),
        ([pin("0.7.3")], Status.WRONG),
        ([pin("0.7.3"), pin("0.7.2")], Status.OK),  # that they disagree is PIP008's matter
        ([pin(">=0.7", bound=True)], Status.OK),
        ([pin("0.7.2"), pin(">=0.9", bound=True)], Status.WRONG),
        ([pin("0.6.0"), pin("0.7.2", bound=True)], Status.WRONG),
    ],
)
def test_uv_version(pins: list[UvPin], status: Status) -> None:
    found = repository.uv_version("0.7.2", pins)
    assert found.status is status
    if found.trouble:
        assert (found.trouble.evidence[0].path, found.trouble.evidence[0].line) == ("Dockerfile", 2)


def test_every_wrong_check_says_cause_evidence_and_fix() -> None:
    wrong: list[Check] = [
        environment.installers(Virtual("/v", "1", system_packages=False, installed=(package("b", installer="pip"),))),
        environment.python("/opt/venv", "/usr", image=True),
        environment.venv("/opt/venv", there=False, image=True, inside=True),
        environment.activated("/opt/venv", "/x", inside=True),
        space.check("uv cache", measured(1), inside=True),
        repository.uv_version("0.7.2", [pin("0.7.3")]),
        repository.builds([(pin("x").place, "docker build")]),
        repository.registry("git.example", [(pin("x").place, "git.example:5005/a")]),
        clone.check("pre-push", HookFile("/h", _OURS.format("/gone"), executable=True), os.path.exists),
    ]
    for check in wrong:
        assert check.status is Status.WRONG
        assert check.trouble is not None
        assert check.trouble.cause
        assert check.trouble.fix
        assert check.trouble.evidence


def test_paths_are_real(tmp_path: Path) -> None:
    assert (
        space.check("environment", Space(str(tmp_path), 2 * LEAST, 3 * LEAST, -1, writable=True, own_mount=False), inside=True).status
        is Status.OK
    )
