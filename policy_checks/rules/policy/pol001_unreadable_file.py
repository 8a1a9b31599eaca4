"""A file, or a part of one, that no rule could judge.

Why: A file that cannot be read is a file without findings, and so it looks clean. Whatever keeps a
reader out (another encoding, a syntax fault, a size beyond bounds, missing permission) hides
every problem behind it.

Fix: Mend the file where the finding points. One that is meant to be broken, such as a fixture of a
test, is left out with `exclude`, or waived with the reason.

References: DESIGN, "Failure is never silence".
"""

from collections.abc import Iterator

from policy_checks.rule import UNREADABLE, Example, NoOptions, Problem, Rule, Severity
from policy_checks.source import Place, Unreadable


def check(subject: Unreadable, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each thing that could not be read."""
    yield Problem(Place(subject.file, subject.span), subject.message)


RULE = Rule(
    code="POL001",
    name="unreadable-file",
    severity=Severity.ERROR,
    subject=UNREADABLE,
    check=check,
    examples=(
        Example("a value is missing", files={"pyproject.toml": '[project]\nname = "x"\nversion =⟦\n⟧'}, message="not TOML"),
        Example("nothing is wrong with it", files={"pyproject.toml": '[project]\nname = "x"\nversion = "1"\n'}),
        Example("a file that no rule reads may hold anything", files={"notes.txt": "[project\n"}),
    ),
)
