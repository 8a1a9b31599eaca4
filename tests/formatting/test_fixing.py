"""What fixers do to files: in order, in one step, and nothing else."""

import stat
import sys
from pathlib import Path

import pytest

from tests.formatting.conftest import BAD, Format, install

NAMES = ["sp ace.py", "new\nline.py", "qu'o\"te.py", "-dash.py", "@at.py", "é.py", "inv\udcffalid.py", "[a]*?.py", "co:lon.py"]


def test_every_name_is_judged(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        (repo / name).write_text('import os\nx: int = ""\nyaml.load("")\n')
    assert run_format("--check", "--tools=pylint,mypy,ruff") == 1
    said = capsys.readouterr().out
    assert said.count("pylint W0611 unused-import: Unused import os") == len(NAMES)
    assert said.count("mypy assignment: ") == len(NAMES) - 1
    assert r"inv\xffalid.py: mypy file-name: mypy cannot read a file whose name is not UTF-8: rename it" in said
    assert r"new\nline.py:2:10: mypy assignment: " in said


def test_mode_line_ends_and_encoding_are_kept(repo: Path, run_format: Format) -> None:
    (repo / "tool.py").write_text(BAD)
    (repo / "tool.py").chmod(0o755)
    (repo / "only.py").write_text(BAD)
    (repo / "only.py").chmod(0o444)
    (repo / "windows.py").write_bytes(BAD.replace("\n", "\r\n").encode())
    (repo / "latin.py").write_bytes(b'# -*- coding: latin-1 -*-\nx = {  "\xe9":1 }\n')
    (repo / "bom.py").write_bytes(b'\xef\xbb\xbfx = {  "a":1 }\n')
    assert run_format("--tools=isort,black") == 0
    assert stat.S_IMODE((repo / "tool.py").stat().st_mode) == 0o755
    assert stat.S_IMODE((repo / "only.py").stat().st_mode) == 0o444
    assert (repo / "only.py").read_text() != BAD
    assert (repo / "windows.py").read_bytes() == b'import os\r\nimport sys\r\n\r\nx = {"a": 1}\r\n'
    assert (repo / "latin.py").read_bytes() == b'# -*- coding: latin-1 -*-\nx = {"\xe9": 1}\n'
    assert (repo / "bom.py").read_bytes() == b'\xef\xbb\xbfx = {"a": 1}\n'


def test_a_file_without_a_change_is_not_touched(repo: Path, run_format: Format) -> None:
    (repo / "new.py").write_text("x = 1\n")
    before = (repo / "new.py").stat()
    assert run_format("--tools=ruff,isort,black") == 0
    after = (repo / "new.py").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_settings_of_a_nested_project_are_those_of_its_files(repo: Path, run_format: Format) -> None:
    (repo / "nested").mkdir()
    (repo / "nested" / "pyproject.toml").write_text(
        "[tool.black]\nskip-string-normalization = true\n[tool.isort]\nforce_single_line = true\n"
    )
    text = "from a import b, c\n\nx = 'y'\n"
    for name in ("nested/one.py", "zz.py", "aa.py"):
        (repo / name).write_text(text)
    assert run_format("--tools=isort,black") == 0
    assert (repo / "nested" / "one.py").read_text() == "from a import b\nfrom a import c\n\nx = 'y'\n"
    assert (repo / "aa.py").read_text() == (repo / "zz.py").read_text() == 'from a import b, c\n\nx = "y"\n'


def test_first_party_imports_are_seen_from_the_scratch_tree(repo: Path, run_format: Format) -> None:
    """isort and ruff look for a package beside the file; in a copy without neighbours it would be third-party."""
    (repo / "ours").mkdir()
    (repo / "ours" / "__init__.py").touch()
    (repo / "new.py").write_text("import attr\nimport ours\n")
    assert run_format("--tools=isort") == 0
    assert (repo / "new.py").read_text() == "import attr\n\nimport ours\n"


def test_arguments_and_exclusions_of_the_configuration(repo: Path, run_format: Format) -> None:
    (repo / "policy-checks.toml").write_text(
        '[format]\ntools = ["black"]\nexclude = ["generated"]\narguments = { black = ["--skip-string-normalization"] }\n'
    )
    (repo / "generated").mkdir()
    (repo / "generated" / "new.py").write_text(BAD)
    (repo / "new.py").write_text("x='y'\n")
    assert run_format() == 0
    assert (repo / "generated" / "new.py").read_text() == BAD
    assert (repo / "new.py").read_text() == "x = 'y'\n"


def test_a_file_that_is_no_python(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "broken.py").write_text("def (:\n")
    (repo / "new.py").write_text(BAD)
    assert run_format() == 1
    said = capsys.readouterr().out
    for part in ("broken.py:1:4: black cannot-parse", "broken.py:1:5: ruff invalid-syntax", "mypy syntax"):
        assert part in said
    assert (repo / "new.py").read_text() != BAD


def test_a_file_that_cannot_be_decoded(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "bytes.py").write_bytes(b'x = "\xff"\n')
    (repo / "unknown.py").write_text("# -*- coding: nonsense -*-\n")
    (repo / "new.py").write_text('x: int = ""\n')
    assert run_format() == 1
    said = capsys.readouterr().out
    assert "bytes.py: format undecodable: cannot be decoded: " in said
    assert "unknown.py: format undecodable: cannot be decoded: unknown encoding" in said
    assert "new.py:1:10: mypy assignment" in said, "mypy must not be stopped by the others"


def test_work_done_meanwhile_is_not_lost(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / "new.py").write_text(BAD)
    script = f"#!/bin/sh\necho 'y = 2' > {repo}/new.py\nfor file; do echo 'x = 1' > new.py; done\n"
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", script)))
    assert run_format("--tools=black") == 2
    assert (repo / "new.py").read_text() == "y = 2\n"
    said = capsys.readouterr().out
    assert "failed: new.py: changed while it was being formatted" in said
    assert "file changed" not in said


def test_what_a_killed_tool_wrote_is_thrown_away(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / "new.py").write_text(BAD)
    script = "#!/bin/sh\nprintf 'x = ' > new.py\nkill -9 $$\n"
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", script)))
    assert run_format("--tools=black") == 2
    assert (repo / "new.py").read_text() == BAD
    assert "black failed: ended by signal 9" in capsys.readouterr().out


def test_the_environment_is_the_real_one() -> None:
    assert (Path(sys.prefix) / "bin" / "black").is_file()
