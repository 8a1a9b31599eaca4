"""Every name that a file system allows, every kind of file that git shows as changed, and every form that Python text comes in."""

import ctypes
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.formatting.conftest import Format, commit

Capture = pytest.CaptureFixture[str]

SETTINGS = """\
[tool.ruff.lint]
select = ["S506"]
[tool.isort]
profile = "black"
[tool.pylint."messages control"]
disable = ["all"]
enable = ["unused-import"]
"""
# All five tools have something to say of it; the fixers change it.
BAD = 'import yaml, os\nx: int = {  "a":1 }\nyaml.load(  "" )\n'
GOOD = 'import os\n\nimport yaml\n\nx: int = {"a": 1}\nyaml.load("")\n'
FIXERS = "--tools=ruff,isort,black"

NAMES = [
    "sp ace.py",
    " leading.py",
    "new\nline.py",
    "return\rtab\t.py",
    "qu'o\"te.py",
    "back\\slash.py",
    "-dash.py",
    "--check.py",
    "@at.py",
    "[a]*?.py",
    "{a,b}.py",
    "!not.py",
    ":(glob)x.py",
    "co:lon.py",
    "semi;colon$(exit)`.py",
    "per%20cent%s.py",
    "#hash.py",
    "~tilde.py",
    ".hidden.py",
    ".py",
    "\u00e9.py",  # é in one character
    "u\u0308.py",  # ü in two
    "\U0001f40d.py",
    "\u202ereversed.py",
    "\x1b[31mred.py",
    "inv\udcffalid.py",
    "stub.pyi",
    f"{'l' * 244}.py",  # isort needs room for `.isorted`
    "-folder/one.py",
    "fold er/two.py",
    "@folder/\udcfe/three.py",
]


@pytest.fixture
def root(repo: Path) -> Path:
    """The repository, with settings by which each tool has something to say of `BAD`."""
    (repo / "pyproject.toml").write_text(SETTINGS)
    commit(repo, "settings")
    subprocess.run(["git", "branch", "--force", "main"], check=True)
    return repo


def fill(root: Path, names: list[str], data: bytes = BAD.encode()) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def findings(capture: Capture) -> list[dict[str, Any]]:
    """What was said, as programs get it: there a name is what it is."""
    out = capture.readouterr().out
    found: list[dict[str, Any]] = json.loads(out)["findings"]
    return found


def said_by(found: list[dict[str, Any]], tool: str) -> list[str]:
    """The files of which a tool says something, in order."""
    return sorted({one["path"] for one in found if tool in (one["code"], one["message"].split()[0].rstrip(":"))})


def untouched(root: Path) -> dict[str, bytes]:
    """Every file of the repository, as it is."""
    return {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}


def test_in_check_mode_each_tool_names_every_file(root: Path, run_format: Format, capsys: Capture) -> None:
    fill(root, NAMES)
    before = untouched(root)
    assert run_format("--check", "--output-format=json") == 1
    found = findings(capsys)
    for tool in ("ruff", "isort", "black", "pylint"):
        assert said_by(found, tool) == sorted(NAMES), tool
    assert said_by(found, "mypy") == sorted(NAMES), "what it finds, or that the name is not UTF-8"
    assert sorted(one["path"] for one in found if one["code"] == "file-name") == ["@folder/\udcfe/three.py", "inv\udcffalid.py"]
    assert untouched(root) == before


def test_in_fix_mode_every_file_is_formatted(root: Path, run_format: Format, capsys: Capture) -> None:
    fill(root, NAMES)
    assert run_format(FIXERS, "--output-format=json") == 1, "S506 cannot be mended"
    assert said_by(findings(capsys), "ruff") == sorted(NAMES)
    assert {name: (root / name).read_text() for name in NAMES} == dict.fromkeys(NAMES, GOOD)
    top = {name.partition("/")[0] for name in NAMES}
    assert set(os.listdir(root)) - {".cache"} == {*top, ".git", "old.py", "pyproject.toml"}


