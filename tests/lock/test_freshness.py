"""Verdicts on small projects: every kind of difference, where it is found, and what is none."""

from pathlib import PurePosixPath
from textwrap import dedent

import pytest

from policy_checks.lock import freshness
from policy_checks.lock.differences import Difference, Judgement, Verdict
from policy_checks.lock.tree import WorkspaceTree
from policy_checks.workspace import in_memory

PROJECT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["attrs>=23", "lib"]

[project.optional-dependencies]
fast = ["uvloop; sys_platform != 'win32'"]

[dependency-groups]
test = ["pytest"]
lint = [{ include-group = "test" }, "ruff"]

[tool.uv]
constraint-dependencies = ["attrs<30"]
environments = ["sys_platform == 'linux'"]

[tool.uv.sources]
lib = { path = "lib", editable = true }
"""
LIB = '[project]\nname = "lib"\nversion = "0.1"\ndependencies = ["idna"]\n\n[build-system]\nrequires = []\n'
LOCK = """\
version = 1
revision = 5
requires-python = ">=3.11"
supported-markers = [
    "sys_platform == 'linux'",
]

[manifest]
constraints = [{ name = "attrs", specifier = "<30" }]

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [
    { name = "attrs" },
    { name = "lib" },
]

[package.metadata]
requires-dist = [
    { name = "attrs", specifier = ">=23" },
    { name = "lib", editable = "lib" },
    { name = "uvloop", marker = "sys_platform != 'win32' and extra == 'fast'" },
]
provides-extras = ["fast"]

[package.metadata.requires-dev]
lint = [
    { name = "pytest" },
    { name = "ruff" },
]
test = [{ name = "pytest" }]

[[package]]
name = "attrs"
version = "25.3.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "lib"
version = "0.1"
source = { editable = "lib" }
dependencies = [
    { name = "idna" },
]

[package.metadata]
requires-dist = [{ name = "idna" }]

