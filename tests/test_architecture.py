"""The walls of the design: who may import whom, what start-up loads, and where the world is touched."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "policy_checks"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Room → the rooms it may import from (its own is always among them). DESIGN: imports go one way.
MAY_IMPORT = {
    "failure": set(),
    "record": set(),
    "source": set(),
    "globs": set(),
    "git": set(),
    "git_index": {"git"},
    "git_merge": {"git", "source"},
    "git_objects": {"git"},
    "uv": set(),
    "gpg": set(),
    "processes": set(),
    "environment": {"origin"},
    "origin": {"source"},
    "workspace": {"source", "git", "git_objects"},
    "rule": {"source", "workspace"},
    "readers": {"source", "workspace", "globs", "origin"},
    "lock": {"readers", "source", "workspace", "environment", "origin"},
    "commits": {"readers", "source", "workspace", "git", "git_objects", "gpg"},
    "containers": {"readers", "source", "workspace", "environment"},
    "formatting": {"readers", "source", "workspace", "git", "git_index", "git_objects"},
    "rules": {
        *("rule", "source", "workspace", "readers", "lock", "commits", "containers", "environment", "origin"),
        *("suppressions", "allowances", "baseline", "globs"),
    },
    "registry": {"rule", "rules"},
    "config": {"source", "workspace", "readers", "globs", "origin"},
    "suppressions": {"rule", "source", "workspace", "config", "readers", "origin"},
    "baseline": {"rule", "source", "workspace", "reporters"},
    "engine": {"rule", "source", "workspace"},
    "allowances": {"rule", "engine", "config", "readers", "source", "workspace"},
    "judgement": {"rule", "engine", "config", "registry", "suppressions", "allowances", "baseline", "workspace"},
    "documentation": {"rule", "registry", "config"},
    "examples": {"rule", "config", "fixes", "judgement", "baseline", "workspace"},
    "fixes": {"rule", "source"},
    "reporters": {"rule", "source"},
}
# Single modules that start processes, in rooms that do not.
RUNNERS = {PACKAGE / "containers/engine.py"}
EVERYTHING = {"commands", "cli", "__main__", "pytest_plugin"}

# Whole programs may be imported by no one at start-up; `--version` needs none of them.
HEAVY = {"yaml", "rtoml", "tree_sitter", "packaging", "cryptography", "markdown_it", "rich", "shtab", "asyncio", "importlib.metadata"}


def room(path: Path) -> str:
    """The top-level part of the package a module belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[str]:
    """The absolute names a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "absolute imports only"
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    own = room(path)
    if own in EVERYTHING or path == PACKAGE / "__init__.py":
        return
    reached = {name.split(".")[1] for name in imported(ast.parse(path.read_text())) if name.startswith("policy_checks.")} - {
        "failure",
        "record",
    }
    assert reached <= MAY_IMPORT[own] | {own}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_commands_print_and_only_git_and_tools_start_processes(path: Path) -> None:
    tree = ast.parse(path.read_text())
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    if room(path) not in {"commands", "cli"}:
        assert "print" not in calls
    if room(path) not in {"git", "git_objects", "gpg", "uv", "formatting", "processes"} and path not in RUNNERS:
        assert not {name for name in imported(tree) if name.split(".")[0] == "subprocess"}
    assert not calls & ({"eval", "__import__"} if room(path) == "record" else {"eval", "exec", "__import__"})


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
    assert path.stem not in {"utils", "core", "base", "common", "helpers", "misc"}


def loaded_by(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_start_is_light() -> None:
    assert not loaded_by("import policy_checks.cli") & HEAVY


def test_version_imports_no_parser() -> None:
    statement = "import sys; from policy_checks import cli; cli.main(['--version'])"
    assert not loaded_by(statement) & (HEAVY - {"importlib.metadata"})


def test_importing_every_rule_imports_no_parser() -> None:
    assert not loaded_by("from policy_checks import registry; registry.all_rules()") & HEAVY
