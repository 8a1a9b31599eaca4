"""Every rule there is, found by walking the package: adding a rule touches one file."""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from policy_checks import rules
from policy_checks.rule import Rule

AnyRule = Rule[Any, Any]


def modules() -> Iterator[tuple[str, str]]:
    """Code and module name of every rule, read from the file names (`pip001_bare_pip_install`) without importing."""
    for family in pkgutil.iter_modules([str(Path(folder)) for folder in rules.__path__], f"{rules.__name__}."):
        folder = Path(rules.__path__[0]) / family.name.rpartition(".")[2]
        for module in pkgutil.iter_modules([str(folder)], f"{family.name}."):
            yield module.name.rpartition(".")[2].partition("_")[0].upper(), module.name


@cache
def all_rules() -> tuple[AnyRule, ...]:
    """All rules by code. Raises ValueError when two modules claim one code or a module belies its file name."""
    found: dict[str, AnyRule] = {}
    for code, name in modules():
        rule: AnyRule = importlib.import_module(name).RULE
        expected = f"{rule.code.lower()}_{rule.name.replace('-', '_')}"
        if name.rpartition(".")[2] != expected:
            raise ValueError(f"{name}: the rule {rule.code} {rule.name} must stand in {expected}.py")
        if code in found:
            raise ValueError(f"{name}: the code {code} is taken by {found[code].name}")
        found[code] = rule
    return tuple(found[code] for code in sorted(found))


def module_of(rule: AnyRule) -> ModuleType:
    """The module in which a rule is written."""
    return importlib.import_module(rule.check.__module__)


def selected(rules_known: Sequence[AnyRule], select: Sequence[str], ignore: Sequence[str]) -> tuple[AnyRule, ...]:
    """The rules whose code starts with a selected prefix (none: all) and with no ignored one; the longer prefix wins."""

    def chosen(rule: AnyRule) -> bool:
        inside = max((len(prefix) for prefix in select or ("",) if rule.code.startswith(prefix)), default=-1)
        outside = max((len(prefix) for prefix in ignore if rule.code.startswith(prefix)), default=-1)
        return inside > outside

    return tuple(rule for rule in rules_known if chosen(rule))
