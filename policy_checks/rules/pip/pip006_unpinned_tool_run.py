"""A tool that is run or installed without a version: `uvx X`, `uv tool install X`, `pipx run X`.

Why: the newest release of a formatter, a linter or a build tool is run, whatever it is on that day. It fails a job that
nobody has changed, and it is code from the index that no lock and no review has seen.

Fix: name one release (`uvx ruff@0.9.2`, `uv tool install ruff==0.9.2`, `pipx run black==24.10.0`). A tool that the
project's lock holds is better run from there: `uv run --locked ruff`. Where the lock has exactly one version of it, the fix
writes that one. Paths, URLs, a git commit, `--constraints`, `--exclude-newer` and a version in a variable are fine; so is a
run of a tool that the same file has installed with a version. How uv itself is installed is the matter of PIP005. The rule
honours `allowed-installs`.

References: https://docs.astral.sh/uv/guides/tools/#requesting-specific-versions
"""

from collections.abc import Iterator

from policy_checks.lock.tool_runs import TOOL_RUNS, ToolRun, Version
from policy_checks.readers.install_policy import InstallPolicy, allowance
from policy_checks.rule import Example, Fix, Problem, Rule, Severity
from policy_checks.source import Edit, Span


def check(run: ToolRun, options: InstallPolicy) -> Iterator[Problem]:
    """One problem for a tool without a version, or with a range."""
    if run.version is Version.ONE or (run.name == "uv" and not run.program) or allowance(options.allowed_installs, run.command):
        return
    does = "runs" if run.program else "installs"
    shown = run.requirement if run.word.known else run.command.written(run.word)
    yield Problem(run.place, f"`{run.called} {shown}` {does} whatever release is the newest: {_instead(run)}", _fix(run))


def _instead(run: ToolRun) -> str:
    if not run.name:
        return "name a commit behind the URL: `…@COMMIT`"
    version = run.locked[0] if len(run.locked) == 1 else "VERSION"
    pinned = f"`{run.called} {run.name}{_mark(run)}{version}`"
    if run.program and run.locked:
        return f"run the one of uv.lock with `uv run --locked {run.program.partition('@')[0]}`, or write {pinned}"
    return f"write {pinned}"


def _mark(run: ToolRun) -> str:
    """Behind a name: only what uv runs by name alone may have `@`."""
    return "@" if run.called in ("uvx", "uv tool run") else "=="


def _fix(run: ToolRun) -> Fix | None:
    """The version of the lock behind the name; not where the word is more than a name, or does not stand in the file as it is."""
    bare = run.requirement.removesuffix("@latest")
    if len(run.locked) != 1 or run.version is not Version.NONE or "[" in bare:
        return None
    file, span = run.place.file, run.place.span
    start = file.text.find(run.requirement, span.start, span.end)
    if start < 0 or not run.word.known or file.text[start : start + len(run.requirement)] != run.requirement:
        return None
    written = f"{bare}{_mark(run)}{run.locked[0]}"
    return Fix(f"write {written}", ((file, Edit(Span(start, start + len(run.requirement)), written)),))


_LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "ruff"
version = "0.9.2"
source = { registry = "https://index.example/simple" }
"""
_WORKFLOW = "jobs:\n  a:\n    steps:\n      - run: {}\n"

RULE = Rule(
    code="PIP006",
    name="unpinned-tool-run",
    severity=Severity.WARNING,
    subject=TOOL_RUNS,
    check=check,
    options=InstallPolicy,
    needles=("uv", "pipx"),
    examples=(
        Example("uvx in a workflow", {".github/workflows/ci.yml": _WORKFLOW.format("uvx ⟦ruff⟧ check .")}, message="`uvx ruff@VERSION`"),
        Example(
            "a tool of the lock",
            {"a.sh": "uvx -q ⟦ruff⟧ check\nuv tool run ⟦ruff@latest⟧\nuvx --from ⟦ruff⟧ ruff\npipx run ⟦ruff⟧ --version\n", "uv.lock": _LOCK},
            fixed={"a.sh": "uvx -q ruff@0.9.2 check\nuv tool run ruff@0.9.2\nuvx --from ruff==0.9.2 ruff\npipx run ruff==0.9.2 --version\n"},
            message="`uv run --locked ruff`",
        ),
        Example(
            "an install of a tool of the lock",
            {"a.sh": "uv tool install ⟦ruff⟧\npython -m pipx install ⟦ruff⟧\n", "b.py": 'import subprocess\nsubprocess.run(["uv", "tool", "install", ⟦"ruff"⟧])\n', "uv.lock": _LOCK},
            fixed={"a.sh": "uv tool install ruff==0.9.2\npython -m pipx install ruff==0.9.2\n", "b.py": 'import subprocess\nsubprocess.run(["uv", "tool", "install", "ruff==0.9.2"])\n'},
            message="install ruff==0.9.2`",
        ),
        Example("ranges and branches", {"a.sh": "uvx ⟦'black>=24'⟧ .\npipx install ⟦'black[d]~=24.1'⟧\nuvx --from ⟦git+https://git.example/tool@main⟧ tool\n"}),
        Example("pipx", {"Dockerfile": "FROM base\nRUN pipx install ⟦black⟧ isort==5.13.2 ⟦mypy⟧\nRUN pipx run --spec ⟦black⟧ blackd\n"}),
        Example("one release", {"a.sh": "uvx ruff@0.9.2 check\nuvx ruff==0.9.2\nuvx --from ruff==0.9.2 ruff\nuv tool install 'black[d]==24.1.0'\npipx run black==24.1.0 .\n"}),
        Example("paths and URLs", {"a.sh": "uvx --from . tool\nuvx ./dist/tool-1-py3-none-any.whl\nuv tool install -e .\npipx install ../tool\npipx run https://dl.example/a.py\n"}),
        Example("a commit or a tag", {"a.sh": "uvx --from git+https://git.example/tool@0123abcd tool\nuvx --from git+https://git.example/tool@v1.2.0 tool\n"}),
        Example("a version that only the run can tell", {"a.sh": 'uvx "ruff@$RUFF"\nuv tool install ruff==${RUFF}\nuvx "$TOOL"\nuvx --from "$WHEEL" tool\n', "b.sh": 'V=\n[ -z "$1" ] || V="==$1"\npipx install ruff$V\n'}),
        Example("constraints and dates", {"a.sh": "uvx -c constraints.txt ruff\nUV_EXCLUDE_NEWER=2026-01-01 uvx ruff\nuv tool install --exclude-newer 2026-01-01 ruff\n"}),
        Example("a tool that the file has installed", {"a.sh": "uv tool install ruff==0.9.2\nuvx ruff check\n"}),
        Example("no tool", {"a.sh": "uvx --help\nuv tool list\nuv tool upgrade --all\nuvx python@3.12\nuvx python -V\npipx list\npipx run --help\n"}),
        Example("uv itself is another matter", {"a.sh": "uv tool install uv\npipx install uv\n"}),
        Example("from the project", {"a.sh": "uv run --locked ruff check\nuv run --with rich x\n"}),
        Example("allowed by policy", {"a.sh": "uvx ruff\n"}, options={"allowed-installs": [{"commands": ["uv tool"], "packages": ["ruff"], "reason": "a look"}]}),
        Example("text that does not run", {"a.sh": "# uvx ruff\necho uvx ruff\n", "README.md": "```bash\nuvx ruff\n```\n"}),
    ),
)  # fmt: skip
