"""What the rules about verified signatures share: their option, and a commit that is really signed, for their examples."""

from policy_checks.commits.policy import CommitPolicy
from policy_checks.record import made, record


@record
class Options:
    """What is asked of commits."""

    commits: CommitPolicy = made(default_factory=CommitPolicy)


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEvq3isjNDC5cYuqzs8P4FHLIqILbXmlqfxa2HOI4vc8"
_PERSON = "Ada Lovelace <ada@mail.example> 1700000000 +0000"
_SIGNATURE = """\
gpgsig -----BEGIN SSH SIGNATURE-----
 U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgS+reKyM0MLlxi6rOzw/gUcsiog
 tteaWp/FrYc4ji9zwAAAADZ2l0AAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1NTE5
 AAAAQPBd20N38t9OJ00xjX1Y2xgkXPc3KruUj1+ycIELyfCUWbYF5V4S1xivA57s9tAb9R
 dVwqVZYXLk/0hUPX2RZg4=
 -----END SSH SIGNATURE-----
"""
OPENPGP = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iHUEABYKAB0=\n -----END PGP SIGNATURE-----\n"


def commit(message: str = "Begin", *, author: str = _PERSON, signature: str = _SIGNATURE, parents: str = "") -> dict[str, str]:
    """The commit by Ada that KEY signed on 2023-11-14; whatever is given in place of its own parts was not signed."""
    head = f"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n{parents}author {author}\ncommitter {_PERSON}\n"
    return {"a" * 40: f"{head}{signature}\n{message}\n"}


def asked(level: str, **more: object) -> dict[str, object]:
    """Settings that ask for a level of signatures."""
    return {"commits": {"signature": level, **{name.replace("_", "-"): value for name, value in more.items()}}}


TRUSTED = asked("trusted", allowed_signers="keys/allowed")
VALID = asked("valid")
