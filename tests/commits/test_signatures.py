"""Commits signed by real git with real keys, and tampered with as objects."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from policy_checks.commits import memory
from policy_checks.commits.commit import parse
from policy_checks.commits.policy import CommitPolicy, SignatureLevel
from policy_checks.commits.signatures import signed
from policy_checks.commits.verdict import Outcome, Verdict
from policy_checks.commits.verdicts import Verdicts
from policy_checks.source import SourceFile
from policy_checks.workspace import Memory, Workspace
from tests.commits.conftest import call, commit
from tests.conftest import Git

TAMPERED: dict[str, Callable[[bytes, bytes], bytes]] = {
    "tree": lambda raw, _other: raw.replace(raw[5:45], b"4" * 40, 1),
    "author": lambda raw, _other: raw.replace(b"author A Tester", b"author Mallory", 1),
    "committer": lambda raw, _other: raw.replace(b"committer A Tester <tester@", b"committer A Tester <mallory@", 1),
    "date": lambda raw, _other: raw.replace(b" +0000\n", b" +0100\n", 1),
    "message": lambda raw, _other: raw + b"\nReviewed-by: Mallory\n",
    "parent": lambda raw, _other: raw.replace(raw[46:93], b"parent " + b"5" * 40, 1),
    "another header": lambda raw, _other: raw.replace(b"\n\n", b"\nencoding latin1\n\n", 1),
    "signature of another commit": lambda raw, other: raw.replace(signature_in(raw), signature_in(other)),
    "two signatures": lambda raw, other: raw.replace(signature_in(raw), signature_in(other) + signature_in(raw)),
    "half a signature": lambda raw, _other: raw.replace(signature_in(raw), signature_in(raw)[:120] + b"\n"),
}


def signature_in(raw: bytes) -> bytes:
    """The header with the signature, its last line feed included."""
    start = raw.index(b"gpgsig ")
    return raw[start : raw.index(b"-----END", start)] + raw[raw.index(b"-----END", start) :].split(b"\n", 1)[0] + b"\n"


def raw_commit(git: Git, name: str) -> bytes:
    return git("cat-file", "commit", name).encode()


def verdict(name: str, raw: bytes, level: str, files: dict[str, bytes], *, cache: Path | None = None) -> Verdict | None:
    """The verdict on one raw commit; files are named as their settings."""
    policy = CommitPolicy(signature=SignatureLevel(level), **{key: key for key in files})  # type: ignore[arg-type]
    file = SourceFile(name, raw)
    found = parse(file)
    return Verdicts(Workspace(files, Memory(files), [file], cache=cache), {name: found}).of(found, policy)


def outcome(name: str, raw: bytes, level: str, files: dict[str, bytes]) -> Outcome | None:
    found = verdict(name, raw, level, files)
    return found.outcome if found else None


def rehashed(git: Git, raw: bytes, tmp_path: Path) -> str:
    """The id under which git stores a raw commit."""
    (tmp_path / "raw").write_bytes(raw)
    return git("hash-object", "-t", "commit", "-w", "--literally", str(tmp_path / "raw")).strip()


@pytest.fixture
def by_ssh(git: Git, ssh_key: str) -> tuple[str, str, dict[str, bytes]]:
    """Two signed commits and who is allowed to."""
    git("config", "gpg.format", "ssh")
    git("config", "user.signingKey", ssh_key)
    public = Path(f"{ssh_key}.pub").read_text()
    return commit(git, "-S", "-m", "One"), commit(git, "-S", "-m", "Two"), {"allowed_signers": f"tester@mail.example {public}".encode()}


@pytest.fixture
def by_openpgp(git: Git, gnupg: dict[str, str]) -> tuple[str, str, dict[str, bytes]]:
    """Two signed commits and the keyring."""
    git("config", "user.signingKey", gnupg["openpgp"])
    keyring = subprocess.run(["gpg", "--export", gnupg["openpgp"]], capture_output=True, check=True).stdout
    return commit(git, "-S", "-m", "One"), commit(git, "-S", "-m", "Two"), {"openpgp_keys": keyring}


@pytest.mark.parametrize("kind", ["by_ssh", "by_openpgp"])
def test_tampering_is_caught(git: Git, kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    other, name, files = request.getfixturevalue(kind)
    raw = raw_commit(git, name)
    for level in ("valid", "trusted"):
        assert verdict(name, raw, level, files) == Verdict(Outcome.GOOD)
        for what, tamper in TAMPERED.items():
            changed = tamper(raw, raw_commit(git, other))
            assert changed != raw
            assert outcome(name, changed, level, files) is Outcome.BAD, what
            forged = rehashed(git, changed, tmp_path)
            assert subprocess.run(["git", "verify-commit", forged], cwd=tmp_path, capture_output=True, check=False).returncode != 0
        assert verdict(name, raw.replace(signature_in(raw), b""), level, files) is None, "unsigned is another rule's"


def test_what_is_signed_is_what_git_verifies(git: Git, by_openpgp: tuple[str, str, dict[str, bytes]], tmp_path: Path) -> None:
    raw = raw_commit(git, by_openpgp[1])
    found = signed(by_openpgp[1], raw)
    assert found
    assert found.payload == raw.replace(signature_in(raw), b"")
    (tmp_path / "sig").write_bytes(found.armored)
    subprocess.run(["gpg", "--verify", tmp_path / "sig", "-"], input=found.payload, capture_output=True, check=True)


def test_a_header_of_the_other_object_format_is_not_signed(git: Git, by_ssh: tuple[str, str, dict[str, bytes]], tmp_path: Path) -> None:
    _other, name, files = by_ssh
    raw = raw_commit(git, name)
    both = raw.replace(b"\n\n", b"\ngpgsig-sha256 -----BEGIN\n more\n\n", 1)
    assert outcome(name, both, "valid", files) is Outcome.GOOD
    git("config", "gpg.ssh.allowedSignersFile", os_file(tmp_path, files["allowed_signers"]))
    subprocess.run(["git", "verify-commit", rehashed(git, both, tmp_path)], cwd=tmp_path, capture_output=True, check=True)
    moved = raw.replace(b"\ngpgsig ", b"\ngpgsig-sha256 ")
    assert outcome(name, moved, "valid", files) is Outcome.UNVERIFIED


def os_file(folder: Path, data: bytes) -> str:
    (folder / "allowed").write_bytes(data)
    return str(folder / "allowed")


def test_who_is_trusted(git: Git, by_ssh: tuple[str, str, dict[str, bytes]]) -> None:
    _other, name, files = by_ssh
    raw, line = raw_commit(git, name), files["allowed_signers"]
    assert outcome(name, raw, "trusted", {"allowed_signers": b""}) is Outcome.UNTRUSTED
    assert outcome(name, raw, "trusted", {"allowed_signers": line.replace(b"tester@", b"other@")}) is Outcome.UNTRUSTED
    old = line.replace(b" ssh-", b' valid-before="20200101Z" ssh-', 1)
    assert outcome(name, raw, "trusted", {"allowed_signers": old}) is Outcome.EXPIRED
    assert outcome(name, raw, "trusted", {"allowed_signers": old + line}) is Outcome.GOOD
    revoked = line.split(b" ", 1)[1]
    for level in ("valid", "trusted"):
        assert outcome(name, raw, level, {**files, "revoked_keys": revoked}) is Outcome.REVOKED
    assert outcome(name, raw, "present", files) is None


def test_the_committer_is_the_signer(git: Git, by_ssh: tuple[str, str, dict[str, bytes]]) -> None:
    files = by_ssh[2]
    theirs = commit(git, "-S", "-m", "Three", "--author", "Ada <ada@mail.example>")
    assert outcome(theirs, raw_commit(git, theirs), "trusted", files) is Outcome.GOOD
    git("config", "user.email", "mallory@mail.example")
    mine = commit(git, "-S", "-m", "Four", "--author", "A Tester <tester@mail.example>")
    assert outcome(mine, raw_commit(git, mine), "trusted", files) is Outcome.UNTRUSTED
    assert outcome(mine, raw_commit(git, mine), "valid", files) is Outcome.GOOD


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-8"])
def test_the_bytes_are_judged_not_their_text(git: Git, by_ssh: tuple[str, str, dict[str, bytes]], tmp_path: Path, encoding: str) -> None:
    git("config", "i18n.commitEncoding", encoding)
    (tmp_path / "message").write_bytes("Größe\n".encode(encoding))
    name = commit(git, "-S", "-F", str(tmp_path / "message"))
    raw = subprocess.run(["git", "cat-file", "commit", name], cwd=tmp_path, capture_output=True, check=True).stdout
    assert outcome(name, raw, "trusted", by_ssh[2]) is Outcome.GOOD


def test_a_sha256_repository(tmp_path: Path, ssh_key: str) -> None:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    git("init", "--quiet", "--object-format=sha256")
    git("-c", "gpg.format=ssh", "-c", f"user.signingKey={ssh_key}", "commit", "--quiet", "--allow-empty", "-S", "-m", "One")
    name = git("rev-parse", "HEAD").strip()
    raw = git("cat-file", "commit", "HEAD").encode()
    assert b"gpgsig-sha256 " in raw
    files = {"allowed_signers": f"tester@mail.example {Path(f'{ssh_key}.pub').read_text()}".encode()}
    assert outcome(name, raw, "trusted", files) is Outcome.GOOD
    assert outcome(name, raw + b"more\n", "valid", files) is Outcome.BAD


@pytest.mark.skipif(not shutil.which("gpgsm"), reason="gpgsm is not installed")
def test_certificates(git: Git, gnupg: dict[str, str]) -> None:
    git("config", "gpg.format", "x509")
    git("config", "user.signingKey", gnupg["x509"])
    name = commit(git, "-S", "-m", "One")
    raw = raw_commit(git, name)
    certificate = call("gpgsm", "--armor", "--export", gnupg["x509"]).encode()
    files = {"x509_certificates": certificate}
    for level in ("valid", "trusted"):
        assert verdict(name, raw, level, files) == Verdict(Outcome.GOOD)
        assert outcome(name, raw + b"more\n", level, files) is Outcome.BAD
        assert outcome(name, raw, level, {"x509_certificates": b"nothing"}) is Outcome.UNVERIFIED
    assert outcome(name, raw, "valid", {}) is Outcome.UNVERIFIED
    git("config", "user.email", "mallory@mail.example")
    other = commit(git, "-S", "-m", "Two")
    assert outcome(other, raw_commit(git, other), "trusted", files) is Outcome.UNTRUSTED
    assert outcome(other, raw_commit(git, other), "valid", files) is Outcome.GOOD


def test_good_ones_are_remembered(
    git: Git, by_ssh: tuple[str, str, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _other, name, files = by_ssh
    raw, cache = raw_commit(git, name), tmp_path / "cache"
    assert verdict(name, raw + b"x", "trusted", files, cache=cache) != Verdict(Outcome.GOOD)
    assert not cache.exists()
    assert verdict(name, raw, "trusted", files, cache=cache) == Verdict(Outcome.GOOD)
    # Asked anew, nothing is verified: even what could not be.
    monkeypatch.setattr("policy_checks.commits.sshsig.signer", None)
    assert verdict(name, raw, "trusted", files, cache=cache) == Verdict(Outcome.GOOD)
    for level, others in (("valid", files), ("trusted", {"allowed_signers": files["allowed_signers"] + b"\n"})):
        with pytest.raises(TypeError):
            verdict(name, raw, level, others, cache=cache)
    (held,) = cache.iterdir()
    held.write_text("not what was written")
    with pytest.raises(TypeError):
        verdict(name, raw, "trusted", files, cache=cache)


def test_a_cache_that_cannot_be_written_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory.remember(tmp_path / "file", "digest", ["a" * 40])
    assert memory.good(tmp_path / "file", "digest") == frozenset()


def test_old_files_of_the_cache_go(tmp_path: Path) -> None:
    for number in range(70):
        memory.remember(tmp_path, str(number), ["a" * 40])
        time.sleep(0.001)
    assert len(list(tmp_path.iterdir())) == 64
    assert memory.good(tmp_path, "69")


def test_the_command(git: Git, by_ssh: tuple[str, str, dict[str, bytes]], tmp_path: Path) -> None:
    (tmp_path / "allowed").write_bytes(by_ssh[2]["allowed_signers"])
    table = '[tool.policy-checks]\nexclude = ["allowed"]\n[tool.policy-checks.commits]\nsign-off = false\nsignature = "trusted"\n'
    (tmp_path / "pyproject.toml").write_text(f'{table}allowed-signers = "allowed"\n')
    for more in ([], [], ["--no-cache"]):
        call_check(tmp_path, 0, *more)
    (tmp_path / "allowed").write_text("# nobody\n")
    assert call_check(tmp_path, 1).count("CMT006") == 2
    (tmp_path / "allowed").unlink()
    assert call_check(tmp_path, 1).count("CMT008") == 2
    (tmp_path / "pyproject.toml").write_text(f'{table}allowed-signers = "../allowed"\n')
    call_check(tmp_path, 2)
    (tmp_path / "pyproject.toml").write_text(table)
    call_check(tmp_path, 2)


def test_nobody_vouches_for_himself(git: Git, by_ssh: tuple[str, str, dict[str, bytes]], tmp_path: Path) -> None:
    """The policy of a commit in place of the one that the judged commits brought along."""
    key = by_ssh[2]["allowed_signers"]
    table = '[commits]\nsign-off = false\nsignature = "{}"\nallowed-signers = "allowed"\n'
    for level, keys in (("trusted", b"# nobody\n"), ("trusted", key), ("off", b"# nobody\n")):
        (tmp_path / "policy-checks.toml").write_text(table.format(level))
        (tmp_path / "allowed").write_bytes(keys)
        git("add", ".")
        git("-c", "user.signingKey=", "commit", "--quiet", "-m", level)
    call_check(tmp_path, 0)
    signed = by_ssh[0]
    assert "CMT006" in call_check(tmp_path, 1, "--policy-from", "HEAD~2", name=f"{signed}^!")
    call_check(tmp_path, 0, "--policy-from", "HEAD~1", name=f"{signed}^!")
    call_check(tmp_path, 2, "--policy-from", "HEAD~2", "--isolated")
    call_check(tmp_path, 2, "--policy-from", "missing")


def call_check(folder: Path, code: int, *more: str, name: str = "HEAD") -> str:
    import sys

    command = [sys.executable, "-m", "policy_checks", "commits", "check", name, *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout
