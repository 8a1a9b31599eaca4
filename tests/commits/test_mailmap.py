"""`.mailmap` is read as git reads it."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from policy_checks.commits.commit import Identity
from policy_checks.commits.mailmap import parse
from policy_checks.source import SourceFile
from tests.conftest import Git

NAMES = st.sampled_from(["Ada", "ada", "Bob", "Zoë", "ZOË", ""])
EMAILS = st.sampled_from(["ada@a.example", "ADA@a.example", "bob@b.example", "c@c.example", ""])
PEOPLE = st.tuples(NAMES, EMAILS)
LINES = st.one_of(
    st.builds("{0[0]} <{0[1]}>".format, PEOPLE),
    st.builds("{0[0]} <{0[1]}> {1[0]} <{1[1]}>".format, PEOPLE, PEOPLE),
    st.builds("{0[0]}<{0[1]}>{1[0]}<{1[1]}>  # {0[0]}".format, PEOPLE, PEOPLE),
    st.sampled_from(["# Ada <ada@a.example>", "", "Ada", "<", "Ada <ada@a.example", " # x <ada@a.example>", "> <x> <ada@a.example>"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=6))
def test_agrees_with_git(git: Git, tmp_path: Path, lines: list[str]) -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    (tmp_path / ".mailmap").write_bytes(data)
    known = parse(SourceFile(".mailmap", data))
    people = [
        Identity(name, email, 0)
        for name in ("Ada", "bob", "Zoë", "X")
        for email in ("ada@a.example", "Bob@b.example", "c@c.example", "d@d")
    ]
    said = "".join(f"{person.name} <{person.email}>\n" for person in people)
    git_says = subprocess.run(
        ["git", "check-mailmap", "--stdin"], input=said, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    ours = [known.proper(person) for person in people]
    assert [f"{person.name} <{person.email}>" for person in ours] == git_says.splitlines()


def test_the_last_line_counts_for_what_it_says() -> None:
    known = parse(SourceFile(".mailmap", b"Ada <ada@a.example>\n<ada@new.example> <ada@a.example>\n"))
    assert known.proper(Identity("x", "ADA@a.example", 1)) == Identity("Ada", "ada@new.example", 1)


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff <\xff>", b"<" * 100_000])
def test_damage_counts_for_nothing(data: bytes) -> None:
    assert parse(SourceFile(".mailmap", data)).proper(Identity("Ada", "ada@a.example", 0)).name == "Ada"
