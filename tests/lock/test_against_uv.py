"""The verdict on generated projects is that of real uv: locked by it, changed, and checked by both.

The projects need no index: what they require are virtual members of their own workspace. The suite tries
a few; `POLICY_CHECKS_EXAMPLES=20000 pytest tests/lock/test_against_uv.py` tries many.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
import rtoml
from hypothesis import HealthCheck, given, settings, strategies as st

from policy_checks.commands.disk_tree import DiskTree
from policy_checks.lock import freshness
from tests.real_uv import needs_uv, uv

EXAMPLES = int(os.environ.get("POLICY_CHECKS_EXAMPLES", "40"))
MEMBERS = ("lib-a", "lib-b")

python = st.sampled_from([">=3.11", ">= 3.11.0", ">=3.11,!=3.11.1", ">=3.10", ">3.10", ">=3.11,<4", ">=3.11,>=3.9", "~=3.11"])
marker = st.sampled_from(
    [
        "", "", "", "; sys_platform == 'linux'", '; "linux" == sys_platform', "; platform_system == 'Linux'", "; sys_platform != 'linux'",
        "; python_version >= '3.8'", "; python_version < '3.13'", "; python_full_version < '3.13'", "; python_version <= '3.12'",
        "; python_version < '3.9'", "; python_version in '3.11 3.12'", "; (os_name == 'posix' or sys_platform == 'linux')",
        "; sys_platform == 'linux' and python_version < '3.13'", "; os_name == 'nt'", "; not_a_variable == 'x'",
    ]
)  # fmt: skip
specifier = st.sampled_from(
    ["", ">=1", ">=1.0", ">=1,<3", "<3,>=1", "~=1.0", ">=1.0,<2", "==1.*", "==1.0", "===1.0", ">=1,!=1.5", "(>=1)", ">"]
)
extras = st.sampled_from(["", "", "[x]", "[x,y]", "[Y,X]"])
name = st.sampled_from(["lib-a", "lib-b", "Lib_A"])
requirement = st.builds(lambda *parts: "".join(parts), name, extras, specifier, marker)
requirements = st.lists(requirement, max_size=3)
group_item = requirement | st.sampled_from([{"include-group": "test"}, {"include-group": "dev"}, {"include-group": "Lint"}])
source = st.sampled_from(
    [{"workspace": True}] * 6 + [{"workspace": True, "editable": False}, {"workspace": True, "marker": "sys_platform == 'linux'"}]
)

# What no project can have that is locked: it only appears in the change.
REFUSED = (
    "not_a_variable",
    "'>'",
    "a>",
    "A>",
    "b>",
    "]>",
    "===",
    "Lint",
    "include-group",
    "unheard-of",
    ">=3.12",
    "==1.0",
    "~=",
    "<2",
    ">=1.0,",
    "==1.*",
)

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "python": python,
    "dependencies": requirements,
    "optional": st.dictionaries(st.sampled_from(["x", "y", "E_1"]), requirements, max_size=2),
    "groups": st.dictionaries(st.sampled_from(["test", "dev", "lint"]), st.lists(group_item, max_size=3), max_size=3),
    "sources": st.fixed_dictionaries({"lib-a": source, "lib-b": source}),
    "version": st.sampled_from(["1", "1.0", "v1", "2"]),
    "build": st.sampled_from([False, False, False, True]),
    "member": requirements,
    "uv": st.fixed_dictionaries(
        {},
        optional={
            "environments": st.sampled_from([["sys_platform == 'linux'"], "sys_platform == 'linux'", ["platform_system == 'Linux'"], []]),
            "required-environments": st.sampled_from([["sys_platform == 'linux'"], []]),
            "default-groups": st.sampled_from(["all", ["dev"], ["dev", "dev"], ["test"], []]),
            "constraint-dependencies": st.lists(st.sampled_from(["attrs<30", "lib-a<9", "Lib.A < 9.0", "lib-b[x]<9"]), max_size=2),
            "override-dependencies": st.lists(st.sampled_from(["attrs<30", "lib-b>=0"]), max_size=1),
            "exclude-dependencies": st.lists(st.sampled_from(["attrs", "other"]), max_size=2),
            "build-constraint-dependencies": st.lists(st.sampled_from(["attrs<30", "attrs<30.0", "attrs<31"]), max_size=2),
            "dependency-groups": st.sampled_from([{}, {"test": {"requires-python": ">=3.12"}}, {"test": {"requires-python": ">=3.8"}}]),
            "conflicts": st.sampled_from([[], [[{"extra": "x"}, {"extra": "y"}]], [[{"group": "test"}, {"group": "lint"}]]]),
            "resolution": st.sampled_from(["highest", "lowest"]),
            "exclude-newer": st.sampled_from(["2024-01-01", "2024-01-02T00:00:00Z", "2025-01-01T00:00:00Z", "1 week", "P7D"]),
            "unheard-of": st.just(1),
            "link-mode": st.just("copy"),
            "dev-dependencies": requirements,
        },
    ),
}


def write(folder: Path, project: dict[str, Any]) -> None:
    """A root and two virtual members."""
    uv_table = {**project["uv"], "sources": project["sources"], "workspace": {"members": ["packages/*"]}}
    root: dict[str, Any] = {
        "project": {
            "name": "root", "version": project["version"], "requires-python": project["python"],
            "dependencies": project["dependencies"], "optional-dependencies": project["optional"],
        },
        "dependency-groups": project["groups"],
        "tool": {"uv": uv_table},
    }  # fmt: skip
    if project["build"]:
        root["build-system"] = {"requires": []}
    members: dict[str, dict[str, Any]] = {
        "lib-a": {"optional-dependencies": {"x": [], "y": []}, "dependencies": []},
        "lib-b": {"dependencies": [text for text in project["member"] if "b" not in text.lower().replace("lib", "")]},
    }
    (folder / "pyproject.toml").write_text(rtoml.dumps(root))
    for member, tables in members.items():
        path = folder / "packages" / member
        path.mkdir(parents=True, exist_ok=True)
        table: dict[str, Any] = {"name": member, "version": "1.5", "requires-python": ">=3.8", **tables}
        text = rtoml.dumps({"project": table, "tool": {"uv": {"package": False}}})
        (path / "pyproject.toml").write_text(text)


def verdict_of_uv(folder: Path) -> str:
    """What uv decides before it resolves, read from what it says about it."""
    done = uv(folder, "lock", "--check", "--verbose")
    if done.returncode == 0:
        return "fresh"
    said = ("Resolving despite", "Ignoring existing lockfile", "Failed to validate existing")
    return "stale" if any(text in done.stderr for text in said) else "invalid"


@st.composite
def changes(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A project, and the same with some parts drawn anew."""
    before = {key: draw(strategy.filter(lambda value: not any(word in str(value) for word in REFUSED))) for key, strategy in FIELDS.items()}
    changed = draw(st.sets(st.sampled_from(sorted(FIELDS)), max_size=2))
    return before, before | {key: draw(FIELDS[key]) for key in sorted(changed)}


@needs_uv
@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(changes())
def test_verdict_is_that_of_uv(change: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = change
    folder = Path(tempfile.mkdtemp())
    try:
        write(folder, before)
        if uv(folder, "lock").returncode != 0:
            return  # nothing to compare with: uv refuses the project, or cannot resolve it without an index
        write(folder, after)
        tree = DiskTree(folder)
        ours = freshness.judge(tree, tree.project)
        assert (ours.verdict, ours.differences) == (verdict_of_uv(folder), ours.differences)
    finally:
        shutil.rmtree(folder)
