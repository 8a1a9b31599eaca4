"""Environments over a lock: default groups, markers, members of a workspace, everything that goes together."""

import pytest

from policy_checks.environment import Environment, Markers
from policy_checks.lock.bans import Ban
from policy_checks.lock.graph import Selection
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.lock.scopes import of_environment, scopes
from policy_checks.workspace import in_memory

INDEX = 'source = { registry = "https://index.example/simple" }'
OF_TOOL = (
    f'    {{ name = "leaf", version = "1", {INDEX}, marker = "extra == \'extra-3-app-old\'" }},\n'
    "    { name = \"impossible\", marker = \"extra == 'extra-3-app-old' and extra == 'extra-3-app-new'\" },\n"
)
ROOT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n\n[tool.uv]\ndefault-groups = {groups}\n'
LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.11"
conflicts = [[
    {{ package = "app", extra = "old" }},
    {{ package = "app", extra = "new" }},
]]

[manifest]
members = [
    "app",
    "lib",
]

[[package]]
name = "app"
version = "1"
source = {{ editable = "." }}

[package.optional-dependencies]
old = [
    {{ name = "leaf", version = "1", {INDEX} }},
    {{ name = "tool", marker = "sys_platform == 'linux'" }},
]
new = [
    {{ name = "leaf", version = "2", {INDEX} }},
    {{ name = "tool", marker = "python_full_version >= '3.12'" }},
]

[package.dev-dependencies]
dev = [
    {{ name = "dev-tool" }},
]
test = [
    {{ name = "test-tool" }},
]

[[package]]
name = "lib"
version = "1"
source = {{ editable = "lib" }}
dependencies = [
    {{ name = "deep" }},
]

[package.dev-dependencies]
lint = [
    {{ name = "lint-tool" }},
]

""" + "\n".join(
    f'[[package]]\nname = "{name}"\nversion = "{version}"\n{INDEX}\n{more}'
    for name, version, more in (
        ("deep", "1", ""),
        ("dev-tool", "1", ""),
        ("impossible", "1", ""),
        ("leaf", "1", ""),
        ("leaf", "2", ""),
        ("lint-tool", "1", ""),
        ("test-tool", "1", ""),
        (
            "tool",
            "1",
            f"dependencies = [\n{OF_TOOL}]\n",
        ),
    )
)


def project(groups: str = '["dev", "test"]') -> LockedProject:
    lib = '[project]\nname = "lib"\nversion = "1"\n[dependency-groups]\nlint = ["lint-tool"]\n[tool.uv]\ndefault-groups = ["lint"]\n'
    files = {"pyproject.toml": ROOT.format(groups=groups), "lib/pyproject.toml": lib, "uv.lock": LOCK}
    found = [one for one in in_memory(files).all(LOCKED_PROJECT) if isinstance(one, LockedProject) and one.has_own_lock]
    return found[0]


def names(held: LockedProject, environment: Environment) -> set[str]:
    return {f"{package.name} {package.version}" for package in held.reached(environment).packages}


@pytest.mark.parametrize(("groups", "expected"), [('["test"]', {"test-tool 1"}), ('"all"', {"dev-tool 1", "test-tool 1"}), ("[]", set())])
def test_default_groups(groups: str, expected: set[str]) -> None:
    assert names(project(groups), Environment(default_groups=True)) == expected
    assert names(project(groups), Environment()) == set()


def test_a_member_of_a_workspace() -> None:
    assert names(project(), Environment(member="LIB")) == {"deep 1"}
    assert names(project(), Environment(member="lib", groups=("lint",))) == {"deep 1", "lint-tool 1"}
    assert names(project(), Environment(member="lib", default_groups=True)) == {"deep 1", "lint-tool 1"}


@pytest.mark.parametrize(
    ("extra", "markers", "has_tool"),
    [
        ("old", Markers(platform="linux/x86_64"), True),
        ("old", Markers(platform="windows/amd64"), False),
        ("old", Markers(python="3.11"), True),
        ("new", Markers(python="3.11"), False),
        ("new", Markers(python="3.12"), True),
        ("new", Markers(python="3.12.4", platform="darwin/arm64"), True),
    ],
)
def test_markers(extra: str, markers: Markers, *, has_tool: bool) -> None:
    assert ("tool 1" in names(project(), Environment(extras=(extra,), markers=markers))) == has_tool


@pytest.mark.parametrize(
    ("platform", "text"),
    [
        ("linux", "sys_platform == 'linux' and os_name == 'posix'"),
        ("linux/amd64", "sys_platform == 'linux' and os_name == 'posix' and platform_machine == 'x86_64'"),
        ("linux/arm64", "sys_platform == 'linux' and os_name == 'posix' and platform_machine == 'aarch64'"),
        ("darwin/arm64", "sys_platform == 'darwin' and os_name == 'posix' and platform_machine == 'arm64'"),
        ("windows/amd64", "sys_platform == 'win32' and os_name == 'nt' and platform_machine == 'AMD64'"),
    ],
)
def test_platforms_by_their_names_in_containers(platform: str, text: str) -> None:
    assert Markers(platform=platform).text == text


@pytest.mark.parametrize("wrong", [{"python": "3"}, {"python": ">=3.12"}, {"platform": "linxu"}, {"platform": "linux/x86'64"}])
def test_what_is_no_platform_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="write '"):
        Markers(**wrong)


def test_everything_takes_each_side_of_a_conflict_but_never_both() -> None:
    (scope,) = scopes(project(), Ban("x", ("all",)), {"lts": Environment()})
    closure = scope.closure(project())
    assert {f"{package.name} {package.version}" for package in closure.packages} == {
        "deep 1", "dev-tool 1", "leaf 1", "leaf 2", "lint-tool 1", "test-tool 1", "tool 1",
    }  # fmt: skip
    old = next(package for package in closure.packages if (package.name, package.version) == ("leaf", "1"))
    assert sorted(map(str, closure.paths(old))) == ["old (extra) → leaf", "old (extra) → tool → leaf"]


def test_everything_is_what_some_selection_holds() -> None:
    held = project()
    alone = [Selection(members=(name,)) for name in ("app", "lib")]
    alone += [Selection((extra,)) for extra in ("old", "new")] + [Selection((), (group,)) for group in ("dev", "test")]
    alone.append(Selection((), ("lint",), ("lib",)))
    some = {package.number for selection in alone for package in held.closure(selection).packages}
    assert {package.number for package in held.closure(Selection(everything=True)).packages} == some


def test_requirements_files_belong_to_the_lock_that_an_environment_speaks_of() -> None:
    lock = 'version = 1\nrequires-python = ">=3.11"\n[[package]]\nname = "other"\nversion = "1"\nsource = { virtual = "." }\n'
    other = {"tests/other/pyproject.toml": '[project]\nname = "other"\nversion = "1"\n', "tests/other/uv.lock": lock}
    files = {"pyproject.toml": ROOT.format(groups="[]"), "uv.lock": LOCK, "more.txt": "leaf\n"} | other
    held = [one for one in in_memory(files).all(LOCKED_PROJECT) if isinstance(one, LockedProject)]
    for environment in (Environment(requirements=("more.txt",)), Environment(extras=("old",), requirements=("more.txt",))):
        chosen = {one.folder: of_environment(one, "it", environment).requirements for one in held}
        assert chosen == {"": ("more.txt",), "tests/other": ()}
