"""Records behave as frozen dataclasses with slots do; `dataclasses` itself is the oracle."""

from dataclasses import FrozenInstanceError, dataclass, field
from functools import cached_property
from typing import Any

import pytest
from hypothesis import given, strategies as st

from policy_checks.record import fields, is_record, made, record, replace


@record
class Point:
    x: int
    y: int = 2
    names: list[str] = made(default_factory=list)


@dataclass(frozen=True, slots=True)
class Oracle:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list)


@record
class Named(Point):
    name: str = "origin"


@record(eq=False)
class Apart:
    x: int


@record
class Positive:
    x: int

    def __post_init__(self) -> None:
        if self.x <= 0:
            raise ValueError(f"{self.x} is not positive")

    @cached_property
    def double(self) -> list[int]:
        return [2 * self.x]


_ARGUMENTS = st.tuples(
    st.lists(st.integers(0, 3), max_size=4), st.dictionaries(st.sampled_from(["x", "y", "names", "z"]), st.integers(0, 3))
)


@given(_ARGUMENTS)
def test_an_instance_is_made_and_refused_as_a_dataclass_s(arguments: tuple[list[int], dict[str, int]]) -> None:
    values, named = arguments
    try:
        expected = Oracle(*values, **named)  # type: ignore[arg-type]
    except TypeError:
        with pytest.raises(TypeError):
            Point(*values, **named)  # type: ignore[arg-type]
        return
    made_so = Point(*values, **named)  # type: ignore[arg-type]
    assert repr(made_so) == repr(expected).replace("Oracle", "Point")


@given(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2))
def test_equality_and_hash_are_by_value(a: int, b: int, c: int, d: int) -> None:
    assert (Positive(a + 1) == Positive(c + 1)) == (a == c)
    assert (hash((a, b)) == hash((c, d))) <= (hash(Positive(a + 1)) == hash(Positive(c + 1)))
    assert Point(a, b) != Named(a, b)
    other: object = (a, b, [])
    assert Point(a, b) != other


@given(_ARGUMENTS)
def test_the_first_instances_are_made_as_all_others(arguments: tuple[list[int], dict[str, int]]) -> None:
    values, named = arguments
    fresh: Any = record(
        type("Point", (), {"__annotations__": {"x": int, "y": int, "names": list}, "y": 2, "names": made(default_factory=list)})
    )
    try:
        expected = repr(Oracle(*values, **named)).replace("Oracle", "Point")  # type: ignore[arg-type]
    except TypeError:
        with pytest.raises(TypeError):
            fresh(*values, **named)
        return
    assert {repr(fresh(*values, **named)) for _ in range(40)} == {expected}


def test_nothing_can_be_changed() -> None:
    point = Point(1)
    with pytest.raises(AttributeError, match="frozen"):
        point.x = 3  # type: ignore[misc]
    with pytest.raises(AttributeError, match="frozen"):
        del point.x
    assert issubclass(FrozenInstanceError, AttributeError)  # who catches the one has caught the other
    assert not hasattr(point, "__dict__")


def test_a_made_default_belongs_to_one_instance() -> None:
    assert Point(1).names is not Point(1).names


def test_a_record_inherits_fields_and_defaults() -> None:
    assert repr(Named(1)) == "Named(x=1, y=2, names=[], name='origin')"
    assert list(fields(Named)) == [("x", True), ("y", False), ("names", False), ("name", False)]


def test_identity_in_place_of_equality() -> None:
    apart = Apart(1)
    assert apart != Apart(1)
    assert len({apart, Apart(1)}) == 2


def test_replaced_fields_and_the_check_after_making() -> None:
    assert replace(Point(1, 5), x=4) == Point(4, 5)
    with pytest.raises(ValueError, match="0 is not positive"):
        replace(Positive(1), x=0)
    with pytest.raises(TypeError):
        replace(Point(1), z=0)


def test_a_property_is_worked_out_once() -> None:
    positive = Positive(2)
    assert positive.double is positive.double


def test_what_is_a_record() -> None:
    assert is_record(Point)
    assert not is_record(Point(1))
    assert not is_record(Oracle)


def test_matching_by_position() -> None:
    match Point(1, 7):
        case Point(1, y):
            assert y == 7
        case _:
            pytest.fail("not matched")
