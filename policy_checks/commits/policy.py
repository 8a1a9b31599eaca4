"""What a repository asks of its commits: the table `[tool.policy-checks.commits]`."""

import re
from datetime import UTC, date, datetime, time
from enum import StrEnum
from fnmatch import fnmatchcase

from policy_checks.commits.commit import Commit
from policy_checks.commits.sign_off import SignOff
from policy_checks.record import record

_COMMIT_ID = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


class SignatureLevel(StrEnum):
    """How much of a signature is asked for.

    Nothing; that the commit carries one (`git commit -S`); that it is the commit's own; that a key which the repository
    vouches for made it, in the committer's name.
    """

    OFF = "off"
    PRESENT = "present"
    VALID = "valid"
    TRUSTED = "trusted"

    @property
    def verifies(self) -> bool:
        """Whether signatures are verified, not only looked for."""
        return self in (SignatureLevel.VALID, SignatureLevel.TRUSTED)


@record
class Exemption:
    """Commits that need neither signature nor sign-off, by their author's and committer's addresses: `*` and `?` stand for any text.

    `signed`: only those whose signature passed, so that nobody gets the exemption by typing the address.
    """

    author: str = ""
    reason: str = ""
    committer: str = ""
    signed: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError for an exemption of nobody or without a reason."""
        if not (self.author.strip() or self.committer.strip()) or not self.reason.strip():
            raise ValueError("say whose commits in `author` or `committer` and why in `reason`")

    def covers(self, commit: Commit) -> bool:
        """Whether it is about a commit, its signature aside."""
        asked = ((self.author, commit.author), (self.committer, commit.committer))
        return all(_matches(pattern, person.email) for pattern, person in asked if pattern)


class Remediation(StrEnum):
    """Whether a later commit of the same series may sign off an earlier one, as the DCO app has it.

    Not at all; by the author's own commit; by somebody else's, on behalf of the author, too.
    """

    OFF = "off"
    INDIVIDUAL = "individual"
    THIRD_PARTY = "third-party"


@record
class CommitPolicy:
    """Signature and sign-off asked of a commit, and the commits that are left alone."""

    signature: SignatureLevel = SignatureLevel.PRESENT
    # Files of the repository: never the user's own keyring or git configuration.
    allowed_signers: str = ""  # SSH keys and whose they are (ssh-keygen(1), ALLOWED SIGNERS)
    revoked_keys: str = ""  # SSH keys that are no longer believed: a key revocation list, or public keys one a line
    openpgp_keys: str = ""  # an OpenPGP keyring, armored or not (`gpg --export`)
    x509_certificates: str = ""  # certificates and their roots
    sign_off: bool = True  # by its author or committer (Developer Certificate of Origin, `git commit -s`)
    exempt_merges: bool = True
    exempt: tuple[Exemption, ...] = ()
    before: date | None = None  # commits made before this day (UTC, by their committer's clock) are history
    since: str = ""  # a full commit id: it, and all that it was built on, is history
    noreply: tuple[str, ...] = ()  # addresses that a forge writes in place of the author's: there the name alone signs off
    mailmap: bool = False  # names and addresses that .mailmap calls one person's are one person's
    remediation: Remediation = Remediation.OFF
    squashed_by: tuple[str, ...] = ()  # committers, such as a merge queue, of whose commits it is asked only that a sign-off is kept
    allow_fixups: bool = True  # `fixup!`, `squash!` and WIP commits, which are right on a branch and wrong on main
    domains: tuple[str, ...] = ()  # of author addresses; none: any. `*` and `?` stand for any text

    def __post_init__(self) -> None:
        """Raises ValueError for a file outside of the repository, and for trust in nobody."""
        for path in self.trust_files:
            if path.startswith("/") or "\\" in path or not {"", ".", ".."}.isdisjoint(path.split("/")):
                raise ValueError(f"{path!r} is no path in the repository, such as `keys/allowed_signers`")
        if self.signature is SignatureLevel.TRUSTED and not (self.allowed_signers or self.openpgp_keys or self.x509_certificates):
            raise ValueError("`trusted` needs a file that says whose keys are: `allowed-signers`, `openpgp-keys` or `x509-certificates`")
        if self.since and not _COMMIT_ID.fullmatch(self.since):
            raise ValueError(f"`since` is {self.since!r}, not a full commit id")
        if any(exemption.signed for exemption in self.exempt) and not self.signature.verifies:
            raise ValueError('an exemption with `signed = true` needs `signature = "valid"` or "trusted"')

    @property
    def trust_files(self) -> tuple[str, ...]:
        """The files that say which keys are believed."""
        return tuple(filter(None, (self.allowed_signers, self.revoked_keys, self.openpgp_keys, self.x509_certificates)))

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the repository that a judgement of its commits depends on."""
        return (*self.trust_files, *((".mailmap",) if self.mailmap else ()))

    def is_history(self, commit: Commit) -> bool:
        """Whether a commit was made before anything was asked of it."""
        return bool(self.before and commit.committer.when < datetime.combine(self.before, time(), UTC).timestamp())

    def exempts(self, commit: Commit, *, signed: bool = False) -> bool:
        """Whether nothing is asked of a commit; `signed`: its signature passed.

        What it carries all the same must not be forged: a bad signature is told of exempt commits too, history aside.
        """
        if (self.before and self.is_history(commit)) or (self.exempt_merges and commit.is_merge):
            return True
        return bool(self.exempt) and any(exemption.covers(commit) for exemption in self.exempt if signed or not exemption.signed)

    def is_squashed(self, commit: Commit) -> bool:
        """Whether a forge made a commit of others, under the name of an account: its sign-offs are those of the others."""
        return any(_matches(pattern, commit.committer.email) for pattern in self.squashed_by)

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
