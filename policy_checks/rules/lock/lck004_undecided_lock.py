"""A uv.lock of which only a build or the network can tell whether it matches.

Why: where a package computes its dependencies while it is built (`dynamic = ["dependencies"]`, a setup.py with code),
or where settings ask for an upgrade at every lock, the declared requirements are not in the files. A check that passes
such a lock in silence would be trusted for what it never looked at.

Fix: declare the dependencies statically in `[project]`, or let `uv lock --check` run where builds are possible and waive
this finding with that reason.

References: PEP 621 (`dynamic`); uv issue #10176
"""

from collections.abc import Iterator

from policy_checks.lock.differences import Verdict
from policy_checks.lock.judged import JUDGED_LOCK, JudgedLock
from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity


def check(subject: JudgedLock, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each open question."""
    for difference in subject.differences:
        if difference.kind is Verdict.UNKNOWN:
            yield Problem(difference.place, f"cannot tell offline whether uv.lock matches: {difference.message}; `uv lock --check` can")


_PROJECT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dynamic = ["dependencies"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1.0"
source = { editable = "." }
"""
_STATIC = _PROJECT.replace('dynamic = ["dependencies"]', "dependencies = []")
_SETUPTOOLS = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dynamic = ["dependencies"]

[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[tool.setuptools.dynamic]
dependencies = { file = "requirements.txt" }
"""

RULE = Rule(
    code="LCK004",
    name="undecided-lock",
    severity=Severity.WARNING,
    subject=JUDGED_LOCK,
    check=check,
    examples=(
        Example(
            "the build computes the dependencies",
            {"pyproject.toml": _PROJECT.replace('["dependencies"]', '⟦["dependencies"]⟧'), "uv.lock": _LOCK},
            message="only its backend `hatchling.build` tells them",
        ),
        Example(
            "every lock upgrades",
            {"pyproject.toml": _STATIC + "\n[tool.uv]\nupgrade = ⟦true⟧\n", "uv.lock": _LOCK},
            message="ask for an upgrade",
        ),
        Example("everything is declared", {"pyproject.toml": _STATIC, "uv.lock": _LOCK}),
        Example(
            "dependencies that stand in a file which setuptools reads",
            {"pyproject.toml": _SETUPTOOLS, "requirements.txt": "# none yet\n", "uv.lock": _LOCK},
        ),
    ),
)
