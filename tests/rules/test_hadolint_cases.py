"""What hadolint's specs and issues hold of pip: each install is found as one, and nothing else is."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from policy_checks.examples import unmarked
from tests.rules.pip_corpus import CORPUS, reported

CASES: dict[str, Any] = tomllib.loads((CORPUS / "hadolint.toml").read_text(encoding="utf-8"))


def _dockerfiles() -> Iterator[Any]:
    for kind in ("runs", "silent"):
        for title, text in CASES["files"][kind].items():
            yield pytest.param(text, id=f"{kind}: {title}")
        for title, group in CASES[kind].items():
            for line in group.splitlines():
                for instruction in ("RUN", "ONBUILD RUN"):
                    yield pytest.param(f"FROM base\n{instruction} {line}\n", id=f"{kind}: {title}: {instruction} {line}")


@pytest.mark.parametrize("text", [*_dockerfiles()])
def test_dockerfile(text: str) -> None:
    files, expected = unmarked({"Dockerfile": text})
    assert reported(files) == expected


@pytest.mark.parametrize(("kind", "marked"), [("runs", True), ("silent", False)])
def test_marks(kind: str, marked: bool) -> None:
    lines = [line for group in CASES[kind].values() for line in group.splitlines()]
    assert all(("⟦" in text) == marked for text in [*lines, *CASES["files"][kind].values()])
