"""A verdict is taken from an earlier run where nothing that it may rest on has changed, and nowhere else."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from policy_checks.formatting import driver
from policy_checks.formatting.bench import Job
from policy_checks.formatting.listing import listed
from policy_checks.formatting.outcome import Report
from policy_checks.formatting.policy import FormatPolicy, Tool
from policy_checks.formatting.store import NEWEST, Store, entries, merged
from tests.formatting.conftest import BAD, Format, install

Judge = Callable[..., Report]
# A tool that counts its runs, and that has whatever to say that stands in the file `says`.
COUNTED = """\
#!{python}
import os, sys
with open({counter!r}, "a") as file:
    file.write("x")
if {slow!r}:
    open({slow!r}, "a").write("\\n# edited meanwhile\\n")
"""


@pytest.fixture
def judge(repo: Path, tmp_path: Path) -> Judge:
    """One run that keeps its results, in check mode."""

    def run(
        *tools: Tool, files: tuple[str, ...] = ("new.py",), environment: dict[str, str] | None = None, kept: Path | None = None
    ) -> Report:
        return driver.run(
            Job(repo, files, True, False, FormatPolicy(tools), {**os.environ, **(environment or {})}, 2, kept=kept or tmp_path / "kept")
        )

    return run


def known(report: Report) -> dict[str, int]:
    return {str(row.tool): row.known for row in report.rows}


def environment(folder: Path, tool: str, edits: str = "") -> tuple[dict[str, str], Callable[[], int]]:
    """A virtual environment with a tool of our own making, and how often that has run."""
    counter = folder / "runs"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    install(folder, tool, COUNTED.format(python=folder / "bin" / "python", counter=str(counter), slow=edits))
    return {"VIRTUAL_ENV": str(folder)}, lambda: len(counter.read_text()) if counter.exists() else 0


def test_the_second_run_starts_nothing(repo: Path, judge: Judge) -> None:
    (repo / "new.py").write_text(BAD)
    first, second = judge(*Tool), judge(*Tool)
    assert known(first) == dict.fromkeys(map(str, Tool), 0)
    assert known(second) == {"ruff": 0, "isort": 1, "black": 1, "pylint": 1, "mypy": 1}
    assert [row.changed for row in first.rows] == [row.changed for row in second.rows]
    assert [row.outcome.messages for row in first.rows] == [row.outcome.messages for row in second.rows]
    assert first.exit_code == second.exit_code == 1


def test_what_was_fixed_is_taken_for_what_it_was_made(repo: Path, run_format: Format) -> None:
    """Where the same bytes come back, what the fixers made of them comes back too."""
    (repo / "new.py").write_text(BAD)
    run_format("--tools=isort,black")
    fixed = (repo / "new.py").read_bytes()
    (repo / "new.py").write_text(BAD)
    run_format("--tools=isort,black")
    assert (repo / "new.py").read_bytes() == fixed != BAD.encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda repo: (repo / "pyproject.toml").write_text("[tool.black]\nline-length = 30\n"),
        lambda repo: (repo / ".editorconfig").write_text("[*]\n"),
        lambda repo: (repo / "uv.lock").write_text("version = 1\n"),
        lambda repo: (repo.parent / "setup.cfg").write_text("[isort]\n"),
        lambda repo: (repo / "new.py").write_text("x = 2\n"),
    ],
)
def test_what_a_verdict_rests_on_is_part_of_it(repo: Path, judge: Judge, change: Callable[[Path], object]) -> None:
    (repo / "new.py").write_text("x = 1\n")
    judge(Tool.BLACK)
    change(repo)
    assert known(judge(Tool.BLACK)) == {"black": 0}


def test_an_installation_is_part_of_a_verdict(repo: Path, judge: Judge, tmp_path: Path) -> None:
    (repo / "new.py").write_text("x = 1\n")
    active, runs = environment(tmp_path / "environment", "black")
    packages = next((tmp_path / "environment").glob("lib/python*/site-packages"))
    (packages / "black-1.dist-info").mkdir()
    for expected in (1, 1):
        judge(Tool.BLACK, environment=active)
        assert runs() == expected
    os.utime(packages / "black-1.dist-info", (2_000_000_000, 2_000_000_000))  # as an upgrade does
    judge(Tool.BLACK, environment=active)
    assert runs() == 2
    (packages / "somewhere.pth").write_text(f"{tmp_path}\n")
    judge(Tool.BLACK, environment=active)
    assert runs() == 3
    judge(Tool.BLACK, environment={**active, "BLACK_NUM_WORKERS": "1"})
    assert runs() == 4


def test_what_is_imported_is_part_of_a_verdict(repo: Path, judge: Judge) -> None:
    (repo / "pyproject.toml").write_text('[tool.pylint."messages control"]\ndisable = ["all"]\nenable = ["E"]\n')
    (repo / "package").mkdir()
    (repo / "package" / "deep.py").write_text("def f(x):\n    return x\n")
    (repo / "package" / "__init__.py").write_text("from package.deep import f\n")
    (repo / "new.py").write_text("import package\n\npackage.f(1)\n")
    for tool in (Tool.PYLINT, Tool.MYPY):
        judge(tool)
        assert known(judge(tool)) == {str(tool): 1}
    (repo / "package" / "deep.py").write_text("def f():\n    return 1\n")
    assert [message.name for message in judge(Tool.PYLINT).rows[0].outcome.messages] == ["too-many-function-args"]
    assert known(judge(Tool.MYPY)) == {"mypy": 0}
    (repo / "unrelated.py").write_text("")
    assert known(judge(Tool.PYLINT, Tool.MYPY)) == {"pylint": 1, "mypy": 1}


def test_a_comment_elsewhere_is_no_part_of_a_verdict(repo: Path, judge: Judge) -> None:
    (repo / "other.py").write_text("def f(x):\n    return x\n")
    (repo / "new.py").write_text("import other\n\nother.f(1)\n")
    judge(Tool.PYLINT)
    (repo / "other.py").write_text("# what f does\ndef f(x):  # nothing\n    return x\n")
    assert known(judge(Tool.PYLINT)) == {"pylint": 1}


def test_a_file_that_was_edited_during_the_run_is_judged_again(repo: Path, judge: Judge, tmp_path: Path) -> None:
    """As the tool may have seen the one or the other."""
    (repo / "new.py").write_text("x = 1\n")
    (repo / "other.py").write_text("")
    active, runs = environment(tmp_path / "environment", "mypy", edits=str(repo / "new.py"))
    judge(Tool.MYPY, environment=active)
    judge(Tool.MYPY, environment=active)
    assert runs() == 2


def test_settings_that_were_edited_during_the_run_count_for_nothing(repo: Path, judge: Judge, tmp_path: Path) -> None:
    (repo / "new.py").write_text("x = 1\n")
    active, runs = environment(tmp_path / "environment", "black", edits=str(repo / "pyproject.toml"))
    before = (repo / "pyproject.toml").read_bytes()
    judge(Tool.BLACK, environment=active)
    (repo / "pyproject.toml").write_bytes(before)
    judge(Tool.BLACK, environment=active)
    assert runs() == 2


def test_what_failed_is_tried_again(repo: Path, judge: Judge, tmp_path: Path) -> None:
    (repo / "new.py").write_text("x = 1\n")
    active, runs = environment(tmp_path / "environment", "black")
    script = tmp_path / "environment" / "bin" / "black"
    script.write_text(script.read_text() + "sys.exit(3)\n")
    assert judge(Tool.BLACK, environment=active).exit_code == 2
    assert judge(Tool.BLACK, environment=active).exit_code == 2
    assert runs() == 2


def test_what_is_damaged_is_replaced(repo: Path, judge: Judge, tmp_path: Path) -> None:
    (repo / "new.py").write_text("x=1\n")
    judge(Tool.BLACK)
    (tmp_path / "kept" / "black.json").write_text('{"format": 1, "kept": {"new.py": 7}}')
    judge(Tool.BLACK)
    for text in (tmp_path / "kept" / "texts").iterdir():
        text.write_text("x = 6\n")  # nor is a text taken for what it is not
    report = judge(Tool.BLACK)
    assert [after for _before, after in report.rows[0].changed.values()] == [b"x = 1\n"]
    assert known(judge(Tool.BLACK)) == {"black": 1}


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "null", '{"format": 1, "kept": [1]}', '{"format": 0, "kept": {"a": []}}', "[" * 100_000, "\0"]
)
def test_what_cannot_be_read_holds_nothing(tmp_path: Path, damage: str) -> None:
    (tmp_path / "tool.json").write_text(damage)
    assert Store(tmp_path).shelf("tool") == {}
    Store(tmp_path).put("tool", lambda shelf: merged(shelf, {"a.py": ["key", "", 0, []]}))
    assert [*entries(Store(tmp_path).shelf("tool"), "a.py", "key")] == [["key", "", 0, []]]


def test_entries_of_another_form_are_passed_over(repo: Path, judge: Judge, tmp_path: Path) -> None:
    (repo / "new.py").write_text("import os\n")
    judge(Tool.PYLINT, Tool.MYPY, Tool.ISORT)
    for file in (tmp_path / "kept").glob("*.json"):
        kept = json.loads(file.read_text())
        if file.stem in list(Tool):
            for entry in [entry for shelf in kept["kept"].values() for entry in shelf]:
                entry[3] = [7, {"a": []}]
        else:
            kept["kept"] = {name: [[7]] for name in kept["kept"]}
        file.write_text(json.dumps(kept))
    assert known(judge(Tool.PYLINT, Tool.MYPY, Tool.ISORT)) == {"pylint": 0, "mypy": 0, "isort": 0}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_no_fault(repo: Path, run_format: Format) -> None:
    (repo / "new.py").write_text('"""Nothing."""\n')
    (repo / ".git").chmod(0o555)
    try:
        assert run_format("--tools=black") == 0
    finally:
        (repo / ".git").chmod(0o755)


def test_a_place_that_cannot_be_had_is_no_fault(repo: Path, judge: Judge, tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("")
    (repo / "new.py").write_text("x=1\n")
    for _run in range(2):
        report = judge(Tool.BLACK, Tool.PYLINT, kept=tmp_path / "occupied" / "kept")
        assert known(report) == {"black": 0, "pylint": 0}
        assert report.exit_code == 1


def test_no_cache_takes_nothing_and_leaves_nothing(repo: Path, run_format: Format, capsys: pytest.CaptureFixture[str]) -> None:
    (repo / "new.py").write_text("import os\n")
    kept = repo / ".git" / "policy-checks" / "format"
    run_format("--tools=black", "--check")
    assert (kept / "black.json").exists()
    run_format("--tools=black", "--check", "--no-cache")
    assert not kept.exists()
    assert "known" not in capsys.readouterr().out


def test_a_clone_brings_no_verdicts_along(repo: Path, run_format: Format, tmp_path: Path) -> None:
    """What lies in the worktree is the author's of the repository, and so not believed."""
    (repo / "new.py").write_text("x=1\n")
    run_format("--tools=black", "--check")
    shutil.copytree(repo / ".git" / "policy-checks" / "format", repo / ".cache" / "policy-checks" / "format")
    shutil.rmtree(repo / ".git" / "policy-checks")
    assert run_format("--tools=black", "--check") == 1
    assert (repo / ".git" / "policy-checks" / "format" / "black.json").exists()


