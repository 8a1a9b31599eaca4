"""What a Python interpreter is told to run."""

import pytest

from policy_checks.readers.python_command import PythonRun, is_python, python_run


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("python -m pip install", PythonRun("module", 2)),
        ("python -mpip", PythonRun("module", 1, 2)),
        ("python -Im pip", PythonRun("module", 2)),
        ("python -Impip", PythonRun("module", 1, 3)),
        ("python -W ignore -Xutf8 -u -m pip", PythonRun("module", 6)),
        ("python -c code x", PythonRun("code", 2)),
        ("python -u setup.py -m pip", PythonRun("file", 2)),
        ("python - -m pip", PythonRun("stdin")),
        ("python -i", PythonRun("stdin")),
        ("py -3.12 -m pip", PythonRun("module", 3)),
        ("python -V", None),
        ("python -m", None),
    ],
)
def test_python_run(line: str, expected: PythonRun | None) -> None:
    assert python_run(line.split()) == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("python", True), ("python3.13t", True), ("pythonw", True), ("pypy3", True), ("py", True), ("pytest", False)]
)
def test_names(name: str, expected: bool) -> None:
    assert is_python(name) == expected
