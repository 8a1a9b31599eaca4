"""SSH signatures have the verdict that ssh-keygen gives them, whatever was done to them."""

import hashlib
import shutil
import subprocess
from base64 import b64decode, b64encode
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from hypothesis import given, settings, strategies as st

from policy_checks.commits import sshsig
from policy_checks.commits.allowed_signers import matches, parse
from policy_checks.commits.commit import parse as parse_commit
from policy_checks.commits.policy import CommitPolicy, SignatureLevel
from policy_checks.commits.ssh_keys import Refused, Unsupported
from policy_checks.commits.ssh_wire import Malformed, string
from policy_checks.commits.verdict import Outcome
from policy_checks.commits.verdicts import Verdicts
from policy_checks.source import SourceFile
from policy_checks.workspace import Memory, Workspace
from tests.commits.conftest import call

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not installed")

EMAIL = "tester@mail.example"
WHEN, MOMENT = 1_700_000_000, "20231114221320Z"
PERSON = f"A Tester <{EMAIL}> {WHEN} +0000"
PAYLOAD = f"tree {'4' * 40}\nauthor {PERSON}\ncommitter {PERSON}\n\nBegin\n".encode()
KINDS = {"ed25519": (), "ecdsa": ("-b", "256"), "ecdsa384": ("-b", "384"), "ecdsa521": ("-b", "521"), "rsa": ("-b", "2048")}
NAMES = ("ed25519", "other", "ecdsa", "ecdsa384", "ecdsa521", "rsa", "certified", "expired", "host", "sk-ed25519", "sk-ecdsa")
BEGIN, END = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"


