"""The post-commit notice and `commits setup`, in real repositories."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commits.conftest import commit
from tests.conftest import Git


def run(root: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "policy_checks", "commits", *arguments]
    done = subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert "internal error" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_a_commit_is_told_what_it_lacks(git: Git, tmp_path: Path, ssh_key: str) -> None:
    hook = tmp_path / ".git/hooks/post-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-m", "policy_checks", "commits", "notice"])}\n')
    hook.chmod(0o755)
    done = subprocess.run(["git", "commit", "--allow-empty", "-qm", "One"], cwd=tmp_path, capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert "CMT001 unsigned-commit, CMT002 missing-signoff; before it is pushed: `git commit --amend --no-edit -S -s`" in lines[0]
    for name, value in (("gpg.format", "ssh"), ("user.signingKey", ssh_key)):
        git("config", name, value)
    command = shlex.split(lines[0].split("`")[1])
    done = subprocess.run([*command, "--allow-empty"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_a_notice_never_fails(git: Git, tmp_path: Path) -> None:
    assert run(tmp_path, "notice") == (0, "", "")
    commit(git, "-m", "One")
    assert run(tmp_path, "notice")[0] == 0


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_setup_explains_and_writes_what_is_missing(git: Git, tmp_path: Path, home: Path, ssh_key: str) -> None:
    public = home / ".ssh/id_ed25519.pub"
    public.parent.mkdir()
    for suffix in ("", ".pub"):
        (home / f".ssh/id_ed25519{suffix}").write_bytes(Path(ssh_key + suffix).read_bytes())
        (home / f".ssh/id_ed25519{suffix}").chmod(0o600)
    code, out, _said = run(tmp_path, "setup")
    assert code == 2
    assert len([line for line in out.splitlines() if " = " in line]) == 4
    assert f"git config --local user.signingkey {public}" in out
    assert git("config", "--local", "--list").count("gpg.") == 0
    assert run(tmp_path, "setup", "--write")[0] == 0
    assert run(tmp_path, "setup")[0] == 0
    commit(git, "-s", "-m", "One")
    assert run(tmp_path, "check", "HEAD")[0] == 0
    assert "gpg.format" not in git("config", "--global", "--list")


def test_setup_without_a_key(git: Git, tmp_path: Path, home: Path) -> None:
    code, _out, said = run(tmp_path, "setup", "--write")
    assert code == 2
    assert "ssh-keygen -t ed25519" in said
    assert run(tmp_path, "setup", "--key", "nothing")[2] == "policy-checks: nothing: no such file\n"


def test_a_gnupg_setup_is_left_alone(git: Git, tmp_path: Path, home: Path) -> None:
    git("config", "user.signingKey", "ABCD")
    code, out, _said = run(tmp_path, "setup", "--write")
    assert code == 0
    assert "git signs with openpgp and key ABCD" in out
    assert git("config", "--local", "--get", "commit.gpgSign").strip() == "true"
    assert "gpg.format" not in git("config", "--local", "--list")
