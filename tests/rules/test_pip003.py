"""PIP003 where uv is called by other means than its name."""

import pytest

from policy_checks import workspace
from policy_checks.examples import unmarked
from policy_checks.readers.install_policy import InstallPolicy
from policy_checks.readers.shell import ShellCommand
from policy_checks.rules.pip.pip003_uv_pip_install import RULE

BRANCHES = """\
pip = ["pip"] if not use_uv else [str(uv_path), "pip"]
if use_uv:
    install = functools.partial(call, ⟦*pip, "install"⟧, *flags)
else:
    install = functools.partial(call, *pip, "install")
call(*pip, "install", "x")
"""


def reported(path: str, text: str) -> list[tuple[int, int]]:
    """The spans that PIP003 reports in a file."""
    subjects = workspace.in_memory({path: text}).all(RULE.subject, RULE.needles)
    commands = [subject for subject in subjects if isinstance(subject, ShellCommand)]
    return [(one.place.span.start, one.place.span.end) for command in commands for one in RULE.check(command, InstallPolicy())]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'call(⟦uv_path, "pip", "install"⟧, "--python", python, "x")\n'),
        ("a.py", 'subprocess.run([⟦str(self._uv), "pip", "install"⟧, "x"], check=True)\n'),
        ("a.py", 'subprocess.run([tool, "pip", "install", "x"])\n'),
        ("a.py", 'subprocess.run([uvicorn_path, "pip", "install", "x"])\n'),
        ("a.py", BRANCHES),
        ("a.sh", 'UV=/opt/uv/bin/uv\n⟦"$UV" pip install⟧ x\n'),
        ("a.sh", "uv run ⟦uv pip install⟧ x\nuvx --from x ⟦uv pip sync⟧ y\n"),
        ("a.sh", 'docker exec box bash -c "cd /src && ⟦uv --quiet pip install⟧ -e ."\n'),
        ("a.sh", "⟦python3 -m uv pip install⟧ x\nuv pip install --help\nuv pip sync --dry-run y\n"),
        ("a.ipynb", '{"cells": [{"cell_type": "code", "source": ["!⟦uv pip install⟧ x"]}]}'),
    ],
)
def test_calls(path: str, text: str) -> None:
    files, expected = unmarked({path: text})
    assert reported(path, files[path]) == expected.get(path, [])


def test_an_expression_is_shown_as_it_is_written() -> None:
    text = "jobs:\n  a:\n    steps:\n      - run: uv pip install ${{ matrix.x }}\n"
    (command,) = workspace.in_memory({".github/workflows/a.yml": text}).all(RULE.subject, RULE.needles)
    assert isinstance(command, ShellCommand)
    (problem,) = RULE.check(command, InstallPolicy())
    assert problem.message.startswith("`uv pip install ${{ matrix.x }}` installs past uv.lock; declare it with `uv add PACKAGE`")
