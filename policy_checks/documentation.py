"""What a rule's module says of itself, for the terminal and for docs/rules.md."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from policy_checks import registry
from policy_checks.config.decoding import members
from policy_checks.record import record
from policy_checks.rule import Example, Rule

AnyRule = Rule[Any, Any]
PARTS = ("Why", "Fix", "References")


@record
class Explanation:
    """A rule module's docstring, taken apart."""

    title: str
    why: str
    fix: str
    references: str


def explanation(rule: AnyRule) -> Explanation:
    """Raises ValueError when the docstring lacks a part or has one of another name."""
    title, *paragraphs = inspect.cleandoc(registry.module_of(rule).__doc__ or "").split("\n\n")
    parts = {}
    for paragraph in paragraphs:
        name, colon, text = paragraph.partition(":")
        if colon and name in PARTS:
            parts[name] = last = name
            parts[name] = text.strip()
        elif parts:
            parts[last] += f"\n\n{paragraph}"
        else:
            raise ValueError(f"{rule.code}: the text before Why is one line")
    if missing := [name for name in PARTS if not parts.get(name)]:
        raise ValueError(f"{rule.code}: the docstring lacks {', '.join(missing)}")
    return Explanation(title, parts["Why"], parts["Fix"], parts["References"])


def settings(rule: AnyRule) -> list[str]:
    """The keys of `[tool.policy-checks]` that a rule reads."""
    options: Any = rule.options
    return [member.key for member in members(options)]


def has_fix(rule: AnyRule) -> bool:
    """Whether one of its examples shows a fix."""
    return any(example.fixed for example in rule.examples)


def reports(example: Example) -> bool:
    """Whether an example shows a problem rather than silence."""
    return any("⟦" in text for text in (*example.files.values(), *example.commits.values()))


def rules_page(rules: Sequence[AnyRule]) -> str:
    """docs/rules.md: a table of all rules, then a section each."""
    lines = ["# Rules", "", "Generated from the rules' own modules by `policy-checks rule --markdown`; do not edit.", ""]
    lines += ["| code | name | what it reports | fix |", "|---|---|---|---|"]
    for rule in rules:
        fix = "yes" if has_fix(rule) else ""
        off = "" if rule.on_by_default else " *Off by default.*"
        lines.append(f"| [{rule.code}](#{rule.code.lower()}-{rule.name}) | {rule.name} | {explanation(rule).title}{off} | {fix} |")
    for rule in rules:
        lines += ["", *_section(rule)]
    return "\n".join(lines) + "\n"


def _section(rule: AnyRule) -> Iterator[str]:
    told = explanation(rule)
    yield f"## {rule.code} {rule.name}"
    yield from ("", told.title, "", f"**Why.** {told.why}", "", f"**Fix.** {told.fix}", "", f"**References.** {told.references}")
    if not rule.on_by_default:
        yield from ("", f'**Off by default.** `extend-select = ["{rule.code}"]` turns it on; so does selecting its family or its code.')
    if keys := settings(rule):
        yield from ("", f"**Settings.** {', '.join(f'`{key}`' for key in keys)}")
    for example in rule.examples:
        yield from ("", f"{'Reported' if reports(example) else 'Not reported'}: {example.title}")
        yield from _files(example)


def _files(example: Example) -> Iterator[str]:
    for path, text in {**example.files, **example.commits}.items():
        # A text that itself holds fences needs a longer one around it (CommonMark 4.5).
        fence = "````" if "```" in text else "```"
        yield from ("", f"{fence}text title={path!r}", shown(text), fence)


def shown(text: str) -> str:
    """An example's text with its carriage returns visible: they are what some examples are about."""
    return text.rstrip("\n").replace("\r", "␍")
