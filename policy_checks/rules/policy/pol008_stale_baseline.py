"""An entry of the baseline whose finding is gone.

Why: The baseline holds what was there before the policy, and only ever shrinks. An entry that is left behind would hide
the same problem when it comes back.

Fix: `--fix` removes the entries, and so does `policy-checks baseline --prune`. An entry is only called stale when its
rule ran to its end and its file could be read. A line that was changed, or a file that was renamed, is a new finding:
mend it, or record it again with `policy-checks baseline --grow REASON`.

References: docs/configuration.md, "Baseline".
"""

from collections.abc import Iterator

from policy_checks.baseline import BASELINE, Recorded, removal
from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity


def check(subject: Recorded, _options: NoOptions) -> Iterator[Problem]:
    """One problem for an entry that hides nothing."""
    if subject.stale:
        entry = subject.entry
        message = f"{entry.code} finds this in {entry.path} no more; remove the entry: `policy-checks baseline --prune`"
        yield Problem(subject.place, message, removal(subject))


# The fingerprints of the first and the second `pip install x` in x.sh.
_FIRST = "f3695eb0b6319ae8d6ba0dafd29de7879b575456670106da228ff49374e70256"
_SECOND = "ded78c2982cbea847125f168ba4665101f8bb20b42ce2408a6a1f06e6ae82890"
_INSTALL = f'{{"code": "PIP001", "path": "x.sh", "text": "pip install x", "fingerprint": "{_FIRST}"}}'
_MARKED = _INSTALL.replace(f'"{_FIRST}"', f'⟦"{_FIRST}"⟧')
_FILE = ".policy-checks-baseline.json"

RULE = Rule(
    code="POL008",
    name="stale-baseline",
    severity=Severity.WARNING,
    subject=BASELINE,
    check=check,
    examples=(
        Example(
            "the install was mended",
            files={_FILE: f'[{{"version": 1}}\n⟦,{_INSTALL}⟧\n]\n', "x.sh": "uv sync --locked\n"},
            fixed={_FILE: '[{"version": 1}\n]\n'},
            message="PIP001 finds this in x.sh no more",
        ),
        Example(
            "of two equal ones one was mended",
            files={_FILE: f'[{{"version": 1}}\n,{_INSTALL}\n⟦,{_INSTALL.replace(_FIRST, _SECOND)}⟧\n]\n', "x.sh": "pip install x\n"},
            fixed={_FILE: f'[{{"version": 1}}\n,{_INSTALL}\n]\n'},
        ),
        Example(
            "laid out by somebody else: nothing is known of its commas",
            files={_FILE: f'[{{"version": 1}},\n {_MARKED}]\n', "x.sh": "uv sync --locked\n"},
        ),
        Example("it is still there", files={_FILE: f'[{{"version": 1}}\n,{_INSTALL}\n]\n', "x.sh": "pip install x\n"}),
        Example("wherever in its file", files={_FILE: f'[{{"version": 1}}\n,{_INSTALL}\n]\n', "x.sh": "echo\n\n  pip install x\n"}),
        Example(
            "nothing is known of a file that cannot be read",
            files={_FILE: f'[{{"version": 1}}\n,{_INSTALL}\n]\n', "x.sh": "(((((\npip install x\n"},
        ),
    ),
)
