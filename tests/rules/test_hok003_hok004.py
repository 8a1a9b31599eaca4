"""HOK003 and HOK004: the lengths and versions that tools really go by, and the fix on a project that real uv has locked."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from policy_checks import fixes, workspace
from policy_checks.lock.python_ranges import admits, lowest
from policy_checks.readers.ini import Ini
from policy_checks.readers.line_lengths import limits
from policy_checks.readers.tool_settings import TOOL_SETTINGS, ToolSettings
from policy_checks.rule import Finding, Problem
from policy_checks.rules.hooks import hok003_line_length_and_target_drift as hok003, hok004_python_range_drift as hok004
from policy_checks.source import SourceFile, Unreadable
from policy_checks.workspace import Workspace
from tests.real_uv import needs_uv, uv

PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = "{}"\n'


def settings(files: Mapping[str, str]) -> ToolSettings:
    (found,) = workspace.in_memory(files).all(TOOL_SETTINGS)
    assert isinstance(found, ToolSettings), found
    return found


def lengths(files: Mapping[str, str]) -> dict[str, int]:
    return {limit.tool: limit.value for limit in limits(settings(files))}


ISORT = (
    {"pyproject.toml": "[tool.isort]\nline_length = 90\n", ".isort.cfg": "[settings]\nline_length=91\n"},
    {"pyproject.toml": "[tool.isort]\nline_length = 90\n", "setup.cfg": "[isort]\nline_length=91\n"},
    {"pyproject.toml": "[tool.black]\n", "setup.cfg": "[isort]\nline_length=91\n", "tox.ini": "[isort]\nline_length=92\n"},
    {"setup.cfg": "[flake8]\na=1\n", "tox.ini": "[tool:isort]\nline_length = 92\n"},
    {"pyproject.toml": '[tool.isort]\nprofile = "black"\n'},
    {"pyproject.toml": '[tool.isort]\nprofile = "hug"\n'},
    {"pyproject.toml": '[tool.isort]\nprofile = "wemake"\nline_length = 93\n'},
    {"pyproject.toml": "[tool.isort]\natomic = true\n"},
)


@pytest.mark.parametrize("files", ISORT)
def test_isort_goes_by_that_length(files: Mapping[str, str], tmp_path: Path) -> None:
    isort_settings = pytest.importorskip("isort.settings", reason="isort is not installed")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert lengths(files)["isort"] == isort_settings.Config(settings_path=str(tmp_path)).line_length


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"setup.cfg": "[flake8]\nmax-line-length = 90\n", ".flake8": "[flake8]\nmax-line-length = 91\n"}, {"flake8": 90}),
        ({".flake8": "[flake8]\nselect = F541, # no E\n    F841\n"}, {}),
        ({".flake8": "[flake8]\nselect = E,F\nignore = E5\n"}, {}),
        ({".flake8": "[flake8]\nextend-ignore = E203,W503\n"}, {"flake8": 79}),
        ({".pylintrc": "[MAIN]\nmax-line-length=90\n[MESSAGES CONTROL]\ndisable=all\n\nenable=C0115,C0301,W0611\n"}, {"pylint": 90}),
        ({".pylintrc": "[MAIN]\nmax-line-length=90\n[MESSAGES CONTROL]\ndisable=all\n"}, {}),
        (
            {"pyproject.toml": '[tool.pylint.format]\nmax-line-length = "90"\n[tool.pylint."messages control"]\ndisable = ["x"]\n'},
            {"pylint": 90},
        ),
        ({"ruff.toml": "line-length = 90\n", "pyproject.toml": "[tool.ruff]\nline-length = 91\n"}, {"ruff": 90}),
        ({"pyproject.toml": "[tool.ruff.format]\nindent-style = 'tab'\n"}, {"ruff": 88}),
        ({"pyproject.toml": "[tool.ruff]\nextend = '../ruff.toml'\n"}, {}),
        ({"pyproject.toml": "[tool.black]\n"}, {"black": 88}),
        ({".editorconfig": "root = true\n[*]\nmax_line_length = 90\n[*.py]\nmax_line_length = off\n"}, {}),
        (
            {".editorconfig": "[*]\nmax_line_length = 90\n[{*.py,*.pyi}]\n  indent_size = 4\n  max_line_length = 91\n"},
            {".editorconfig": 91},
        ),
        ({".editorconfig": "[*.md]\nmax_line_length = 72\n[tests/*.py]\nmax_line_length = 120\n"}, {}),
        ({".style.yapf": "[style]\nbased_on_style = google\ncolumn_limit = 90\n"}, {"yapf": 90}),
    ],
)
def test_lengths(files: Mapping[str, str], expected: Mapping[str, int]) -> None:
    assert lengths(files) == expected


@pytest.mark.parametrize("args", ["[--line-length=90]", "['--line-length', '90']", "[-l, '90']", "[-l90]"])
def test_arguments_of_a_hook(args: str) -> None:
    text = f"repos:\n- repo: x\n  rev: v1\n  hooks:\n  - id: black\n    args: {args}\n"
    (limit,) = limits(settings({".pre-commit-config.yaml": text}))
    assert limit.place.file.cut(limit.place.span) == "90"


def test_every_other_place_is_related() -> None:
    files = {
        "pyproject.toml": "[tool.black]\nline-length = 100\n[tool.ruff]\nline-length = 100\n",
        ".pylintrc": "[FORMAT]\nmax-line-length: 99 ; less\n",
    }
    (problem,) = hok003.check(settings(files), hok003.RULE.options())
    assert problem.place.file.cut(problem.place.span) == "99"
    assert [related.message for related in problem.related] == ["black 100", "ruff 100"]


@pytest.mark.parametrize("text", ["a\n b\n=c\n", "[a]\nkey = 1\n[a]\nkey = 2\n", "\ufeff[a]\nkey=1", "[a]\r\nkey : 1 # x\r\n", ""])
def test_places_in_ini_files_hold_the_values(text: str) -> None:
    file = SourceFile("a.ini", text.encode())
    try:
        ini = Ini(file)
    except Unreadable as error:
        assert error.message.startswith("not an INI file")  # noqa: PT017
        return
    for section, values in ini.sections.items():
        for key, value in values.items():
            assert file.cut(ini.place(section, key).span) == value


def found(files: Workspace) -> list[Problem]:
    subjects = files.all(hok004.RULE.subject)
    assert not any(isinstance(one, Unreadable) for one in subjects), subjects
    return [problem for one in subjects if not isinstance(one, Unreadable) for problem in hok004.check(one, hok004.RULE.options())]


def told(files: Mapping[str, str]) -> list[str]:
    return [problem.place.file.cut(problem.place.span) for problem in found(workspace.in_memory(files))]


@pytest.mark.parametrize(
    ("requires", "first", "last"),
    [
        (">=3.10", (3, 10), (3, 99)),
        (">=3.10.4,<3.13", (3, 10), (3, 12)),
        ("==3.12.*", (3, 12), (3, 12)),
        (">=3.11,<=3.14", (3, 11), (3, 14)),
        ("~=3.11", (3, 11), (3, 99)),
        (">3.9", (3, 9), (3, 99)),  # 3.9.1 is above 3.9
        (">= 3.8, != 3.9.*, < 4", (3, 8), (3, 99)),
    ],
)
def test_ranges(requires: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    assert lowest(requires) == first
    assert admits(requires, last)
    assert not admits(requires, (3, first[1] - 1))
    assert last[1] == 99 or not admits(requires, (3, last[1] + 1))


def test_no_specifier_is_told() -> None:
    (error,) = workspace.in_memory({"pyproject.toml": PROJECT.format("three")}).all(hok004.RULE.subject)
    assert isinstance(error, Unreadable)
    assert error.file.cut(error.span) == "three"


@pytest.mark.parametrize(
    ("envlist", "marked"),
    [
        ("py310, py311", []),
        ("py{39,310}-{a,b}", ["39"]),
        ("py3{8,10}", ["8"]),
        ("lint, py27, pypy39, py, py3, happy38", []),
        ("\n    py38\n    py312", ["py38"]),
    ],
)
def test_tox(envlist: str, marked: list[str]) -> None:
    assert told({"pyproject.toml": PROJECT.format(">=3.10"), "tox.ini": f"[tox]\nenvlist = {envlist}\n"}) == marked


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("3.9\n", ["3.9"]),
        ("# a\n\n  3.9.1\r\n3.12\n", ["3.9.1"]),
        ("cpython-3.9\n", ["cpython-3.9"]),
        ("3.12\n3.9\n", []),
        ("system\n", []),
        ("", []),
    ],
)
def test_version_files(text: str, marked: list[str]) -> None:
    assert told({"pyproject.toml": PROJECT.format(">=3.10"), ".python-version": text}) == marked


@pytest.mark.parametrize("version", ["3.9", "3.9.18", "3.9t", "3.9-dev", "pypy3.9", "pypy-3.9", "3.9.x"])
def test_versions_of_a_matrix(version: str) -> None:
    workflow = (
        f"jobs:\n  a:\n    strategy:\n      matrix:\n        python: ['{version}', '3.12', '3.x', '>=3.8', 'pypy3.10-v7.3']\n    steps:\n"
        "    - uses: astral-sh/setup-uv@v7\n      with: {python-version: '${{ matrix.python }}'}\n"
    )
    files = {"pyproject.toml": PROJECT.format(">=3.10"), ".github/workflows/a.yml": workflow}
    assert told(files) == [version]
    assert told({**files, ".github/workflows/a.yml": workflow.replace("matrix.python ", "matrix.other ")}) == []


@pytest.mark.parametrize(
    ("hook", "args", "marked"),
    [
        ("pyupgrade", "[--py39-plus, --keep-runtime-typing]", ["--py39-plus"]),
        ("black", "[--target-version=py310, -t, py311]", []),
        ("black", "[-t, py311]", ["py311"]),
        ("ruff-format", "[--target-version=py39]", ["py39"]),
        ("mypy", "[--python-version=3.12]", []),
        ("mypy", "[--python-version, '3.9']", ["3.9"]),
    ],
)
def test_targets_given_to_hooks(hook: str, args: str, marked: list[str]) -> None:
    text = f"repos:\n- repo: x\n  rev: v1\n  hooks:\n  - id: {hook}\n    args: {args}\n"
    assert told({"pyproject.toml": PROJECT.format(">=3.10"), ".pre-commit-config.yaml": text}) == marked


@needs_uv
def test_after_the_fix_the_lock_is_still_fresh(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        PROJECT.format(">=3.11") + '\n[tool.ruff]\ntarget-version = "py39"  # old\n\n[tool.black]\ntarget-version = ["py310"]\n'
    )
    assert uv(tmp_path, "lock").returncode == 0
    rule = hok004.RULE
    findings = [Finding(rule.code, rule.name, rule.severity, problem) for problem in found(workspace.on_disk(tmp_path))]
    fixes.write(tmp_path, fixes.plan(findings))
    text = (tmp_path / "pyproject.toml").read_text()
    assert 'target-version = "py311"  # old' in text
    assert 'target-version = ["py311"]' in text
    assert found(workspace.on_disk(tmp_path)) == []
    assert uv(tmp_path, "lock", "--check").returncode == 0
