"""Records from TOML tables, by their type hints. Every fault is collected; none hides another."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from policy_checks.origin import UNWRITTEN, Origin
from policy_checks.record import fields, is_record, record

T = TypeVar("T")
Path = tuple[str | int, ...]

# One and many: "expected a string", "expected a list of strings".
_SCALARS: Mapping[Any, tuple[str, str]] = {
    str: ("a string", "strings"),
    bool: ("true or false", "booleans"),
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    date: ("a date", "dates"),
}


@record
class Wrong:
    """A fault at one path of a table; `of_key` when the key itself is wrong, not its value."""

    path: Path
    message: str
    of_key: bool = False


@record
class Member:
    """A field of a settings type and the key it is written as."""

    name: str
    key: str
    hint: Any
    required: bool


def key_of(name: str) -> str:
    """A field's name as it is written in TOML: kebab-case."""
    return name.replace("_", "-")


@cache
def members(kind: type) -> tuple[Member, ...]:
    """The fields of a settings type that are keys; one of the type Origin is none."""
    hints = get_type_hints(kind)
    return tuple(Member(name, key_of(name), hints[name], required) for name, required in fields(kind) if hints[name] is not Origin)


@cache
def _origin_field(kind: type) -> str:
    """The field in which a settings type keeps where it is written; empty when it does not."""
    hints = get_type_hints(kind)
    return next((name for name, _required in fields(kind) if hints[name] is Origin), "")


def decode(
    kind: type[T], table: Mapping[str, Any], faults: list[Wrong], path: Path = (), *, closed: bool = True, origin: Origin = UNWRITTEN
) -> T | None:
    """An instance of a settings type, None when its table is at fault.

    A closed table refuses keys that the type does not have. A ValueError of the type's own
    `__post_init__` is a fault of the whole table. `origin` is that of the outermost table.
    """
    before = len(faults)
    known = members(kind)  # type: ignore[arg-type]  # a class is hashable, whatever its instances are
    if closed:
        faults += unknown_keys(table, [member.key for member in known], path)
    values: dict[str, Any] = {}
    if name := _origin_field(kind):  # type: ignore[arg-type]
        values[name] = origin.below(*path)
    for member in known:
        if member.key in table:
            values[member.name] = _value(member.hint, table[member.key], faults, (*path, member.key), origin)
        elif member.required:
            faults.append(Wrong(path, f"the key {member.key!r} is missing"))
    if len(faults) > before:
        return None
    try:
        return kind(**values)
    except ValueError as error:
        faults.append(Wrong(path, str(error)))
        return None


def unknown_keys(table: Mapping[str, Any], known: list[str], path: Path = ()) -> Iterator[Wrong]:
    """A fault for each key that is not known."""
    for key in table:
        if key not in known:
            yield Wrong((*path, key), f"unknown key {key!r}{suggestion(key, known)}", of_key=True)


def suggestion(word: str, known: list[str]) -> str:
    """The known word that was probably meant, ready to follow a message; empty when none is near."""
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    return f", perhaps you meant {near[0]!r}" if near else ""


def written(path: Path) -> str:
    """A path as it is written in TOML: `environments.lts.groups[1]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
            text += ("." if text else "") + (part if bare else f'"{part}"')
    return text


def _value(hint: Any, value: Any, faults: list[Wrong], path: Path, origin: Origin) -> Any:
    """A value of the hinted type, None when it is at fault."""
    hint = without_none(hint)
    arguments = get_args(hint)
    match value:
        case list() if get_origin(hint) is tuple:
            return tuple(_value(arguments[0], item, faults, (*path, index), origin) for index, item in enumerate(value))
        case dict() if get_origin(hint) is Mapping:
            return {key: _value(arguments[1], item, faults, (*path, key), origin) for key, item in value.items()}
        case dict() if isinstance(hint, type) and is_record(hint):
            return decode(hint, value, faults, path, origin=origin)
        case _:
            return _scalar(hint, value, faults, path)


def _scalar(hint: Any, value: Any, faults: list[Wrong], path: Path) -> Any:
    if type(value) is hint:  # exactly: a boolean is no integer, a date-time no date
        return value
    if hint is float and type(value) is int:
        return float(value)
    if _is_choice(hint) and type(value) is str:
        choices = [str(choice) for choice in hint]
        if value in choices:
            return hint(value)
        faults.append(Wrong(path, f"expected {expected(hint)}, got {value!r}{suggestion(value, choices)}"))
    else:
        faults.append(Wrong(path, f"expected {expected(hint)}, got {_described(value)}"))
    return None


def without_none(hint: Any) -> Any:
    """`T` for `T | None`: TOML has no null, so None can only be a default."""
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (argument for argument in get_args(hint) if argument is not NoneType)
    return hint


def _is_choice(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, StrEnum)


def expected(hint: Any) -> str:
    """What a value of the hinted type is called; raises TypeError for a type that no setting can have."""
    hint = without_none(hint)
    if hint in _SCALARS:
        return _SCALARS[hint][0]
    if _is_choice(hint):
        return "one of " + ", ".join(repr(str(choice)) for choice in hint)
    if is_record(hint) or get_origin(hint) is Mapping:
        return "a table"
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        item = without_none(get_args(hint)[0])
        if item in _SCALARS:
            return f"a list of {_SCALARS[item][1]}"
        return "a list of tables" if expected(item) == "a table" else f"a list; each item {expected(item)}"
    raise TypeError(f"{hint!r} is no type of a setting")


def _described(value: Any) -> str:
    one_of: Mapping[Any, str] = {
        bool: "a boolean",
        list: "a list",
        dict: "a table",
        str: "a string",
        int: "an integer",
        float: "a number",
        date: "a date",
    }
    return one_of.get(type(value), "a time")  # with a date or without one
