"""The marker algebra: its laws, uv's normalisation, and agreement with packaging's own evaluation."""

import pytest
from hypothesis import given, strategies as st
from packaging.markers import Marker as Evaluated

from policy_checks.lock import markers
from policy_checks.lock.markers import FALSE, TRUE, InvalidMarker, Marker, and_, disjoint, negate, or_, parse

VERSIONS = ["3.8", "3.9", "3.10", "3.10.4", "3.11", "3.12", "3.13.1", "4.0"]
VALUES = {
    "sys_platform": ["linux", "darwin", "win32", "cygwin", "never"],
    "os_name": ["posix", "nt", "java"],
    "platform_machine": ["x86_64", "aarch64", "arm64"],
    "implementation_name": ["cpython", "pypy"],
}
EXTRAS = ["a", "b", "extra-3-app-dev"]

texts = st.sampled_from(sorted(VALUES)).flatmap(
    lambda key: st.tuples(st.just(key), st.sampled_from(["==", "!="]), st.sampled_from(VALUES[key]))
)
versions = st.tuples(
    st.sampled_from(["python_full_version", "python_version"]),
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.sampled_from(VERSIONS),
)
extras = st.tuples(st.just("extra"), st.sampled_from(["==", "!="]), st.sampled_from(EXTRAS))


def written(parts: "tuple[str, str, str]") -> str:
    key, operator, value = parts
    return f"{key} {operator} '{value}'"


def combined(inner: "st.SearchStrategy[str]") -> "st.SearchStrategy[str]":
    return st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda some: f"({some[0]} {some[1]} {some[2]})")


expressions = st.recursive(st.one_of(texts, versions, extras).map(written), combined, max_leaves=8)
environments = st.fixed_dictionaries(
    {key: st.sampled_from(values) for key, values in VALUES.items() if key not in ("sys_platform", "os_name")}
)
# Combinations that exist: the algebra knows that a posix system is not win32.
platforms = st.sampled_from([("linux", "posix"), ("darwin", "posix"), ("win32", "nt"), ("cygwin", "posix")])


@given(
    expressions,
    environments,
    platforms,
    st.sampled_from(["3.8.0", "3.9.1", "3.10.4", "3.11.0", "3.12.7", "3.13.1", "4.0.0"]),
    st.sets(st.sampled_from(EXTRAS)),
)
def test_it_evaluates_as_packaging_does(text: str, some: dict[str, str], platform: tuple[str, str], version: str, active: set[str]) -> None:
    values = {
        **some,
        "sys_platform": platform[0],
        "os_name": platform[1],
        "python_full_version": version,
        "python_version": ".".join(version.split(".")[:2]),
    }
    # packaging knows one extra at a time; none, one, or several decided one by one mean the same for single comparisons
    if len(active) > 1:
        active = set(sorted(active)[:1])
    expected = Evaluated(text).evaluate({**values, "extra": "".join(active)})
    assert markers.evaluate(parse(text), values, active) == expected


@given(expressions, expressions, expressions)
def test_laws(a_text: str, b_text: str, c_text: str) -> None:
    a, b, c = parse(a_text), parse(b_text), parse(c_text)
    assert negate(negate(a)) is a
    assert negate(and_(a, b)) is or_(negate(a), negate(b))
    assert and_(a, b) is and_(b, a)
    assert or_(a, or_(b, c)) is or_(or_(a, b), c)
    assert and_(a, or_(b, c)) is or_(and_(a, b), and_(a, c))
    assert or_(a, and_(a, b)) is a
    assert and_(a, negate(a)) is FALSE
    assert or_(a, negate(a)) is TRUE
    assert disjoint(a, b) == (and_(a, b) is FALSE)
    assert markers.implies(and_(a, b), a)


@given(expressions)
def test_simplified_under_a_range_it_means_the_same_there(text: str) -> None:
    marker, under = parse(text), markers.from_requires_python(">=3.10,<4")
    simplified = markers.simplify(marker, under)
    assert and_(simplified, under) is and_(marker, under)
    assert markers.simplify(simplified, under) is simplified
    assert markers.equivalent(marker, simplified, under)


