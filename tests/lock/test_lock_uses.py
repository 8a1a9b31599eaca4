"""What uv's commands do to a lock that does not match, and which lock it is; the effects are tried with real uv."""

import sys
from pathlib import Path

import pytest

from policy_checks.lock.lock_uses import LOCK_USES, USES, Effect, LockUse
from policy_checks.workspace import in_memory
from tests.real_uv import needs_uv, uv as real_uv

PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.10"\n[tool.uv]\npackage = false\n'


def uses(files: dict[str, str]) -> list[LockUse]:
    return [use for use in in_memory(files).all(LOCK_USES, ("uv",)) if isinstance(use, LockUse)]


def only(line: str, files: dict[str, str] | None = None) -> LockUse:
    (use,) = uses({"a.sh": line + "\n", "pyproject.toml": PROJECT, "uv.lock": "", **(files or {})})
    return use


EFFECTS = [
    ("uv sync", Effect.REWRITES),
    ("uv sync --locked", Effect.CHECKS),
    ("uv sync --frozen", Effect.TRUSTS),
    ("uv sync --check", Effect.NONE),
    ("uv sync --dry-run", Effect.NONE),
    ("uv sync --upgrade", Effect.UPGRADES),
    ("uv sync --no-install-project", Effect.REWRITES),
    ("uv run true", Effect.REWRITES),
    ("uv run --locked true", Effect.CHECKS),
    ("uv run true --locked", Effect.REWRITES),
    ("uv run --frozen true", Effect.TRUSTS),
    ("uv run --no-sync true", Effect.NONE),
    ("uv run --no-project true", Effect.NONE),
    ("uv export", Effect.REWRITES),
    ("uv export --locked", Effect.CHECKS),
    ("uv tree", Effect.REWRITES),
    ("UV_LOCKED=1 uv sync", Effect.CHECKS),
    ("UV_LOCKED=0 uv sync", Effect.REWRITES),
    ("UV_NO_SYNC=1 uv run true", Effect.NONE),
    ("UV_NO_SYNC=1 uv export", Effect.REWRITES),
    ("uv sync --help", Effect.NONE),
]


@pytest.mark.parametrize(("line", "expected"), EFFECTS)
def test_effect(line: str, expected: Effect) -> None:
    assert only(line).effect is expected


@needs_uv
@pytest.mark.parametrize(("line", "expected"), EFFECTS)
def test_effect_is_that_of_real_uv(line: str, expected: Effect, tmp_path: Path) -> None:
    pyproject, lock = tmp_path / "pyproject.toml", tmp_path / "uv.lock"
    pyproject.write_text(PROJECT)
    assert real_uv(tmp_path, "lock", "--python", sys.executable).returncode == 0
    before = lock.read_text()
    pyproject.write_text(PROJECT.replace("3.10", "3.11"))
    variables, _, arguments = line.rpartition("uv ")
    settings = dict(variable.split("=") for variable in variables.split())
    subcommand, *rest = arguments.split()
    result = real_uv(tmp_path, subcommand, "--python", sys.executable, *rest, **settings)
    changed = lock.read_text() != before
    assert changed == (expected in (Effect.REWRITES, Effect.UPGRADES)), result.stderr
    assert (result.returncode != 0) == (expected is Effect.CHECKS), result.stderr


@needs_uv
@pytest.mark.parametrize("subcommand", sorted(USES))
def test_every_use_takes_locked(subcommand: str, tmp_path: Path) -> None:
    assert "--locked" in real_uv(tmp_path, subcommand, "--help").stdout


@pytest.mark.parametrize(
    "line",
    [
        "uv sync $OPTIONS",
        'uv sync "$@"',
        "UV_LOCKED=$X uv run x",
        "uv sync --resolution lowest",
        "export UV_FROZEN=1; uv sync --frozen",
        "UV_RESOLUTION=lowest-direct uv sync",
    ],
)
def test_nothing_to_say(line: str) -> None:
    assert only(line).effect not in (Effect.REWRITES, Effect.TRUSTS)


@pytest.mark.parametrize("line", ["UV_RESOLUTION=highest uv sync", 'uv run "$@"', 'uv sync --python "$P"', "UV_LOCKED=1 x; uv sync"])
def test_still_a_rewrite(line: str) -> None:
    assert only(line).effect is Effect.REWRITES


SUB = {"sub/pyproject.toml": PROJECT.replace("app", "sub"), "sub/uv.lock": ""}
MEMBERS = {
    "pyproject.toml": PROJECT + '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
    "uv.lock": "",
    "packages/a/pyproject.toml": PROJECT.replace("app", "a"),
}


