"""Typed access to the tables of a TOML document: a value of the wrong type is refused at its position."""

from collections.abc import Iterator
from typing import Any

from policy_checks.readers.names import is_name, normalized
from policy_checks.readers.toml import Document, Key
from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Unreadable


@record
class Text:
    """A string of a document and where it stands; its position is only looked up when asked for."""

    text: str
    document: Document
    path: tuple[Key, ...]

    @property
    def file(self) -> SourceFile:
        """The file that holds it."""
        return self.document.file

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.document.place(*self.path)

    def refused(self, message: str) -> Unreadable:
        """The error that says why this text cannot be read."""
        return Unreadable(self.document.file, self.document.span(*self.path), message)


@record
class Table:
    """One table and its path in the document; every getter raises Unreadable for a value of another type."""

    document: Document
    path: tuple[Key, ...]
    values: dict[str, Any]

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def refused(self, message: str, *keys: Key) -> Unreadable:
        """The error about a value below this table."""
        return Unreadable(self.document.file, self.document.span(*self.path, *keys), message)

    def place(self, *keys: Key) -> Place:
        """Where a value below this table stands, or the nearest enclosing one that is written."""
        return self.document.place(*self.path, *keys)

    def _typed(self, key: str, kind: type, called: str) -> Any:
        value = self.values.get(key)
        if value is not None and (not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))):
            raise self.refused(f"`{key}` must be {called}", key)
        return value

    def text(self, key: str) -> Text | None:
        """A string."""
        value = self._typed(key, str, "a string")
        return None if value is None else Text(value, self.document, (*self.path, key))

    def flag(self, key: str) -> bool | None:
        """A boolean."""
        value: bool | None = self._typed(key, bool, "true or false")
        return value

    def name(self, key: str) -> str | None:
        """The normalised name of a package, an extra or a group."""
        found = self.text(key)
        return None if found is None else name_of(found)

    def table(self, key: str) -> "Table | None":
        """A table below this one."""
        value = self._typed(key, dict, "a table")
        return None if value is None else Table(self.document, (*self.path, key), value)

    def items(self, key: str) -> list[Any]:
        """The items of a list as they are; empty where there is none."""
        return self._typed(key, list, "a list") or []

    def texts(self, key: str) -> tuple[Text, ...]:
        """A list of strings; empty where there is none."""
        found = []
        for index, value in enumerate(self.items(key)):
            if not isinstance(value, str):
                raise self.refused(f"`{key}` must be a list of strings", key, index)
            found.append(Text(value, self.document, (*self.path, key, index)))
        return tuple(found)

    def tables(self, key: str) -> tuple["Table", ...]:
        """A list of tables; empty where there is none."""
        found = []
        for index, value in enumerate(self.items(key)):
            if not isinstance(value, dict):
                raise self.refused(f"`{key}` must be a list of tables", key, index)
            found.append(Table(self.document, (*self.path, key, index), value))
        return tuple(found)

    def only(self, *keys: str) -> None:
        """Refuses a key that is not among these."""
        for key in self.values:
            if key not in keys:
                raise self.refused(f"unknown key `{key}`", key)

    def named(self) -> Iterator[tuple[str, str]]:
        """Normalised name and key of everything in a table whose keys are names; refuses a name written twice."""
        seen: dict[str, str] = {}
        for key in self.values:
            if not is_name(key):
                raise self.refused(f"not a valid name: `{key}`", key)
            name = normalized(key)
            if name in seen:
                raise self.refused(f"`{key}` and `{seen[name]}` are the same name", key)
            seen[name] = key
            yield name, key


def whole(document: Document) -> Table:
    """The document as one table."""
    return Table(document, (), document.data)


def name_of(text: Text) -> str:
    """The normalised name that a text holds; raises Unreadable for one that is no name."""
    if not is_name(text.text):
        raise text.refused(f"not a valid name: `{text.text}` (letters, digits, `-`, `_`, `.`; starts and ends with a letter or digit)")
    return normalized(text.text)
