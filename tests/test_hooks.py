"""Our hooks under the two runners people use, with a real remote and a real key."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAM = Path(sys.executable).parent / "policy-checks"
GOOD = '"""A module."""\n\nNUMBER = 1\n'


@pytest.fixture(params=["pre-commit", "prek"])
def runner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The runner, with a home of its own."""
    found: Path = PROGRAM.parent / request.param
    assert found.exists(), f"{request.param} belongs to the test group"
    for name in ("PRE_COMMIT_HOME", "PREK_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name))
    return found


@pytest.fixture
def repository(runner: Path, tmp_path: Path) -> Path:
    """A repository with our hooks installed and a bare remote named origin."""
    folder = tmp_path / "repository"
    config = (ROOT / ".pre-commit-config.yaml").read_text().replace(".venv/bin/policy-checks", str(PROGRAM))
    folder.mkdir()
    (folder / ".pre-commit-config.yaml").write_text(config)
    (folder / "pyproject.toml").write_text('[tool.policy-checks.format]\ntools = ["ruff", "isort", "black"]\n')
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "remote.git")], check=True)
    for arguments in (["init", "-q"], ["remote", "add", "origin", str(tmp_path / "remote.git")]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    subprocess.run([runner, "install"], cwd=folder, check=True, capture_output=True)
    return folder


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """git in a folder, with the tools of this environment on PATH."""
    environment = os.environ | {"PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}", "VIRTUAL_ENV": str(PROGRAM.parent.parent)}
    return subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def commit(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    call(folder, "add", "-A")
    return call(folder, "commit", "-q", "-m", "Say one", *flags)


def test_a_commit_needs_its_signoff_and_a_push_its_signature(repository: Path, tmp_path: Path) -> None:
    (repository / "one.py").write_text(GOOD)

    without = commit(repository)
    assert without.returncode == 1
    assert "Signed-off-by: A Tester <tester@mail.example>" in without.stdout + without.stderr

    done = commit(repository, "-s")
    assert done.returncode == 0, done.stdout + done.stderr

    refused = call(repository, "push", "-q", "origin", "main")
    assert refused.returncode != 0
    assert "CMT001" in refused.stdout + refused.stderr
    assert not (tmp_path / "remote.git/refs/heads/main").exists()

    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not here, so nothing can be signed")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    call(repository, "config", "gpg.format", "ssh")
    call(repository, "config", "user.signingKey", str(key))
    signed = call(repository, "commit", "-q", "--amend", "--no-edit", "-S", "-s")
    assert signed.returncode == 0, signed.stderr
    pushed = call(repository, "push", "-q", "origin", "main")
    assert pushed.returncode == 0, pushed.stdout + pushed.stderr
    assert (tmp_path / "remote.git/refs/heads/main").exists()


def test_every_ref_of_a_push_is_judged(repository: Path, tmp_path: Path) -> None:
    """Both runners hand on one ref of a push alone."""
    (repository / "pyproject.toml").write_text('[tool.policy-checks.commits]\nsignature = "off"\n')
    (repository / "one.py").write_text(GOOD)
    assert commit(repository, "-s").returncode == 0
    assert call(repository, "push", "-q", "origin", "main").returncode == 0, "the first push of a whole history"
    call(repository, "branch", "same")
    for name, flags in (("good", ["-s"]), ("unsigned", ["--no-verify"]), ("unrelated", ["--no-verify"])):
        call(repository, "switch", "-q", "-c", name, "main")
        assert call(repository, "commit", "-q", "--allow-empty", "-m", name, *flags).returncode == 0
    call(repository, "tag", "-a", "-m", "x", "v1", "unsigned")

    pushed = tmp_path / "remote.git/refs"
    for refspecs in (["good", "unsigned"], ["same", "good", "unsigned"], ["unsigned:other", "good"], ["good", "v1"], ["--all"], ["--tags"]):
        done = call(repository, "push", "origin", *refspecs)
        assert (done.returncode != 0, "CMT002" in done.stdout + done.stderr) == (True, True), (refspecs, done.stdout + done.stderr)
    assert not (pushed / "heads/good").exists()

    done = call(repository, "push", "origin", "good", "same")
    assert done.returncode == 0, done.stdout + done.stderr
    assert call(repository, "push", "origin", ":same").returncode == 0, "a deletion"
    done = call(repository, "push", "origin", ":good", "unsigned")
    assert done.returncode != 0, "a deletion, then a new branch"
    call(repository, "switch", "-q", "good")
    call(repository, "commit", "-q", "--amend", "--allow-empty", "--no-verify", "-m", "rewritten")
    assert call(repository, "push", "--force", "origin", "good").returncode != 0, "forced"
    call(repository, "commit", "-q", "--amend", "--allow-empty", "-s", "-m", "rewritten")
    assert call(repository, "push", "--force", "origin", "good").returncode == 0


def test_a_commit_is_told_what_it_lacks(repository: Path, runner: Path) -> None:
    subprocess.run([runner, "install", "-t", "post-commit"], cwd=repository, check=True, capture_output=True)
    (repository / "one.py").write_text(GOOD)
    done = commit(repository, "-s")
    assert done.returncode == 0
    assert "CMT001 unsigned-commit; before it is pushed: `git commit --amend --no-edit -S -s`" in done.stdout + done.stderr


def test_a_commit_is_stopped_by_the_policy(repository: Path) -> None:
    (repository / "setup.sh").write_text("pip install requests\n")
    done = commit(repository, "-s")
    assert done.returncode == 1
    assert "setup.sh:1:1: PIP001" in done.stdout + done.stderr


def test_a_badly_formatted_file_is_mended_and_the_commit_stopped(repository: Path) -> None:
    file = repository / "sp ace.py"
    file.write_text('"""A module."""\nx   =  1\n')
    done = commit(repository, "-s")
    assert done.returncode == 1, done.stdout + done.stderr
    assert file.read_text() == '"""A module."""\n\nx = 1\n'
