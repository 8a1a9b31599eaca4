"""OpenPGP signatures through gpg, in a home of its own."""

import contextlib
import os
import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from policy_checks import gpg
from policy_checks.commits import openpgp
from policy_checks.commits.gnupg_status import judged
from policy_checks.commits.ssh_wire import Malformed
from policy_checks.commits.verdict import Outcome
from tests.commits.test_signatures import outcome, verdict

PERSON = "A Tester <tester@mail.example>"
HEAD = f"tree {'4' * 40}\nauthor {PERSON} 1700000000 +0000\ncommitter {PERSON} 1700000000 +0000\n"
PAYLOAD = f"{HEAD}\nBegin\n".encode()
DAY = 86_400
MADE = 1_700_000_000 - 100 * DAY


def run(*arguments: str, said: bytes = b"", at: int = MADE) -> bytes:
    """gpg at a time, without questions."""
    command = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", "--faked-system-time", str(at), *arguments]
    return subprocess.run(command, input=said, capture_output=True, check=True).stdout


@pytest.fixture
def key(gnupg: dict[str, str], request: pytest.FixtureRequest) -> str:
    """A fresh key that ends after a year, made on 2023-08-06; gives its fingerprint."""
    assert gnupg
    user = f"{request.node.name[:40]} <{PERSON[10:-1]}>"
    run("--quick-generate-key", user, "ed25519", "sign", "1y")
    listed = run("--list-keys", "--with-colons", f"={user}").decode()
    return listed.rsplit("fpr:::::::::", 1)[1].split(":")[0]


def sign(key: str, payload: bytes = PAYLOAD, *more: str, at: int = 1_700_000_000) -> bytes:
    return run("-bsa", "-u", f"{key}!", *more, said=payload, at=at)


def signed(signature: bytes, payload: bytes = PAYLOAD) -> bytes:
    """The commit that carries a signature."""
    head, _, message = payload.partition(b"\n\n")
    return head + b"\ngpgsig " + signature.rstrip(b"\n").replace(b"\n", b"\n ") + b"\n\n" + message


def found(signature: bytes, keyring: bytes, level: str = "trusted", payload: bytes = PAYLOAD) -> Outcome | None:
    return outcome("a" * 40, signed(signature, payload), level, {"openpgp_keys": keyring})


@pytest.mark.parametrize("how", [(), ("--armor",)])
def test_a_known_key(key: str, how: tuple[str, ...]) -> None:
    keyring = run(*how, "--export", key)
    for level in ("valid", "trusted"):
        # It has expired by today, and had not when it signed.
        assert found(sign(key), keyring, level) is Outcome.GOOD
        assert found(sign(key, PAYLOAD + b"x"), keyring, level) is Outcome.BAD


def test_an_unknown_key_and_a_keyring_of_nothing(key: str, gnupg: dict[str, str]) -> None:
    other = run("--export", gnupg["openpgp"])
    for keyring in (other, b"", b"nothing"):
        told = verdict("a" * 40, signed(sign(key)), "valid", {"openpgp_keys": keyring})
        assert told
        assert told.outcome is Outcome.UNVERIFIED
    told = verdict("a" * 40, signed(sign(key)), "valid", {"openpgp_keys": other})
    assert told
    assert told.reason == f"key {key} is not in openpgp_keys"
    assert outcome("a" * 40, signed(sign(key)), "valid", {}) is Outcome.UNVERIFIED


def test_a_key_of_somebody_else(key: str) -> None:
    payload = PAYLOAD.replace(b"committer A Tester <tester@", b"committer A Tester <mallory@")
    keyring = run("--export", key)
    assert found(sign(key, payload), keyring, "valid", payload) is Outcome.GOOD
    assert found(sign(key, payload), keyring, "trusted", payload) is Outcome.UNTRUSTED


def test_an_expired_key(key: str) -> None:
    signature = sign(key)
    # Its end is brought forward to before the signature.
    run("--quick-set-expire", key, "20d", at=MADE + 10 * DAY)
    assert found(signature, run("--export", key), "valid") is Outcome.EXPIRED


def test_an_expired_signature(key: str) -> None:
    signature = sign(key, PAYLOAD, "--default-sig-expire", "1d")
    assert found(signature, run("--export", key), "valid") is Outcome.EXPIRED


def test_a_revoked_key(key: str) -> None:
    signature = sign(key)
    certificate = Path(os.environ["GNUPGHOME"], "openpgp-revocs.d", f"{key}.rev").read_text()
    run("--import", said=certificate.replace(":-----BEGIN", "-----BEGIN").encode())
    for level in ("valid", "trusted"):
        assert found(signature, run("--export", key), level) is Outcome.REVOKED


