"""Which commits the policy leaves alone, and what it tells to the others."""

from datetime import date

import pytest

from policy_checks.commits.commit import Commit, Identity
from policy_checks.commits.policy import CommitPolicy, Exemption, SignatureLevel
from policy_checks.commits.series import COMMIT, Base, Member
from policy_checks.source import SourceFile
from policy_checks.workspace import in_memory


def made(email: str = "ada@mail.example", when: int = 1_700_000_000, parents: tuple[str, ...] = ("p",)) -> Commit:
    person = Identity("Ada", email, when)
    return Commit(SourceFile("a" * 40, b"Add\n"), parents, person, person, (), 0)


def test_merges_are_exempt_unless_asked_for() -> None:
    merge = made(parents=("p", "q"))
    assert CommitPolicy().exempts(merge)
    assert not CommitPolicy(exempt_merges=False).exempts(merge)
    assert not CommitPolicy().exempts(made())


@pytest.mark.parametrize(
    ("pattern", "email", "exempt"),
    [
        ("*[bot]@mail.example", "49+helper[bot]@mail.example", True),
        ("*[bot]@mail.example", "rob@mail.example", False),
        ("*[BOT]@mail.example", "helper[bot]@MAIL.example", True),
        ("ci-?@mail.example", "ci-1@mail.example", True),
        ("ci-?@mail.example", "ci-12@mail.example", False),
        ("ada@mail.example", "ada@mail.example.org", False),
    ],
)
def test_addresses(pattern: str, email: str, exempt: bool) -> None:
    assert CommitPolicy(exempt=(Exemption(pattern, "a machine"),)).exempts(made(email)) is exempt


def test_an_exemption_has_an_address_and_a_reason() -> None:
    for author, reason in (("", "why"), ("a@mail.example", " ")):
        with pytest.raises(ValueError, match="reason"):
            Exemption(author, reason)


def test_what_was_made_before_a_day_is_history() -> None:
    policy = CommitPolicy(before=date(2023, 11, 15))
    assert policy.exempts(made(when=1_700_006_399))
    assert not policy.exempts(made(when=1_700_006_400))


def raw(*parents: str) -> str:
    lines = "".join(f"parent {parent}\n" for parent in parents)
    person = "Ada <ada@mail.example> 1 +0000"
    return f"tree t\n{lines}author {person}\ncommitter {person}\n\nX\n"


@pytest.mark.parametrize(
    ("commits", "base"),
    [
        ({"c": raw("b"), "b": raw("a")}, Base("a", has_merges=False)),
        ({"b": raw("a"), "a": raw()}, Base(None, has_merges=False)),
        ({"d": raw("c", "x"), "x": raw("w"), "c": raw("b")}, Base("b", has_merges=True)),
        ({"a": raw("a")}, Base("a", has_merges=False)),
    ],
)
def test_a_rebase_starts_where_the_first_parents_leave_the_series(commits: dict[str, str], base: Base) -> None:
    found = in_memory({}, commits).all(COMMIT)
    assert [member.base for member in found if isinstance(member, Member)] == [base] * len(commits)


@pytest.mark.parametrize(
    ("policy", "base", "command"),
    [
        (CommitPolicy(), Base("b", has_merges=False), "git rebase --exec 'git commit --amend --no-edit -S -s' b"),
        (CommitPolicy(signature=SignatureLevel.OFF), Base("b", has_merges=False), "git rebase --exec 'git commit --amend --no-edit -s' b"),
        (CommitPolicy(sign_off=False), Base(None, has_merges=False), "git rebase --exec 'git commit --amend --no-edit -S' --root"),
        (CommitPolicy(), Base("b", has_merges=True), "git rebase --rebase-merges --exec 'git commit --amend --no-edit -S -s' b"),
    ],
)
def test_the_command_that_mends(policy: CommitPolicy, base: Base, command: str) -> None:
    assert base.rebase(policy) == command
