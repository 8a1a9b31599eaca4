"""A suppression that hides nothing.

Why: What it hid has been mended, or was never there. Left behind, it hides the next problem in
the same place, which nobody has looked at and for which its reason was not given.

Fix: `--fix` removes the comment, or those of its codes that hide nothing. A waiver or a line of
`per-file-ignores` is removed by hand. It is only called unused when all the rules that it names ran
to their end over readable files; one that several repositories share (of a file outside of this one) never is.

References: docs/configuration.md, "Suppressions".
"""

from collections.abc import Iterator

from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity
from policy_checks.suppressions import SUPPRESSIONS, Suppression, removal


def check(subject: Suppression, _options: NoOptions) -> Iterator[Problem]:
    """One problem for a suppression, naming its unused codes."""
    if subject.unused:
        codes = ", ".join(subject.unused)
        yield Problem(subject.place, f"{codes} finds nothing that this hides; remove it", removal(subject))


_WAIVER = '[[⟦waivers⟧]]\ncodes = ["LCK001"]\npaths = ["old/**"]\nreason = "generated elsewhere"\n'

RULE = Rule(
    code="POL003",
    name="unused-suppression",
    severity=Severity.WARNING,
    subject=SUPPRESSIONS,
    check=check,
    examples=(
        Example(
            "nothing to hide: the comment goes",
            files={"x.sh": "echo hi  # ⟦policy: ignore[PIP001] no longer needed⟧\n"},
            fixed={"x.sh": "echo hi\n"},
            message="PIP001 finds nothing",
        ),
        Example(
            "a comment on its own line goes with its line",
            files={"x.sh": "# ⟦policy: ignore[PIP001] no longer needed⟧\necho hi\n"},
            fixed={"x.sh": "echo hi\n"},
        ),
        Example(
            "the code in use stays",
            files={"x.sh": "pip install x  # ⟦policy: ignore[PIP001, LCK001] the image has no uv⟧\n"},
            fixed={"x.sh": "pip install x  # policy: ignore[PIP001] the image has no uv\n"},
            message="LCK001 finds nothing",
        ),
        Example("a waiver of nothing", files={"policy-checks.toml": _WAIVER}),
        Example("it hides what stands on its line", files={"x.sh": "pip install x  # policy: ignore[PIP001] the image has no uv\n"}),
        Example("it hides what stands below it", files={"x.sh": "# policy: ignore[PIP001] the image has no uv\npip install x\n"}),
        Example("text is no comment", files={"x.sh": 'echo "# policy: ignore[PIP001] quoted"\n'}),
        Example("a comment that only speaks of it", files={"x.sh": "# to hide it, write policy: ignore[PIP001] and why\n"}),
        Example(
            "a code that does not exist hides nothing, which POL006 tells", files={"x.sh": "echo hi  # policy: ignore[XYZ001] reason\n"}
        ),
    ),
)
