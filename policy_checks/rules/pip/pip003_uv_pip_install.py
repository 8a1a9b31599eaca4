"""`uv pip install` where the policy does not allow it.

Why: `uv pip` changes an environment past the lock, as pip does: the next `uv sync` removes what it installed, and nobody
else gets it. On a developer's machine or a runner it changes an environment that is not the one of the image. Inside an
image it has its place, for what the image needs beyond the lock.

Fix: declare the package with `uv add` and install with `uv sync --locked`. Where `uv pip install` is right, say so in
`allowed-installs`, with the reason; `preset:recommended` allows it inside images (docs/configuration.md). `uv pip sync`
is reported like `uv pip install`. What only looks (`uv pip list`, `--dry-run`) or writes a file (`uv pip compile`) is not.

References: guide section "Dependency management": "Never run uv sync/uv pip install on the host";
https://docs.astral.sh/uv/pip/
"""

import re
import shlex
from collections.abc import Iterator

from policy_checks.readers.commands import COMMANDS
from policy_checks.readers.install_policy import InstallPolicy, allowance
from policy_checks.readers.shell import ShellCommand
from policy_checks.readers.uv_command import Uv, uv
from policy_checks.rule import Example, Problem, Rule, Severity

_PROJECT = re.compile(r"\.(?:/?$|\[)")  # `.`, `./`, `.[test]`
_ASKS_ONLY = ("-h", "--help", "--dry-run")


def check(command: ShellCommand, options: InstallPolicy) -> Iterator[Problem]:
    """One problem for an install; its span is the words that name it."""
    found = uv(command)
    if found is None or found.subcommand not in (("pip", "install"), ("pip", "sync")) or found.has(*_ASKS_ONLY):
        return
    if allowance(options.allowed_installs, command):
        return
    called = f"uv pip {found.subcommand[1]} {command.typed(found.arguments)}".strip()
    yield Problem(command.part(0, found.head - 1), f"`{called}` installs past uv.lock; {_instead(found)}")


def _instead(found: Uv) -> str:
    editable = [word for _, word in found.values("-e", "--editable")]
    requirements = [] if found.subcommand[1] == "sync" else [*editable, *found.positionals()]
    if requirements and all(_PROJECT.match(word.value) for word in requirements):
        instead = "use `uv sync --locked`, which installs the project itself"
    elif groups := [value for value, _ in found.values("--group")]:
        instead = f"use `uv sync --locked {' '.join(f'--group {shlex.quote(group)}' for group in groups)}`"
    else:
        files = found.subcommand[1] == "sync" or found.has("-r", "--requirements", "--requirement")
        named = found.command.typed(requirements if all(word.known for word in requirements) else []) or ("-r FILE" if files else "PACKAGE")
        instead = f"declare it with `uv add {named}` and install with `uv sync --locked`"
    if found.command.in_container:
        return f"{instead}, or allow it in `allowed-installs` with `inside-image = true`"
    return f"{instead}, inside the image and not on the host"


_WORKFLOW = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: {}\n"
_INSIDE = {"allowed-installs": [{"commands": ["uv pip"], "inside-image": True, "reason": "what the image needs beyond the lock"}]}

RULE = Rule(
    code="PIP003",
    name="uv-pip-install",
    severity=Severity.ERROR,
    subject=COMMANDS,
    check=check,
    options=InstallPolicy,
    needles=("install", "uv"),  # not "pip" (see PIP001), not "sync": async code is full of it
    examples=(
        Example("a script", {"setup.sh": "set -e\n⟦uv pip install⟧ numpy\n"}, message="`uv add numpy`"),
        Example(
            "a workflow",
            {".github/workflows/ci.yml": _WORKFLOW.format("⟦uv pip install⟧ --system -e .[test]")},
            message="installs the project itself",
        ),
        Example("an image, as long as no policy allows it", {"Dockerfile": "FROM python:3.12\nRUN ⟦uv pip install⟧ numpy\n"}, message="`inside-image = true`"),
        Example("uv as a module, and in front of itself", {"a.sh": "⟦python -m uv pip install⟧ numpy\nuv run ⟦uv pip install⟧ numpy\n"}),
        Example("what a requirements file pins", {"a.sh": "⟦uv pip sync⟧ requirements.txt\n"}, message="`uv add -r FILE`"),
        Example(
            "on the host, where only images may",
            {"a.sh": "docker exec box uv pip install numpy\n⟦uv pip install⟧ numpy\n", "Dockerfile": "FROM python:3.12\nRUN uv pip install numpy\n"},
            options=_INSIDE,
        ),
        Example("inside an image, where the policy allows it", {"Dockerfile": "FROM python:3.12\nRUN <<EOF\nuv pip install numpy\nEOF\n"}, options=_INSIDE),
        Example("in a container started from outside", {"a.sh": 'docker exec box bash -c "uv pip install numpy"\n'}, options=_INSIDE),
        Example("what is locked", {"a.sh": "uv sync --locked\nuv run --locked pytest\nuv add numpy\n"}),
        Example("uv pip that installs nothing", {"a.sh": "uv pip list\nuv pip compile pyproject.toml\nuv pip install --dry-run numpy\nuv pip uninstall numpy\n"}),
        Example("text that does not run", {"a.sh": "# uv pip install numpy\necho 'run uv pip install numpy'\n"}),
        Example("bare pip is another matter", {"a.sh": "pip install numpy\n"}),
        Example("documentation does not run", {"README.md": "```bash\nuv pip install numpy\n```\n"}),
        Example(
            "a script that images run",
            {"docker/common/install.sh": "uv pip install numpy\n"},
            options={"allowed-installs": [{"commands": ["uv pip"], "paths": ["docker/common/**"], "reason": "the Dockerfiles run it"}]},
        ),
    ),
)  # fmt: skip
