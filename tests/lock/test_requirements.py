"""When declared requirements mean what the lock remembers: uv's own rules, seen in its verdicts."""

import pytest

from policy_checks.lock import markers
from policy_checks.lock.requirements import Declared, Requirement, marker_text, parse, same
from policy_checks.readers.table import Text
from policy_checks.readers.toml import Document
from policy_checks.source import SourceFile, Unreadable

DOCUMENT = Document(SourceFile("pyproject.toml", b""), {})
UNDER = markers.from_requires_python(">=3.10")


def declared(text: str, *, lenient: bool = False, extra: str = "") -> Declared:
    return parse(Text(text, DOCUMENT, ()), lenient=lenient, extra=extra)


def some(*texts: str) -> list[Requirement]:
    parsed = [declared(text) for text in texts]
    return [Requirement(one.name, one.extras, one.specifier, marker_text(one)) for one in parsed]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["a>=3"], ["A >= 3.0"]),
        (["a>=3,<4"], ["a<4", "a>=3"]),
        (["a[x,y]"], ["a[y]", "a[x]"]),
        (["a"], ["a; sys_platform == 'linux'", "a; sys_platform != 'linux'"]),
        (["a>=1"], ["a>=1", "a>=1"]),
        (["a; python_version < '3.12'"], ["a; python_full_version < '3.12'"]),
        (["a; python_version >= '3.8'"], ["a"]),
        (["a; python_version <= '3.11'"], ["a; python_version < '3.12'"]),
        (["a; 'linux' == sys_platform"], ["a; platform_system == 'Linux'"]),
        (["a>=1", "a>=1; python_version < '3'"], ["a>=1"]),
        (["a; python_version < '3'"], ["a; sys_platform == 'linux' and sys_platform == 'win32'"]),
    ],
)
def test_same(left: list[str], right: list[str]) -> None:
    assert same(some(*left), some(*right), UNDER)
    assert same(some(*right), some(*left), UNDER)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["a>=3"], ["a>=4"]),
        (["a"], ["a[x]"]),
        (["a"], []),
        (["a; python_version < '3'"], []),
        (["a==3", "a>=3"], ["a==3"]),
        (["a; os_name == 'nt'"], ["a; sys_platform == 'win32'"]),
        (["a; sys_platform == 'linux'"], ["a"]),
        (["a; extra == 'x'"], ["a; extra == 'y'"]),
        (["a==3"], ["a===3"]),
    ],
)
def test_different(left: list[str], right: list[str]) -> None:
    assert not same(some(*left), some(*right), UNDER)


def test_parts() -> None:
    one = declared("My.Pkg [B_x, a] (>=1, <2) ; python_version < '4'")
    assert (one.name, one.extras, one.specifier, one.marker) == ("my-pkg", ("a", "b-x"), ">=1, <2", "python_version < '4'")


def test_the_extra_becomes_a_condition() -> None:
    assert marker_text(declared("a", extra="x")) == "extra == 'x'"
    assert marker_text(declared("a; os_name == 'nt' or os_name == 'posix'", extra="x")).startswith("(os_name")


@pytest.mark.parametrize(
    ("written", "meant"), [("a>=7.2<8", ">=7.2,<8"), ("a!=~5.0,>=4", "!=5.0.*,>=4"), ("a>=1.9.*", ">=1.9"), ("a>=3.6,", ">=3.6")]
)
def test_what_uv_mends_in_a_project(written: str, meant: str) -> None:
    assert set(declared(written, lenient=True).specifier.split(",")) == set(meant.split(","))
    with pytest.raises(Unreadable):
        declared(written)


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "a>>1",
        "a; python = 3",
        "a @ ./b",
        "a @ hg+https://git.example/a",
        "a @ https://git.example/a",
        "a>=1.*",
        "",
        "a[",
        "a @ git+git://x/y",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="not a requirement"):
        declared(text)
