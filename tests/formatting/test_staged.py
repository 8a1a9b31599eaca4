"""`--staged`: what is in the index is formatted and judged, and what is not staged stays out of it and stays there."""

import difflib
import json
import stat
import subprocess
from collections import Counter
from pathlib import Path

import black
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from policy_checks import git as own_git, git_index
from policy_checks.formatting.staging import Index
from policy_checks.git import Entry
from tests.formatting.conftest import BAD, Format, commit

Capture = pytest.CaptureFixture[str]
GOOD = 'import sys, os\n\nx = {"a": 1}\n'
FIXERS = "--tools=black"
# A well-formatted middle keeps the hunks of top and end apart.
MIDDLE = "".join(f"value_{number} = {number}\n" for number in range(8))


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True).stdout.decode()


def stage(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(text.encode())
    git(root, "add", name)


def staged(root: Path, name: str) -> str:
    return git(root, "cat-file", "blob", f":{name}")


def on_disk(root: Path, name: str) -> str:
    return (root / name).read_bytes().decode()


def test_a_file_that_is_staged_as_it_is_on_disk_changes_in_both(repo: Path, run_format: Format) -> None:
    stage(repo, "new.py", BAD)
    assert run_format("--staged", "--tools=ruff,isort,black") == 0
    assert staged(repo, "new.py") == on_disk(repo, "new.py") == 'import os\nimport sys\n\nx = {"a": 1}\n'
    assert git(repo, "diff-files") == "", "git knows that the two are equal, without looking"


def test_what_is_not_staged_is_kept_and_not_staged(repo: Path, run_format: Format) -> None:
    stage(repo, "new.py", f"x = {{  1 }}\n{MIDDLE}y = 2\n")
    (repo / "new.py").write_text(f"x = {{  1 }}\n{MIDDLE}y = {{ 3 }}\n")
    (repo / "old.py").write_text("x =  {  }\n")
    assert run_format("--staged", FIXERS) == 0
    assert staged(repo, "new.py") == f"x = {{1}}\n{MIDDLE}y = 2\n"
    assert on_disk(repo, "new.py") == f"x = {{1}}\n{MIDDLE}y = {{ 3 }}\n"
    assert (staged(repo, "old.py"), on_disk(repo, "old.py")) == ("x = 1\n", "x =  {  }\n")


def test_where_both_touch_the_same_lines_nothing_changes(repo: Path, run_format: Format, capsys: Capture) -> None:
    stage(repo, "new.py", "x = {  1 }\n")
    stage(repo, "other.py", BAD)
    (repo / "new.py").write_text("x = {  1, 2 }\n")
    assert run_format("--staged", FIXERS) == 1
    assert (staged(repo, "new.py"), on_disk(repo, "new.py")) == ("x = {  1 }\n", "x = {  1, 2 }\n")
    assert staged(repo, "other.py") == on_disk(repo, "other.py") == GOOD
    said = capsys.readouterr().out
    assert "new.py: format left: partly staged" in said
    assert "`git stash push --keep-index`" in said
    assert "new.py: black changed it" not in said


def test_the_advice_about_a_conflict_leads_on(repo: Path, run_format: Format) -> None:
    stage(repo, "new.py", f"x = {{  1 }}\n{MIDDLE}")
    (repo / "new.py").write_text(f"x = {{  1, 2 }}\n{MIDDLE}")
    git(repo, "stash", "push", "--keep-index")
    assert run_format("--staged", FIXERS) == 0
    assert staged(repo, "new.py") == on_disk(repo, "new.py") == f"x = {{1}}\n{MIDDLE}"
    git(repo, "commit", "--message=formatted")
    subprocess.run(["git", "stash", "pop"], cwd=repo, check=False)
    assert "x = {  1, 2 }\n" in on_disk(repo, "new.py")


def test_check_writes_nothing_and_judges_what_is_staged(repo: Path, run_format: Format) -> None:
    stage(repo, "new.py", "x = 1\n")
    (repo / "new.py").write_text(BAD)
    assert run_format("--staged", "--check", FIXERS) == 0
    stage(repo, "new.py", BAD)
    (repo / "new.py").write_text("x = 1\n")
    before = (repo / ".git/index").read_bytes()
    assert run_format("--staged", "--check", FIXERS) == 1
    assert ((repo / ".git/index").read_bytes(), on_disk(repo, "new.py")) == (before, "x = 1\n")


def test_linters_judge_what_is_staged(repo: Path, run_format: Format, capsys: Capture) -> None:
    stage(repo, "package/__init__.py", "")
    stage(repo, "package/module.py", "NUMBER: int = 1\n")
    stage(repo, "new.py", 'import os\nfrom package.module import NUMBER\n\nprint(NUMBER + "")\n')
    (repo / "new.py").write_text("print()\n")
    (repo / "package/module.py").write_text('NUMBER: str = ""\n')
    assert run_format("--staged", "--check", "--tools=pylint,mypy,ruff") == 1
    said = capsys.readouterr().out
    assert "new.py:1:1: pylint W0611 unused-import" in said
    assert "new.py:4:16: mypy operator: Unsupported operand types" in said
    assert ".cache" not in said


def test_linters_take_their_settings_from_what_is_staged(repo: Path, run_format: Format, capsys: Capture) -> None:
    stage(repo, "new.py", "import os\n")
    assert run_format("--staged", "--tools=pylint") == 1
    (repo / "pyproject.toml").write_text(
        "[tool.pylint.'messages control']\ndisable = ['W0611', 'C0103', 'C0114']\n[tool.black]\nline-length = 20\n"
    )
    assert run_format("--staged", "--tools=pylint") == 1
    git(repo, "add", "pyproject.toml")
    capsys.readouterr()
    assert run_format("--staged", "--tools=pylint") == 0
    stage(repo, "new.py", "some_name = [1, 22, 333]\n")
    assert run_format("--staged", "--check", "--tools=black") == 1
    git(repo, "restore", "--staged", "pyproject.toml")
    assert run_format("--staged", "--check", "--tools=black") == 0


def test_linters_judge_what_results_in_the_index(repo: Path, run_format: Format, capsys: Capture) -> None:
    stage(repo, "new.py", f"import os\nx = {{  1 }}\n{MIDDLE}print(os)\n")
    (repo / "new.py").write_text(f"import os\nx = {{  1 }}\n{MIDDLE}print()\n")
    assert run_format("--staged", "--tools=black,pylint") == 0, capsys.readouterr().out
    assert staged(repo, "new.py") == f"import os\n\nx = {{1}}\n{MIDDLE}print(os)\n"


def test_a_file_that_is_staged_and_deleted_on_disk(repo: Path, run_format: Format) -> None:
    stage(repo, "folder/new.py", BAD)
    (repo / "folder/new.py").unlink()
    (repo / "folder").rmdir()
    assert run_format("--staged", "--tools=black,mypy") == 0
    assert staged(repo, "folder/new.py") == GOOD
    assert not (repo / "folder").exists()


def test_a_folder_on_disk_where_a_file_is_staged_and_the_other_way_round(repo: Path, run_format: Format) -> None:
    stage(repo, "one.py", BAD)
    stage(repo, "two.py/new.py", BAD)
    (repo / "one.py").unlink()
    (repo / "one.py").mkdir()
    (repo / "two.py/new.py").unlink()
    (repo / "two.py").rmdir()
    (repo / "two.py").write_text("y=1")
    assert run_format("--staged", FIXERS) == 0
    assert staged(repo, "one.py") == staged(repo, "two.py/new.py") == GOOD
    assert on_disk(repo, "two.py") == "y=1"


def test_a_link_on_disk_is_not_followed(repo: Path, run_format: Format, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(BAD)
    stage(repo, "new.py", BAD)
    (repo / "new.py").unlink()
    (repo / "new.py").symlink_to(outside)
    stage(repo, "folder/new.py", BAD)
    (repo / "folder").rename(tmp_path / "folder")
    (repo / "folder").symlink_to(tmp_path / "folder")
    assert run_format("--staged", FIXERS) == 0
    assert staged(repo, "new.py") == staged(repo, "folder/new.py") == GOOD
    assert outside.read_text() == (tmp_path / "folder/new.py").read_text() == BAD


def test_a_link_that_is_staged_is_no_file(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "link.py").symlink_to("old.py")
    git(repo, "add", "link.py")
    (repo / "link.py").unlink()
    (repo / "link.py").write_text(BAD)
    assert run_format("--staged", FIXERS) == 0
    assert "no Python files" in capsys.readouterr().out


def test_a_file_that_is_only_intended_to_be_added_is_not_staged(repo: Path, run_format: Format, capsys: Capture) -> None:
    (repo / "new.py").write_text(BAD)
    git(repo, "add", "--intent-to-add", "new.py")
    assert run_format("--staged", FIXERS) == 0
    assert "no Python files" in capsys.readouterr().out
    stage(repo, "other.py", BAD)
    assert run_format("--staged", FIXERS) == 0
    assert on_disk(repo, "new.py") == BAD
    assert git(repo, "diff", "--cached", "--name-only").split() == ["other.py"]


def test_a_rename_that_is_staged(repo: Path, run_format: Format) -> None:
    (repo / "old.py").write_text(BAD)
    commit(repo)
    git(repo, "mv", "old.py", "new.py")
    assert run_format("--staged", FIXERS) == 0
    assert staged(repo, "new.py") == on_disk(repo, "new.py") == GOOD
    assert not (repo / "old.py").exists()


def test_modes_stay(repo: Path, run_format: Format) -> None:
    stage(repo, "new.py", BAD)
    git(repo, "update-index", "--chmod=+x", "new.py")
    stage(repo, "tool.py", BAD)
    (repo / "tool.py").chmod(0o755)
    assert run_format("--staged", FIXERS) == 0
    modes = {line.split("\t")[1]: line.split()[0] for line in git(repo, "ls-files", "--stage").splitlines()}
    assert (modes["new.py"], modes["tool.py"]) == ("100755", "100644")
    assert stat.S_IMODE((repo / "new.py").stat().st_mode) & 0o111 == 0
    assert stat.S_IMODE((repo / "tool.py").stat().st_mode) == 0o755


@pytest.mark.parametrize("how", ["autocrlf", "attribute", "neither"])
def test_line_ends_stay_as_git_has_them(repo: Path, run_format: Format, how: str) -> None:
    if how == "autocrlf":
        git(repo, "config", "core.autocrlf", "true")
    if how == "attribute":
        (repo / ".gitattributes").write_text("*.py text eol=crlf\n")
        git(repo, "add", ".gitattributes")
    windows = GOOD.replace("\n", "\r\n")
    stage(repo, "new.py", BAD.replace("\n", "\r\n"))
    middle = MIDDLE.replace("\n", "\r\n")
    stage(repo, "partly.py", f"x = {{  1 }}\r\n{middle}y = 2\r\n")
    (repo / "partly.py").write_bytes(f"x = {{  1 }}\r\n{middle}y = {{ 3 }}\r\n".encode())
    assert run_format("--staged", FIXERS) == 0
    assert on_disk(repo, "new.py") == windows
    assert staged(repo, "new.py") == (windows if how == "neither" else GOOD)
    assert on_disk(repo, "partly.py") == f"x = {{1}}\r\n{middle}y = {{ 3 }}\r\n"
    assert staged(repo, "partly.py").replace("\r", "") == f"x = {{1}}\n{MIDDLE}y = 2\n"
    assert git(repo, "diff", "--name-only").split() == ["partly.py"]


def test_filters_of_git_hold(repo: Path, run_format: Format) -> None:
    """Stored in upper case, on disk in lower case: what git's own checkout and add would do, for the very file."""
    git(repo, "config", "filter.shout.clean", "tr x X")
    git(repo, "config", "merge.conflictStyle", "diff3")
    git(repo, "config", "filter.shout.smudge", "tr X x")
    (repo / ".gitattributes").write_text("new.py filter=shout\npartly.py filter=shout\nwide.py working-tree-encoding=UTF-16LE\n")
    git(repo, "add", ".gitattributes")
    stage(repo, "new.py", "x = {  1 }\n")
    stage(repo, "partly.py", f"x = {{  1 }}\n{MIDDLE}x = 2\n")
    (repo / "partly.py").write_text(f"x = {{  1 }}\n{MIDDLE}x = {{ 3 }}\n")
    (repo / "wide.py").write_bytes("y = {  1 }\n".encode("utf-16-le"))
    git(repo, "add", "wide.py")
    assert run_format("--staged", FIXERS) == 0
    assert (staged(repo, "new.py"), on_disk(repo, "new.py")) == ("X = {1}\n", "x = {1}\n")
    assert (staged(repo, "partly.py"), on_disk(repo, "partly.py")) == (f"X = {{1}}\n{MIDDLE}X = 2\n", f"x = {{1}}\n{MIDDLE}x = {{ 3 }}\n")
    assert (staged(repo, "wide.py"), (repo / "wide.py").read_bytes().decode("utf-16-le")) == ("y = {1}\n", "y = {1}\n")
    assert git(repo, "diff", "--name-only").split() == ["partly.py"]


def test_what_a_filter_keeps_out_of_git_is_kept_on_disk(repo: Path, run_format: Format) -> None:
    """As nbstripout does with the results of a notebook: they are not stored, and a checkout would not bring them back."""
    git(repo, "config", "filter.strip.clean", "grep -v result")
    (repo / ".gitattributes").write_text("*.py filter=strip\n")
    git(repo, "add", ".gitattributes")
    stage(repo, "new.py", f"x = {{  1 }}\n{MIDDLE}# result: 1\n")
    assert run_format("--staged", FIXERS) == 0
    assert staged(repo, "new.py") == f"x = {{1}}\n{MIDDLE}"
    assert on_disk(repo, "new.py") == f"x = {{1}}\n{MIDDLE}# result: 1\n"


def test_what_git_was_told_not_to_look_at_is_kept(repo: Path, run_format: Format) -> None:
    stage(repo, "new.py", f"x = {{  1 }}\n{MIDDLE}y = 2\n")
    git(repo, "update-index", "--assume-unchanged", "new.py")
    (repo / "new.py").write_text(f"x = {{  1 }}\n{MIDDLE}y = {{ 3 }}\n")
    assert run_format("--staged", FIXERS) == 0
    assert on_disk(repo, "new.py") == f"x = {{1}}\n{MIDDLE}y = {{ 3 }}\n"
    assert git(repo, "ls-files", "-v", "new.py") == "h new.py\n"


def test_a_file_that_is_staged_outside_of_a_sparse_checkout(repo: Path, run_format: Format) -> None:
    stage(repo, "folder/new.py", BAD)
    git(repo, "update-index", "--skip-worktree", "folder/new.py")
    (repo / "folder/new.py").unlink()
    assert run_format("--staged", FIXERS) == 0
    assert staged(repo, "folder/new.py") == GOOD
    assert git(repo, "status", "--porcelain") == "A  folder/new.py\n", "still left out, not deleted"


def test_unmerged_files_are_named(repo: Path, run_format: Format, capsys: Capture) -> None:
    for branch, text in (("one", "x = 2\n"), ("two", "x = 3\n")):
        git(repo, "switch", "--create", branch, "main")
        (repo / "old.py").write_text(text)
        commit(repo)
    subprocess.run(["git", "merge", "one"], cwd=repo, check=False, capture_output=True)
    assert run_format("--staged") == 2
    assert "old.py: unmerged; resolve the conflict and `git add` it first" in capsys.readouterr().err


def test_a_branch_without_a_commit(repo: Path, run_format: Format) -> None:
    git(repo, "switch", "--orphan", "empty")
    stage(repo, "new.py", "x = {  1 }\n")
    assert run_format("--staged", "--tools=black") == 0
    assert staged(repo, "new.py") == "x = {1}\n"


def test_a_repository_with_sha256(repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "other"
    git(tmp_path, "init", "--object-format=sha256", str(root))
    monkeypatch.chdir(root)
    stage(root, "new.py", f"x = {{  1 }}\n{MIDDLE}y = 2\n")
    (root / "new.py").write_text(f"x = {{  1 }}\n{MIDDLE}y = 3\n")
    assert run_format("--staged", "--tools=black") == 0
    assert staged(root, "new.py") == f"x = {{1}}\n{MIDDLE}y = 2\n"


def test_from_a_subfolder_and_with_names_of_every_kind(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["sp ace.py", "new\nline.py", "qu'o\"te.py", "-dash.py", "é.py", "inv\udcffalid.py", "[a]*?.py", ":colon.py", "tab\t.py"]
    for name in names:
        (repo / name).write_text(f"x = {{  1 }}\n{MIDDLE}y = 2\n")
    git(repo, "add", "--all")
    for name in names:
        (repo / name).write_text(f"x = {{  1 }}\n{MIDDLE}y = 3\n")
    (repo / "folder").mkdir()
    monkeypatch.chdir(repo / "folder")
    assert run_format("--staged", "--tools=black") == 0
    assert {on_disk(repo, name) for name in names} == {f"x = {{1}}\n{MIDDLE}y = 3\n"}
    git(repo, "checkout-index", "--all", "--force")
    assert {on_disk(repo, name) for name in names} == {f"x = {{1}}\n{MIDDLE}y = 2\n"}


@pytest.mark.parametrize(
    ("index", "disk", "formatted", "kept"),
    [
        (
            f"x = {{  1 }}\n{MIDDLE}y = 2\n",
            f"x = {{  1 }}\n{MIDDLE}y = {{ 3 }}\n",
            f"x = {{1}}\n{MIDDLE}y = 2\n",
            f"x = {{1}}\n{MIDDLE}y = {{ 3 }}\n",
        ),
        # Which of the empty lines is new cannot be told, and what is next to a change makes a conflict.
        ("e  = 5\n\nf(6)\n", "e  = 5\n\n\nf(6)\n", "e = 5\n\nf(6)\n", "e = 5\n\n\nf(6)\n"),
    ],
)
def test_a_run_that_was_killed_before_the_index_was_written(
    repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, index: str, disk: str, formatted: str, kept: str
) -> None:
    stage(repo, "new.py", index)
    (repo / "new.py").write_text(disk)

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(git_index, "put", killed)
        with pytest.raises(KeyboardInterrupt):
            run_format("--staged", FIXERS)
    assert on_disk(repo, "new.py") == kept
    assert run_format("--staged", FIXERS) == 0
    assert (staged(repo, "new.py"), on_disk(repo, "new.py")) == (formatted, kept)


def test_an_index_that_another_git_holds(repo: Path, run_format: Format, capsys: Capture) -> None:
    stage(repo, "new.py", BAD)
    (repo / ".git/index.lock").touch()
    assert run_format("--staged", FIXERS) == 2
    assert "new.py: formatted on disk, but not in the index: git update-index: fatal: Unable to create" in capsys.readouterr().out
    (repo / ".git/index.lock").unlink()
    assert run_format("--staged", FIXERS) == 0
    assert staged(repo, "new.py") == on_disk(repo, "new.py") == GOOD


def test_a_file_that_is_staged_anew_meanwhile_is_left(
    repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    stage(repo, "new.py", BAD)
    stage(repo, "other.py", BAD)
    read = own_git.index_entries

    def meanwhile(root: Path) -> dict[str, Entry]:
        stage(repo, "new.py", "mine = {  }\n")
        return read(root)

    monkeypatch.setattr(own_git, "index_entries", meanwhile)
    assert run_format("--staged", FIXERS) == 2
    assert "new.py: staged anew while it was being formatted" in capsys.readouterr().out
    assert staged(repo, "new.py") == on_disk(repo, "new.py") == "mine = {  }\n"
    assert staged(repo, "other.py") == on_disk(repo, "other.py") == GOOD


def test_contents_that_are_damaged(repo: Path, run_format: Format, capsys: Capture) -> None:
    stage(repo, "new.py", BAD)
    found = git(repo, "rev-parse", ":new.py").strip()
    (repo / ".git/objects" / found[:2] / found[2:]).unlink()
    assert run_format("--staged", FIXERS) == 2
    assert f"new.py: cannot be read: git has no object {found}" in capsys.readouterr().out
    assert on_disk(repo, "new.py") == BAD


def test_an_object_store_that_cannot_be_written(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    stage(repo, "new.py", BAD)
    (repo / ".git/full").mkdir()
    for number in range(256):
        (repo / f".git/full/{number:02x}").touch()  # where git wants folders
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(repo / ".git/full"))
    monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(repo / ".git/objects"))
    assert run_format("--staged", FIXERS) == 2
    assert "git hash-object: " in capsys.readouterr().err
    assert on_disk(repo, "new.py") == BAD


LINES = st.lists(st.sampled_from(["a = 1", "b = {  2 }", "c = [3,4]", "d = 'x'", "e  = 5", "", "f(6)", "g( 7)"]), max_size=5)
BLOCKS = st.lists(LINES, min_size=3, max_size=3)


def text(blocks: list[list[str]]) -> str:
    return "".join("".join(f"{line}\n" for line in block) + MIDDLE for block in blocks)


def edits(before: str, after: str) -> Counter[str]:
    """The lines that a change adds and takes away; empty ones belong to whichever of their neighbours."""
    found = difflib.ndiff(before.splitlines(), after.splitlines())
    return Counter(line for line in found if line[0] in "+-" and line[2:].strip())


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(head=BLOCKS, index=BLOCKS, disk=BLOCKS, kept=st.lists(st.booleans(), min_size=3, max_size=3))
def test_whatever_is_staged_and_whatever_is_not(
    repo: Path, run_format: Format, capsys: Capture, head: list[list[str]], index: list[list[str]], disk: list[list[str]], kept: list[bool]
) -> None:
    """The index becomes what formatting makes of it, and what is not staged is the same change as before; or nothing changes."""
    was, mine = text(index), text([index[number] if kept[number] else disk[number] for number in range(3)])
    stage(repo, "new.py", text(head))
    subprocess.run(["git", "commit", "--quiet", "--allow-empty", "--message=new"], cwd=repo, check=True)
    stage(repo, "new.py", was)
    (repo / "new.py").write_text(mine)
    code = run_format("--staged", "--tools=black")
    now, result = staged(repo, "new.py"), on_disk(repo, "new.py")
    if code == 1:
        assert "partly staged" in capsys.readouterr().out
        assert (now, result) == (was, mine)
        return
    assert code == 0
    if head != index:
        assert now == black.format_str(was, mode=black.Mode(line_length=100))
    left, before = edits(now, result), edits(was, mine)
    assert not left - before, "nothing that was not there"
    assert not before - left - edits(was, now), "nothing lost but what formatting did as well"


def test_formats_tell_of_what_is_staged(repo: Path, run_format: Format, capsys: Capture) -> None:
    stage(repo, "new.py", f"{MIDDLE}import os\n")
    (repo / "new.py").unlink()
    assert run_format("--staged", "--tools=pylint", "--output-format=json") == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(one["code"], one["path"], one["line"], one["column"]) for one in found] == [("W0611", "new.py", 9, 1)]


def test_other_files_do_not_matter_and_may_be_of_any_size(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    stage(repo, "data.bin", "one")
    (repo / "data.bin").write_text("two")
    stage(repo, "new.py", BAD)
    monkeypatch.setattr(Index, "_blob", lambda *_arguments: pytest.fail("nothing but what is formatted has to be read"))
    assert run_format("--staged", FIXERS) == 0


def test_mypy_does_not_take_what_is_staged_for_what_is_on_disk(repo: Path, run_format: Format) -> None:
    """Equal in size, in name and in its time: mypy would believe its cache."""
    stage(repo, "new.py", "x: str = 1\n")
    (repo / "new.py").write_text("x: int = 1\n")
    for _time in range(2):
        assert run_format("--check", "--tools=mypy") == 0
        assert run_format("--check", "--staged", "--tools=mypy") == 1
