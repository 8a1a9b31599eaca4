"""What a repository asks of its commits: the table `[tool.policy-checks.commits]`."""

from datetime import UTC, date, datetime, time
from enum import StrEnum
from fnmatch import fnmatchcase

from policy_checks.commits.commit import Commit
from policy_checks.commits.sign_off import SignOff
from policy_checks.record import record


class SignatureLevel(StrEnum):
    """How much of a signature is asked for: nothing, or that the commit carries one (`git commit -S`)."""

    OFF = "off"
    PRESENT = "present"


@record
class Exemption:
    """Commits that the policy does not judge, by their author's address: `*` and `?` stand for any text."""

    author: str
    reason: str

    def __post_init__(self) -> None:
        """Raises ValueError for an exemption of nobody or without a reason."""
        if not self.author.strip() or not self.reason.strip():
            raise ValueError("say whose commits in `author` and why in `reason`")


@record
class CommitPolicy:
    """Signature and sign-off asked of a commit, and the commits that are left alone."""

    signature: SignatureLevel = SignatureLevel.PRESENT
    sign_off: bool = True  # by its author or committer (Developer Certificate of Origin, `git commit -s`)
    exempt_merges: bool = True
    exempt: tuple[Exemption, ...] = ()
    before: date | None = None  # commits made before this day (UTC, by their committer's clock) are history
    noreply: tuple[str, ...] = ()  # addresses that a forge writes in place of the author's: there the name alone signs off
    allow_fixups: bool = True  # `fixup!`, `squash!` and WIP commits, which are right on a branch and wrong on main
    domains: tuple[str, ...] = ()  # of author addresses; none: any. `*` and `?` stand for any text

    def exempts(self, commit: Commit) -> bool:
        """Whether a commit is left alone."""
        if self.exempt_merges and commit.is_merge:
            return True
        if self.before and commit.committer.when < datetime.combine(self.before, time(), UTC).timestamp():
            return True
        return any(_matches(exemption.author, commit.author.email) for exemption in self.exempt)

    def signs_off(self, sign_off: SignOff, commit: Commit) -> bool:
        """Whether a sign-off is one by the commit's author or committer."""
        if sign_off.is_by(commit.author, commit.committer):
            return True
        hidden = any(_matches(pattern, commit.author.email) for pattern in self.noreply)
        return hidden and sign_off.email is not None and sign_off.name.lower() == commit.author.name.lower()

    def is_foreign(self, address: str) -> bool:
        """Whether an author's address is outside of the allowed domains."""
        return bool(self.domains) and not any(_matches(pattern, address.rpartition("@")[2]) for pattern in self.domains)


def _matches(pattern: str, address: str) -> bool:
    # In a shell pattern the `[bot]` of a bot's address would be one of three letters.
    return fnmatchcase(address.lower(), pattern.lower().replace("[", "[[]"))
