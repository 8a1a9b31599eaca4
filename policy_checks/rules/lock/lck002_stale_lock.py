"""A uv.lock that does not match its pyproject.toml.

Why: `uv sync --locked` refuses a stale lock and `uv sync --frozen` installs it without a word, so a changed dependency,
extra, group, source or setting either stops every build or is not in it. uv itself says only that the lock "needs to be
updated", needs a matching interpreter to say it, and offline ends with an unrelated error. This rule compares as uv does
before it resolves: requirements by meaning (a reordering, a comment, an equivalent marker or specifier is no difference),
with every workspace member, path dependency, source, group, constraint and setting that a resolution depends on.

Fix: run `uv lock` inside the container and commit pyproject.toml and uv.lock together.

References: guide section "Dependency management"; uv issues #7639, #4346 and #13970; the comparisons of uv 0.13
(crates uv-lock and uv-lock-operations)
"""

from collections.abc import Iterator

from policy_checks.lock.differences import Difference, Verdict
from policy_checks.lock.judged import JUDGED_LOCK, JudgedLock
from policy_checks.rule import Example, NoOptions, Problem, Related, Rule, Severity


def check(subject: JudgedLock, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each fact that is certain: a requirement that several groups include is one."""
    facts: dict[tuple[object, ...], list[Difference]] = {}
    for difference in subject.differences:
        if difference.kind is Verdict.INVALID:
            yield Problem(difference.place, f"uv refuses this: {difference.message}")
        elif difference.kind is Verdict.STALE:
            written = (difference.place.file.path, difference.place.span, difference.declared, difference.locked)
            facts.setdefault(written, []).append(difference)
    for differences in facts.values():
        yield _problem(differences)


def _problem(differences: list[Difference]) -> Problem:
    first = differences[0]
    values = f"declared `{first.declared}`" if first.declared else "not declared"
    values += f", locked `{first.locked}`" if first.locked else ", not locked"
    about = " and ".join(dict.fromkeys(difference.what for difference in differences))
    message = f"{about}: {values}; {first.message}: run `{first.command}`"
    places = [difference.locked_place for difference in differences if difference.locked_place is not None]
    return Problem(first.place, message, related=tuple(Related(place, f"locked: {first.locked or 'nothing'}") for place in places))


_PROJECT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["attrs>=23"]

[dependency-groups]
test = ["pytest"]
lint = [{ include-group = "test" }, "ruff; python_version < '3.13'"]
"""
_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [
    { name = "attrs" },
]

[package.metadata]
requires-dist = [{ name = "attrs", specifier = ">=23" }]

[package.metadata.requires-dev]
lint = [
    { name = "pytest" },
    { name = "ruff", marker = "python_full_version < '3.13'" },
]
test = [{ name = "pytest" }]

[[package]]
name = "attrs"
version = "25.3.0"
source = { registry = "https://index.example/simple" }
"""


def _files(project: str, lock: str = _LOCK) -> dict[str, str]:
    return {"pyproject.toml": project, "uv.lock": lock}


RULE = Rule(
    code="LCK002",
    name="stale-lock",
    severity=Severity.ERROR,
    subject=JUDGED_LOCK,
    check=check,
    examples=(
        Example(
            "a dependency was tightened",
            _files(_PROJECT.replace('"attrs>=23"', '⟦"attrs>=24"⟧')),
            message="declared `attrs>=24`, locked `attrs>=23`",
        ),
        Example(
            "a dependency was removed",
            _files(_PROJECT.replace('dependencies = ["attrs>=23"]', "dependencies = ⟦[]⟧")),
            message="no longer requires `attrs`",
        ),
        Example(
            "the Python range was raised",
            _files(_PROJECT.replace('">=3.11"', '⟦">=3.12"⟧')),
            message="declared `>=3.12`, locked `>=3.11`",
        ),
        Example(
            "a group gained a requirement, and with it the group that includes it",
            _files(_PROJECT.replace('["pytest"]', '["pytest", ⟦"coverage"⟧]')),
            message="group lint of app: coverage and group test of app: coverage",
        ),
        Example(
            "a source was added",
            _files(
                _PROJECT.replace('"attrs>=23"', '⟦"attrs>=23"⟧')
                + '\n[tool.uv.sources]\nattrs = { git = "https://git.example/attrs", tag = "v1" }\n'
            ),
            message="git.example/attrs (tag v1)",
        ),
        Example(
            "the same requirements in other words", _files(_PROJECT.replace('"attrs>=23"', '"Attrs >= 23.0"').replace("'3.13'", "'3.13.0'"))
        ),
        Example(
            "the same groups in another order, with a comment",
            _files(
                _PROJECT.replace('[{ include-group = "test" }, ', "[").replace(
                    "'3.13'\"]", '\'3.13\'", { include-group = "test" }]  # both'
                )
            ),
        ),
        Example("nothing changed", _files(_PROJECT)),
        Example("a table of another tool changed", _files(_PROJECT + "\n[tool.black]\nline-length = 99\n")),
        Example("a lock without a project beside it", {"vendor/uv.lock": _LOCK, "pyproject.toml": "[tool.black]\n"}),
    ),
)
