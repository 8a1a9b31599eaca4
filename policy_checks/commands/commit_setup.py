"""`policy-checks commits setup`: signing with the SSH key that people have anyway, explained and, when asked, set up for one repository."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from policy_checks import git
from policy_checks.failure import Failure

_USUAL = ("id_ed25519_sk.pub", "id_ed25519.pub", "id_ecdsa_sk.pub", "id_ecdsa.pub", "id_rsa.pub")
_LINES = {
    "gpg.format": "git signs with SSH keys, not with GnuPG",
    "user.signingkey": "the key it signs with",
    "commit.gpgsign": "every commit is signed, as by `git commit -S`",
    "format.signoff": "patches carry a sign-off; for a commit type `git commit -s`, or use the commit-msg hook with --fix",
}


def explain(root: Path, key: Path | None, *, write: bool) -> int:
    """Says what each setting is for, what it is here and what is missing; writes that when asked. 0 when nothing is missing any more."""
    held = dict(zip(_LINES, git.settings(root, *_LINES), strict=True))
    if _signs_otherwise(held):
        print(f"git signs with {held['gpg.format'] or 'openpgp'} and key {held['user.signingkey'] or '(the one of your address)'}")
    wanted, missing = _wanted(held, key)
    for name in wanted:
        print(f"{name} = {held[name] or '(not set)'}: {_LINES[name]}{'' if name not in missing else ' - missing'}")
    if not missing:
        print("signing is set up: `git commit -S -s` signs and signs off")
        return 0
    if "" in missing.values():
        raise Failure("no SSH public key below ~/.ssh: make one with `ssh-keygen -t ed25519`, or name one with --key FILE")
    for name, value in missing.items():
        print(shlex.join(["git", "config", "--local", name, value]))
        if write:
            git.set_local(root, name, value)
    if write:
        print("written to this repository's own configuration; the public key belongs to your account on the forge, as a signing key")
        return 0
    print("type these lines, or run `policy-checks commits setup --write`")
    return 2


def lacking(root: Path) -> tuple[str, ...]:
    """The settings that signing lacks here; none when it is set up."""
    return tuple(_wanted(dict(zip(_LINES, git.settings(root, *_LINES), strict=True)), None)[1])


def _signs_otherwise(held: Mapping[str, str]) -> bool:
    """A GnuPG setup that works is not turned into another one."""
    return held["gpg.format"] in ("openpgp", "x509") or (not held["gpg.format"] and bool(held["user.signingkey"]))


def _wanted(held: Mapping[str, str], key: Path | None) -> tuple[dict[str, str], dict[str, str]]:
    """What the settings should be, and those of them that are not."""
    if _signs_otherwise(held):
        wanted = {"commit.gpgsign": "true"}
    else:
        signing = held["user.signingkey"] or _key(key)
        wanted = {"gpg.format": "ssh", "user.signingkey": signing, "commit.gpgsign": "true", "format.signoff": "true"}
    return wanted, {name: value for name, value in wanted.items() if not value or held[name].lower() != value.lower()}


def _key(given: Path | None) -> str:
    """The public key to sign with, empty where there is none."""
    if given is not None:
        if not given.is_file():
            raise Failure(f"{given}: no such file")
        return str(given.absolute())
    folder = Path.home() / ".ssh"
    return next((str(folder / name) for name in _USUAL if (folder / name).is_file()), "")
