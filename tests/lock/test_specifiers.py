"""Specifiers by what they accept; the tables are uv's own tests (uv-configuration, `normalized_requirements.rs`)."""

import pytest
from hypothesis import given, strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from policy_checks.lock.specifiers import InvalidSpecifier, accepted, canonical_version, is_lone_pin, same_clauses


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("~=3.4", ">=3.4,<4"), ("~=3.4", ">=3.4,==3.*"), ("==3.*,>=2", "==3.*"), ("<3,>=1", ">=1, <3.0"), (">=1,>=2,<3,!=4", ">=2,<3"),
        ("!=1.*,!=1.0.*,!=1.0.1", "!=1.*"), (">1,!=1.post1", ">1"), ("===1", "===1.0"), (">=1!1,>=2", ">=1!1"), ("==1", "==1.0.0"),
    ],
)  # fmt: skip
def test_same(left: str, right: str) -> None:
    assert accepted(left) == accepted(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("", ">=0"), ("==3.7,>=3", "==3.7"), ("==3.*", ">=3,<4"), ("<4", "<4.0a0"), (">3.0", ">=3.0,!=3.0"), ("==1.*", "==1.0.*"),
        ("===1", "==1"), ("~=1.0", "~=1.0.0"), (">=1,<=1.0", "==1.0"), ("==1,>=0", "==1"), (">=1a1,>=1", ">=1"), (">=1,!=1+local", ">=1"),
        ("==3.7,==3.7", "==3.7"),
    ],
)  # fmt: skip
def test_different(left: str, right: str) -> None:
    assert accepted(left) != accepted(right)


@pytest.mark.parametrize("text", ["1", "=>1", ">=x", "~=1", ">=1.*", "~=1.0.*", "<1+local", ">=1,", "==1.0.dev0.*"])
def test_invalid(text: str) -> None:
    with pytest.raises(InvalidSpecifier):
        accepted(text)


VERSIONS = [
    Version(text)
    for text in ["0.dev0", "0", "0.9", "1.dev0", "1a1", "1b1", "1", "1+local", "1.post0.dev0", "1.post0", "1.post1", "1.0.1", "1.1", "2a1", "2", "1!0"]
]  # fmt: skip
CLAUSES = [
    "<1",
    "<=1",
    ">1",
    ">=1",
    "==1",
    "!=1",
    "==1.*",
    "!=1.0.*",
    "~=1.0",
    ">=1a1",
    "<1b1",
    ">1.post1",
    "<1.post2",
    "==1+local",
    ">=1!1",
]


@given(st.lists(st.sampled_from(CLAUSES), max_size=4))
def test_ranges_agree_with_packaging(some: list[str]) -> None:
    text = ",".join(some)
    expected = SpecifierSet(text)
    for version in VERSIONS:
        inside = any(
            (lower is None or lower < (version, 0.5)) and (upper is None or (version, 0.5) < upper)
            for lower, upper in accepted(text).versions
        )
        assert inside == expected.contains(version, prereleases=True), (text, version)


@given(st.lists(st.sampled_from(CLAUSES), max_size=4), st.randoms())
def test_order_and_repetition_do_not_matter(some: list[str], random: object) -> None:
    shuffled = [*some, *some[:1]] if len(some) > 1 else list(some)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert accepted(",".join(shuffled)) == accepted(",".join(some))


def test_pins() -> None:
    assert is_lone_pin("==1")
    assert is_lone_pin("===1")
    assert not is_lone_pin("==1.*")
    assert not is_lone_pin("==1,>0")


def test_clause_by_clause() -> None:
    assert same_clauses(">=3.12,<4", "<4.0, >=3.12")
    assert not same_clauses(">=3.12", ">=3.12,>=3")


@pytest.mark.parametrize(
    ("left", "right"), [("v1.0", "1"), ("1.0.0", "1"), ("1.0RC1", "1c1"), ("0", "0.0"), ("1!2.0", "1!2"), ("1.0+Local.1", "1+local-1")]
)
def test_equal_versions(left: str, right: str) -> None:
    assert canonical_version(left) == canonical_version(right)
