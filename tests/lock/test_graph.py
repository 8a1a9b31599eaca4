"""The closure of a lock: extras, markers, conflicts, forks, cycles, and the paths through it."""

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from policy_checks.lock.closure import Closure, reach
from policy_checks.lock.graph import Graph, Selection
from policy_checks.readers import uv_lock
from policy_checks.source import SourceFile, Unreadable

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real locks are not here")
INDEX = 'source = { registry = "https://index.example/simple" }'


def graph(body: str, head: str = "") -> Graph:
    text = f'version = 1\nrequires-python = ">=3.11"\n{head}\n{body}'
    return Graph(uv_lock.parse(SourceFile("uv.lock", text.encode())))


def package(name: str, *edges: str, version: str = "1", more: str = "") -> str:
    listed = "".join(f"    {{ {edge} }},\n" for edge in edges)
    source = 'source = { virtual = "." }' if name == "app" else INDEX
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\n{source}\ndependencies = [\n{listed}]\n{more}\n'


def reached(closure: Closure) -> list[str]:
    return [f"{package.name} {package.version}" for package in closure.packages]


def names(closure: Closure) -> set[str]:
    return {package.name for package in closure.packages}


def test_extras_of_dependencies_are_followed_only_where_asked_for() -> None:
    leaf = package("leaf", more='[package.optional-dependencies]\nfast = [\n    { name = "speed" },\n]\n')
    with_extra = graph(package("app", 'name = "leaf", extra = ["fast"]') + leaf + package("speed"))
    without = graph(package("app", 'name = "leaf"') + leaf + package("speed"))
    assert names(reach(with_extra, Selection())) == {"leaf", "speed"}
    assert names(reach(without, Selection())) == {"leaf"}


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("sys_platform == 'linux'", "sys_platform == 'linux'", True),
        ("sys_platform == 'linux'", "sys_platform == 'win32'", False),
        ("sys_platform == 'linux'", "platform_system != 'Linux'", False),  # one variable, as uv has it
        ("sys_platform == 'linux'", "os_name == 'nt'", False),
        ("python_full_version >= '3.12'", "python_full_version < '3.12'", False),
        ("python_full_version < '3.9'", "os_name == 'posix'", False),  # beyond requires-python
        ("sys_platform == 'never'", "os_name == 'posix'", False),
        ("sys_platform != 'never'", "os_name == 'posix'", True),
    ],
)
def test_markers_are_combined_along_a_path(first: str, second: str, *, found: bool) -> None:
    some = graph(package("app", f'name = "a", marker = "{first}"') + package("a", f'name = "b", marker = "{second}"') + package("b"))
    closure = reach(some, Selection())
    assert ("b" in names(closure)) == found
    assert (closure.shortest(some.lock.by_name["b"][0]) is not None) == found


def test_a_shortest_path_that_contradicts_itself_is_no_path() -> None:
    some = graph(
        package("app", 'name = "a", marker = "sys_platform == \'linux\'"', 'name = "c"')
        + package("a", 'name = "b", marker = "sys_platform == \'win32\'"')
        + package("b")
        + package("c", 'name = "d"')
        + package("d", 'name = "a"')
    )
    closure = reach(some, Selection())
    target = some.lock.by_name["b"][0]
    assert str(closure.shortest(target)) == "dependencies → c → d → a → b"
    assert closure.count(target) == (1, False)


def test_supported_environments_bound_everything() -> None:
    some = graph(
        package("app", 'name = "a", marker = "sys_platform == \'win32\'"') + package("a"),
        "supported-markers = [\n    \"sys_platform == 'linux'\",\n]",
    )
    assert reached(reach(some, Selection())) == []


FORKED = (
    package(
        "app",
        more=f'[package.optional-dependencies]\nold = [\n    {{ name = "leaf", version = "1", {INDEX} }},\n]\n'
        f'new = [\n    {{ name = "leaf", version = "2", {INDEX} }},\n]\n'
        'both = [\n    { name = "tool" },\n]\n',
    )
    + package("leaf", version="1")
    + package("leaf", version="2")
    + package(
        "tool",
        'name = "leaf", version = "1", source = { registry = "https://index.example/simple" }, marker = "extra == \'extra-3-app-old\'"',
        'name = "leaf", version = "2", source = { registry = "https://index.example/simple" }, marker = "extra != \'extra-3-app-old\'"',
    )
)


def test_conflicts_are_decided_by_the_selection() -> None:
    some = graph(FORKED)
    assert reached(reach(some, Selection(("old", "both")))) == ["leaf 1", "tool 1"]
    assert reached(reach(some, Selection(("new", "both")))) == ["leaf 2", "tool 1"]
    assert reached(reach(some, Selection(("both",)))) == ["leaf 2", "tool 1"]


