"""What linters say is read as they mean it, and dividing pylint's work changes none of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from policy_checks.formatting import driver, pylint_parts
from policy_checks.formatting.bench import Job
from policy_checks.formatting.linters import LINTERS, Unexpected, paths
from policy_checks.formatting.outcome import Message, Outcome
from policy_checks.formatting.policy import FormatPolicy, Tool
from policy_checks.formatting.processes import Done
from tests.formatting.conftest import Format, install

MYPY = {"file": "a.py", "line": 4, "column": 9, "message": "Incompatible", "hint": None, "code": "assignment", "severity": "error"}
PYLINT = {"path": "a.py", "line": 1, "column": 0, "message-id": "W0611", "symbol": "unused-import", "message": "Unused import os"}
RUFF = {"filename": "/root/a.py", "location": {"row": 1, "column": 8}, "code": "F401", "message": "unused"}
NOTHING = Outcome(seconds=1.0)


def read(tool: Tool, code: int, stdout: object = "", stderr: str = "") -> Outcome:
    said = stdout if isinstance(stdout, str) else json.dumps(stdout)
    return LINTERS[tool].read(Done(code, said, stderr, 1.0), paths(Path("/root"), ["a.py", "inv\udcffalid.py"]))


def test_no_message_is_no_message() -> None:
    assert read(Tool.MYPY, 0).messages == read(Tool.RUFF, 0, []).messages == read(Tool.PYLINT, 0, []).messages == ()
    assert not read(Tool.MYPY, 0).failure


def test_messages_are_told_alike() -> None:
    assert read(Tool.MYPY, 1, MYPY).messages == (Message("a.py", 4, 10, "assignment", "", "Incompatible"),)
    assert read(Tool.PYLINT, 4, [PYLINT]).messages == (Message("a.py", 1, 1, "W0611", "unused-import", "Unused import os"),)
    assert read(Tool.RUFF, 1, [RUFF]).messages == (Message("a.py", 1, 8, "F401", "", "unused"),)
    lossy = RUFF | {"filename": "/root/inv\N{REPLACEMENT CHARACTER}alid.py"}
    assert read(Tool.RUFF, 1, [lossy]).messages[0].path == "inv\udcffalid.py"


@pytest.mark.parametrize(
    ("tool", "code", "stdout", "stderr"),
    [
        (Tool.PYLINT, 32, "", "usage: pylint\npylint: error: unrecognized arguments"),
        (Tool.PYLINT, 1, [PYLINT | {"message-id": "F0002", "message": "crash"}], ""),
        (Tool.PYLINT, 20, [], "nothing said, yet something found"),
        (Tool.PYLINT, -9, "", ""),
        (Tool.MYPY, 2, "", "mypy: error: unrecognized arguments: --nope"),
        (Tool.MYPY, 2, "", "a.py:1: error: INTERNAL ERROR -- Please try using mypy master"),
        (Tool.MYPY, 1, MYPY | {"severity": "note"}, ""),
        (Tool.RUFF, 2, "", "ruff failed\n  Cause: Failed to parse pyproject.toml"),
        (Tool.RUFF, 101, "", "thread 'main' panicked"),
    ],
)
def test_what_is_no_verdict_is_a_failure(tool: Tool, code: int, stdout: object, stderr: str) -> None:
    assert read(tool, code, stdout, stderr).failure


def test_an_answer_of_another_form_is_refused() -> None:
    for tool in (Tool.RUFF, Tool.PYLINT):
        with pytest.raises(Unexpected):
            read(tool, 0, {"messages": []})
        with pytest.raises(ValueError, match="Expecting value"):
            read(tool, 0, "Hello from a plugin\n[]")


def test_an_error_that_stops_mypy_is_a_finding_about_its_file() -> None:
    stopped = read(Tool.MYPY, 2, "", "a.py: error: Cannot decode file: 'utf-8' codec\n")
    assert stopped.messages == (Message("a.py", 0, 1, "error", "", "Cannot decode file: 'utf-8' codec"),)
    assert not stopped.failure
    assert read(Tool.MYPY, 2, "a.py:3: error: invalid syntax  [syntax]\n").messages == (
        Message("a.py", 3, 1, "syntax", "", "invalid syntax"),
    )


def test_a_module_and_its_stub_do_not_stop_mypy(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("pair.py", "pair.pyi", "new.py"):
        (repo / name).write_text('x: int = ""\n')
    assert run_format("--tools=mypy") == 1
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines() if "mypy assignment" in line] == ["new.py", "pair.pyi"]


def test_messages_that_pylint_lets_pass_do_not_count(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / ".pylintrc").write_text("[MAIN]\nfail-under=1\n[MESSAGES CONTROL]\ndisable=all\nenable=W0611,C0103\n")
    (repo / "new.py").write_text("import os\n" + "x = 1\n" * 30)
    assert run_format("--tools=pylint") == 0
    assert "1 message, let pass by its settings" in capsys.readouterr().out


def test_documentation_is_not_asked_for_when_told_so(repo: Path, run_format: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    (repo / "new.py").write_text("def public(a):\n    return a\n")
    assert run_format("--tools=pylint") == 1
    assert run_format("--tools=pylint", "--skip-docs") == 0
    monkeypatch.setenv("SKIP_DOCS", "yes")
    assert run_format("--tools=pylint") == 0


COPIED = "".join(f"        value_{number} = compute(value_{number - 1}, {number})\n" for number in range(1, 12))


def sources(root: Path) -> list[str]:
    """A package with a cycle of imports, two copies of a passage, and faults that belong to one file."""
    (root / "package").mkdir()
    names = [f"package/module{number}.py" for number in range(12)]
    (root / "package" / "__init__.py").touch()
    for number, name in enumerate(names):
        copied = f"def long_{number}(value_0, compute):\n    if value_0:\n{COPIED}" if number in (2, 9) else ""
        (root / name).write_text(f"import os\nfrom package import module{(number + 1) % 12}\n\n\n{copied}x{number} = undefined\n")
    return names


def test_parts_of_pylint_say_what_one_process_says(repo: Path) -> None:
    (repo / "pyproject.toml").write_text("")
    names = sources(repo)
    job = Job(repo, tuple(names), True, False, FormatPolicy((Tool.PYLINT,)), os.environ, 2)
    divided = driver.run(job).rows[0].outcome
    command = [f"{sys.prefix}/bin/pylint", "--output-format=json", "--score=n", "--persistent=n", *names]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONHASHSEED": "0"})
    whole = LINTERS[Tool.PYLINT].read(Done(done.returncode, done.stdout, done.stderr, 0.0), paths(repo, names))
    assert {message.name for message in whole.messages} >= {"duplicate-code", "cyclic-import", "unused-import", "undefined-variable"}
    assert sorted(map(str, divided.messages)) == sorted(map(str, whole.messages))


def answer(text: str) -> Done:
    return Done(0, f"[tool.pylint.main]\n{text}", "", 0.0)


def test_how_pylint_is_divided() -> None:
    ours, plugin = "load-plugins = ['pylint.extensions.bad_builtin']\n", "load-plugins = ['acme']\n"
    off = '[tool.pylint."messages control"]\ndisable = ["duplicate-code", "cyclic-import"]\n'
    half = '[tool.pylint."messages control"]\ndisable = ["cyclic-import"]\n'
    across = ("--jobs=1", "--disable=all", "--enable=duplicate-code")
    assert pylint_parts.parts(answer(ours + off), 4) == [("--jobs=4",)]
    assert pylint_parts.parts(answer(ours + half), 4) == [across, ("--jobs=4", "--disable=duplicate-code,cyclic-import")]
    assert pylint_parts.parts(answer("fail-under = 9\n" + off), 4) == [("--jobs=4",)]
    for whole in (answer("fail-under = 9\n" + half), answer(plugin + off), answer("nonsense"), Done(32, "", "", 0.0)):
        assert pylint_parts.parts(whole, 4) == [("--jobs=1",)]


def test_a_tool_that_is_no_python_script_is_given_its_files_too(
    repo: Path, run_format: Format, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a wrapper in shell is, or a script whose interpreter's path is too long for a first line."""
    (repo / "sp ace.py").write_text("x=1\n")
    script = f'#!/bin/sh\nexec "{sys.prefix}/bin/black" "$@"\n'
    monkeypatch.setenv("VIRTUAL_ENV", str(install(tmp_path / "environment", "black", script)))
    assert run_format("--tools=black") == 0
    assert (repo / "sp ace.py").read_text() == "x = 1\n"


def test_nothing_of_the_repository_shadows_a_module_of_a_tool(repo: Path, run_format: Format) -> None:
    for name in ("black.py", "isort.py", "json.py", "types.py", "typing.py"):
        (repo / name).write_text(f'"""Not the real one."""\n\nraise SystemExit("{name} was imported")\n')
    assert run_format("--tools=black,isort,ruff", "--check") == 0
