"""What docs/autoformat.md says of the cases that a driver must not pass over in silence."""

import ast
import re
from pathlib import Path

from policy_checks.formatting.policy import GROUP, Tool

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "autoformat.md").read_text()
ROW = re.compile(r"^\| ([a-l]) \| .* \| `(test_\w+)(?:\[(\w+)\])?` \|$", re.MULTILINE)


def test_every_case_has_a_test_of_its_name() -> None:
    text = (ROOT / "tests" / "formatting" / "test_fails_closed.py").read_text()
    there = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    rows = ROW.findall(PAGE)
    assert [letter for letter, _name, _case in rows] == list("abcdefghijkl")
    for letter, name, case in rows:
        assert name in there
        assert (case or name.removeprefix("test_")).startswith(f"{letter}_")
        assert not case or f'id="{case}"' in text


def test_the_settings_are_the_defaults() -> None:
    for tool in Tool:
        assert f'"{tool}"' in PAGE.partition("[tool.policy-checks.format]")[2].partition("\n")[2].partition("\n")[0]
    assert f'group = "{GROUP}"' in PAGE
