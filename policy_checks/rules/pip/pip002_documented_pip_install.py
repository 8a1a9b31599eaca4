"""`pip install` in a code block of documentation.

Why: people paste what the documentation shows. With pip they get an environment that no lock file describes, on their
own machine or over that of the image, and the errors they report later are of versions that nobody else has.

Fix: show what the project means to be typed: `uv sync --locked` to work on it, `uv add` for a package that it needs.
Code blocks of Markdown, MyST, reStructuredText and notebooks are read in whatever language they are, with the commands
in their comments. Prose is not reported, nor is `uv pip install`. The rule is off by default, because a library's users
may well use pip: `extend-select = ["PIP002"]` turns it on, and `preset:megatron-lm` does. Documents for users of the
released package are named in the `paths` of `allowed-installs`.

References: guide section "Dependency management": "never bare pip install"
"""

import re
from collections.abc import Iterator

from policy_checks.readers.commands import DOCUMENTED
from policy_checks.readers.install_policy import InstallPolicy, allowance
from policy_checks.readers.pip_command import Pip, pip
from policy_checks.readers.shell import ShellCommand
from policy_checks.rule import Example, Problem, Rule, Severity

_PROJECT = re.compile(r"\.(?:/?$|\[)")  # `.`, `./`, `.[test]`


def check(command: ShellCommand, options: InstallPolicy) -> Iterator[Problem]:
    """One problem for a documented install; its span is the words that name it."""
    found = pip(command)
    if found is None or not found.installs or allowance(options.allowed_installs, command):
        return
    called = f"pip install {command.typed(found.arguments)}".strip()
    yield Problem(command.part(0, found.head - 1), f"the documentation shows `{called}`; {_instead(found)}")


def _instead(found: Pip) -> str:
    requirements = [*found.requirements()]
    named = found.command.typed(requirements)
    if found.command.in_container:
        return f"show `uv sync --locked`, or `uv pip install {named or '…'}` for what only the image needs"
    if requirements and all(_PROJECT.match(word.value) for word in requirements):
        return "show `uv sync --locked`, which installs the project itself"
    return f"show `uv add {named}`, or `uv sync --locked` for what the project declares" if named else "show `uv sync --locked`"


_FENCE = "```{}\n{}\n```\n"

RULE = Rule(
    code="PIP002",
    name="documented-pip-install",
    severity=Severity.WARNING,
    subject=DOCUMENTED,
    check=check,
    options=InstallPolicy,
    needles=("install",),
    on_by_default=False,
    examples=(
        Example("a fence", {"README.md": "# Setup\n\n" + _FENCE.format("bash", "⟦pip install⟧ numpy")}, message="`uv add numpy`"),
        Example("a session", {"README.md": "1. Type:\n\n   ```console\n   $ ⟦python -m pip install⟧ -e .\n   Collecting numpy\n   ```\n"}),
        Example("reStructuredText", {"docs/install.rst": ".. code-block:: shell\n\n   ⟦pip install⟧ numpy\n\nOr::\n\n   $ sudo ⟦pip3 install⟧ numpy\n"}),
        Example("MyST", {"docs/install.md": ":::{tip}\n" + _FENCE.format("{code-block} bash", "⟦pip install⟧ numpy") + ":::\n"}),
        Example(
            "what another tool is told to run",
            {"docs/ci.md": _FENCE.format("yaml", "- run: ⟦pip install⟧ numpy") + _FENCE.format("toml", 'before-build = "⟦pip install⟧ numpy"')},
        ),
        Example("a command in a comment", {"README.md": _FENCE.format("python", "import numpy  # first `⟦pip install⟧ numpy`")}),
        Example("a container", {"README.md": _FENCE.format("", 'docker run box bash -c "⟦pip install⟧ numpy"')}, message="`uv pip install numpy`"),
        Example("prose", {"README.md": "Never `pip install` here; pip install is for others.\n"}),
        Example("a comment that is prose", {"README.md": _FENCE.format("bash", "# pip install is not what you want\nuv sync --locked")}),
        Example("uv", {"README.md": _FENCE.format("bash", "uv pip install numpy\nuv add numpy")}),
        Example("pip that installs nothing", {"README.md": _FENCE.format("bash", "pip --version\npip download numpy\npip install --help")}),
        Example("what a session prints", {"README.md": _FENCE.format("console", "$ make\npip install numpy")}),
        Example("what runs is another matter", {"setup.sh": "pip install numpy\n"}),
        Example(
            "documents for users",
            {"docs/user-guide/install.md": _FENCE.format("bash", "pip install numpy")},
            options={"allowed-installs": [{"paths": ["docs/user-guide"], "reason": "users of the released wheel have no lock"}]},
        ),
    ),
)  # fmt: skip
