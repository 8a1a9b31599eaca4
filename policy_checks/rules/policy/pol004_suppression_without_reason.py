"""A suppression that does not say why.

Why: Who reads it a year later cannot tell an exception that was weighed from one that was
convenient, and so it stays for ever. One without a reason hides nothing.

Fix: Write the reason behind the codes, `# policy: ignore[CODE] reason`, or into the waiver's
`reason`: what makes this place different, not what the rule says.

References: docs/configuration.md, "Suppressions".
"""

from collections.abc import Iterator

from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity
from policy_checks.suppressions import MARK, SUPPRESSIONS, Suppression


def check(subject: Suppression, _options: NoOptions) -> Iterator[Problem]:
    """One problem for a suppression whose reason is missing or blank."""
    if subject.reason or not subject.codes:
        return
    if subject.by == "inline":
        yield Problem(subject.place, f"hides nothing without a reason; write `{MARK}[{', '.join(subject.codes)}] reason`")
    else:
        yield Problem(
            subject.place, f"this {subject.by} of {', '.join(subject.codes)} hides nothing without a reason; add `reason = \"…\"`"
        )


_WAIVER = '[[{0}]]\ncodes = ["PIP001"]\npaths = ["x.sh"]\n{1}'

RULE = Rule(
    code="POL004",
    name="suppression-without-reason",
    severity=Severity.WARNING,
    subject=SUPPRESSIONS,
    check=check,
    examples=(
        Example(
            "no reason", files={"x.sh": "pip install x  # ⟦policy: ignore[PIP001]⟧\n"}, message="write `policy: ignore[PIP001] reason`"
        ),
        Example("a dash is no reason", files={"x.sh": "pip install x  # ⟦policy: ignore[PIP001] --⟧\n"}),
        Example(
            "a waiver without a reason",
            files={"policy-checks.toml": _WAIVER.format("⟦waivers⟧", ""), "x.sh": "pip install x\n"},
            message="add",
        ),
        Example("a reason", files={"x.sh": "pip install x  # policy: ignore[PIP001] the image has no uv\n"}),
        Example("a reason behind a colon", files={"x.sh": "pip install x  # policy: ignore[PIP001]: the image has no uv\n"}),
        Example(
            "a waiver with a reason",
            files={"policy-checks.toml": _WAIVER.format("waivers", 'reason = "no uv there"\n'), "x.sh": "pip install x\n"},
        ),
    ),
)
