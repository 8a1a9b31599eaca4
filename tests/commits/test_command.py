"""`policy-checks commits check` as a whole."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commits.conftest import commit
from tests.conftest import Git


def run(root: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "policy_checks", "commits", "check", *arguments]
    done = subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert "internal error" not in done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_findings_in_json(git: Git, tmp_path: Path) -> None:
    first = commit(git, "-m", "One")
    second = commit(git, "-s", "-m", "Two")
    code, out, said = run(tmp_path, "HEAD", "--output-format", "json")
    report = json.loads(out)
    assert code == 1
    found = {(finding["code"], finding["path"]) for finding in report["findings"]}
    assert found == {("CMT001", first), ("CMT002", first), ("CMT001", second)}
    assert report["summary"]["findings"] == 3
    assert {finding["line"] for finding in report["findings"]} == {5, 6}
    assert "2 commits, HEAD" in said


def test_a_signed_and_signed_off_range_is_clean(git: Git, tmp_path: Path, ssh_key: str) -> None:
    commit(git, "-m", "One")
    git("-c", "gpg.format=ssh", "-c", f"user.signingKey={ssh_key}", "commit", "--quiet", "--allow-empty", "-S", "-s", "-m", "Two")
    assert run(tmp_path, "HEAD~1..HEAD")[0] == 0
    assert run(tmp_path, "HEAD")[0] == 1


def test_the_command_in_the_message_mends_the_range(git: Git, tmp_path: Path, ssh_key: str) -> None:
    commit(git, "-m", "One")
    for name in ("two", "three"):
        (tmp_path / name).write_text(name)
        git("add", name)
        git("commit", "--quiet", "-m", name)
    _code, out, _said = run(tmp_path, "HEAD~2..", "--output-format", "json")
    messages = [finding["message"] for finding in json.loads(out)["findings"]]
    assert len(messages) == 4
    (command,) = {message.split("`")[1] for message in messages}
    git("config", "gpg.format", "ssh")
    git("config", "user.signingKey", ssh_key)
    subprocess.run(command, shell=True, cwd=tmp_path, check=True, capture_output=True)  # noqa: S602 - as a person would paste it
    assert run(tmp_path, "HEAD~2..")[0] == 0
    assert git("log", "--format=%s").split() == ["three", "two", "One"]


def test_select_and_the_policy(git: Git, tmp_path: Path) -> None:
    commit(git, "-s", "-m", "One")
    assert run(tmp_path, "HEAD", "--select", "CMT002")[0] == 0
    assert run(tmp_path, "HEAD", "--ignore", "CMT001")[0] == 0
    assert run(tmp_path, "HEAD", "--select", "PIP")[0] == 2
    (tmp_path / "pyproject.toml").write_text('[tool.policy-checks.commits]\nsignature = "off"\n')
    assert run(tmp_path, "HEAD")[0] == 0
    assert run(tmp_path, "HEAD", "--isolated")[0] == 1


@pytest.mark.parametrize(
    "table",
    [
        'signature = "vouched"',
        'signature = "trusted"',
        'openpgp-keys = "../keys"',
        "sign-of = true",
        'exempt = [{author = "a"}]',
        'exempt = [{author = "a", reason = ""}]',
    ],
)
def test_a_wrong_policy_is_refused(git: Git, tmp_path: Path, table: str) -> None:
    commit(git, "-m", "One")
    (tmp_path / "pyproject.toml").write_text(f"[tool.policy-checks.commits]\n{table}\n")
    code, _out, said = run(tmp_path, "HEAD")
    assert code == 2
    # What is wrong with the table as a whole is told at its head.
    assert f"pyproject.toml:{1 if 'trusted' in table or '..' in table else 2}" in said


def test_a_waiver_for_a_commit(git: Git, tmp_path: Path) -> None:
    sha = commit(git, "-m", "One")
    waiver = f'[[tool.policy-checks.waivers]]\ncodes = ["CMT001", "CMT002"]\ncommits = ["{sha}"]\nreason = "made before the policy"\n'
    (tmp_path / "pyproject.toml").write_text(waiver)
    assert run(tmp_path, "HEAD")[0] == 0


def test_nothing_is_never_silent(git: Git, tmp_path: Path) -> None:
    code, _out, said = run(tmp_path)
    assert (code, said) == (0, "policy-checks: there are no commits yet on branch main: nothing to judge\n")
    assert run(tmp_path, "HEAD")[0] == 2
    commit(git, "-m", "One")
    code, out, said = run(tmp_path, "HEAD..HEAD")
    assert (code, said) == (0, "policy-checks: 0 commits, HEAD..HEAD\n")
    assert "0 commits" in out
    assert run(tmp_path)[0] == 2
    assert run(tmp_path, "nothing") == (2, "", "policy-checks: unknown revision 'nothing'\n")


def test_a_damaged_commit_is_a_finding_and_hides_no_other(git: Git, tmp_path: Path) -> None:
    first = commit(git, "-m", "One")
    person = "Ada <ada@mail.example> 1700000000 +0000"
    tree = git("rev-parse", "HEAD^{tree}").strip()
    raw = tmp_path / "raw"
    raw.write_bytes(f"tree {tree}\nparent {first}\nauthor {person}\ncommitter {person}\n\nTwo\0\n".encode())
    damaged = git("hash-object", "-t", "commit", "-w", "--literally", str(raw)).strip()
    code, out, _said = run(tmp_path, damaged, "--output-format", "json")
    found = {(finding["code"], finding["path"]) for finding in json.loads(out)["findings"]}
    assert code in (1, 2)
    assert found >= {("CMT001", first), ("CMT002", first)}
    assert any(path == damaged and code_.startswith("POL") for code_, path in found)
