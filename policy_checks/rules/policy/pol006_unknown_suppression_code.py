"""A comment that names a rule which it cannot hide.

Why: A misspelled code hides nothing, and the comment says otherwise to everybody who reads it.
Codes are exact: a prefix would also hide what rules that come later find.

Fix: Write the code of the finding that is meant, `# policy: ignore[CODE] reason`. Findings about the
policy itself (POL) are not hidden by a comment; a waiver in the configuration can do so.

References: docs/configuration.md, "Suppressions".
"""

from collections.abc import Iterator

from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity
from policy_checks.suppressions import SUPPRESSIONS, Suppression


def check(subject: Suppression, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each wrong code."""
    for message in subject.unknown:
        yield Problem(subject.place, message)


RULE = Rule(
    code="POL006",
    name="unknown-suppression-code",
    severity=Severity.WARNING,
    subject=SUPPRESSIONS,
    check=check,
    examples=(
        Example(
            "a misspelled code",
            files={"x.sh": "pip install x  # ⟦policy: ignore[PIP01] the image has no uv⟧\n"},
            message="no rule has the code 'PIP01', perhaps you meant 'PIP001'",
        ),
        Example("a prefix is no code", files={"x.sh": "pip install x  # ⟦policy: ignore[PIP] the image has no uv⟧\n"}),
        Example("no brackets", files={"x.sh": "pip install x  # ⟦policy: ignore PIP001 the image has no uv⟧\n"}, message="names no code"),
        Example("no code", files={"x.sh": "pip install x  # ⟦policy: ignore[] the image has no uv⟧\n"}, message="names no code"),
        Example(
            "a finding about the policy",
            files={"x.sh": "echo hi  # ⟦policy: ignore[POL003] may come back⟧\n"},
            message="POL003 is about the policy itself",
        ),
        Example("a known code", files={"x.sh": "pip install x  # policy: ignore[PIP001] the image has no uv\n"}),
        Example("two known codes", files={"x.sh": "pip install x  # policy: ignore[PIP001,LCK001] the image has no uv\n"}),
        Example("prose", files={"x.sh": "# policy: ignore what the vendor's script prints\necho hi\n"}),
        Example("a string", files={"x.py": 'TEXT = "# policy: ignore[XYZ001] no comment"\n'}),
        Example("code that is shown", files={"README.md": "```sh\nx  # policy: ignore[XYZ001] reason\n```\n"}),
    ),
)
