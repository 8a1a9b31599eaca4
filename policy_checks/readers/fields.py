"""Typed access to parsed TOML where there are thousands of values: plain ones, whose place is looked up only when one is refused.

(`table.Table` is the same for a file that people write, where every value carries its place.)
"""

from collections.abc import Callable
from typing import Any, NoReturn

from policy_checks.readers.toml import Key
from policy_checks.record import record

# Raises Unreadable at a path of the document.
Refusal = Callable[[tuple[Key, ...], str], NoReturn]

_TYPES = {str: "text", int: "an integer", bool: "true or false", list: "a list", dict: "a table"}


@record
class Fields:
    """One table: its values, its path in the document, and how a field is refused."""

    values: dict[str, Any]
    path: tuple[Key, ...]
    refuse: Refusal

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def _typed(self, key: str, expected: type) -> Any:
        value = self.values.get(key)
        if value is not None and type(value) is not expected:  # a bool is no integer here
            self.fail(key, f"`{key}` has to be {_TYPES[expected]}, not {_TYPES.get(type(value), 'this')}")
        return value

    def fail(self, key: str, message: str) -> NoReturn:
        """Refuses one field."""
        self.refuse((*self.path, key), message)

    def required(self, key: str) -> str:
        """A text that has to be there."""
        value: str | None = self._typed(key, str)
        if value is None:
            self.refuse(self.path, f"`{key}` is missing")
        return value

    def text(self, key: str) -> str:
        """A text, empty when it is not there."""
        return self._typed(key, str) or ""

    def optional(self, key: str) -> str | None:
        """A text, None when it is not there."""
        value: str | None = self._typed(key, str)
        return value

    def integer(self, key: str) -> int | None:
        """An integer, None when it is not there."""
        value: int | None = self._typed(key, int)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty when it is not there."""
        values = self._typed(key, list) or []
        for index, value in enumerate(values):
            if type(value) is not str:
                self.refuse((*self.path, key, index), f"`{key}` has to hold text")
        return tuple(values)

    def table(self, key: str) -> "Fields":
        """A table, empty when it is not there."""
        return Fields(self._typed(key, dict) or {}, (*self.path, key), self.refuse)

    def tables(self, key: str) -> "list[Fields]":
        """A list of tables, empty when it is not there."""
        path = (*self.path, key)
        items = self._typed(key, list) or []
        for index, value in enumerate(items):
            if type(value) is not dict:
                self.refuse((*path, index), f"`{key}` has to hold tables")
        return [Fields(value, (*path, index), self.refuse) for index, value in enumerate(items)]