def test_two_runs_at_once_lose_no_more_than_an_entry(tmp_path: Path) -> None:
    def keep(number: int) -> None:
        Store(tmp_path).put("tool", lambda shelf: merged(shelf, {f"{number % 5}.py": [f"key {number}", "", 0, []]}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(60)))
    shelf = Store(tmp_path).shelf("tool")
    assert shelf
    assert all(len(shelf[path]) <= NEWEST for path in shelf)
    assert all(list(entries(shelf, path, entry[0])) for path in shelf for entry in shelf[path])
    assert [file.name for file in tmp_path.iterdir()] == ["tool.json"]


def test_what_is_kept_is_bounded(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(2 * NEWEST):
        store.put("tool", lambda shelf, key=str(number): merged(shelf, {"a.py": [key, "", 0, []]}))  # type: ignore[misc]
    assert [entry[0] for entry in Store(tmp_path).shelf("tool")["a.py"]] == [
        str(number) for number in range(2 * NEWEST - 1, NEWEST - 1, -1)
    ]


def test_modules_of_a_submodule_and_of_an_ignored_folder_are_seen(repo: Path, judge: Judge, tmp_path: Path) -> None:
    (repo / "pyproject.toml").write_text('[tool.pylint."messages control"]\ndisable = ["all"]\nenable = ["E"]\n')
    (repo / ".gitignore").write_text("generated/\n")
    below = repo / "third-party"
    for folder in (below, repo / "generated"):
        (folder / "inner").mkdir(parents=True)
    for arguments in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message=start"]):
        subprocess.run(["git", *arguments], cwd=below, check=True)
    (repo / "new.py").write_text("from generated.inner import f\n\nf(1)\n")
    (below / "inner" / "g.py").write_text("")
    (repo / "generated" / "inner" / "__init__.py").write_text("def f(x):\n    return x\n")
    judge(Tool.PYLINT)
    assert known(judge(Tool.PYLINT)) == {"pylint": 1}
    (repo / "generated" / "inner" / "__init__.py").write_text("def f():\n    return 1\n")
    assert [message.code for message in judge(Tool.PYLINT).rows[0].outcome.messages] == ["E1121"]
    with ThreadPoolExecutor(2) as pool:
        listing = listed(repo, pool)
    assert listing is not None
    assert "third-party/inner/g.py" in listing.modules
    assert listing.opaque == {"generated"}


def test_some_files_are_judged_as_in_a_run_over_all(repo: Path, judge: Judge) -> None:
    """pylint looks for modules in the folders of all its files: `helper` is found because of its own."""
    (repo / "pyproject.toml").write_text('[tool.pylint."messages control"]\ndisable = ["all"]\nenable = ["E"]\n')
    (repo / "folder").mkdir()
    (repo / "folder" / "helper.py").write_text("def f():\n    return 1\n")
    (repo / "new.py").write_text("import helper\n\nhelper.f(1)\n")
    files = ("folder/helper.py", "new.py")
    first = judge(Tool.PYLINT, files=files)
    assert [message.code for message in first.rows[0].outcome.messages] == ["E1121"]
    (repo / "new.py").write_text("import helper\n\nhelper.f(1)  # edited\n")
    second = judge(Tool.PYLINT, files=files)
    assert second.rows[0].outcome.messages == first.rows[0].outcome.messages
    assert known(second) == {"pylint": 1}
    assert [message.code for message in judge(Tool.PYLINT).rows[0].outcome.messages] == ["E0401"]


def test_a_new_function_elsewhere_concerns_those_who_may_name_it(repo: Path, judge: Judge) -> None:
    (repo / "pyproject.toml").write_text('[tool.pylint."messages control"]\ndisable = ["all"]\nenable = ["E"]\n')
    (repo / "other.py").write_text("def f(x):\n    return x\n")
    (repo / "new.py").write_text("import other\n\nother.f(1)\n")
    (repo / "hopeful.py").write_text("from other import g\n\ng(1)\n")
    files = ("hopeful.py", "new.py")
    judge(Tool.PYLINT, files=files)
    (repo / "other.py").write_text("def f(x):\n    return x\n\n\ndef g():\n    return f(1)\n")
    report = judge(Tool.PYLINT, files=files)
    assert known(report) == {"pylint": 1}
    assert [(message.path, message.code) for message in report.rows[0].outcome.messages] == [("hopeful.py", "E1121")]
    assert known(judge(Tool.PYLINT, files=files)) == {"pylint": 2}
    (repo / "other.py").write_text("def f(x):\n    return f(2)\n\n\ndef g():\n    return f(1)\n")
    assert known(judge(Tool.PYLINT, files=files)) == {"pylint": 0}
