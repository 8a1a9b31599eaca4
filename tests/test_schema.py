"""The JSON Schema that the package ships: current, and understood by the programs that use such schemas."""

import json
import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

from policy_checks import registry
from policy_checks.commands import verdict
from policy_checks.config import layers
from policy_checks.config.schema import SHIPPED, schema, shipped

ROOT = Path(__file__).parents[1]

RIGHT = """\
extends = ["preset:recommended"]
environments.lts.groups = ["lts"]
commits.before = 2026-01-31
[[waivers]]
codes = ["PIP001"]
paths = ["a"]
until = 2027-01-31
"""
WRONG = [
    ("codes", "code"),
    ('["lts"]', '"lts"'),
    ("2027-01-31", "true"),
    ("2027-01-31", '"soon"'),
    ("environments.lts", "environments.lts.x"),
]


def test_the_shipped_schema_is_current() -> None:
    made = schema(verdict.declared(registry.all_rules()))
    assert json.loads(SHIPPED.read_text()) == made, "run `policy-checks config --schema > policy_checks/schema.json`"
    assert shipped("policy-checks") == made


def test_it_is_registered() -> None:
    (found,) = entry_points(group="validate_pyproject.tool_schema", name="policy-checks")
    assert found.load()("policy-checks")["$id"]


def _pyproject(table: str) -> str:
    own = table.replace("[[", "[[tool.policy-checks.")
    return f'[project]\nname = "x"\nversion = "1"\n[tool.policy-checks]\n{own}'


@pytest.mark.skipif(find_spec("validate_pyproject") is None, reason="validate-pyproject is not installed")
@pytest.mark.parametrize(("old", "new"), [("", ""), *WRONG])
def test_validate_pyproject_takes_it(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "pyproject.toml").write_text(_pyproject(RIGHT.replace(old, new) if old else RIGHT))
    command = [sys.executable, "-m", "validate_pyproject", "--disable", "black", "--", "pyproject.toml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == bool(old), done.stdout + done.stderr


@pytest.mark.skipif(find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed")
@pytest.mark.parametrize(("old", "new"), [("", ""), *WRONG])
def test_check_jsonschema_takes_it(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "policy-checks.toml").write_text(RIGHT.replace(old, new) if old else RIGHT)
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(SHIPPED), "policy-checks.toml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == bool(old), done.stdout + done.stderr


@pytest.mark.skipif(find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed")
def test_check_jsonschema_takes_the_presets_and_the_schema_itself() -> None:
    command = [sys.executable, "-m", "check_jsonschema"]
    presets = [str(layers.PRESETS / f"{name}.toml") for name in layers.presets()]
    for arguments in (["--check-metaschema", str(SHIPPED)], ["--schemafile", str(SHIPPED), *presets]):
        subprocess.run([*command, *arguments], capture_output=True, check=True)