def test_a_conflict_side_that_a_dependency_asks_for_is_active_there() -> None:
    body = package("app", 'name = "lib", extra = ["x"], marker = "sys_platform == \'linux\'"', 'name = "user"')
    body += package("lib", more='[package.optional-dependencies]\nx = [\n    { name = "ix" },\n]\n') + package("ix")
    body += package(
        "user",
        "name = \"only\", marker = \"extra == 'extra-3-lib-x' and sys_platform == 'win32'\"",
        'name = "also", marker = "extra == \'extra-3-lib-x\'"',
    )
    some = graph(body + package("only") + package("also"))
    assert names(reach(some, Selection())) == {"lib", "ix", "user", "also"}


def test_a_dangling_or_ambiguous_edge_is_refused() -> None:
    for body in (
        package("app", 'name = "gone"'),
        package("app", 'name = "leaf"') + package("leaf", version="1") + package("leaf", version="2"),
    ):
        with pytest.raises(Unreadable) as caught:
            reach(graph(body), Selection())
        assert caught.value.file.cut(caught.value.span).startswith("{ name")


def test_a_marker_that_is_none_is_refused_at_its_edge() -> None:
    some = graph(package("app", 'name = "a", marker = "os_name = 1"') + package("a"))
    with pytest.raises(Unreadable, match="not a marker"):
        reach(some, Selection())


def test_a_workspace_without_a_project_starts_at_its_members_and_its_own_groups() -> None:
    head = '[manifest]\nmembers = [\n    "one",\n]\n\n[manifest.dependency-groups]\ndev = [{ name = "tool" }]\n'
    one = '[[package]]\nname = "one"\nversion = "1"\nsource = { editable = "one" }\ndependencies = [\n    { name = "leaf" },\n]\n'
    some = graph(one + package("leaf") + package("tool"), head)
    assert names(reach(some, Selection())) == {"leaf"}
    assert names(reach(some, Selection(groups=("dev",)))) == {"leaf", "tool"}


def test_ten_thousand_edges_in_a_cycle() -> None:
    size = 10_000
    body = package("app", 'name = "p0"') + "".join(package(f"p{number}", f'name = "p{(number + 1) % size}"') for number in range(size))
    some = graph(body)
    closure = reach(some, Selection())
    assert len(closure.packages) == size
    last = some.lock.by_name[f"p{size - 1}"][0]
    path = closure.shortest(last)
    assert path is not None
    assert len(path.arcs) == size
    assert closure.count(last) == (1, False)


def test_exponentially_many_paths_are_counted_up_to_a_bound() -> None:
    body = package("app", 'name = "a0"', 'name = "b0"')
    for number in range(40):
        following = (f'name = "a{number + 1}"', f'name = "b{number + 1}"')
        body += package(f"a{number}", *following) + package(f"b{number}", *following)
    some = graph(body + package("a40") + package("b40"))
    assert reach(some, Selection()).count(some.lock.by_name["a40"][0]) == (100, True)


edges = st.lists(st.tuples(st.integers(0, 7), st.integers(1, 7), st.sampled_from(["", "linux", "win32", "never"])), max_size=20)


@given(edges)
@settings(max_examples=60)
def test_a_package_is_reached_exactly_when_there_is_a_path(some: list[tuple[int, int, str]]) -> None:
    def edge(target: int, platform: str) -> str:
        return f'name = "p{target}"' + (f", marker = \"sys_platform == '{platform}'\"" if platform else "")

    body = package("app", *(edge(target, platform) for origin, target, platform in some if origin == 0))
    for number in range(1, 8):
        body += package(f"p{number}", *(edge(target, platform) for origin, target, platform in some if origin == number))
    found = graph(body)
    closure = reach(found, Selection())
    for target in found.lock.packages[1:]:
        shortest = closure.shortest(target)
        assert (shortest is not None) == (target in closure.packages)
        if shortest is None:
            assert list(closure.paths(target)) == []
            continue
        paths = list(closure.paths(target))
        assert min(len(path.arcs) for path in paths) == len(shortest.arcs)
        for path in paths:
            assert [arc.origin for arc in path.arcs[1:]] == [(arc.target.number, "") for arc in path.arcs[:-1]]


@needs_real
def test_megatron_holds_modelopt_in_dev_and_not_in_lts() -> None:
    some = Graph(uv_lock.parse(SourceFile("uv.lock", (REAL / "head/uv.lock").read_bytes())))
    dev, lts = reach(some, Selection(("dev",))), reach(some, Selection(("mlm", "ssm"), ("build",)))
    (modelopt,) = some.lock.by_name["nvidia-modelopt"]
    assert str(dev.shortest(modelopt)) == "dev (extra) → nvidia-modelopt"
    assert lts.shortest(modelopt) is None
    assert "torch" not in names(dev) | names(lts)  # overridden away with `sys_platform == 'never'`


@needs_real
def test_megatron_before_lts_moved_follows_the_forks() -> None:
    some = Graph(uv_lock.parse(SourceFile("uv.lock", (REAL / "before-lts-moved/uv.lock").read_bytes())))
    forked = {name for name, packages in some.lock.by_name.items() if len(packages) > 1}
    assert forked
    for extra in ("dev", "lts"):
        held = [package.name for package in reach(some, Selection((extra,))).packages]
        assert sorted(held) == sorted(set(held)), "one environment holds one version of a package"