@pytest.mark.parametrize(
    ("files", "lock"),
    [
        ({"a.sh": "cd sub && uv sync\n", **SUB}, "sub/uv.lock"),
        ({"a.sh": "uv sync --project sub\n", **SUB}, "sub/uv.lock"),
        ({"a.sh": "uv --directory=sub sync\n", **SUB}, "sub/uv.lock"),
        ({"sub/a.sh": "uv sync\n", **SUB}, "sub/uv.lock"),
        ({"a.sh": 'cd "$ROOT/sub"\nuv sync\n', **SUB}, "sub/uv.lock"),
        ({"a.sh": 'cd "$ROOT"\nuv sync\n', "pyproject.toml": PROJECT, "uv.lock": ""}, "uv.lock"),
        ({"a.sh": "(cd sub && x)\nuv sync\n", "pyproject.toml": PROJECT, "uv.lock": "", **SUB}, "uv.lock"),
        ({"packages/a/a.sh": "uv sync\n", **MEMBERS}, "uv.lock"),
        ({"docker/Dockerfile": "FROM base\nRUN cd /app && uv sync\n", "pyproject.toml": PROJECT, "uv.lock": ""}, "uv.lock"),
        (
            {
                ".github/workflows/a.yml": "jobs:\n  a:\n    defaults:\n      run:\n        working-directory: sub\n    steps:\n    - run: uv sync\n",
                **SUB,
            },
            "sub/uv.lock",
        ),
        ({"a.sh": "uv run tools/b.py\n", "tools/b.py": "print()\n", "pyproject.toml": PROJECT, "uv.lock": ""}, "uv.lock"),
        ({"a.sh": "uv run -m b.py\n", "b.py": "# /// script\n# ///\n", "pyproject.toml": PROJECT, "uv.lock": ""}, "uv.lock"),
    ],
)
def test_lock(files: dict[str, str], lock: str) -> None:
    assert [use.lock for use in uses(files)] == [lock]


@pytest.mark.parametrize(
    "files",
    [
        {"a.sh": "uv sync\n", **SUB},
        {"a.sh": "cd other && uv sync\n", "pyproject.toml": PROJECT, "uv.lock": ""},
        {"tool/a.sh": "uv run x\n", "tool/pyproject.toml": PROJECT, "pyproject.toml": PROJECT, "uv.lock": ""},
        {"a.sh": "cd /tmp/x && uv sync\n", "pyproject.toml": PROJECT, "uv.lock": ""},
        {"a.sh": "uv run https://dl.example/b.py\n", "pyproject.toml": PROJECT, "uv.lock": ""},
        {"a.sh": 'uv run "$ROOT/b.py"\n', "b.py": "# /// script\n# ///\n", "pyproject.toml": PROJECT, "uv.lock": ""},
    ],
)
def test_no_lock(files: dict[str, str]) -> None:
    assert uses(files) == []


@pytest.mark.parametrize(
    ("files", "settled"),
    [
        ({"a.sh": "uv sync --locked\nuv run x\n"}, [False, True]),
        ({"a.sh": "uv sync\nuv run x\n"}, [False, False]),
        ({"a.sh": "uv lock --check\nuv sync\n"}, [True]),
        ({"a.sh": "uv lock --dry-run\nuv version\nuv add --frozen x\nuv sync\n"}, [False]),
        ({"a.sh": "uv version --bump minor\nuv sync\n"}, [True]),
        ({"a.sh": "uv sync --locked\n", "b.sh": "uv run x\n"}, [False, False]),
        ({"Makefile": "a:\n\tuv sync --locked\nb:\n\tuv run x\n"}, [False, False]),
        ({"Dockerfile": "FROM a AS b\nRUN uv sync --locked\nFROM b\nRUN uv run x\n"}, [False, True]),
    ],
)
def test_settled(files: dict[str, str], settled: list[bool]) -> None:
    assert [use.settled for use in uses({**files, "pyproject.toml": PROJECT, "uv.lock": ""})] == settled


def test_a_job_is_one_run() -> None:
    jobs = "".join(
        f"  {name}:\n    steps:\n    - run: {first}\n    - run: uv run x\n" for name, first in (("a", "uv sync --locked"), ("b", "uv sync"))
    )
    files = {".github/workflows/a.yml": f"jobs:\n{jobs}", "pyproject.toml": PROJECT, "uv.lock": ""}
    assert [use.settled for use in uses(files)] == [False, True, False, False]
