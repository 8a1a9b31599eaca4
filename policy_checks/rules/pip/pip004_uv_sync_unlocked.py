"""`uv sync`, `uv run` or `uv export` that may change uv.lock instead of checking it.

Why: without `--locked` these commands make a new lock, without a word, where uv.lock does not match pyproject.toml. A
build then installs versions that nobody has reviewed, and two builds of one commit differ. `--frozen` does not check
either: it installs what an outdated lock says, without what pyproject.toml has asked for since. `uv tree`, `uv audit` and
`uv check` make a new lock in the same way.

Fix: write `--locked` behind the subcommand; the fix does. Not reported: a command with `--no-sync` or `--no-project`, one
in whose environment `UV_LOCKED` or `UV_FROZEN` is set, `--frozen` together with `--no-install-project` and the like (the
layer of an image in which only the lock and pyproject.toml are there), and what follows a check of the same lock, or a
`uv lock` or `uv add`, in the same script, CI job or Dockerfile. Nor a command in a project without a lock, or for a script
with inline metadata that has none.

References: https://docs.astral.sh/uv/concepts/projects/sync/#automatic-lock-and-sync;
https://docs.astral.sh/uv/guides/integration/docker/#intermediate-layers
"""

from collections.abc import Iterator

from policy_checks.lock.lock_uses import LOCK_USES, Effect, LockUse
from policy_checks.readers.shell import Context, Word
from policy_checks.readers.uv_command import Uv
from policy_checks.rule import Example, Fix, NoOptions, Problem, Rule, Severity
from policy_checks.source import Edit, Place, Span

# Without the project's files `--locked` could not tell whether the lock matches.
_WITHOUT_THE_PROJECT = ("--no-install-project", "--no-install-workspace", "--no-install-local")


def check(use: LockUse, _options: NoOptions) -> Iterator[Problem]:
    """One problem for a command that may change the lock, or that trusts it unchecked."""
    if use.settled:
        return
    match use.effect:
        case Effect.REWRITES:
            yield _rewrites(use)
        case Effect.TRUSTS if not use.uv.has(*_WITHOUT_THE_PROJECT) and not _is_hook(use):
            yield from _trusts(use)
        case Effect.UPGRADES if use.uv.command.script.context is Context.IMAGE:
            called = _called(use.uv)
            yield Problem(
                _head(use.uv),
                f"`{called}` that upgrades installs other versions in every build: upgrade with `uv lock --upgrade`, then `{called} --locked`",
            )
        case _:
            pass


def _rewrites(use: LockUse) -> Problem:
    called, place = _called(use.uv), _head(use.uv)
    last = use.uv.command.words[use.uv.head - 1]
    fix = None
    if _is_plain(use.uv, last):
        fix = Fix("add --locked", ((place.file, Edit(Span(place.span.end, place.span.end), " --locked")),))
    return Problem(place, f"`{called}` rewrites {use.lock} where it does not match the project: write `{called} --locked`", fix)


def _trusts(use: LockUse) -> Iterator[Problem]:
    called, command = _called(use.uv), use.uv.command
    for option in use.uv.options():
        if option.name == "--frozen":
            index = command.words.index(option.word)
            place = command.part(index, index)
            edits = ((place.file, Edit(place.span, "--locked")),)
            # Unsafe: in an image `--locked` also needs the files of every workspace member.
            fix = Fix("write --locked", edits, safe=False) if _is_plain(use.uv, option.word) else None
            yield Problem(place, f"`{called} --frozen` does not check that {use.lock} matches the project: write `{called} --locked`", fix)
            return


def _is_hook(use: LockUse) -> bool:
    """Whether a hook runs a tool of the project, between two edits of it."""
    return use.uv.subcommand == ("run",) and use.place.file.path.rpartition("/")[2].startswith(".pre-commit-")


def _called(found: Uv) -> str:
    return f"uv {' '.join(found.subcommand)}"


def _head(found: Uv) -> Place:
    return found.command.part(0, found.head - 1)


def _is_plain(found: Uv, word: Word) -> bool:
    """Whether a word stands in the file as it is: in a list of strings one more would need quotes, in a variable it is not to be seen."""
    text, span = found.command.script.source.file.text, word.span
    return text[span.start : span.end] == word.value and not {text[span.start - 1 : span.start], text[span.end : span.end + 1]} <= {
        '"',
        "'",
    }


