"""The three-way merge of uv.lock as text: laws over made-up resolutions, and what is refused."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import assume, given, strategies as st

from policy_checks.lock import blocks, merge
from policy_checks.lock.merge import Collision
from policy_checks.readers import uv_lock
from policy_checks.readers.uv_lock import Lock
from policy_checks.source import SourceFile

REAL = Path(__file__).parents[3] / "shared/real/megatron-lm"
NAMES = "abcdefgh"
HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n'

Edges = Mapping[str, frozenset[str]]
Versions = Mapping[str, int]


def parse(text: str) -> Lock:
    return uv_lock.parse(SourceFile("uv.lock", text.encode()))


def reached(edges: Edges, wanted: frozenset[str]) -> list[str]:
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += edges[name]
    return sorted(found)


def listed(names: frozenset[str]) -> str:
    return "dependencies = [\n" + "".join(f'    {{ name = "{name}" }},\n' for name in sorted(names)) + "]\n" if names else ""


def resolution(edges: Edges, wanted: frozenset[str], versions: Versions | None = None) -> str:
    """A lock as uv writes it for a project that wants some packages of a world."""
    text = HEAD + f'\n[[package]]\nname = "-project"\nversion = "1"\nsource = {{ virtual = "." }}\n{listed(wanted)}'
    if wanted:
        items = [f'{{ name = "{name}" }}' for name in sorted(wanted)]
        long = "[\n" + "".join(f"    {item},\n" for item in items) + "]"
        text += f"\n[package.metadata]\nrequires-dist = {long if len(items) > 1 else f'[{items[0]}]'}\n"
    for name in reached(edges, wanted):
        version = (versions or {}).get(name, 1)
        text += f'\n[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "https://index.example/simple" }}\n{listed(edges[name])}'
    return text


def combined(base: str, ours: str, theirs: str) -> str | None:
    """The merged text, None where the sides collide."""
    try:
        return merge.combine(parse(base), parse(ours), parse(theirs)).file.text
    except Collision:
        return None


some = st.frozensets(st.sampled_from(NAMES), max_size=5)
worlds = st.fixed_dictionaries({name: st.frozensets(st.sampled_from(NAMES), max_size=2) for name in NAMES})
upgrades = st.dictionaries(st.sampled_from(NAMES), st.integers(2, 3), max_size=3)


@given(worlds, some, some, some)
def test_what_both_sides_add_is_what_uv_would_lock(
    edges: Edges, base: frozenset[str], first: frozenset[str], second: frozenset[str]
) -> None:
    ours, theirs = base | first, base | second
    assert combined(*(resolution(edges, wanted) for wanted in (base, ours, theirs))) == resolution(edges, ours | theirs)


@given(worlds, some, some, some)
def test_a_merge_is_right_or_refused_or_leaves_orphans(
    edges: Edges, base: frozenset[str], ours: frozenset[str], theirs: frozenset[str]
) -> None:
    wanted = (ours & theirs) | (ours - base) | (theirs - base)
    found = combined(*(resolution(edges, side) for side in (base, ours, theirs)))
    assume(found is not None)
    locked = {package.name for package in parse(found or "").packages} - {"-project"}
    assert found == resolution(edges, wanted) or locked > set(reached(edges, wanted))


@given(worlds, some, some, some, upgrades, upgrades)
def test_sides_are_equal_and_every_edge_comes_from_one(
    edges: Edges, base: frozenset[str], first: frozenset[str], second: frozenset[str], mine: Versions, others: Versions
) -> None:
    before, ours, theirs = resolution(edges, base), resolution(edges, base | first, mine), resolution(edges, base | second, others)
    found = combined(before, ours, theirs)
    assert found == combined(before, theirs, ours)
    if found is not None:
        joins = [set(merge._joins(parse(text))) for text in (found, ours, theirs)]
        assert joins[0] <= joins[1] | joins[2]


@given(worlds, some, some)
def test_one_side_alone_is_taken_as_it_is(edges: Edges, base: frozenset[str], ours: frozenset[str]) -> None:
    before, after = resolution(edges, base), resolution(edges, ours)
    assert combined(before, after, before) == combined(before, before, after) == combined(before, after, after) == after


def lock(*packages: str, head: str = HEAD) -> str:
    return "\n".join([head, *packages])


def entry(name: str, version: str = "1", more: str = "", source: str = 'registry = "https://index.example/simple"') -> str:
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ {source} }}\n{more}'


APP = entry("app", source='virtual = "."', more='dependencies = [\n    { name = "leaf" },\n]\n')
EXTRA = '\n[package.optional-dependencies]\n{} = [\n    {{ name = "leaf" }},\n]\n'
REFUSED = {
    "another version on each side": (lock(entry("a")), lock(entry("a", "2")), lock(entry("a", "3")), "both sides change a: 1 → 2 on one, 1 → 3"),
    "removed and upgraded": (lock(entry("a")), lock(), lock(entry("a", "3")), "both sides change a: removed on one, 1 → 3 on the other"),
    "the artifacts of one version": (
        lock(entry("a")), lock(entry("a", more='sdist = { url = "u", hash = "h" }\n')), lock(entry("a", more='sdist = { url = "u", hash = "i" }\n')),
        "both sides change the entry of a 1",
    ),
    "other settings": (lock(), lock(head=HEAD + 'resolution-markers = [\n    "x",\n]\n'), lock(entry("a")), "not resolved under the same settings"),
    "constraints of one side": (
        lock(), lock(head=HEAD + '\n[manifest]\nconstraints = [{ name = "a", specifier = "<2" }]\n'), lock(entry("a")), "`manifest.constraints` differs",
    ),
    "a fork of one side": (
        lock(APP, entry("leaf")), lock(APP, entry("leaf"), entry("new", more='dependencies = [\n    { name = "leaf" },\n]\n')),
        lock(APP.replace('"leaf" }', '"leaf", version = "2", source = { registry = "https://index.example/simple" } }'), entry("leaf"), entry("leaf", "2")),
        "this dependency means 2 packages `leaf`",
    ),
    "the project's version": (
        lock(APP, entry("leaf")), lock(APP.replace('"1"', '"2"', 1), entry("leaf")), lock(APP.replace('"1"', '"3"', 1), entry("leaf")),
        "both sides change `version` of app",
    ),
    "a dependency that the other side removed": (
        lock(APP, entry("b"), entry("leaf")), lock(APP, entry("leaf")),
        lock(APP.replace('{ name = "leaf" }', '{ name = "b" },\n    { name = "leaf" }'), entry("b"), entry("leaf")), "no package `b`",
    ),
    "another order": (lock(entry("a")), lock(entry("b"), entry("a")), lock(entry("a"), entry("c")), "not laid out or sorted as uv writes it"),
}  # fmt: skip


@pytest.mark.parametrize(("base", "ours", "theirs", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(base: str, ours: str, theirs: str, reason: str) -> None:
    for sides in ((ours, theirs), (theirs, ours)):
        with pytest.raises(Collision) as refused:
            merge.combine(parse(base), *map(parse, sides))
    assert reason in str(refused.value) or " → " in reason


def test_a_local_package_keeps_its_identity_when_its_version_changes() -> None:
    more = APP.replace('{ name = "leaf" }', '{ name = "leaf" },\n    { name = "new" }')
    found = combined(lock(APP, entry("leaf")), lock(APP.replace('"1"', '"2"', 1), entry("leaf")), lock(more, entry("leaf"), entry("new")))
    assert found == lock(more.replace('"1"', '"2"', 1), entry("leaf"), entry("new"))


def test_extras_and_groups_of_both_sides_are_sorted() -> None:
    base, leaf = APP + EXTRA.format("m"), entry("leaf")
    ours, theirs = (
        (
            base.replace("m = [", f'{name} = [\n    {{ name = "leaf" }},\n]\nm = [')
            if name < "m"
            else base + EXTRA.format(name).split("\n", 2)[2]
        )
        for name in "az"
    )
    found = combined(lock(base, leaf), lock(ours, leaf), lock(theirs, leaf))
    assert found is not None
    assert [line[0] for line in found.splitlines() if line.endswith(" = [") and line[1] == " "] == ["a", "m", "z"]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real locks are not here")
@pytest.mark.parametrize("state", ["head", "before-lts-moved"])
def test_a_real_lock_is_taken_apart_without_loss(state: str) -> None:
    found = parse((REAL / state / "uv.lock").read_text())
    apart = blocks.split(found)
    assert apart.text() == found.file.text
    for block in (apart.head.manifest, *(block for versions in apart.packages.values() for block in versions.values())):
        assert blocks.render(blocks.fields(block), package=block.startswith("[[package]]")) == block