@pytest.mark.parametrize("how", ["committed", "staged", "changed"])
def test_however_git_knows_of_it(root: Path, run_format: Format, how: str) -> None:
    fill(root, NAMES, b"x = 1\n" if how == "changed" else BAD.encode())
    if how in ("committed", "changed"):
        commit(root)
    if how == "staged":
        subprocess.run(["git", "add", "--all"], check=True)
    fill(root, NAMES)
    assert run_format("--check", "--tools=black") == 1
    assert run_format("--tools=isort,black") == 0
    assert {name: (root / name).read_text() for name in NAMES} == dict.fromkeys(NAMES, GOOD)


def test_every_name_on_the_command_line(root: Path, run_format: Format) -> None:
    fill(root, [*NAMES, "other.py"])
    assert run_format("--tools=isort,black", "--", *NAMES) == 0
    assert {(root / name).read_text() for name in NAMES} == {GOOD}
    assert (root / "other.py").read_text() == BAD


def test_a_deleted_file_is_no_longer_looked_at(root: Path, run_format: Format, capsys: Capture) -> None:
    fill(root, ["gone.py", "staged.py", "kept.py"])
    commit(root)
    (root / "gone.py").unlink()
    subprocess.run(["git", "rm", "--quiet", "staged.py", "old.py"], check=True)
    assert run_format("--check", "--output-format=json") == 1
    assert {one["path"] for one in findings(capsys)} == {"kept.py"}
    assert run_format("--tools=isort,black") == 0
    assert not {"gone.py", "staged.py", "old.py"} & set(os.listdir(root))


def test_a_renamed_file_is_looked_at_where_it_is_now(root: Path, run_format: Format, capsys: Capture) -> None:
    subprocess.run(["git", "mv", "old.py", "new name.py"], check=True)
    fill(root, ["new name.py"])
    assert run_format("--check", "--tools=black", "--output-format=json") == 1
    assert {one["path"] for one in findings(capsys)} == {"new name.py"}
    assert run_format("--tools=isort,black") == 0
    assert (root / "new name.py").read_text() == GOOD
    assert not (root / "old.py").exists()


def test_links_are_left_alone(root: Path, run_format: Format, tmp_path: Path, capsys: Capture) -> None:
    outside = tmp_path / "outside"
    fill(outside, ["away.py", "folder/below.py"])
    fill(root, ["tracked.py", "package/module.py"])
    commit(root)
    subprocess.run(["git", "branch", "--force", "main"], check=True)
    (root / "tracked.py").unlink()
    (root / "package/module.py").unlink()
    (root / "package").rmdir()
    links = {
        "tracked.py": outside / "away.py",
        "package": outside / "folder",
        "far.py": outside / "away.py",
        "dangling.py": Path("nowhere.py"),
        "loop.py": Path("loop.py"),
        "old_again.py": Path("old.py"),
        "folder.py": outside / "folder",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    fill(root, ["real.py"])
    assert run_format("--check", "--output-format=json") == 1
    assert {one["path"] for one in findings(capsys)} == {"real.py"}
    assert run_format("--tools=isort,black") == 0
    assert {name: Path(os.readlink(root / name)) for name in links} == links
    assert {path.read_text() for path in outside.rglob("*.py")} == {BAD}


def test_what_a_link_points_to_is_judged_where_it_stands(root: Path, run_format: Format) -> None:
    fill(root, ["package/real.py"])
    (root / "link.py").symlink_to("package/real.py")
    (root / "linked").symlink_to("package")
    assert run_format("--tools=isort,black") == 0
    assert (root / "package/real.py").read_text() == GOOD
    assert (root / "link.py").is_symlink()


def test_a_folder_and_a_pipe_in_place_of_a_file(root: Path, run_format: Format, capsys: Capture) -> None:
    fill(root, ["folder.py", "pipe.py"])
    commit(root)
    for name in ("folder.py", "pipe.py"):
        (root / name).unlink()
    (root / "folder.py").mkdir()
    os.mkfifo(root / "pipe.py")
    fill(root, ["folder.py/inner.py"])
    assert run_format("--check", "--tools=black", "--output-format=json") in (1, 2)
    assert "folder.py/inner.py" in {one["path"] for one in findings(capsys)}


def test_an_executable_stays_one(root: Path, run_format: Format) -> None:
    fill(root, ["script.py"])
    (root / "script.py").chmod(0o755)
    assert run_format("--tools=isort,black") == 0
    assert stat.S_IMODE((root / "script.py").stat().st_mode) == 0o755
    assert os.access(root / "script.py", os.X_OK)


def without_privileges() -> None:
    """Takes from root what lets it ignore permissions: CAP_DAC_OVERRIDE (1) and CAP_DAC_READ_SEARCH (2), by PR_CAPBSET_DROP (24)."""
    if os.geteuid() == 0:
        library = ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):
            if library.prctl(24, capability, 0, 0, 0) != 0:
                os._exit(99)


