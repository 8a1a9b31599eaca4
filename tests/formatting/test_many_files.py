"""Five thousand files whose names are too long for any command line (128 KiB for one argument list, 2 MiB for all of it)."""

import json
import os
import sys
from pathlib import Path

import pytest

from tests.formatting.conftest import BAD, Format, install

Capture = pytest.CaptureFixture[str]

FILES = 5000
FOLDER = f"{'d' * 200}/{'e' * 100}"
NAMES = [f"{FOLDER}/{'f' * 120}{number:04}.py" for number in range(FILES)]
CHANGED = NAMES[::1000]

# A linter that remembers what it was given, once as a Python script and once as a program of another kind.
NOTES_PYTHON = f"""\
#!{sys.executable}
import sys
with open("{{notes}}", "a") as notes:
    notes.write("".join(f"{{{{name}}}}\\n" for name in sys.argv[1:] if name.endswith(".py")))
print("[]")
"""
NOTES_SHELL = """\
#!/bin/sh
for name; do case $name in *.py) echo "$name" ;; esac; done >> {notes}
echo '[]'
"""


@pytest.fixture
def many(repo: Path) -> Path:
    """The repository with the files; of each thousand, one is badly formatted."""
    (repo / FOLDER).mkdir(parents=True)
    for name in NAMES:
        (repo / name).write_text(BAD if name in CHANGED else "")
    assert sum(map(len, NAMES)) > 2 * 2**20
    return repo


def would_change(capture: Capture, tool: str) -> list[str]:
    """The files that a tool would change."""
    found = json.loads(capture.readouterr().out)
    assert found["summary"]["files"] == FILES
    return [one["path"] for one in found["findings"] if one["code"] == tool]


def test_the_fixers(many: Path, run_format: Format, capsys: Capture) -> None:
    assert run_format("--tools=ruff,isort,black") == 0
    capsys.readouterr()
    assert {(many / name).read_text() for name in CHANGED} == {'import os\nimport sys\n\nx = {"a": 1}\n'}
    assert {(many / name).stat().st_size for name in NAMES if name not in CHANGED} == {0}
    (many / CHANGED[2]).write_text(BAD)
    assert run_format("--check", "--tools=ruff,black", "--output-format=json") == 1
    assert would_change(capsys, "black") == [CHANGED[2]]


@pytest.mark.parametrize("script", [NOTES_PYTHON, NOTES_SHELL], ids=["python", "shell"])
def test_each_file_reaches_a_linter_once(
    many: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    notes = tmp_path / "notes"
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "pylint", script.format(notes=notes))))
    assert run_format("--check", "--tools=pylint", "--no-cache") == 0
    assert sorted(map(os.path.normpath, notes.read_text().splitlines())) == NAMES


@pytest.mark.slow
def test_all_five_tools(many: Path, run_format: Format, capsys: Capture) -> None:
    (many / "pyproject.toml").write_text('[tool.pylint."messages control"]\ndisable = ["all"]\nenable = ["unused-import"]\n')
    assert run_format("--check") == 1
    said = capsys.readouterr().out
    assert said.count("pylint W0611 unused-import: Unused import os") == len(CHANGED)
    assert f"{FILES:,} Python files" in said
