"""Sign-offs and signatures in repositories and messages of every odd shape, made by real git, judged by the whole program."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commits.conftest import commit
from tests.conftest import Git

ME = "A Tester <tester@mail.example>"
LINE = f"Signed-off-by: {ME}"


def judged(root: Path, revision: str = "HEAD", *arguments: str) -> set[str]:
    """The codes of what is found."""
    command = [sys.executable, "-m", "policy_checks", "commits", "check", revision, "--output-format", "json", *arguments]
    done = subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert "internal error" not in done.stderr
    assert done.returncode in (0, 1), done.stderr
    return {finding["code"] for finding in json.loads(done.stdout)["findings"]}


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("Add\n\nSigned-off-by: A Tester\n  <tester@mail.example>\n", set()),
        (f"Add\n\n{LINE}\n\n* more\n\nText\n", set()),
        (f"Add\n\nSigned-off-by: X <x@mail.example>\n{LINE}\nSigned-off-by: Y <y@mail.example>\n", set()),
        (f"Revert\n\n> Add\n>\n> {LINE}\n", {"CMT002"}),
        (f"Revert\n\n    {LINE}\n", {"CMT002"}),
        ("Add\n\nSigned-off-by: X <x@mail.example>\n", {"CMT009"}),
        ("Add\n", {"CMT002"}),
    ],
)  # fmt: skip
def test_messages(git: Git, tmp_path: Path, message: str, found: set[str]) -> None:
    (tmp_path / "message").write_text(message)
    commit(git, "--cleanup=verbatim", "-F", "message")
    assert judged(tmp_path, "HEAD", "--ignore", "CMT001") == found


@pytest.mark.parametrize("data", [b"F\xfcge hinzu\n\n", b"\x80\x81\n\n"])
def test_a_message_that_is_not_utf_8(git: Git, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "message").write_bytes(data + f"{LINE}\n".encode())
    commit(git, "-F", "message")
    assert judged(tmp_path, "HEAD", "--ignore", "CMT001") == set()
    (tmp_path / "message").write_bytes(data)
    commit(git, "-F", "message")
    assert judged(tmp_path, "HEAD^!", "--ignore", "CMT001") == {"CMT002"}


def test_a_sha_256_repository_signed(tmp_path: Path, ssh_key: str) -> None:
    root = tmp_path / "repository"
    root.mkdir()

    def call(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)

    call("init", "-q", "--object-format=sha256")
    call("-c", "gpg.format=ssh", "-c", f"user.signingKey={ssh_key}", "commit", "-q", "-S", "-s", "--allow-empty", "-m", "One")
    (root / "pyproject.toml").write_text('[tool.policy-checks.commits]\nsignature = "valid"\n')
    assert judged(root) == set()
    call("commit", "-q", "--allow-empty", "-m", "Two")
    assert judged(root) == {"CMT001", "CMT002"}


def test_a_submodule_is_judged_by_itself(git: Git, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    inner = tmp_path_factory.mktemp("inner")
    subprocess.run(["git", "init", "--quiet", inner], check=True)
    git("commit", "--quiet", "--allow-empty", "-m", "inner", cwd=str(inner))
    commit(git, "-s", "-m", "outer")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "inner")
    git("commit", "--quiet", "-s", "-m", "with a submodule")
    assert judged(tmp_path, "HEAD", "--ignore", "CMT001") == set()
    assert judged(tmp_path / "inner", "HEAD", "--ignore", "CMT001") == {"CMT002"}


def test_a_bare_repository_a_worktree_and_a_detached_head(git: Git, tmp_path: Path) -> None:
    first = commit(git, "-m", "One")
    git("clone", "--quiet", "--bare", ".", "bare")
    git("worktree", "add", "--quiet", "--detach", "tree")
    for root in (tmp_path / "bare", tmp_path / "tree"):
        assert judged(root) == {"CMT001", "CMT002"}
    git("checkout", "--quiet", "--detach")
    assert judged(tmp_path, first) == {"CMT001", "CMT002"}


def test_what_is_older_than_a_commit_is_history(git: Git, tmp_path: Path) -> None:
    old = commit(git, "-m", "old")
    (tmp_path / "pyproject.toml").write_text(f'[tool.policy-checks.commits]\nsignature = "off"\nsince = "{old}"\n')
    commit(git, "-s", "-m", "new")
    assert judged(tmp_path) == set()
    commit(git, "-m", "unsigned")
    assert judged(tmp_path) == {"CMT002"}
    (tmp_path / "pyproject.toml").write_text(f'[tool.policy-checks.commits]\nsignature = "off"\nsince = "{"1" * 40}"\n')
    assert judged(tmp_path, "HEAD~1") == {"CMT002"}


def test_the_same_person_by_mailmap(git: Git, tmp_path: Path) -> None:
    commit(git, "-m", "Add\n\nSigned-off-by: Tess <tess@home.example>")
    table = '[tool.policy-checks.commits]\nsignature = "off"\n'
    (tmp_path / "pyproject.toml").write_text(table)
    (tmp_path / ".mailmap").write_text(f"{ME} Tess <tess@home.example>\n")
    assert judged(tmp_path) == {"CMT009"}
    (tmp_path / "pyproject.toml").write_text(f"{table}mailmap = true\n")
    assert judged(tmp_path) == set()


def test_a_forge_exempt_only_with_its_key(git: Git, tmp_path: Path, ssh_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = " ".join(Path(ssh_key + ".pub").read_text().split()[:2])
    (tmp_path / "keys").write_text(f"noreply@forge.example {key}\n")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.policy-checks.commits]\nsignature = "trusted"\nallowed-signers = "keys"\n'
        '[[tool.policy-checks.commits.exempt]]\ncommitter = "noreply@forge.example"\nsigned = true\nreason = "made in the web page"\n'
    )
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "noreply@forge.example")
    commit(git, "-m", "typed the address")
    assert judged(tmp_path) == {"CMT001", "CMT002"}
    commit(git, "--amend", "-m", "ours")
    git("-c", "gpg.format=ssh", "-c", f"user.signingKey={ssh_key}", "commit", "-q", "--amend", "--allow-empty", "--no-edit", "-S")
    assert judged(tmp_path) == set()


def test_a_merge_whose_signature_is_bad(git: Git, tmp_path: Path, ssh_key: str) -> None:
    signing = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={ssh_key}")
    commit(git, "-s", "-m", "base")
    git("switch", "--quiet", "-c", "topic")
    commit(git, "-s", "-m", "topic")
    git("switch", "--quiet", "main")
    commit(git, "-s", "-m", "main")
    git(*signing, "merge", "--quiet", "--no-edit", "-S", "topic")
    (tmp_path / "pyproject.toml").write_text('[tool.policy-checks.commits]\nsignature = "valid"\n')
    assert judged(tmp_path, "HEAD^1..HEAD", "--ignore", "CMT001") == set()
    forged = tmp_path / "raw"
    forged.write_text(git("cat-file", "commit", "HEAD").replace("Merge branch", "Forge branch"))
    made = git("hash-object", "-t", "commit", "-w", "raw").strip()
    assert judged(tmp_path, f"HEAD^1..{made}", "--ignore", "CMT001") == {"CMT005"}
