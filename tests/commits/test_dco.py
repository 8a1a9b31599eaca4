"""The DCO app's own case list, rewritten as data: the same commits pass and fail."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from policy_checks.commits.commit import Commit, Identity
from policy_checks.commits.policy import CommitPolicy, Exemption, Remediation, SignatureLevel
from policy_checks.commits.remediation import Remediations
from policy_checks.commits.series import Base, Member
from policy_checks.commits.verdict import GOOD, Outcome, Verdict
from policy_checks.rules.commits import cmt002_missing_signoff as missing, cmt009_signoff_mismatch as mismatch
from policy_checks.rules.commits.signed import Options
from policy_checks.source import SourceFile

CASES = tomllib.loads((Path(__file__).parent / "dco_cases.toml").read_text())


class Told:
    """Verdicts that are told in the data."""

    def __init__(self, verified: set[str]) -> None:
        self.verified = verified

    def of(self, commit: Commit, _policy: CommitPolicy) -> Verdict:
        return GOOD if commit.file.path in self.verified else Verdict(Outcome.UNVERIFIED)


def person(text: str) -> Identity:
    name, _, email = text.removesuffix(">").partition(" <")
    return Identity(name, email, 0)


def failed(case: dict[str, Any], policy: CommitPolicy) -> list[str]:
    commits = [
        Commit(
            SourceFile(one["id"] * 40, one["message"].encode()),
            ("p", "q") if one.get("merge") else ("p",),
            person(one["author"]), person(one["committer"]), (), 0,
        )
        for one in case["commits"]
    ]  # fmt: skip
    told: Any = Told({one["id"] * 40 for one in case["commits"] if one.get("member") == "verified"})
    remediations = Remediations(commits)
    members = [Member(commit, Base(None, has_merges=False), told, remediations) for commit in commits]
    found = []
    for member in members:
        problems = [*missing.check(member, Options(policy)), *mismatch.check(member, Options(policy))]
        assert len(problems) <= 1, "one fault, one finding"
        found += [member.commit.file.path[0]] * len(problems)
    return sorted(found)


def exemptions(case: dict[str, Any]) -> tuple[Exemption, ...]:
    """What the app knows of accounts, said as policy."""
    bots = tuple(Exemption(person(one["author"]).email, "a bot") for one in case["commits"] if one.get("bot"))
    members = tuple(Exemption(person(one["author"]).email, "a member", signed=True) for one in case["commits"] if one.get("member"))
    return bots + members


@pytest.mark.parametrize(
    ("case", "remediation"),
    [pytest.param(case, level, id=f"{case['name']}-{level}") for case in CASES["case"] for level in case["remediation"]],
)
def test_the_same_verdict(case: dict[str, Any], remediation: str) -> None:
    policy = CommitPolicy(
        signature=SignatureLevel.TRUSTED, allowed_signers="keys", exempt=exemptions(case), remediation=Remediation(remediation)
    )
    assert failed(case, policy) == case["failed"]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES["queue"]])
def test_a_merge_queue(case: dict[str, Any]) -> None:
    assert failed(case, CommitPolicy(squashed_by=("noreply@forge.example",), exempt=exemptions(case))) == case["failed"]
