"""Every rule there is, found by walking the package: adding a rule touches one file. A rule is imported only when it is wanted."""

import importlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from policy_checks import rules
from policy_checks.rule import Rule

AnyRule = Rule[Any, Any]

_FAMILY = 3  # letters of a code: `PIP`


@cache
def _modules() -> dict[str, str]:
    """Module names by code, read from the file names (`pip001_bare_pip_install`). Raises ValueError for a code that is taken twice."""
    found: dict[str, str] = {}
    for folder in map(Path, rules.__path__):
        for file in sorted(folder.glob("*/[a-z]*_*.py")):
            code = file.stem.partition("_")[0].upper()
            if code in found:
                raise ValueError(f"{file}: the code {code} is taken by {found[code]}")
            found[code] = f"{rules.__name__}.{file.parent.name}.{file.stem}"
    return dict(sorted(found.items()))


def codes() -> tuple[str, ...]:
    """The codes of all rules, in order."""
    return tuple(_modules())


@cache
def rule(code: str) -> AnyRule:
    """The rule of a code. Raises ValueError when its module belies its file name."""
    name = _modules()[code]
    found: AnyRule = importlib.import_module(name).RULE
    expected = f"{found.code.lower()}_{found.name.replace('-', '_')}"
    if name.rpartition(".")[2] != expected:
        raise ValueError(f"{name}: the rule {found.code} {found.name} must stand in {expected}.py")
    return found


def all_rules() -> tuple[AnyRule, ...]:
    """All rules by code."""
    return tuple(map(rule, codes()))


def module_of(known: AnyRule) -> ModuleType:
    """The module in which a rule is written."""
    return importlib.import_module(_modules()[known.code])


def selected(
    select: Sequence[str], ignore: Sequence[str], extend: Sequence[str] = (), families: tuple[str, ...] = ("",)
) -> tuple[AnyRule, ...]:
    """The rules of some families whose code starts with a selected prefix (none: all) or one of `extend`, and with no ignored one.

    The longer prefix wins. A rule that is off by default has to be named: by its code, or by its family.
    """

    def chosen(code: str) -> bool:
        inside = max((len(prefix) for prefix in (*(select or ("",)), *extend) if code.startswith(prefix)), default=-1)
        outside = max((len(prefix) for prefix in ignore if code.startswith(prefix)), default=-1)
        return inside > outside and (inside >= _FAMILY or rule(code).on_by_default)

    return tuple(rule(code) for code in codes() if code.startswith(families) and chosen(code))
