"""An entry of `allowed-installs` that allows nothing.

Why: What it allowed has been mended or moved, or its conditions never held together. Left behind, it allows the next
install that happens to meet them, which nobody has looked at and for which its reason was not given.

Fix: Remove the entry, or correct the condition that does not hold: all that are given must. It is only called unused
when all the rules that ask for it ran to their end, over readable files. Entries that several repositories share, of a
preset or of a file outside of this one, never are.

References: docs/configuration.md, "allowed-installs".
"""

from collections.abc import Iterator

from policy_checks.allowances import ALLOWANCES, Allowance
from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity


def check(subject: Allowance, _options: NoOptions) -> Iterator[Problem]:
    """One problem for an entry that allows nothing."""
    if not subject.used:
        message = f'nothing is installed that "{subject.entry.reason.strip()}" allows; remove the entry, or correct its conditions'
        yield Problem(subject.entry.origin.place(), message)


_ENTRY = '[[{}]]\ncommands = ["pip"]\n{}\nreason = "the bootstrap of uv"\n'

RULE = Rule(
    code="POL007",
    name="unused-allowance",
    severity=Severity.WARNING,
    subject=ALLOWANCES,
    check=check,
    examples=(
        Example(
            "nothing is installed there",
            {"policy-checks.toml": _ENTRY.format("⟦allowed-installs⟧", 'paths = ["docker/**"]'), "setup.sh": "pip install uv\n"},
            message='"the bootstrap of uv"',
        ),
        Example(
            "a condition that does not hold",
            {"policy-checks.toml": _ENTRY.format("⟦allowed-installs⟧", "require-hashes = true"), "setup.sh": "pip install uv\n"},
        ),
        Example(
            "the second of two",
            {
                "policy-checks.toml": _ENTRY.format("allowed-installs", 'packages = ["uv"]')
                + _ENTRY.format("⟦allowed-installs⟧", 'packages = ["pip"]'),
                "setup.sh": "pip install uv==0.9.0\n",
            },
        ),
        Example("it allows one", {"policy-checks.toml": _ENTRY.format("allowed-installs", 'packages = ["uv"]'), "setup.sh": "pip install uv\n"}),
        Example(
            "it allows what documentation shows",
            {"policy-checks.toml": _ENTRY.format("allowed-installs", 'paths = ["README.md"]'), "README.md": "```bash\npip install x\n```\n"},
        ),
        Example("a preset's is for every repository", {"policy-checks.toml": 'extends = ["preset:recommended"]\n', "setup.sh": "uv sync --locked\n"}),
    ),
)  # fmt: skip
