"""Raw commit objects, made by real git and by hand, read as git reads them."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policy_checks import git as objects, git_objects
from policy_checks.commits.commit import Commit, SignatureKind, identity, parse, printable
from policy_checks.source import Place, SourceFile, Unreadable
from tests.commits.conftest import commit
from tests.conftest import Git

ADA = "Ada <ada@mail.example> 1700000000 +0000"
HEAD = f"tree {'4' * 40}\nauthor {ADA}\ncommitter {ADA}\n"


def parsed(raw: str | bytes) -> Commit:
    return parse(SourceFile("a" * 40, raw.encode() if isinstance(raw, str) else raw))


def first(root: Path) -> Commit:
    """The commit at HEAD."""
    head = objects.commit_id(root, "HEAD")
    return parse(SourceFile(head, next(data for found, data in git_objects.commit_objects(root, head) if found == head)))


def test_fields_are_those_that_git_shows(git: Git, tmp_path: Path) -> None:
    commit(git, "-m", "One")
    commit(git, "--author", "Élodie O'Neil <e@mail.example>", "-m", "Two\n\nBody\n")
    found = first(tmp_path)
    shown = git("log", "-1", "--format=%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%P%x00%B").split("\0")
    person = [found.author.name, found.author.email, str(found.author.when)]
    assert [*person, found.committer.name, found.committer.email, str(found.committer.when)] == shown[:6]
    assert " ".join(found.parents) == shown[6]
    assert found.message.strip() == shown[7].strip()
    assert found.file.cut(found.subject.span) == "Two"
    assert found.signature is None


def test_signature_with_ssh(git: Git, tmp_path: Path, ssh_key: str) -> None:
    git("-c", "gpg.format=ssh", "-c", f"user.signingKey={ssh_key}", "commit", "--quiet", "--allow-empty", "-S", "-m", "One")
    assert first(tmp_path).signature is SignatureKind.SSH


def test_signature_with_openpgp(git: Git, tmp_path: Path, gnupg: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GNUPGHOME", gnupg["GNUPGHOME"])
    git("-c", f"user.signingKey={gnupg['openpgp']}", "commit", "--quiet", "--allow-empty", "-S", "-m", "One")
    assert first(tmp_path).signature is SignatureKind.OPENPGP


def test_signature_with_a_certificate(git: Git, tmp_path: Path, gnupg: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    if "x509" not in gnupg:
        pytest.skip("gpgsm is not installed")
    monkeypatch.setenv("GNUPGHOME", gnupg["GNUPGHOME"])
    git("-c", "gpg.format=x509", "-c", f"user.signingKey={gnupg['x509']}", "commit", "--quiet", "--allow-empty", "-S", "-m", "One")
    assert first(tmp_path).signature is SignatureKind.X509


def test_signature_in_a_sha256_repository(tmp_path: Path, ssh_key: str) -> None:
    settings = ["-c", "gpg.format=ssh", "-c", f"user.signingKey={ssh_key}"]
    subprocess.run(["git", "init", "--quiet", "--object-format=sha256", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, *settings, "commit", "--quiet", "--allow-empty", "-S", "-m", "One"], check=True)
    found = first(tmp_path)
    assert len(found.file.path) == 64
    assert found.signature is SignatureKind.SSH


def test_signed_tag_in_a_merge_is_no_signature_of_the_commit(git: Git, tmp_path: Path, ssh_key: str) -> None:
    commit(git, "-m", "One")
    git("switch", "--quiet", "-c", "topic")
    commit(git, "-m", "Two")
    git("-c", "gpg.format=ssh", "-c", f"user.signingKey={ssh_key}", "tag", "-s", "-m", "v1", "v1")
    git("switch", "--quiet", "main")
    commit(git, "-m", "Three")
    git("merge", "--quiet", "--no-ff", "--no-edit", "v1")
    found = first(tmp_path)
    assert [name for name, _value in found.headers] == ["mergetag"]
    assert "BEGIN SSH SIGNATURE" in found.headers[0][1]
    assert found.signature is None
    assert found.is_merge


def test_message_in_latin_1_has_positions(git: Git, tmp_path: Path) -> None:
    message = tmp_path / "message"
    message.write_bytes("Füge hinzu\n".encode("latin-1"))
    git("-c", "i18n.commitEncoding=ISO-8859-1", "commit", "--quiet", "--allow-empty", "-F", str(message))
    found = first(tmp_path)
    assert dict(found.headers) == {"encoding": "ISO-8859-1"}
    assert found.file.cut(found.subject.span) == "Füge hinzu"


@pytest.mark.parametrize("encoding", ["", "encoding nonsense\n", "encoding unicode_escape\n", "encoding utf-16\n", "encoding utf-8\n"])
def test_text_in_no_known_encoding_is_shown_as_latin_1(encoding: str) -> None:
    found = parsed(f"{HEAD}{encoding}\nÄ\\n\n".encode("latin-1"))
    assert found.message == "Ä\\n\n"


def test_declared_encoding_is_used() -> None:
    assert parsed(f"{HEAD}encoding windows-1251\n\nДобавить\n".encode("cp1251")).message == "Добавить\n"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", "header without a value"),
        ("\n\n", "header without a value"),
        ("hello", "header without a value"),
        ("hello world", "`tree` expected"),
        (f"tree {'4' * 40}\n", "`author` expected"),
        (f"tree {'4' * 40}\nauthor {ADA}\n\nNo committer\n", "`committer` expected"),
        (f"tree {'4' * 40}\ncommitter {ADA}\nauthor {ADA}\n\nSwapped\n", "`author` expected"),
        (f"tree {'4' * 40}\nauthor Ada\ncommitter {ADA}\n\nX\n", "`author` line is not"),
        (f"tree {'4' * 40}\nauthor Ada <ada@mail.example>\ncommitter {ADA}\n\nX\n", "`author` line is not"),
        (f"{HEAD}author {ADA}\n\nTwo authors\n", "a second `author`"),
        (f"{HEAD}parent {'b' * 40}\n\nA parent too late\n", "`parent` expected"),
        (f"{HEAD}\nHidden\0Signed-off-by: Ada <ada@mail.example>\n", "NUL byte"),
        (f" {HEAD}\nX\n", "header without a value"),
    ],
)
def test_what_git_would_not_write_is_said(raw: str, message: str) -> None:
    with pytest.raises(Unreadable, match=message) as caught:
        parsed(raw)
    assert caught.value.file.location(caught.value.span.start) >= (1, 1)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_commit_or_unreadable(raw: bytes) -> None:
    for data in (raw, HEAD.encode() + raw):
        try:
            found = parsed(data)
        except Unreadable as error:
            place = Place(error.file, error.span)
        else:
            place = found.subject
        assert 0 <= place.span.start <= place.span.end <= len(place.file.text)


def test_a_commit_without_a_message() -> None:
    for raw in (HEAD, HEAD.removesuffix("\n"), f"{HEAD}\n"):
        found = parsed(raw)
        assert found.message == ""
        assert found.file.cut(found.subject.span).strip() in ("", f"committer {ADA}")


def test_damaged_identity_is_read_as_git_reads_it() -> None:
    found = identity("Ada <a@mail.example> <b@mail.example> 5 +0000")
    assert found is not None
    assert (found.name, found.email, found.when) == ("Ada", "a@mail.example", 5)
    assert identity("Ada <a@mail.example> now") is None


def test_a_name_cannot_drive_the_terminal() -> None:
    assert printable("Ada\x1b[31m") == "Ada\\x1b[31m"
    assert len(printable("x" * 1000)) == 201