_PROJECT = {"pyproject.toml": '[project]\nname = "app"\nversion = "1"\n', "uv.lock": "version = 1\n"}
_WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
{}"""
_SCRIPT = '# /// script\n# dependencies = ["rich"]\n# ///\n'


def _steps(*lines: str) -> str:
    return _WORKFLOW.format("".join(f"      - run: {line}\n" for line in lines))


RULE = Rule(
    code="PIP004",
    name="uv-sync-unlocked",
    severity=Severity.ERROR,
    subject=LOCK_USES,
    check=check,
    needles=("uv",),
    examples=(
        Example(
            "a Dockerfile",
            {"Dockerfile": "FROM base\nRUN bash -ex <<EOF\n  ⟦uv sync⟧ --only-group build\nEOF\nRUN uv sync --locked\n", **_PROJECT},
            fixed={"Dockerfile": "FROM base\nRUN bash -ex <<EOF\n  uv sync --locked --only-group build\nEOF\nRUN uv sync --locked\n"},
            message="write `uv sync --locked`",
        ),
        Example(
            "a workflow",
            {".github/workflows/ci.yml": _steps("⟦uv --quiet sync⟧ -v", "⟦uv run⟧ pytest --locked", "⟦uv export⟧ -o x.txt"), **_PROJECT},
            fixed={".github/workflows/ci.yml": _steps("uv --quiet sync --locked -v", "uv run --locked pytest --locked", "uv export --locked -o x.txt")},
        ),
        Example(
            "a Makefile, text for another shell, and another lock",
            {"Makefile": "sync:\n\tcd sub && ⟦uv sync⟧\n\tbash -c '⟦uv run⟧ --project sub x'\n", "sub/pyproject.toml": _PROJECT["pyproject.toml"], "sub/uv.lock": ""},
            fixed={"Makefile": "sync:\n\tcd sub && uv sync --locked\n\tbash -c 'uv run --locked --project sub x'\n"},
            message="sub/uv.lock",
        ),
        Example(
            "`--frozen` where `--locked` is meant",
            {".github/workflows/ci.yml": _steps("uv sync ⟦--frozen⟧ --group test"), **_PROJECT},
            fixed={".github/workflows/ci.yml": _steps("uv sync --locked --group test")},
            message="does not check",
        ),
        Example("lists of strings", {"Dockerfile": 'FROM base\nRUN [⟦"uv", "sync"⟧]\n', **_PROJECT}),
        Example("a variable", {"a.sh": 'UV="python -m uv"\n⟦$UV sync⟧\n', **_PROJECT}, fixed={"a.sh": 'UV="python -m uv"\n$UV sync --locked\n'}),
        Example("an upgrade in an image", {"Dockerfile": "FROM base\nRUN ⟦uv sync⟧ --upgrade\n", **_PROJECT}, message="uv lock --upgrade"),
        Example("a script with inline metadata and a lock", {"a.sh": "⟦uv run⟧ b.py\n", "b.py": _SCRIPT, "b.py.lock": "", **_PROJECT},
                fixed={"a.sh": "uv run --locked b.py\n"}, message="b.py.lock"),
        Example("a lock that is checked", {"a.sh": "uv sync --locked\nuv run --locked pytest\nuv export --locked > r.txt\nuv lock --check\n", **_PROJECT}),
        Example("a layer of an image without the project", {"Dockerfile": "FROM base\nRUN uv sync --frozen --no-install-project\nRUN uv sync --locked\n", **_PROJECT}),
        Example("checked by the job before", {".github/workflows/ci.yml": _steps("uv sync --locked", "uv run pytest", "uv run --frozen x"), **_PROJECT}),
        Example("a lock made on purpose", {"a.sh": "uv lock --upgrade\nuv sync\n", "b.sh": "uv add rich\nuv run pytest\n", "c.sh": "uv sync -U\n", **_PROJECT}),
        Example("the environment says so", {
            "a.sh": "UV_LOCKED=1 uv sync\nenv UV_FROZEN=1 uv sync\n", "b.sh": "export UV_LOCKED=true\nuv run x\n",
            "Dockerfile": "FROM base\nENV UV_LOCKED=1\nRUN uv sync\n", "Makefile": "export UV_LOCKED := 1\nsync:\n\tuv sync\n",
            ".github/workflows/ci.yml": _steps("uv sync").replace("on: push", "on: push\nenv:\n  UV_LOCKED: 1"), **_PROJECT,
        }),
        Example("what changes no lock", {"a.sh": "uv run --no-sync x\nuv run --no-project x\nuv sync --help\nuv sync --dry-run\nuv sync --check\nuv pip sync r.txt\nuvx ruff@0.9\n", **_PROJECT}),
        Example("no lock", {"a.sh": "uv sync\nuv run pytest\n", "pyproject.toml": _PROJECT["pyproject.toml"]}),
        Example("another project", {"a.sh": "git clone https://git.example/x\ncd x\nuv sync\n", "sub/a.sh": "cd $(mktemp -d)\nuv sync\n", **_PROJECT}),
        Example("a script with inline metadata and no lock", {"a.sh": "uv run b.py\nuv sync --script b.py\nuv run - <<'EOF'\n# /// script\n# ///\nEOF\n", "b.py": _SCRIPT, **_PROJECT}),
        Example("another resolution", {".github/workflows/ci.yml": _steps("uv sync --resolution lowest-direct", "UV_RESOLUTION=lowest uv run x"), **_PROJECT}),
        Example("a hook between two edits", {".pre-commit-config.yaml": "repos:\n- repo: local\n  hooks:\n  - entry: uv run --frozen mypy\n", **_PROJECT}),
        Example("options that only the run can tell", {"a.sh": 'uv sync "${OPTIONS[@]}"\n', **_PROJECT}),
        Example("text that does not run", {"a.sh": "# uv sync\necho uv sync\n", "README.md": "```bash\nuv sync\n```\n", **_PROJECT}),
    ),
)  # fmt: skip
