"""Real keys of every kind, made once, and commits signed by real git."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Git

CERTIFICATE = """\
Key-Type: RSA
Key-Length: 2048
Serial: random
Name-DN: CN=A Tester
Name-Email: tester@mail.example
Key-Usage: sign
"""


def call(*command: str, said: str = "") -> str:
    """What a program prints."""
    return subprocess.run(command, input=said, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="session")
def gnupg() -> Iterator[dict[str, str]]:
    """A GnuPG home with an OpenPGP key and, where gpgsm is there, a certificate: the environment and the key of each."""
    if not shutil.which("gpg"):
        pytest.skip("gpg is not installed")
    home = Path(tempfile.mkdtemp(prefix="gnupg-", dir="/tmp"))  # a socket's path must stay short
    kept, os.environ["GNUPGHOME"] = os.environ.get("GNUPGHOME"), str(home)
    try:
        (home / "gpg-agent.conf").write_text("allow-loopback-pinentry\n")
        call("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key",
             "A Tester <tester@mail.example>", "ed25519", "sign", "never")  # fmt: skip
        found = {"openpgp": call("gpg", "--list-keys", "--with-colons").split("fpr:::::::::")[1].split(":")[0]}
        if shutil.which("gpgsm"):
            found["x509"] = _certificate(home)
        yield {"GNUPGHOME": str(home), **found}
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=False)
        del os.environ["GNUPGHOME"]
        if kept is not None:
            os.environ["GNUPGHOME"] = kept
        shutil.rmtree(home, ignore_errors=True)


def _certificate(home: Path) -> str:
    """Makes a certificate, trusts it, and gives its fingerprint."""
    (home / "request").write_text(CERTIFICATE)
    (home / "gpgsm.conf").write_text("disable-crl-checks\n")
    loopback = ("gpgsm", "--batch", "--pinentry-mode", "loopback", "--passphrase-fd", "0")
    call(*loopback, "--generate-key", "--output", str(home / "certificate"), str(home / "request"))
    call("gpgsm", "--batch", "--import", str(home / "certificate"))
    fingerprint = call("gpgsm", "--list-keys", "--with-colons").split("fpr:::::::::")[1].split(":")[0]
    (home / "trustlist.txt").write_text(f"{fingerprint} S relax\n")
    return fingerprint


@pytest.fixture
def ssh_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a private SSH key."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not installed")
    key = tmp_path_factory.mktemp("ssh") / "key"
    call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    return str(key)


def commit(git: Git, *arguments: str) -> str:
    """Makes an empty commit and gives its id."""
    git("commit", "--quiet", "--allow-empty", *arguments)
    return git("rev-parse", "HEAD").strip()
