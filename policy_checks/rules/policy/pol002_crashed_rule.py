"""A rule that failed over a file: a fault of this program, not of the file.

Why: The rule has judged nothing there, and so that no problem was found means nothing. The other
rules went on; the exit code is 2 whatever they found.

Fix: Report the rule, the file and the error to the maintainers. Until it is mended, `ignore` can
switch the rule off, where everybody sees it.

References: DESIGN, "Failure is never silence".
"""

from collections.abc import Iterator

from policy_checks.rule import CRASHES, Crash, Example, NoOptions, Problem, Rule, Severity
from policy_checks.source import Place, SourceFile, Span

_REPOSITORY = Place(SourceFile(".", b""), Span(0, 0))


def check(subject: Crash, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each crash, at the place that the rule was looking at."""
    message = f"{subject.rule} failed and judged nothing here: {subject.error}; please report it to the maintainers"
    yield Problem(subject.where or _REPOSITORY, message)


RULE = Rule(
    code="POL002",
    name="crashed-rule",
    severity=Severity.ERROR,
    subject=CRASHES,
    check=check,
    examples=(
        # A rule that crashes cannot be shown here: no file must make one do so; tests/test_engine.py makes one up.
        Example("every rule came to its end", files={"build.sh": "echo ready\n", "pyproject.toml": '[project]\nname = "x"\n'}),
    ),
)