def as_a_user(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """The command line by somebody whom permissions hold back."""
    if sys.platform != "linux" and os.geteuid() == 0:
        pytest.skip("root ignores permissions, and only Linux can take that away")
    command = [sys.executable, "-m", "policy_checks", "format", *arguments]
    done = subprocess.run(command, preexec_fn=without_privileges, capture_output=True, text=True, check=False)
    if done.returncode == 99:
        pytest.skip("root ignores permissions, and may not give that up here")
    return done


def test_a_read_only_file_is_formatted_and_stays_read_only(root: Path) -> None:
    fill(root, ["fixed.py"])
    (root / "fixed.py").chmod(0o444)
    assert as_a_user("--tools=isort,black").returncode == 0
    assert (root / "fixed.py").read_text() == GOOD
    assert stat.S_IMODE((root / "fixed.py").stat().st_mode) == 0o444


def test_a_file_that_cannot_be_read(root: Path) -> None:
    fill(root, ["secret.py", "open.py"])
    (root / "secret.py").chmod(0)
    done = as_a_user("--tools=isort,black")
    assert done.returncode == 2
    assert "secret.py: cannot be read: Permission denied" in done.stdout
    assert (root / "open.py").read_text() == GOOD, "the others are formatted"
    (root / "secret.py").chmod(0o600)
    assert (root / "secret.py").read_text() == BAD


def test_a_folder_that_cannot_be_written(root: Path) -> None:
    fill(root, ["kept/one.py", "two.py"])
    (root / "kept").chmod(0o555)
    done = as_a_user("--tools=isort,black")
    checked = as_a_user("--check", "--tools=isort,black")
    (root / "kept").chmod(0o755)
    assert done.returncode == 2
    assert "failed: kept/one.py: " in done.stdout
    assert (root / "kept/one.py").read_text() == BAD
    assert (root / "two.py").read_text() == GOOD
    assert os.listdir(root / "kept") == ["one.py"]
    assert checked.returncode == 1


def test_a_repository_that_cannot_be_written(root: Path) -> None:
    fill(root, ["new.py"])
    root.chmod(0o555)
    try:
        checked, fixed = as_a_user("--check"), as_a_user("--tools=isort,black")
    finally:
        root.chmod(0o755)
    assert checked.returncode == 1, checked.stdout
    for part in ("black would change it", "isort would change it", "pylint W0611", "ruff S506", "mypy assignment"):
        assert part in checked.stdout
    assert fixed.returncode == 2
    assert (root / "new.py").read_text() == BAD


LONG = "y" * 2**20
TEXTS: dict[str, tuple[bytes, bytes]] = {  # as it is → as isort and black leave it
    "windows": (b'import sys, os\r\nx = {  "a":1 }\r\n', b'import os\r\nimport sys\r\n\r\nx = {"a": 1}\r\n'),
    "no_final_newline": (b"x=1", b"x = 1\n"),
    "windows_no_final_newline": (b"x=1\r\ny=2", b"x = 1\r\ny = 2\r\n"),
    "empty": (b"", b""),
    "comment": (b"#x", b"# x\n"),
    "bom": (b'\xef\xbb\xbfx = {  "\xc3\xa9":1 }\n', b'\xef\xbb\xbfx = {"\xc3\xa9": 1}\n'),
    "bom_windows": (b"\xef\xbb\xbfx=1\r\n", b"\xef\xbb\xbfx = 1\r\n"),
    "latin_1": (b"# -*- coding: latin-1 -*-\nx='\xe9'\n", b'# -*- coding: latin-1 -*-\nx = "\xe9"\n'),
    "koi8": (
        b"#!/usr/bin/python\n# vim: set fileencoding=koi8-r :\nx='\xf1'\n",
        b'#!/usr/bin/python\n# vim: set fileencoding=koi8-r :\nx = "\xf1"\n',
    ),
    "form_feed": (b"x=1\n\x0c\ny=2\n", b"x = 1\n\x0c\ny = 2\n"),
    "tabs": (b"if x :\n\ty=2\n", b"if x:\n    y = 2\n"),
    "backslash": (b"x = \\\n   1\n", b"x = 1\n"),
    "long_line": (f"x='{LONG}'\n".encode(), f'x = "{LONG}"\n'.encode()),
    "text_with_line_ends": (b'x="""\n\t \x0c\n"""  \n', b'x = """\n\t \x0c\n"""\n'),
}


def test_each_form_of_text_is_kept(root: Path, run_format: Format, capsys: Capture) -> None:
    for name, (before, _after) in TEXTS.items():
        (root / f"{name}.py").write_bytes(before)
    changed = sorted(f"{name}.py" for name, (before, after) in TEXTS.items() if before != after)
    assert run_format("--check", "--output-format=json") == 1
    found = findings(capsys)
    assert {*said_by(found, "black"), *said_by(found, "isort")} == {*changed}
    assert {name: (root / f"{name}.py").read_bytes() for name in TEXTS} == {name: before for name, (before, _after) in TEXTS.items()}
    assert run_format("--tools=ruff,isort,black") == 0
    for name, (_before, after) in TEXTS.items():
        assert (root / f"{name}.py").read_bytes() == after, name
    assert run_format("--check", "--tools=ruff,isort,black") == 0


NO_PYTHON: dict[str, bytes] = {
    "nul.py": b"x = 1\0\n",
    "only_nul.py": b"\0" * 4096,
    "utf_16.py": "x = 1\n".encode("utf-16"),
    "invalid.py": b'x = "\xff"\n',
    "unknown_encoding.py": b"# coding: nonsense\n",
    "bom_and_latin_1.py": b"\xef\xbb\xbf# coding: latin-1\n",
    "unclosed.py": b"x = (" * 100,
    "deep.py": b"(" * 5000,
    "nested.pyi": b"x: " + b"a[" * 2000 + b"]" * 2000,
}


@pytest.mark.parametrize("mode", [["--check"], []], ids=["check", "fix"])
def test_what_is_no_python_is_named_and_the_rest_is_judged(root: Path, capsys: Capture, run_format: Format, mode: list[str]) -> None:
    for name, data in NO_PYTHON.items():
        (root / name).write_bytes(data)
    fill(root, ["other.py"])
    assert run_format("--output-format=json", *mode) in (1, 2)
    found = findings(capsys)
    assert {*NO_PYTHON, "other.py"} <= {one["path"] for one in found}
    for tool in ("black", "isort", "ruff", "pylint") if mode else ("ruff", "pylint"):
        assert "other.py" in said_by(found, tool), tool
    assert {name: (root / name).read_bytes() for name in NO_PYTHON} == NO_PYTHON
    assert (root / "other.py").read_text() == (BAD if mode else GOOD)
