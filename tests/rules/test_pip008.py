"""PIP008: which places are said to disagree, and what the finding lists."""

import pytest

from policy_checks import workspace
from policy_checks.examples import unmarked
from policy_checks.readers.uv_pins import UV_PINS
from policy_checks.rule import NoOptions, Problem
from policy_checks.rules.pip.pip008_uv_version_drift import RULE
from policy_checks.source import Unreadable


def problems(files: dict[str, str]) -> list[Problem]:
    """What is reported."""
    return [
        problem
        for subject in workspace.in_memory(files).all(UV_PINS)
        if not isinstance(subject, Unreadable)
        for problem in RULE.check(subject, NoOptions())
    ]


def install(*requirements: str) -> str:
    """A script that installs uv, once for each."""
    return "".join(f"pip install 'uv{requirement}'\n" for requirement in requirements)


@pytest.mark.parametrize(
    "text",
    [
        install("==⟦0.7.1⟧", "==0.7.2", "==0.7.2"),
        install("==⟦0.7.1⟧", "==0.7.2"),  # as many: the newer one
        install("==⟦0.7.2⟧", "<0.9", "<0.9.0"),  # most places take the newest 0.8
        install("⟦>=0.5⟧", "==0.7.2"),
        install("⟦~=0.7.2⟧", "==0.7.2", "==0.7.2"),
        install(">=0.5", ">=0.6", ">0.4"),  # all take the newest
        install("⟦<0.8⟧", "⟦<0.9⟧", ">=0.5", ">=0.6"),
        install("<=0.7.2", "<0.7.3", "===0.7.2", "==0.7.2"),
        install("==0.7.2"),
        install(),
        "",
    ],
)
def test_disagreement(text: str) -> None:
    files, expected = unmarked({"a.sh": text})
    assert [(problem.place.span.start, problem.place.span.end) for problem in problems(files)] == expected.get("a.sh", [])


@pytest.mark.parametrize(
    ("required", "text"),
    [
        ("==0.7.2", install("==0.7.2", "⟦<0.9⟧", "==⟦0.9.1⟧", "==⟦0.9.1⟧")),
        (">=0.7", install("==0.7.2", "==⟦0.7.1⟧", "==0.7.2")),
        ("⟦>=0.9⟧", install("==0.7.2", "==0.7.2")),
        (">=0.5", install(">=0.5")),
        ("==0.7.2", ""),
        ("not a version", install("==0.7.2")),
    ],
)
def test_required_version(required: str, text: str) -> None:
    files, expected = unmarked({"a.sh": text, "pyproject.toml": f'[tool.uv]\nrequired-version = "{required}"\n'})
    found: dict[str, list[tuple[int, int]]] = {}
    for problem in problems(files):
        found.setdefault(problem.place.file.path, []).append((problem.place.span.start, problem.place.span.end))
    assert found == expected


def test_every_other_place_is_listed() -> None:
    (problem,) = problems({"a.sh": install("==0.7.2", "<0.9.29"), "b.sh": "UV_VERSION=0.7.2\n", "uv.toml": 'required-version = ">=0.7"\n'})
    assert [(related.place.file.path, related.message) for related in problem.related] == [
        ("a.sh", "install command: 0.7.2"),
        ("b.sh", "UV_VERSION: 0.7.2"),
        ("uv.toml", "required-version: >=0.7"),
    ]


@pytest.mark.parametrize(
    "wrong", ["FROM ghcr.io/astral-sh/uv:0.7.1@sha256:abc\n", "FROM x\nRUN pip install uv==0.7.1\n", "FROM x\nRUN pip install 'uv<0.7'\n"]
)
def test_what_is_more_than_its_text_has_no_fix(wrong: str) -> None:
    (problem,) = problems({"Dockerfile": wrong, "a.sh": install("==0.7.2", "==0.7.2")})
    assert (problem.fix is None) == ("sha256" in wrong)
    assert problem.fix is None or not problem.fix.safe