class Keys:
    """Keys of every kind in a folder, and what they signed, each thing made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, more in {**KINDS, "other": (), "authority": (), "certified": (), "expired": (), "host": ()}.items():
            kind = name.rstrip("0123456789") if name != "ed25519" else name
            call("ssh-keygen", "-q", "-t", kind if name in KINDS else "ed25519", *more, "-N", "", "-f", str(folder / name))
        self._certify("certified", "-n", f"{EMAIL},second@mail.example", "-V", "20230101Z:20240101Z", "-z", "7", "-I", "id-7")
        self._certify("expired", "-n", EMAIL, "-V", "20220101Z:20230101Z", "-z", "8", "-I", "id-8")
        self._certify("host", "-h", "-n", EMAIL, "-V", "20220101Z:20300101Z", "-z", "9", "-I", "id-9")
        self.tokens: dict[str, Any] = {
            "sk-ed25519": ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))),
            "sk-ecdsa": ec.derive_private_key(12345, ec.SECP256R1()),
        }

    def _certify(self, name: str, *more: str) -> None:
        call("ssh-keygen", "-q", "-s", str(self.folder / "authority"), *more, str(self.folder / f"{name}.pub"))

    @cache  # noqa: B019  # as long as the run
    def public(self, name: str) -> str:
        """`TYPE BASE64` of a key."""
        if name in self.tokens:
            blob = self._token_blob(name)
            return f"{blob[4:4 + blob[3]].decode()} {b64encode(blob).decode()}"
        return " ".join((self.folder / f"{name}.pub").read_text().split()[:2])

    @cache  # noqa: B019
    def signed(self, name: str, namespace: str = "git", payload: bytes = PAYLOAD) -> bytes:
        """An armored signature."""
        if name in self.tokens:
            return self.by_token(name, namespace, payload)
        certificate = self.folder / f"{name}-cert.pub"
        key = certificate if certificate.exists() else self.folder / name
        file = self.folder / "text"
        file.write_bytes(payload)
        (self.folder / "text.sig").unlink(missing_ok=True)
        if certificate.exists():  # ssh-keygen takes the private key from the file beside it
            shutil.copy(self.folder / name, self.folder / f"{name}-cert")
        call("ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace, str(file))
        return (self.folder / "text.sig").read_bytes()

    def _token_blob(self, name: str) -> bytes:
        key = self.tokens[name].public_key()
        if name == "sk-ed25519":
            return string(b"sk-ssh-ed25519@openssh.com") + string(key.public_bytes_raw()) + string(b"ssh:")
        numbers = key.public_numbers()
        point = b"\x04" + numbers.x.to_bytes(32) + numbers.y.to_bytes(32)
        return string(b"sk-ecdsa-sha2-nistp256@openssh.com") + string(b"nistp256") + string(point) + string(b"ssh:")

    def by_token(self, name: str, namespace: str = "git", payload: bytes = PAYLOAD, flags: int = 1) -> bytes:
        """What a token would sign (PROTOCOL.u2f)."""
        key = self.tokens[name]
        covered = b"SSHSIG" + string(namespace.encode()) + string(b"") + string(b"sha512") + string(hashlib.sha512(payload).digest())
        state = bytes([flags]) + (42).to_bytes(4)
        message = hashlib.sha256(b"ssh:").digest() + state + hashlib.sha256(covered).digest()
        if name == "sk-ed25519":
            value = key.sign(message)
        else:
            value = b"".join(map(integer, utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))))
        blob = self._token_blob(name)
        signature = string(blob[4 : 4 + blob[3]]) + string(value) + state
        return armored(
            b"SSHSIG" + (1).to_bytes(4) + string(blob) + string(namespace.encode()) + string(b"") + string(b"sha512") + string(signature)
        )


def integer(number: int) -> bytes:
    return string(number.to_bytes(number.bit_length() // 8 + 1))


def armored(blob: bytes) -> bytes:
    text = b64encode(blob)
    return BEGIN + b"".join(text[start : start + 70] + b"\n" for start in range(0, len(text), 70)) + END


def blob_of(text: bytes) -> bytes:
    return b64decode(text.removeprefix(BEGIN).removesuffix(END))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not installed")
    return Keys(tmp_path_factory.mktemp("keys"))


def by_ssh_keygen(keys: Keys, payload: bytes, signature: bytes, allowed: bytes | None = None, revoked: bytes | None = None) -> bool:
    """Whether ssh-keygen finds it good, by a committer that a file allows (None: by anybody)."""
    (keys.folder / "signature").write_bytes(signature)
    more = ["-Y", "check-novalidate"]
    if allowed is not None:
        (keys.folder / "allowed").write_bytes(allowed)
        more = ["-Y", "verify", "-f", str(keys.folder / "allowed"), "-I", EMAIL, "-O", f"verify-time={MOMENT}"]
    if revoked is not None:
        (keys.folder / "revoked").write_bytes(revoked)
        more += ["-r", str(keys.folder / "revoked")]
    command = ["ssh-keygen", *more, "-n", "git", "-s", str(keys.folder / "signature")]
    return subprocess.run(command, input=payload, capture_output=True, check=False).returncode == 0


def by_us(payload: bytes, signature: bytes, allowed: bytes | None = None, revoked: bytes | None = None) -> Outcome:
    """The outcome for a commit that carries the signature."""
    head, _, message = payload.partition(b"\n\n")
    header = b"\ngpgsig " + signature.rstrip(b"\n").replace(b"\n", b"\n ")
    file = SourceFile("a" * 40, head + header + b"\n\n" + message)
    policy = CommitPolicy(
        signature=SignatureLevel.VALID if allowed is None else SignatureLevel.TRUSTED,
        allowed_signers="" if allowed is None else "allowed",
        revoked_keys="" if revoked is None else "revoked",
    )
    held = {name: data for name, data in (("allowed", allowed), ("revoked", revoked)) if data is not None}
    workspace = Workspace(held, Memory(held), [file])
    commit = parse_commit(file)
    found = Verdicts(workspace, {"a" * 40: commit}).of(commit, policy)
    assert found, "a signature of a known kind"
    return found.outcome


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("namespace", ["git", "file"])
def test_every_kind_of_key(keys: Keys, name: str, namespace: str) -> None:
    signature = keys.signed(name, namespace)
    good = by_ssh_keygen(keys, PAYLOAD, signature)
    assert good is (namespace == "git")
    assert by_us(PAYLOAD, signature) is (Outcome.GOOD if good else Outcome.BAD)
    assert by_us(PAYLOAD + b"more", signature) is Outcome.BAD


@pytest.mark.parametrize("name", ["sk-ed25519", "sk-ecdsa"])
@pytest.mark.parametrize("flags", [0, 1, 5])
def test_flags_of_a_token(keys: Keys, name: str, flags: int) -> None:
    signature = keys.by_token(name, flags=flags)
    assert (by_us(PAYLOAD, signature) is Outcome.GOOD) is by_ssh_keygen(keys, PAYLOAD, signature)


FLIPS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=2)


def flipped(data: bytes, flips: list[tuple[float, int]]) -> bytes:
    changed = bytearray(data)
    for where, how in flips:
        changed[int(where * len(changed))] ^= how
    return bytes(changed)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(NAMES), flips=FLIPS, extra=st.sampled_from([b"", b"", b"\0"]), payload=st.sampled_from([PAYLOAD, PAYLOAD + b"x"])
)
def test_flipped_bytes(keys: Keys, name: str, flips: list[tuple[float, int]], extra: bytes, payload: bytes) -> None:
    signature = armored(flipped(blob_of(keys.signed(name)), flips) + extra)
    assert (by_us(payload, signature) is Outcome.GOOD) is by_ssh_keygen(keys, payload, signature)


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(["ed25519", "ecdsa"]), text=st.text("AZaz09+/= \n\t-", max_size=4), where=st.floats(0, 1), cut=st.integers(0, 3)
)
def test_changed_armor(keys: Keys, name: str, text: str, where: float, cut: int) -> None:
    whole = keys.signed(name)
    at = len(BEGIN) + int(where * (len(whole) - len(BEGIN)))
    signature = whole[:at] + text.encode() + whole[at + cut :]
    # A commit ends every signature with one line feed.
    signature = signature.rstrip(b"\n") + b"\n"
    assert (by_us(PAYLOAD, signature) is Outcome.GOOD) is by_ssh_keygen(keys, PAYLOAD, signature)


PRINCIPALS = st.sampled_from(
    [EMAIL, "*", "*@mail.example", f"!{EMAIL},*", f"*,!{EMAIL}", "second@mail.example", f"a@b,{EMAIL}", f'"{EMAIL}"', "TESTER@mail.example",
     "t?ster@mail.example", "tester@mail.exampl", "[t]ester@mail.example", "**tester*"]
)  # fmt: skip
TIMES = st.sampled_from(
    ["20231114", "20231114Z", "20231115Z", MOMENT, "20231114221319Z", "20231114221321Z", "202311142213Z", "20300101UTC", "2023", "20231301Z",
     "2023111422132Z", "20230231Z", ""]
)  # fmt: skip
OPTION = st.one_of(
    st.sampled_from(
        ["cert-authority", "CERT-Authority", 'namespaces="git"', 'namespaces="file"', 'namespaces="file,g*"', 'namespaces="!git,*"']
    ),
    st.sampled_from(
        [
            "namespaces=git",
            "unknown",
            'namespaces="git" ',
            ",",
            'Namespaces="git"',
            'namespaces="g\\"it"',
            'namespaces="git,\\"',
            'namespaces="git\\\\"',
        ]
    ),
    st.builds('{}="{}"'.format, st.sampled_from(["valid-after", "valid-before", "Valid-Before"]), TIMES),
)
LINE = st.tuples(
    st.sampled_from(["", "", "", " ", "\t"]),
    PRINCIPALS,
    st.lists(OPTION, max_size=3).map(",".join),
    st.sampled_from([*NAMES, "authority"]),
    st.sampled_from(["", "", " a comment", "\r", "#"]),
)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(["ed25519", "certified", "expired", "host", "rsa"]),
    lines=st.lists(LINE, min_size=1, max_size=2),
    same=st.booleans(),
)
def test_allowed_signers(keys: Keys, name: str, lines: list[tuple[str, str, str, str, str]], same: bool) -> None:
    right = "authority" if name in ("certified", "expired", "host") else name
    written = [
        f"{before}{people} {options}{' ' * bool(options)}{keys.public(right if same else key)}{after}\n"
        for before, people, options, key, after in lines
    ]
    allowed = "# a comment\n\n".join(["", *written]).encode()
    signature = keys.signed(name)
    assert (by_us(PAYLOAD, signature, allowed) is Outcome.GOOD) is by_ssh_keygen(keys, PAYLOAD, signature, allowed)


def test_a_certificate_itself_may_be_allowed(keys: Keys) -> None:
    certificate = " ".join((keys.folder / "certified-cert.pub").read_text().split()[:2])
    for line in (f"{EMAIL} {certificate}\n", f"{EMAIL} {keys.public('certified')}\n"):
        good = by_ssh_keygen(keys, PAYLOAD, keys.signed("certified"), line.encode())
        assert (by_us(PAYLOAD, keys.signed("certified"), line.encode()) is Outcome.GOOD) is good


KRL = ("key: {ed25519}", "sha256: {ed25519}", "sha1: {rsa}", "serial: 7", "serial: 1-7", "serial: 3\nserial: 7\nserial: 9", "id: id-7", "id: id-8", "serial: 1\nserial: 5")  # fmt: skip


@pytest.mark.parametrize("specification", KRL)
@pytest.mark.parametrize("name", ["ed25519", "rsa", "certified", "other"])
def test_revocation_lists(keys: Keys, tmp_path: Path, specification: str, name: str) -> None:
    lines = specification.format(ed25519=keys.public("ed25519"), rsa=keys.public("rsa"))
    (tmp_path / "lines").write_text(f"{lines}\n")
    call("ssh-keygen", "-q", "-k", "-s", str(keys.folder / "authority.pub"), "-f", str(tmp_path / "krl"), str(tmp_path / "lines"))
    held_to(keys, name, (tmp_path / "krl").read_bytes())


@pytest.mark.parametrize("name", ["ed25519", "certified", "other"])
@pytest.mark.parametrize("text", ["", "# none\n\n", "{ed25519} a comment\n", "{other}\n {ed25519}\n", "{authority}\n", "{certified}\n", "everybody\n", "ssh-ed25519 AAAA\n"])  # fmt: skip
def test_lists_of_revoked_keys(keys: Keys, name: str, text: str) -> None:
    written = text.format(**{key: keys.public(key) for key in ("ed25519", "other", "authority", "certified")})
    held_to(keys, name, written.encode())


@settings(max_examples=80, deadline=None)
@given(flips=FLIPS)
def test_a_damaged_revocation_list_passes_nobody_else(keys: Keys, flips: list[tuple[float, int]]) -> None:
    krl = keys.folder / "krl"
    if not krl.exists():
        call("ssh-keygen", "-q", "-k", "-f", str(krl), str(keys.folder / "other.pub"), str(keys.folder / "certified-cert.pub"))
    damaged = flipped(krl.read_bytes(), flips)
    if damaged.startswith(b"SSHKRL\n\0"):
        # Never more lenient: ssh-keygen may pass what we do not understand.
        allowed = f"* {keys.public('ed25519')}\n".encode()
        good = by_us(PAYLOAD, keys.signed("ed25519"), allowed, damaged) is Outcome.GOOD
        assert not good or by_ssh_keygen(keys, PAYLOAD, keys.signed("ed25519"), allowed, damaged)


def held_to(keys: Keys, name: str, revoked: bytes) -> None:
    # `-Y check-novalidate` takes no heed of revoked keys: everybody is allowed here.
    allowed = f"* {keys.public(name)}\n* cert-authority {keys.public('authority')}\n".encode()
    found = by_us(PAYLOAD, keys.signed(name), allowed, revoked)
    assert (found is Outcome.GOOD) is by_ssh_keygen(keys, PAYLOAD, keys.signed(name), allowed, revoked)
    assert found is by_us(PAYLOAD, keys.signed(name), None, revoked)
    assert found in (Outcome.GOOD, Outcome.REVOKED, Outcome.UNVERIFIED)


@pytest.mark.parametrize(
    ("text", "patterns", "found"),
    [("git", "git", True), ("git", "g?t", True), ("git", "*", True), ("git", "", False), ("", "*", True), ("git", "!git,*", False),
     ("git", "*,!git", False), ("git", "!file", False), ("a" * 2000, "*a" * 500 + "b", False)],
)  # fmt: skip
def test_patterns(text: str, patterns: str, found: bool) -> None:
    assert matches(text, patterns) is found


@given(data=st.binary(max_size=200))
def test_any_bytes_end_in_a_verdict(data: bytes) -> None:
    with pytest.raises((Malformed, Refused, Unsupported)):
        sshsig.signer(data, PAYLOAD)
    with pytest.raises((Malformed, Refused, Unsupported)):
        sshsig.signer(armored(b"SSHSIG\0\0\0\1" + data), PAYLOAD)
    assert not parse(data).vouchers
