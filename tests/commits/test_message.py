"""The commit-msg hook, run by real git in a real repository."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from policy_checks.commits.commit import Identity
from policy_checks.commits.message import being_made
from policy_checks.commits.sign_off import sign_offs
from policy_checks.source import SourceFile
from tests.commits.conftest import commit
from tests.conftest import Git

LINE = "Signed-off-by: A Tester <tester@mail.example>"
ADA = Identity("Ada", "ada@mail.example", 0)
CUT = "------------------------ >8 ------------------------"


@pytest.fixture
def hooked(git: Git, tmp_path: Path) -> Git:
    """A repository with one commit and the hook."""
    commit(git, "-m", "first")
    install(tmp_path)
    return git


def install(root: Path, *options: str) -> None:
    hook = root / ".git/hooks/commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-m", "policy_checks", "commits", "message", *options])} "$1"\n')
    hook.chmod(0o755)


def refused(git: Git, *arguments: str) -> str:
    """What the hook says when it refuses a commit."""
    with pytest.raises(subprocess.CalledProcessError) as caught:
        commit(git, *arguments)
    said: str = caught.value.stdout + caught.value.stderr
    assert "internal error" not in said
    return said


def test_a_commit_without_a_sign_off_is_refused_with_the_line_to_paste(hooked: Git) -> None:
    said = refused(hooked, "-m", "Add")
    assert "CMT002 missing-signoff" in said
    assert f"\n{LINE}\n" in said
    assert hooked("rev-list", "--count", "HEAD").strip() == "1"


def test_a_commit_with_a_sign_off_passes_in_silence(hooked: Git) -> None:
    hooked("commit", "--allow-empty", "--quiet", "-s", "-m", "Add")
    commit(hooked, "-m", f"Add\n\n{LINE}")
    commit(hooked, "--fixup", "HEAD", "-s")


def test_the_author_may_be_somebody_else(hooked: Git) -> None:
    commit(hooked, "--author", "Ada <ada@mail.example>", "-m", "Add\n\nSigned-off-by: Ada <ada@mail.example>")
    said = refused(hooked, "-m", "Add\n\nSigned-off-by: Ada <ada@mail.example>")
    assert "not by A Tester <tester@mail.example>" in said
    assert LINE in said


def test_the_message_can_be_committed_again(hooked: Git, tmp_path: Path) -> None:
    said = refused(hooked, "-m", "Add")
    again = said.partition("or run `")[2].partition("`")[0].replace(" -e ", " ")
    subprocess.run([*shlex.split(again), "--allow-empty", "--quiet"], cwd=tmp_path, check=True)
    assert hooked("log", "-1", "--format=%B").strip() == f"Add\n\n{LINE}"


def test_fix_adds_the_line(hooked: Git, tmp_path: Path) -> None:
    install(tmp_path, "--fix")
    commit(hooked, "-m", "Add\n\n---\n\nText")
    assert hooked("log", "-1", "--format=%B").strip() == f"Add\n\n---\n\nText\n\n{LINE}"
    commit(hooked, "-m", "Add\n\nCo-authored-by: Ada <ada@mail.example>")
    assert hooked("log", "-1", "--format=%(trailers:only)").strip().splitlines() == ["Co-authored-by: Ada <ada@mail.example>", LINE]


def test_fix_keeps_the_diff_of_a_verbose_commit_out(hooked: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "--fix")
    (tmp_path / "file").write_text(f"{LINE}\n")
    hooked("add", "file")
    monkeypatch.setenv("GIT_EDITOR", "sed -i 1iAdd")
    hooked("commit", "--quiet", "--verbose")
    assert hooked("log", "-1", "--format=%B").strip() == f"Add\n\n{LINE}"


def test_a_merge_is_exempt(hooked: Git, tmp_path: Path) -> None:
    hooked("switch", "--quiet", "-c", "topic")
    commit(hooked, "-s", "-m", "topic")
    hooked("switch", "--quiet", "main")
    commit(hooked, "-s", "-m", "main")
    hooked("merge", "--quiet", "--no-edit", "topic")
    assert len(hooked("log", "-1", "--format=%P").split()) == 2
    hooked("reset", "--quiet", "--hard", "HEAD~1")
    hooked("merge", "--quiet", "--no-commit", "topic")
    hooked("commit", "--quiet", "--no-edit")
    hooked("commit", "--quiet", "--amend", "-m", "Merge, said better")
    assert len(hooked("log", "-1", "--format=%P").split()) == 2
    (tmp_path / "pyproject.toml").write_text("[tool.policy-checks.commits]\nexempt-merges = false\n")
    hooked("reset", "--quiet", "--hard", "HEAD~1")
    with pytest.raises(subprocess.CalledProcessError):
        hooked("merge", "--quiet", "--no-edit", "topic")


def test_a_policy_without_sign_offs(hooked: Git, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.policy-checks.commits]\nsign-off = false\n")
    commit(hooked, "-m", "Add")


def test_a_worktree_and_a_rebase(hooked: Git, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    hooked("worktree", "add", "--quiet", "-b", "topic", "tree")
    (tree / "file").write_text("x\n")
    hooked("add", "file", cwd=str(tree))
    with pytest.raises(subprocess.CalledProcessError):
        hooked("commit", "-m", "Add", cwd=str(tree))
    hooked("commit", "--quiet", "--no-verify", "-m", "Add", cwd=str(tree))
    hooked("rebase", "--quiet", "--exec", "git commit --amend --no-edit -s", "main", cwd=str(tree))
    assert hooked("log", "-1", "--format=%B", "topic").strip() == f"Add\n\n{LINE}"


def test_a_message_in_latin_1(hooked: Git, tmp_path: Path) -> None:
    hooked("config", "i18n.commitEncoding", "ISO-8859-1")
    hooked("config", "user.name", "Zoë")
    message = tmp_path / "message"
    message.write_bytes("Füge hinzu\n".encode("latin-1"))
    assert "CMT002" in refused(hooked, "-F", str(message))


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "policy_checks", "commits", "message", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_a_message_that_is_not_there(hooked: Git, tmp_path: Path) -> None:
    done = run(tmp_path, "nothing")
    assert (done.returncode, done.stderr.strip()) == (2, "policy-checks: nothing: cannot be read: No such file or directory")


def test_outside_of_a_repository(tmp_path: Path) -> None:
    (tmp_path / "message").write_text("Add\n")
    done = run(tmp_path, "message")
    assert done.returncode == 2
    assert "not a git repository" in done.stderr


@pytest.mark.parametrize(
    ("text", "comment", "cleanup", "found"),
    [
        (f"Add\n# {CUT}\nSigned-off-by: Ada <ada@mail.example>\n", "", "", 0),
        (f"Add\n; {CUT}\nSigned-off-by: Ada <ada@mail.example>\n", ";", "scissors", 0),
        (f"Add\n; {CUT}\nSigned-off-by: Ada <ada@mail.example>\n", "auto", "", 1),
        ("Add\n\nSigned-off-by: Ada <ada@mail.example>\n", "S", "", 0),
        ("Add\n\nSigned-off-by: Ada <ada@mail.example>\n", "S", "verbatim", 1),
        ("Add\n\nSigned-off-by: Ada\n <ada@mail.example>\n\n; On branch main\n", ";", "", 1),
        ("Add\n\nSigned-off-by: Ada\n <ada@mail.example>\n\n// On branch main\n", "//", "", 1),
    ],
)
def test_what_git_will_take_out_is_no_part_of_the_message(text: str, comment: str, cleanup: str, found: int) -> None:
    made = being_made(SourceFile("message", text.encode()), ADA, ADA, comment=comment, cleanup=cleanup)
    assert len(sign_offs(made.message)) == found
    assert text.startswith(made.message[:4])
