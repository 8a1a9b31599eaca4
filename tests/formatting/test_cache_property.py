"""Whatever happens to a repository, a run that takes what earlier ones found out says what a run says that takes nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from policy_checks.formatting import driver
from policy_checks.formatting.bench import Job
from policy_checks.formatting.outcome import Report
from policy_checks.formatting.policy import FormatPolicy

EXAMPLES = int(os.environ.get("POLICY_CHECKS_EXAMPLES", "2"))  # several seconds each

FILES = (
    "pkg/__init__.py",
    "pkg/a.py",
    "pkg/b.py",
    "pkg/sub/__init__.py",
    "pkg/sub/c.py",
    "b.py",
    "top.py",
    "tests/helper.py",
    "tests/test_a.py",
)
SOURCES = (
    "",
    "def f(y):\n    return y\n",
    "def f():\n    return 1\n",
    "def f(y):  # a comment\n    return y\n",
    "# pylint: disable=all\ndef f(y):\n    return y\n",
    "class f:\n    attribute = 1\n",
    "from pkg import b\n\nVALUE = b.f(1).attribute\n",
    "from . import b\n\nVALUE = b.f(1)\n",
    "from pkg.b import f\n\nf(1)\n",
    "from pkg.b import *\n\nf(1)\n",
    "from pkg.sub import c\nimport os, b\n\nb.f(c.f())\n",
    "import pkg\n\npkg.b.f(1)\npkg.sub.c.f()\n",
    "import helper\nimport pkg.a\n\nhelper.f(1)\nprint(pkg.a.VALUE)\n",
    "from pkg.a import VALUE\n\n__all__ = ['VALUE', 'missing']\n",
    "import importlib\n\nb = importlib.import_module('pkg.b')\nb.f(1)\n",
    "x: int = f'{1}' ;y=[  1]\n",
    "def broken(:\n",
)
SETTINGS = (
    "",
    "[tool.black]\nline-length = 20\n[tool.isort]\nforce_single_line = true\n",
    '[tool.pylint."messages control"]\ndisable = ["all"]\nenable = ["E", "unused-import", "cyclic-import", "duplicate-code"]\n',
    "[tool.mypy]\nstrict = true\nexplicit_package_bases = true\n",
)
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(FILES), st.sampled_from(SOURCES)),
    st.tuples(st.just("write"), st.sampled_from(FILES), st.sampled_from(SOURCES)),
    st.tuples(st.just("write"), st.just("pyproject.toml"), st.sampled_from(SETTINGS)),
    st.tuples(st.just("write"), st.just("tests/.isort.cfg"), st.just("[settings]\nforce_sort_within_sections = true\n")),
    st.tuples(st.sampled_from(("delete", "touch", "chmod", "revert")), st.sampled_from(FILES), st.just("")),
    st.tuples(st.just("rename"), st.sampled_from(FILES), st.sampled_from(FILES)),
)
START = {
    "pkg/__init__.py": SOURCES[0],
    "pkg/a.py": SOURCES[6],
    "pkg/b.py": SOURCES[1],
    "pkg/sub/__init__.py": "",
    "pkg/sub/c.py": SOURCES[2],
    "tests/helper.py": SOURCES[1],
    "tests/test_a.py": SOURCES[12],
    "top.py": SOURCES[11],
    "pyproject.toml": "",
}
Step = tuple[str, str, str]


@pytest.fixture(scope="module")
def roots() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cache-") as folder:
        yield Path(folder)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 2,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.lists(STEPS, min_size=1, max_size=2), min_size=2, max_size=3))
def test_a_run_that_remembers_says_what_one_says_that_does_not(roots: Path, steps: list[list[Step]]) -> None:
    root, kept = roots / "repo", roots / "kept"
    for folder in (root, kept):
        shutil.rmtree(folder, ignore_errors=True)
    for name, text in START.items():
        write(root / name, text)
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message=start"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    judged(root, kept)
    for step in steps:
        for action, name, more in step:
            act(root, action, name, more)
        assert judged(root, kept) == judged(root, None)


def act(root: Path, action: str, name: str, more: str) -> None:
    """One thing that happens to a repository."""
    path = root / name
    if action == "write":
        write(path, more)
    elif action == "revert":
        subprocess.run(["git", "checkout", "--quiet", "--", name], cwd=root, check=False, capture_output=True)
    elif path.exists():
        if action == "delete":
            path.unlink()
        elif action == "touch":
            os.utime(path, (1_000_000_000, 1_000_000_000))
        elif action == "chmod":
            path.chmod(0o600)
        else:
            (root / more).parent.mkdir(parents=True, exist_ok=True)
            path.replace(root / more)


def write(path: Path, text: str) -> None:
    """Writes a file where there may be no folder yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def judged(root: Path, kept: Path | None) -> dict[str, object]:
    """What a run says, whatever takes part in it."""
    files = tuple(sorted(str(path.relative_to(root)) for path in root.rglob("*.py") if ".cache" not in path.parts))
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    return told(driver.run(Job(root, files, True, False, FormatPolicy(), environment, 2, kept=kept)))


def told(report: Report) -> dict[str, object]:
    """A report less the time that it took and who found it out."""
    rows = {
        row.tool: (
            sorted(map(str, row.outcome.messages)),
            row.outcome.failure,
            row.outcome.accepted or not row.outcome.messages,
            row.changed,
        )
        for row in report.rows
    }
    return {"code": report.exit_code, "rows": rows, "failures": report.failures}
