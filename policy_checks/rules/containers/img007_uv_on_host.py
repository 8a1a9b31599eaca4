"""uv outside of a container, where the policy says that it runs inside only.

Why: what uv resolves and installs depends on the machine: its Python, its CUDA, its compilers. A lock that is made on a host is
another one than CI and everybody else would make, and an environment there lacks what the image ships. Asked for by
`uv-inside-only = true` in `[tool.policy-checks.containers]`.

Fix: run it in the container: `policy-checks container exec -- uv …`, `policy-checks container add PACKAGE`. In documentation, say so
where the command stands, or at the beginning of a chapter that it is in: what speaks of the container is taken to be about its inside.
Where a script runs is seen only of one that starts containers itself; others are judged if `host-scripts` names them. Scripts that a
Dockerfile names run inside, and jobs of a pipeline say themselves what they run in.

References: guide section "Dependency Management": "All `uv` operations must be run inside the container".
"""

from collections.abc import Iterator

from policy_checks.containers.settings import ContainerOptions
from policy_checks.globs import matches
from policy_checks.readers.shell import Context
from policy_checks.readers.uv_places import UV_PLACES, UvPlace
from policy_checks.rule import Example, Problem, Rule, Severity


def check(found: UvPlace, options: ContainerOptions) -> Iterator[Problem]:
    """One problem for a command that runs, or tells people to run, uv on the host."""
    command = found.uv.command
    path = command.script.source.file.path
    documented = command.script.context is Context.DOCUMENTATION
    on_host = documented or found.starts_containers or any(matches(path, pattern) for pattern in options.containers.host_scripts)
    if found.is_inside or not on_host:
        return
    called = f"uv {' '.join(found.uv.subcommand)}"
    if documented:
        advice = f"say that it is run in the container, or show `policy-checks container exec -- {called} …`"
    else:
        advice = f"run it inside: `policy-checks container exec -- {called} …`"
    yield Problem(command.part(0, found.uv.head - 1), f"`{called}` on the host: {advice}")


_INSIDE = {"containers": {"uv-inside-only": True}}
_HOST = {"containers": {"uv-inside-only": True, "host-scripts": ["Makefile", "tools/*.sh"]}}

RULE = Rule(
    code="IMG007",
    name="uv-on-host",
    severity=Severity.WARNING,
    subject=UV_PLACES,
    check=check,
    options=ContainerOptions,
    idle=lambda options: not options.containers.uv_inside_only,
    examples=(
        Example(
            "a script of the host", {"tools/a.sh": "⟦uv sync⟧\n⟦uv pip install⟧ numpy\n"}, options=_HOST, message="container exec -- uv"
        ),
        Example("a script that starts containers", {"a.sh": "⟦uv lock⟧\ndocker run image pytest\n"}, options=_INSIDE),
        Example(
            "documentation that speaks of no container",
            {"README.md": "## Docker\n\nNot needed.\n\n## Development\n\n```bash\n⟦uv add⟧ numpy\n```\n"},
            options=_INSIDE,
            message="say that it is run in the container",
        ),
        Example("the tests of a Makefile", {"Makefile": "test:\n\t⟦uv run⟧ pytest\n"}, options=_HOST),
        Example(
            "documentation about the inside",
            {"README.md": "## Install commands (inside the container)\n\n```bash\nuv sync --locked --group dev\n```\n"},
            options=_INSIDE,
        ),
        Example("through docker", {"a.sh": "docker run image uv sync --locked\n"}, options=_INSIDE),
        Example("a build", {"Dockerfile": "FROM python:3.12\nRUN uv sync --locked\n"}, options=_INSIDE),
        Example(
            "a script of a build",
            {"Dockerfile": "FROM python:3.12\nCOPY docker/install.sh /\nRUN /install.sh\n", "docker/install.sh": "uv sync --locked\n"},
            options=_INSIDE,
        ),
        Example(
            "a job of a pipeline",
            {".github/workflows/a.yml": "on: push\njobs:\n  a:\n    steps:\n      - run: uv sync --locked\n"},
            options=_INSIDE,
        ),
        Example(
            "a chapter that begins with the container",
            {"README.md": "# Development\n\nAll of this is done in the container.\n\n## Tests\n\n```bash\nuv run pytest\n```\n"},
            options=_INSIDE,
        ),
        Example("a script that runs wherever it is called", {"a.sh": "uv run pytest\n"}, options=_HOST),
        Example("what changes nothing", {"a.sh": "uv --version\nuv tree\nuv lock --help\nuvx ruff check\n"}, options=_INSIDE),
        Example("the policy does not ask", {"a.sh": "uv sync --locked\n"}),
    ),
)