def test_several_in_any_order(key: str) -> None:
    good, keyring = sign(key), run("--export", key)
    messages = [openpgp.message(good, PAYLOAD + b"x" * (number % 3)) for number in range(7)]
    with gpg.OpenPGP(keyring) as home:
        outcomes = [judged(statuses, "keys")[0].outcome for statuses in home.verify(messages)]
    assert outcomes == [Outcome.BAD if number % 3 else Outcome.GOOD for number in range(7)]


def packets(armored: bytes) -> bytes:
    lines = armored.split(b"\n\n", 1)[1].split(b"\n-----END")[0].split(b"\n")
    return b64decode(b"".join(line for line in lines if not line.startswith(b"=")))


def armor(data: bytes) -> bytes:
    return b"-----BEGIN PGP SIGNATURE-----\n\n" + b64encode(data) + b"\n-----END PGP SIGNATURE-----\n"


def test_data_of_its_own_does_not_pass_for_the_commit(key: str) -> None:
    """A signature that brings the text it is good for."""
    signature, keyring = sign(key, b"something else\n"), run("--export", key)
    literal = openpgp.message(sign(key), b"something else\n")
    literal = literal[literal.rindex(b"\xcb\xff") :]
    for forged in (packets(signature) + literal, literal + packets(signature), packets(sign(key)) * 2, literal, b""):
        assert found(armor(forged), keyring, "valid") is Outcome.BAD
    message = run("--sign", "-u", key, "--compress-algo", "none", said=b"something else\n", at=1_700_000_000)
    assert found(armor(message), keyring, "valid") is Outcome.BAD


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), how=st.integers(1, 255), cut=st.booleans())
def test_flipped_bytes_are_never_more_than_gpg_allows(key: str, tmp_path: Path, where: float, how: int, cut: bool) -> None:
    data = bytearray(packets(_once(key)))
    data[int(where * len(data))] ^= how
    if cut:
        del data[int(where * len(data)) + 1 :]
    (tmp_path / "sig").write_bytes(armor(bytes(data)))
    done = subprocess.run(["gpg", "--verify", tmp_path / "sig", "-"], input=PAYLOAD, capture_output=True, check=False)
    good = found(armor(bytes(data)), run("--export", key), "valid") is Outcome.GOOD
    assert not good or done.returncode == 0


_SIGNATURES: dict[str, bytes] = {}


def _once(key: str) -> bytes:
    return _SIGNATURES.setdefault(key, sign(key))


@given(data=st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    for text in (data, armor(data)):
        with contextlib.suppress(Malformed):
            assert openpgp.message(text, PAYLOAD).endswith(PAYLOAD)


def test_gpg_that_is_missing_is_no_verdict(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    commit, keyring = signed(sign(key)), run("--export", key)
    monkeypatch.setenv("PATH", "/nowhere")
    told = verdict("a" * 40, commit, "valid", {"openpgp_keys": keyring})
    assert told
    assert (told.outcome, told.reason) == (Outcome.UNVERIFIED, "openpgp_keys: gpg is not installed or not on PATH")


VALID = ("VALIDSIG", "F" * 40, "2023-11-14", "1700000000", "0", "4", "0", "22", "8", "00", "P" * 40)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], Outcome.BAD),
        ([("NODATA", "3")], Outcome.BAD),
        ([("GOODSIG", "K", "A")], Outcome.UNVERIFIED),
        ([("GOODSIG", "K", "A"), VALID], Outcome.GOOD),
        ([("GOODSIG", "K", "A"), VALID, VALID], Outcome.UNVERIFIED),
        ([("GOODSIG", "K", "A"), VALID, ("BADSIG", "K", "A")], Outcome.BAD),
        ([("GOODSIG", "K", "A"), (*VALID[:9], "10", *VALID[10:])], Outcome.BAD),
        ([("EXPSIG", "K", "A"), VALID], Outcome.EXPIRED),
        ([("KEYEXPIRED", "1700000001"), ("EXPKEYSIG", "K", "A"), VALID], Outcome.GOOD),
        ([("KEYEXPIRED", "1700000000"), ("EXPKEYSIG", "K", "A"), VALID], Outcome.EXPIRED),
        ([("EXPKEYSIG", "K", "A"), VALID], Outcome.EXPIRED),
        ([("REVKEYSIG", "K", "A"), VALID], Outcome.REVOKED),
        ([("ERRSIG", "K", "22", "8", "00", "1", "9", "F")], Outcome.UNVERIFIED),
        ([("ERRSIG", "K", "22", "8", "00", "1", "4", "-")], Outcome.UNVERIFIED),
        ([("ERRSIG",)], Outcome.UNVERIFIED),
    ],
)
def test_status_lines(statuses: list[tuple[str, ...]], expected: Outcome) -> None:
    assert judged(statuses, "keys")[0].outcome is expected
