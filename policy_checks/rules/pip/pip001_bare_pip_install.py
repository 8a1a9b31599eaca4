"""Bare `pip install` where uv manages the environment.

Why: what pip installs is in no lock file. The next build gets another version, `uv sync` removes the package or
fights over it, and nobody sees which package pulled it in. The same holds for pip through an interpreter (`python -m
pip`), a wrapper (`sudo`, `xargs`, `docker exec … bash -c`), a variable, or `uv run pip`.

Reported, too, because the lock knows no more of it: pip in the environment of another manager (`uvx pip`, `pipx run
pip`, `poetry run pip`, `conda run pip`), in a virtual environment of its own (`/opt/venv/bin/pip`), the bootstrap
`pip install uv`, the project itself (`-e . --no-deps`), and installs with `--require-hashes`. `allowed-installs` can
name the places where one of these is meant.

A variable is followed to its last value before the command; a function of the script to what it makes of its
arguments (`pip() { uv pip "$@"; }` is uv). Not reported: commands of unknown variables (`$TOOL install`, `$UV pip
install`), text that is written to a file first, aliases (scripts ignore them), and what is not pip: `uv pip install`
(PIP003), `pipx install`, `pipenv install`, `easy_install`, `python setup.py install`, `python -m ensurepip`.

Fix: declare the package with `uv add` and install with `uv sync --locked`. For a package that an image needs beyond the
lock, `uv pip install` inside the image's build. What is only printed, commented or documented is not reported, nor are
`pip download`, `pip --version` and the like. Where pip has its place, an entry of `allowed-installs` says so, with the
reason (docs/configuration.md).

References: guide section "Dependency management"; https://docs.astral.sh/uv/concepts/projects/dependencies/
"""

from collections.abc import Iterator

from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.install_policy import InstallPolicy, allowance
from policy_checks.readers.pip_command import Pip, pip
from policy_checks.readers.shell import ShellCommand
from policy_checks.rule import Example, Problem, Rule, Severity


def check(command: ShellCommand, options: InstallPolicy) -> Iterator[Problem]:
    """One problem for an install; its span is the words that name it, through `install`, so it stays when packages change."""
    found = pip(command)
    if found is None or not found.installs or allowance(options.allowed_installs, command):
        return
    called = f"pip install {command.typed(found.arguments)}".strip()
    yield Problem(command.part(0, found.head - 1), f"bare `{called}` bypasses uv.lock; {_instead(found)}")


def _instead(found: Pip) -> str:
    requirements = [*found.requirements()]
    if found.command.in_container:
        named = found.command.typed(requirements) or "…"
        return f"use `uv sync --locked` for what the project declares, `uv pip install {named}` for what only the image needs"
    if requirements and all(word.value.startswith((".", "/")) for word in requirements):
        return "use `uv sync --locked`, which installs the project itself"
    files = any(word.value.startswith(("-r", "--requirement")) for word in found.arguments)
    named = found.command.typed(requirements) or ("-r FILE" if files else "PACKAGE")
    return f"declare it with `uv add {named}` and install with `uv sync --locked`"


_WORKFLOW = """\
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: |
          set -e
          {}
"""

RULE = Rule(
    code="PIP001",
    name="bare-pip-install",
    severity=Severity.ERROR,
    subject=COMMANDS,
    check=check,
    options=InstallPolicy,
    needles=("install",),  # not "pip": a variable may hold that, or quotes part it
    examples=(
        Example("a script", {"setup.sh": "set -e\n⟦pip install⟧ numpy\n"}, message="`uv add numpy`"),
        Example(
            "a Dockerfile, in any form of RUN",
            {
                "Dockerfile": "FROM python:3.12\nRUN apt-get update && \\\n    ⟦pip3 install⟧ numpy\n"
                'RUN [⟦"pip", "install"⟧, "numpy"]\nRUN bash -ex <<"EOF"\n⟦/opt/venv/bin/pip install⟧ numpy\nEOF\n# done\n'
            },
            message="`uv pip install numpy`",
        ),
        Example("a workflow", {".github/workflows/ci.yml": _WORKFLOW.format("⟦python -m pip install⟧ -r requirements.txt")}),
        Example("an interpreter's options and a wrapper", {"a.sh": 'sudo -H ⟦"$VENV/bin/python" -Im pip install⟧ numpy\n'}),
        Example("a variable", {"a.sh": 'PIP="python -m pip"\n⟦${PIP} install⟧ numpy\n'}),
        Example("text for another shell", {"a.sh": 'docker exec box bash -c "cd /src && ⟦pip install⟧ numpy"\n'}),
        Example("pip inside uv's environment", {"a.sh": "uv run ⟦pip install⟧ numpy\n"}),
        Example("the bootstrap of uv", {"a.sh": "⟦pip install⟧ uv==0.9.0\n"}),
        Example("uv pip is another matter", {"a.sh": "uv pip install numpy\npython -m uv pip install numpy\n"}),
        Example("text that does not run", {"a.sh": "# pip install numpy\necho 'run pip install numpy'\ncat <<EOF\npip install numpy\nEOF\n"}),
        Example("pip that installs nothing", {"a.sh": "pip --version\npip download numpy\npip uninstall -y numpy\npip install --help\n"}),
        Example("a look for pip", {"a.sh": "if which pip; then apt-get install -y python3-pip; fi\n"}),
        Example("pipx has environments of its own", {"a.sh": "pipx install black\n"}),
        Example("documentation does not run", {"README.md": "```bash\npip install numpy\n```\n"}),
        Example("a step that Python reads", {".github/workflows/ci.yml": _WORKFLOW.format("pip install numpy").replace("run: |", "shell: python\n        run: |")}),
        Example("locked installs", {"Dockerfile": "FROM python:3.12\nRUN uv sync --locked\nRUN uv pip install numpy\n"}),
        Example(
            "what the policy allows, and nothing beside it",
            {
                "a.sh": "D=$(mktemp -d)\npython -m venv $D/venv\n$D/venv/bin/pip install numpy\npython -m venv venv\n⟦venv/bin/pip install⟧ numpy\n",
                "Dockerfile": "FROM python:3.12 AS lint\nRUN pip install uv==0.9.0\nFROM python:3.12 AS main\nRUN ⟦pip install⟧ uv==0.9.0\n",
            },
            options={
                "allowed-installs": [
                    {"commands": ["pip"], "throw-away-venv": True, "reason": "gone when the script ends"},
                    {"commands": ["pip"], "stages": ["lint"], "packages": ["uv"], "reason": "the bootstrap of uv"},
                ]
            },
        ),
        Example("an action's script", {".github/workflows/ci.yml": _WORKFLOW.format("echo 'pip install'  # pip install")}),
    ),
)  # fmt: skip