[[package]]
name = "idna"
version = "3.10"
source = { registry = "https://index.example/simple" }
"""


def judged(files: dict[str, str], folder: str = "", python: str | None = None) -> Judgement:
    return freshness.judge(WorkspaceTree(in_memory(files)), folder, python)


def project(old: str = "", new: str = "", *, file: str = "pyproject.toml", more: dict[str, str] | None = None) -> dict[str, str]:
    files = {"pyproject.toml": PROJECT, "lib/pyproject.toml": LIB, "uv.lock": LOCK, **(more or {})}
    assert old in files[file]
    files[file] = files[file].replace(old, new, 1) if old else files[file] + new
    return files


def cut(difference: Difference) -> str:
    return difference.place.file.cut(difference.place.span)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("", "# a comment\n"),
        ("", "\n[tool.black]\nline-length = 99\n"),
        ('["attrs>=23", "lib"]', '[\n  "lib>=9",  # a version does not count at a path\n  "ATTRS >= 23.0",\n]'),
        ("\"uvloop; sys_platform != 'win32'\"", "\"uvloop; platform_system != 'Windows'\""),
        ('[{ include-group = "test" }, "ruff"]', '["ruff", { include-group = "Test" }, "pytest"]'),
        ('">=3.11"', '">=3.11,!=3.11.2"'),
        ('"1.0"', '"v1.0.0"'),
        ('["attrs<30"]', '["attrs<30", "not-locked<2", "idna"]'),
        ("[\"sys_platform == 'linux'\"]", "\"platform_system == 'Linux'\""),
        ('path = "lib"', 'path = "./lib/../lib"'),
        ("[tool.uv]", "[tool.uv]\nlink-mode = 'copy'\nindex-strategy = 'unsafe-best-match'"),
    ],
)
def test_fresh(old: str, new: str) -> None:
    assert judged(project(old, new)) == Judgement(Verdict.FRESH)


@pytest.mark.parametrize(
    ("old", "new", "what", "where"),
    [
        ('"attrs>=23"', '"attrs>=24"', "dependency of app on attrs", '"attrs>=24"'),
        ('"attrs>=23", ', "", "dependency of app on attrs", '["lib"]'),
        ('"attrs>=23"', '"attrs[x]>=23"', "dependency of app on attrs", '"attrs[x]>=23"'),
        (", editable = true", "", "dependency of app on lib", '"lib"'),
        ('"uvloop; sys_platform != \'win32\'"', '"uvloop"', "dependency of app on uvloop", '"uvloop"'),
        ("fast = [", "slow = []\nfast = [", "extra slow of app", "[]"),
        ('"ruff"]', '"ruff>1"]', "group lint of app: ruff", '"ruff>1"'),
        ("lint = [", "empty = []\nlint = [", "group empty of app", "[]"),
        ('">=3.11"', '">=3.12"', "requires-python", '">=3.12"'),
        ('"1.0"', '"1.1"', "version of app", '"1.1"'),
        ('version = "1.0"', 'dynamic = ["version"]', "version of app", '["version"]'),
        ('["attrs<30"]', '["attrs<31"]', "constraint on attrs", '"attrs<31"'),
        ('constraint-dependencies = ["attrs<30"]', "", "constraint on attrs", "tool.uv"),
        ("[tool.uv]", "[build-system]\nrequires = []\n\n[tool.uv]", "source of app", '"app"'),
        ("'linux'\"]", "'linux'\", \"sys_platform == 'darwin'\"]", "tool.uv.environments", "[\"sys_platform == 'linux'\", \"sys_platform == 'darwin'\"]"),
        ("[tool.uv]", '[tool.uv]\nresolution = "lowest"', "tool.uv.resolution", '"lowest"'),
        ("[tool.uv]", '[tool.uv]\nexclude-newer = "2024-01-01"', "tool.uv.exclude-newer", '"2024-01-01"'),
        ("[tool.uv]", '[tool.uv]\ndefault-groups = "all"', "tool.uv.default-groups", '"all"'),
        ("[tool.uv]", '[tool.uv]\noverride-dependencies = ["idna<4"]', "override of idna", '"idna<4"'),
        ("[tool.uv]", '[tool.uv]\nexclude-dependencies = ["Idna"]', "exclusion of idna", '"Idna"'),
        ("[tool.uv]", '[tool.uv]\nbuild-constraint-dependencies = ["hatchling"]', "build constraint on hatchling", '"hatchling"'),
        ("[tool.uv]", '[tool.uv]\nconflicts = [[{ group = "test" }, { group = "lint" }]]', "tool.uv.conflicts", '[[{ group = "test" }, { group = "lint" }]]'),
        ("[tool.uv]", '[tool.uv.dependency-groups]\ntest = { requires-python = ">=3.12" }\n[tool.uv]', "requires-python of group lint", '">=3.12"'),
        ("", '\n[[tool.uv.index]]\nurl = "https://other.example/simple"\ndefault = true\n', "index of attrs", "tool.uv.index"),
        ("", '\n[[tool.uv.dependency-metadata]]\nname = "idna"\nrequires-dist = ["six"]\n', "dependency-metadata of idna", "tool.uv.dependency-metadata"),
        ("", '\n[tool.uv.workspace]\nmembers = ["lib"]\n', "workspace members", '"app"'),
    ],
)  # fmt: skip
def test_stale(old: str, new: str, what: str, where: str) -> None:
    files = project(old, new)
    if "workspace" in new:
        files["pyproject.toml"] = files["pyproject.toml"].replace('path = "lib", editable = true', "workspace = true")
    found = judged(files)
    assert found.verdict == Verdict.STALE
    assert (found.differences[0].what, cut(found.differences[0])) == (what, where)


def test_both_sides_are_shown() -> None:
    (found,) = judged(project('"attrs>=23"', "\"attrs >= 24 ; os_name == 'posix'\"")).differences
    assert (found.declared, found.locked) == ("attrs>=24 ; os_name == 'posix'", "attrs>=23")
    assert found.locked_place is not None
    assert found.locked_place.file.cut(found.locked_place.span) == '{ name = "attrs", specifier = ">=23" }'


def test_every_difference_is_named() -> None:
    files = project('"attrs>=23"', '"attrs>=24"')
    files["pyproject.toml"] = files["pyproject.toml"].replace('"pytest"', '"pytest>8"').replace('">=3.11"', '">=3.12"')
    whats = {difference.what for difference in judged(files).differences}
    assert whats == {"requires-python", "dependency of app on attrs", "group test of app: pytest", "group lint of app: pytest"}


def test_a_path_dependency_counts() -> None:
    found = judged(project('["idna"]', '["idna>3"]', file="lib/pyproject.toml"))
    assert (found.verdict, found.differences[0].place.file.path) == (Verdict.STALE, "lib/pyproject.toml")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('include-group = "test"', 'include-group = "nope"', '"nope"'),
        ('test = ["pytest"]', 'test = [{ include-group = "lint" }]', '"lint"'),
        ('"ruff"', '"ruff>>1"', '"ruff>>1"'),
        ('"attrs>=23"', '"attrs; python = 3"', '"attrs; python = 3"'),
        ("[tool.uv]", '[tool.uv]\ndefault-groups = ["nope"]', '["nope"]'),
        ("[tool.uv]", "[tool.uv]\nmanaged = false", "false"),
        ('{ path = "lib", editable = true }', '{ index = "nope" }', '"nope"'),
        ('{ path = "lib", editable = true }', "{ workspace = true }", "true"),
        ("\"sys_platform == 'linux'\"]", "\"sys_platform == 'linux'\", \"os_name == 'posix'\"]", "\"os_name == 'posix'\""),
        ("'linux'\"]", "'linux' and python_version < '3.5'\"]", "\"sys_platform == 'linux' and python_version < '3.5'\""),
    ],
)
def test_invalid(old: str, new: str, where: str) -> None:
    found = judged(project(old, new))
    assert found.verdict == Verdict.INVALID
    assert cut(found.differences[0]) == where


def test_a_lock_that_cannot_be_read_is_no_fresh_one() -> None:
    for broken in (LOCK.replace("version = 1", "version = 2", 1), LOCK[:200], f"<<<<<<< HEAD\n{LOCK}", LOCK + "\0"):
        found = judged({**project(), "uv.lock": broken})
        assert (found.verdict, found.differences[0].place.file.path) == (Verdict.INVALID, "uv.lock")


@pytest.mark.parametrize("length", range(0, len(LOCK), 23))
def test_a_truncated_lock_is_no_fresh_one(length: int) -> None:
    assert judged({**project(), "uv.lock": LOCK[:length]}).verdict in (Verdict.INVALID, Verdict.STALE)


def test_no_lock() -> None:
    files = project()
    del files["uv.lock"]
    assert judged(files).verdict == Verdict.INVALID


def test_unknown_outside_of_what_is_checked() -> None:
    files = project('path = "lib"', 'path = "../lib"')
    files["uv.lock"] = LOCK.replace('"lib"', '"../lib"').replace('name = "../lib"', 'name = "lib"')
    found = judged(files)
    assert found.verdict == Verdict.UNKNOWN
    assert "outside" in found.differences[0].message


def test_settings_that_uv_passes_over() -> None:
    found = judged(
        project("[tool.uv]", "[tool.uv]\nunheard-of = 1\n", more={"uv.lock": LOCK + '\n[options]\nresolution-mode = "lowest"\n'})
    )
    assert found.verdict == Verdict.STALE
    assert "does not know `unheard-of`" in found.differences[0].message


def test_uv_toml_takes_the_place_of_settings() -> None:
    more = {"uv.toml": 'resolution = "lowest"\n'}
    assert judged(project(more=more)).differences[0].place.file.path == "uv.toml"
    assert judged(project(more={"uv.toml": "conflicts = []\n"})).verdict == Verdict.INVALID
    assert judged(project(more={"uv.toml": ""})).verdict == Verdict.FRESH


def test_without_requires_python() -> None:
    bare = project('requires-python = ">=3.11"\n', "")
    assert judged(bare, python="3.11").verdict == Verdict.FRESH
    assert judged(bare, python="3.12").verdict == Verdict.STALE
    assert judged(bare).verdict == Verdict.FRESH


WORKSPACE = {
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old"]\n\n[dependency-groups]\ndev = ["ruff"]\n',
    "packages/a/pyproject.toml": '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["b"]\n'
    "[tool.uv.sources]\nb = { workspace = true }\n",
    "packages/b/pyproject.toml": '[project]\nname = "b"\nversion = "1"\nrequires-python = ">=3.11"\n',
    "packages/old/pyproject.toml": "[project]\n",
    "packages/.hidden/notes.txt": "",
    "uv.lock": dedent("""\
        version = 1
        revision = 3
        requires-python = ">=3.11"

        [manifest]
        members = ["a", "b"]

        [manifest.dependency-groups]
        dev = [{ name = "ruff" }]

        [[package]]
        name = "a"
        version = "1"
        source = { virtual = "packages/a" }
        dependencies = [{ name = "b" }]

        [package.metadata]
        requires-dist = [{ name = "b", editable = "packages/b" }]

        [[package]]
        name = "b"
        version = "1"
        source = { editable = "packages/b" }

        [[package]]
        name = "ruff"
        version = "1"
        source = { registry = "https://index.example/simple" }
        """),
}


@pytest.mark.parametrize("folder", ["", "packages/a", "packages/b"])
def test_a_member_is_judged_with_its_workspace(folder: str) -> None:
    assert judged(WORKSPACE, folder).verdict == Verdict.FRESH


@pytest.mark.parametrize(
    ("path", "old", "new", "what"),
    [
        ("packages/b/pyproject.toml", ">=3.11", ">=3.12", "requires-python"),
        ("packages/a/pyproject.toml", ">=3.10", ">=3.9", None),
        ("pyproject.toml", '"ruff"', '"ruff>1"', "group dev: ruff"),
        ("pyproject.toml", '"packages/*"', '"packages/a", "packages/b"', None),
        ("pyproject.toml", "dev = ", "empty = []\ndev = ", None),
        ("packages/b/pyproject.toml", '"b"', '"c"', "workspace members"),
        ("packages/a/pyproject.toml", "workspace = true", "workspace = true, editable = false", "source of b"),
    ],
)
def test_workspace(path: str, old: str, new: str, what: str | None) -> None:
    assert old in WORKSPACE[path]
    found = judged({**WORKSPACE, path: WORKSPACE[path].replace(old, new)})
    assert (found.differences[0].what if found.differences else None) == what


def test_a_member_without_a_project_file() -> None:
    found = judged({**WORKSPACE, "packages/c/notes.txt": ""})
    assert (found.verdict, cut(found.differences[0])) == (Verdict.INVALID, '"packages/*"')


def test_differences_stand_in_files_of_the_tree() -> None:
    files = {**WORKSPACE, "packages/b/pyproject.toml": WORKSPACE["packages/b/pyproject.toml"].replace(">=3.11", ">=3.12")}
    paths = {PurePosixPath(difference.place.file.path) for difference in judged(files, "packages/a").differences}
    assert paths == {PurePosixPath("packages/b/pyproject.toml")}
