"""The order of the fixers is right: what one mends is the next one's input, and a second run finds nothing left to do."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from tests.formatting.conftest import Format

Capture = pytest.CaptureFixture[str]
Modules = list[str]

SETTINGS = """\
[tool.isort]
profile = "black"
[tool.ruff.lint]
select = ["F", "E7", "W", "UP", "C4", "SIM", "RET", "PIE", "ISC", "S506"]
[tool.pylint."messages control"]
disable = ["all"]
enable = ["unused-import", "missing-function-docstring"]
"""

IMPORTS = [
    "import os, sys",
    "import sys",
    "import  json as json",
    "from typing import List, Dict",
    "from typing import (Optional,\n    List)",
    "from collections import OrderedDict as O , defaultdict",
    "import yaml",
    "from . import neighbour",
    "from .neighbour import (b, a,)",
    "import attr;import abc",
    "import re  # used below",
]
STATEMENTS = [
    "print(os.getcwd(),sys.argv )",
    "x = {  'a':1, \"b\" : 'it\\'s' }",
    "y=dict( ) ;z = list([1,2 ,3])",
    "print( '{} {}'.format(x,y) )",
    "w = (\n  'one '\n  'two'\n)",
    "def f( a,b ) -> List[int]:\n  if a:\n    return b\n  else:\n    return None",
    "class A( object ): pass",
    "v = u'text'\n\n\n\n# note",
    "yaml.load( '' )",
    "if  (x == None) : t = 1\nelse : t = 2",
    "q = lambda : 1",
    "s = ''' it's \"quoted\" '''",
    "r = [i for i in range( 3 )]\t",
    "def g():\n\timport sys, os\n\treturn sys",
    "k = f'nothing'",
    "m = foo( aaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccc, ddd )",
    "try:\n  pass\nexcept ValueError:\n  pass",
]

module = st.builds(
    lambda imports, statements, end: "\n".join([*imports, *statements]) + end,
    st.lists(st.sampled_from(IMPORTS), max_size=6),
    st.lists(st.sampled_from(STATEMENTS), max_size=6),
    st.sampled_from(["", "\n", "\n\n\n"]),
)


@pytest.fixture
def root(repo: Path) -> Path:
    """The repository, with settings by which the fixers have much to do, and each of them after another."""
    (repo / "pyproject.toml").write_text(SETTINGS)
    return repo


def run(run_format: Format, capsys: Capture, *arguments: str) -> tuple[int, list[str]]:
    """The exit code, and what was said of which place."""
    capsys.readouterr()
    code = run_format("--output-format=json", *arguments)
    findings = json.loads(capsys.readouterr().out)["findings"]
    return code, [f"{one['path']}:{one['line']}: {one['message']}" for one in findings]


def assert_settled(root: Path, run_format: Format, capsys: Capture, modules: Modules, tools: str) -> None:
    """One run does all that can be done: another changes nothing and says the same, and so does a check."""
    for old in root.glob("module*.py"):
        old.unlink()
    for number, text in enumerate(modules):
        (root / f"module{number}.py").write_text(text)
    first = run(run_format, capsys, tools)
    assert first[0] in (0, 1)
    texts = [(root / f"module{number}.py").read_text() for number in range(len(modules))]
    for options in ((), ("--check", "--no-cache")):
        assert run(run_format, capsys, tools, *options) == first, options
    for number, (before, after) in enumerate(zip(modules, texts, strict=True)):
        assert (root / f"module{number}.py").read_text() == after, f"made of {before!r}"


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(module, min_size=10, max_size=20))
@example(["import os\n", "w = (\n  'one '\n  'two'\n)\n"])
def test_a_second_run_finds_nothing_to_do(root: Path, run_format: Format, capsys: Capture, modules: Modules) -> None:
    assert_settled(root, run_format, capsys, modules, "--tools=ruff,isort,black")


def test_with_all_five_tools(root: Path, run_format: Format, capsys: Capture) -> None:
    assert_settled(
        root, run_format, capsys, ["\n".join([*IMPORTS, *STATEMENTS]), *IMPORTS, *STATEMENTS], "--tools=ruff,isort,black,pylint,mypy"
    )


def test_what_ruff_mends_is_sorted_and_formatted_afterwards(root: Path, run_format: Format) -> None:
    """A name moves to another module, whose import comes too late; and an f-string is shorter than the call, and fits into a line."""
    (root / "pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["UP"]\n[tool.isort]\nprofile = "black"\n')
    (root / "module.py").write_text(
        "from string import capwords\nfrom typing import Any, Callable\n\n"
        'value: Callable[[], Any] = capwords(\n    "{} {} {}".format(first_argument, second_argument, third_one)\n)\n'
    )
    assert run_format("--tools=ruff,isort,black") == 0
    assert (root / "module.py").read_text() == (
        "from collections.abc import Callable\nfrom string import capwords\nfrom typing import Any\n\n"
        'value: Callable[[], Any] = capwords(f"{first_argument} {second_argument} {third_one}")\n'
    )
    assert run_format("--check", "--tools=ruff,isort,black") == 0


def test_what_black_brings_about_is_mended_too(root: Path, run_format: Format) -> None:
    """black puts two strings into one line, where ruff's ISC001 makes one of them."""
    (root / "module.py").write_text('x = (\n    "one "\n    "two"\n)\n')
    assert run_format("--tools=ruff,isort,black") == 0
    assert (root / "module.py").read_text() == 'x = "one two"\n'
    assert run_format("--check", "--tools=ruff,isort,black") == 0


def test_fixers_that_undo_each_other(root: Path, run_format: Format, capsys: Capture) -> None:
    """Settings that contradict each other have no right result; that is said, and the run ends."""
    (root / "pyproject.toml").write_text('[tool.isort]\nprofile = "black"\nlines_after_imports = 4\n')
    (root / "module.py").write_text("import os\nimport sys\n\nx = 1\n")
    assert run_format("--tools=isort,black") == 1
    assert (
        "module.py: format unsettled: isort, black undo each other's changes for ever: make their settings agree" in capsys.readouterr().out
    )
