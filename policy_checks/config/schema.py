"""The JSON Schema of `[tool.policy-checks]`, derived from the types that decode it (draft 7, as SchemaStore wants it)."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, get_args, get_origin

from policy_checks.config.decoding import members, without_none
from policy_checks.config.policy import Keys
from policy_checks.record import is_record

# A date reaches a schema as text, whatever TOML reader is in front of it.
_SCALARS: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    date: {"type": "string", "format": "date"},
}


def schema(declared: Iterable[type]) -> dict[str, Any]:
    """The schema of the whole table; `declared` are the types of all rules (see `load`)."""
    properties: dict[str, Any] = {"extends": _of(tuple[str, ...])}
    for kind in dict.fromkeys((Keys, *declared)):
        properties |= _table(kind)["properties"]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "policy-checks",
        "type": "object",
        "additionalProperties": False,
        "properties": dict(sorted(properties.items())),
    }


def _table(kind: type) -> dict[str, Any]:
    known = members(kind)
    required = [member.key for member in known if member.required]
    closed = {"type": "object", "additionalProperties": False, "properties": {member.key: _of(member.hint) for member in known}}
    return closed | ({"required": required} if required else {})


def _of(hint: Any) -> dict[str, Any]:
    hint = without_none(hint)
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"type": "string", "enum": [str(choice) for choice in hint]}
    if isinstance(hint, type) and is_record(hint):
        return _table(hint)
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _of(get_args(hint)[0])}
    if get_origin(hint) is Mapping:
        return {"type": "object", "additionalProperties": _of(get_args(hint)[1])}
    raise TypeError(f"{hint!r} is no type of a setting")
