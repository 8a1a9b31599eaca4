"""Jupyter notebooks: ruff and black read them, isort, pylint and mypy do not."""

from collections.abc import Iterable

from policy_checks.formatting.policy import Tool

SUFFIX = ".ipynb"
_READERS = (Tool.RUFF, Tool.BLACK)


def has_any(paths: Iterable[str]) -> bool:
    """Whether one of the files is a notebook."""
    return any(path.endswith(SUFFIX) for path in paths)


def readable(tool: Tool, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that a tool can read."""
    return tuple(path for path in paths if tool in _READERS or not path.endswith(SUFFIX))
