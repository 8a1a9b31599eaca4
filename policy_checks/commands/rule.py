"""`policy-checks rule [CODE]`: explains a rule, or lists them all."""

import argparse
import difflib
import textwrap

from policy_checks import documentation, registry
from policy_checks.failure import Failure


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("code", nargs="?", metavar="CODE", help="a rule's code or name, as in LCK002 or stale-lock")
    parser.add_argument("--markdown", action="store_true", help="print the whole reference (docs/rules.md)")


def run(arguments: argparse.Namespace) -> int:
    """Prints a rule, the list, or the reference."""
    rules = registry.all_rules()
    if arguments.markdown:
        print(documentation.rules_page(rules), end="")
    elif arguments.code is None:
        width = max(len(rule.name) for rule in rules)
        for rule in rules:
            print(
                f"{rule.code}  {rule.name:{width}}  {documentation.explanation(rule).title}{'' if rule.on_by_default else ' (off by default)'}"
            )
    else:
        _explain(_find(arguments.code, rules))
    return 0


def _find(wanted: str, rules: tuple[registry.AnyRule, ...]) -> registry.AnyRule:
    by_name = {name: rule for rule in rules for name in (rule.code, rule.name)}
    for name in (wanted.upper(), wanted.lower()):
        if name in by_name:
            return by_name[name]
    close = difflib.get_close_matches(wanted.upper(), [rule.code for rule in rules], 1, 0.4)
    close += difflib.get_close_matches(wanted.lower(), [rule.name for rule in rules], 1)
    raise Failure(f"there is no rule {wanted!r}" + (f", perhaps you meant {' or '.join(close)}" if close else ""))


def _explain(rule: registry.AnyRule) -> None:
    told = documentation.explanation(rule)
    print(f"{rule.code} {rule.name} ({rule.severity}{'' if rule.on_by_default else ', off by default'})\n\n{told.title}")
    for name, text in (("Why", told.why), ("Fix", told.fix), ("References", told.references)):
        print(f"\n{name}:")
        print(
            "\n\n".join(
                textwrap.fill(" ".join(part.split()), 78, initial_indent="  ", subsequent_indent="  ") for part in text.split("\n\n")
            )
        )
    if keys := documentation.settings(rule):
        print(f"\nSettings in [tool.policy-checks]:\n  {', '.join(keys)}")
    for example in rule.examples:
        print(f"\n{'Reported' if documentation.reports(example) else 'Not reported'}: {example.title}")
        for path, text in {**example.files, **example.commits}.items():
            print(textwrap.indent(f"--- {path}\n{documentation.shown(text)}", "  ", lambda _line: True))
