"""PIP001 over the corpus: its span in the file is the command as it is written there, and text stays silent."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from policy_checks.examples import unmarked
from tests.rules.pip_corpus import CORPUS, reported

STEP = "jobs:\n  a:\n    steps:\n      - run: {}\n"
CONTAINERS: dict[str, Callable[[str], tuple[str, str]]] = {
    "script": lambda text: ("setup", f"#!/usr/bin/env bash\nset -e\n{text}\n"),
    "RUN": lambda text: ("Dockerfile", f"FROM base AS main\nRUN {text}\n"),
    "RUN heredoc": lambda text: ("docker/Dockerfile.ci", f"FROM base\nRUN <<EOF\nset -e\n{text}\nEOF\n# done\nRUN true\n"),
    "RUN bash heredoc": lambda text: ("Containerfile", f'FROM base\nRUN bash -ex <<"EOF"\n{text}\nEOF\nRUN true\n'),
    "RUN exec form": lambda text: ("dev.Dockerfile", f'FROM base\nRUN ["bash", "-c", {json.dumps(text, ensure_ascii=False)}]\n'),
    "workflow block": lambda text: (".github/workflows/ci.yml", STEP.format(f"|\n          set -e\n          {text}")),
    "workflow string": lambda text: (".github/workflows/ci.yaml", STEP.format(json.dumps(text, ensure_ascii=False))),
    "workflow single quotes": lambda text: (".github/workflows/ci.yaml", STEP.format("'" + text.replace("'", "''") + "'")),
    "action": lambda text: ("action.yml", f"runs:\n  using: composite\n  steps:\n    - shell: bash\n      run: |\n        {text}\n"),
    "GitLab": lambda text: (".gitlab-ci.yml", f"job:\n  script:\n    - set -e\n    - |\n      {text}\n"),
}


def read(name: str) -> dict[str, Any]:
    """One file of the corpus: `runs` and `silent`, by title."""
    return tomllib.loads((CORPUS / f"{name}.toml").read_text(encoding="utf-8"))


def spellings(kind: str) -> list[str]:
    """The one-line snippets of a kind, `runs` or `silent`."""
    return [line for text in read("spellings")[kind].values() for line in text.splitlines()]


def near_misses() -> Iterator[str]:
    """Each spelling as what is no install, by one word: another subcommand, uv's pip, a command that prints."""
    for snippet in spellings("runs"):
        yield re.sub(r"\binstall\b", "uninstall", snippet)
        if "⟦pip install⟧" in snippet:
            yield snippet.replace("⟦pip install⟧", "uv pip install")
            yield snippet.replace("⟦pip install⟧", "echo pip install")


def check(container: str, snippet: str) -> None:
    path, text = CONTAINERS[container](snippet)
    files, expected = unmarked({path: text})
    assert reported(files) == expected, container


@pytest.mark.parametrize("snippet", [*spellings("runs"), *spellings("silent")])
def test_spelling(snippet: str) -> None:
    for container in CONTAINERS:
        check(container, snippet)


@pytest.mark.parametrize("snippet", [re.sub("[⟦⟧]", "", snippet) for snippet in near_misses()])
def test_near_miss(snippet: str) -> None:
    check("script", snippet)


def cases() -> Iterator[Any]:
    for name in ("shell", "dockerfile", "github", "pipelines", "containers", "make", "settings", "python", "notebook", "documentation"):
        file = read(name)
        for kind in ("runs", "silent"):
            for title, text in file[kind].items():
                files = text if isinstance(text, dict) else {file["path"]: text}
                yield pytest.param(kind, files, id=f"{name}: {kind}: {title}")


@pytest.mark.parametrize(("kind", "texts"), [*cases()])
def test_container(kind: str, texts: dict[str, str]) -> None:
    files, expected = unmarked(texts)
    assert bool(expected) == (kind == "runs")
    assert reported(files) == expected


def test_half_is_silent() -> None:
    silent = len(spellings("silent")) + len([*near_misses()]) + sum(case.values[0] == "silent" for case in cases())
    runs = len(spellings("runs")) + sum(case.values[0] == "runs" for case in cases())
    assert runs >= 150
    assert silent >= runs