SAME = [
    ("python_version >= '3.10'", "python_full_version >= '3.10'"),
    ("python_version <= '3.11'", "python_full_version < '3.12'"),
    ("python_version == '3.12'", "python_full_version == '3.12.*'"),
    ("python_version in '3.11 3.12'", "python_full_version >= '3.11' and python_full_version < '3.13'"),
    ("python_version > '3.9.1'", "python_full_version >= '3.10'"),
    ("python_version ~= '3.10.0'", "python_full_version == '3.10.*'"),
    ("'3.10' <= python_version", "python_version >= '3.10'"),
    ("python_full_version >= '3.10.0rc1'", "python_full_version >= '3.10'"),
    ("platform_system == 'Linux'", "sys_platform == 'linux'"),
    ("sys_platform == 'win32' and platform_system == 'Windows'", "sys_platform == 'win32'"),
    ("sys.platform == 'linux'", "sys_platform == 'linux'"),
    ("os_name == 'nt' and sys_platform != 'linux'", "os_name == 'nt'"),
    ("os_name >= 'nt'", "os_name == 'nt'"),
    ("extra == 'A_b'", "extra == 'a-b'"),
    ("os_name == 'nt' and 'a' == 'b'", "os_name == 'nt'"),
    ("sys_platform == 'linux'\n  or sys_platform != 'linux'", "'x' == 'y'"),
]
DIFFERENT = [
    ("os_name == 'nt'", "sys_platform == 'win32'"),
    ("'linux' in sys_platform", "sys_platform == 'linux'"),
    ("implementation_name == 'cpython'", "platform_python_implementation == 'CPython'"),
    ("python_version == '3.1'", "python_version == '3.10'"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same(one: str, other: str) -> None:
    assert parse(one) is parse(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different(one: str, other: str) -> None:
    assert parse(one) is not parse(other)


@pytest.mark.parametrize(
    "text", ["os_name == 'nt' and sys_platform == 'linux'", "os_name < 'a'", "python_version == '3.9.1'", "python_version < '0'"]
)
def test_never(text: str) -> None:
    assert parse(text).is_false


def test_platforms_that_do_not_exist() -> None:
    assert markers.on_known_platforms(parse("sys_platform == 'never'")) is FALSE
    assert markers.on_known_platforms(parse("sys_platform == 'never' or python_version >= '3.9'")) is not FALSE
    for text in ("sys_platform != 'never'", "sys_platform == 'freebsd14'", "os_name == 'nt'", "platform_machine == 'riscv64'"):
        assert markers.on_known_platforms(parse(text)) is not FALSE


@pytest.mark.parametrize(
    ("text", "same"),
    [(">=3.11", ">=3.11.0"), (">=3.9,!=3.10.*", ">=3.9"), (">3.8,>=3.9", ">=3.9"), ("~=3.11", ">=3.11,<4"), (">=3.9rc1", ">=3.9")],
)
def test_requires_python_is_a_range(text: str, same: str) -> None:
    assert markers.from_requires_python(text) is markers.from_requires_python(same)


def test_extras_are_replaced_by_conditions() -> None:
    marker = parse("extra == 'a' and sys_platform == 'linux' or extra == 'b'")
    assert markers.extras_of(marker) == {"a", "b"}
    assert markers.restrict_extras(marker, {"b": False, "a": True}) is parse("sys_platform == 'linux'")
    conditions = {"a": TRUE, "b": parse("python_version >= '3.12'")}
    assert markers.replace_extras(marker, conditions) is parse("sys_platform == 'linux' or python_version >= '3.12'")


@pytest.mark.parametrize(
    "text",
    ["", "os_name", "os_name = 'nt'", "os_name == 'nt' and", "x == '1'", "(" * 5000, "python_version === '3.9'", "os_name == 'nt'\0"],
)
def test_refused(text: str) -> None:
    with pytest.raises(InvalidMarker):
        parse(text)


def test_hostile_markers_are_bounded() -> None:
    wide = " or ".join(f"sys_platform == 'p{number}'" for number in range(5000))
    assert not parse(wide).is_true
    deep = " and ".join(f"extra == 'e{number}'" for number in range(5000))
    with pytest.raises(InvalidMarker):
        parse(deep)


def test_parsing_twice_is_the_same_object() -> None:
    assert isinstance(parse("os_name == 'nt'"), Marker)
    assert parse('os_name=="nt"') is parse("os_name == 'nt'")
