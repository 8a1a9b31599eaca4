"""`[tool.policy-checks.format]`: which tools run, with which further arguments, on which files."""

from collections.abc import Mapping
from enum import StrEnum

from policy_checks.record import made, record

GROUP = "linting"  # the dependency group of the tools, unless the policy names another


class Tool(StrEnum):
    """The tools, in the order in which the table names them."""

    RUFF = "ruff"
    ISORT = "isort"
    BLACK = "black"
    PYLINT = "pylint"
    MYPY = "mypy"


@record
class FormatPolicy:
    """One repository's choices; `exclude` holds path patterns as .gitignore has them; uv.lock says which versions `group` has."""

    tools: tuple[Tool, ...] = tuple(Tool)
    arguments: Mapping[str, tuple[str, ...]] = made(default_factory=dict)  # tool → arguments added to each call
    exclude: tuple[str, ...] = ()
    group: str = GROUP

    def __post_init__(self) -> None:
        if unknown := sorted({*self.arguments} - {*Tool}):
            raise ValueError(f"arguments: there is no tool {unknown[0]!r} (there are {', '.join(Tool)})")


@record
class FormatOptions:
    """The part of `[tool.policy-checks]` that is about formatting."""

    format: FormatPolicy = made(default_factory=FormatPolicy)
