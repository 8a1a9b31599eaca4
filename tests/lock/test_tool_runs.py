"""Which tools are run or installed for themselves, and what is said about their versions."""

import pytest

from policy_checks.lock.tool_runs import TOOL_RUNS, ToolRun, Version, judged
from policy_checks.workspace import in_memory


def runs(text: str) -> list[ToolRun]:
    return [run for run in in_memory({"a.sh": text}).all(TOOL_RUNS, ("uv", "pipx")) if isinstance(run, ToolRun)]


@pytest.mark.parametrize(
    ("requirement", "name", "version"),
    [
        ("ruff", "ruff", Version.NONE),
        ("Ruff_X[a,b]", "ruff-x", Version.NONE),
        ("ruff@latest", "ruff", Version.NONE),
        ("ruff@0.9", "ruff", Version.ONE),
        ("ruff==0.9.2", "ruff", Version.ONE),
        ("ruff[a]==0.9.2", "ruff", Version.ONE),
        ("ruff==0.9.2; python_version > '3'", "ruff", Version.ONE),
        ("ruff===0.9.2", "ruff", Version.ONE),
        ("ruff==0.9.*", "ruff", Version.RANGE),
        ("ruff>=0.9", "ruff", Version.RANGE),
        ("ruff==0.9,<1", "ruff", Version.RANGE),
        ("git+https://git.example/x", "", Version.RANGE),
        ("git+https://git.example/x@main", "", Version.RANGE),
        ("git+https://git.example/x@v1.2", "", Version.ONE),
        ("git+https://git.example/x@0123abc#subdirectory=a", "", Version.ONE),
        ("git+ssh://git@git.example/x", "", Version.RANGE),
        ("x @ git+https://git.example/x@main", "x", Version.RANGE),
        ("x @ https://dl.example/x-1.tar.gz", "x", Version.ONE),
        (".", "", Version.ONE),
        ("./x", "", Version.ONE),
        ("sub/x", "", Version.ONE),
        ("/x", "", Version.ONE),
        ("x-1-py3-none-any.whl", "", Version.ONE),
        ("https://dl.example/x.whl", "", Version.ONE),
    ],
)
def test_version(requirement: str, name: str, version: Version) -> None:
    assert judged(requirement) == (name, version)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("uvx ruff check x", [("uvx", "ruff", "ruff")]),
        ("uv tool run ruff", [("uv tool run", "ruff", "ruff")]),
        ("uvx --with x -p 3.12 ruff", [("uvx", "ruff", "ruff")]),
        ("uvx --from a b", [("uvx --from", "a", "b")]),
        ("uvx --from=a b", [("uvx --from", "a", "b")]),
        ("uv tool install -p 3.12 ruff --with x", [("uv tool install", "ruff", "")]),
        ("pipx run --python 3.12 ruff x", [("pipx run", "ruff", "ruff")]),
        ("pipx run --spec=a b x", [("pipx run --spec", "a", "b")]),
        ("pipx install a b --force", [("pipx install", "a", ""), ("pipx install", "b", "")]),
        ("python3 -m pipx run a", [("pipx run", "a", "a")]),
        ("sudo env A=b uvx ruff", [("uvx", "ruff", "ruff")]),
        ("uvx", []),
        ("uvx --version", []),
        ("pipx uninstall a", []),
        ("pipx install --help", []),
        ("pipx install --pip-args='--constraint c.txt' a", []),
        ("uvx --constraints c.txt a", []),
        ("uv tool install -e a", []),
        ("python3 -m pip install a", []),
    ],
)
def test_tools(text: str, found: list[tuple[str, str, str]]) -> None:
    assert [(run.called, run.requirement, run.program) for run in runs(text)] == found


def test_the_place_is_the_word() -> None:
    text = "uvx --from=ruff x"
    (run,) = runs(text)
    assert text[run.place.span.start : run.place.span.end] == "--from=ruff"
