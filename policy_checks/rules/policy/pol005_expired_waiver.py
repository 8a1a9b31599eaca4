"""A waiver whose last day is over.

Why: Somebody promised that the exception would end on that day. An expired waiver hides nothing
any more, so its findings are back.

Fix: Mend what it hid and remove the waiver, or weigh the exception again and set a new `until`.

References: docs/configuration.md, "Waivers".
"""

from collections.abc import Iterator

from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity
from policy_checks.suppressions import SUPPRESSIONS, Suppression


def check(subject: Suppression, _options: NoOptions) -> Iterator[Problem]:
    """One problem for a waiver that has run out."""
    if subject.expired:
        message = f"the waiver of {', '.join(subject.codes)} held until {subject.expired}; mend what it hid and remove it"
        yield Problem(subject.place, message)


_WAIVER = '[[{0}]]\ncodes = ["PIP001"]\npaths = ["x.sh"]\nreason = "the image has no uv"\n{1}'
_SCRIPT = {"x.sh": "pip install x\n"}

RULE = Rule(
    code="POL005",
    name="expired-waiver",
    severity=Severity.ERROR,
    subject=SUPPRESSIONS,
    check=check,
    examples=(
        Example(
            "its last day is over",
            files={"policy-checks.toml": _WAIVER.format("⟦waivers⟧", "until = 2020-01-31\n"), **_SCRIPT},
            message="held until 2020-01-31",
        ),
        Example("its last day is to come", files={"policy-checks.toml": _WAIVER.format("waivers", "until = 9999-12-31\n"), **_SCRIPT}),
        Example("it has no end", files={"policy-checks.toml": _WAIVER.format("waivers", ""), **_SCRIPT}),
    ),
)
