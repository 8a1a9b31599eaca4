"""The JSON Schema of `[tool.policy-checks]`, derived from the types that decode it (draft 7, as SchemaStore wants it)."""

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin

from policy_checks.config.decoding import Member, members, without_none
from policy_checks.config.effective import default, plain
from policy_checks.config.policy import Keys
from policy_checks.record import is_record

SHIPPED = Path(__file__).parents[1] / "schema.json"  # written by `policy-checks config --schema`
_ID = "urn:policy-checks:configuration"

_SCALARS: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    # A date reaches a schema as text or as the reader's own type, for which a schema has no word.
    date: {"format": "date", "not": {"type": ["array", "boolean", "null", "number", "object"]}},
}


def shipped(_tool: str) -> dict[str, Any]:
    """The schema that comes with the package, as a plugin of validate-pyproject gives it."""
    found: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return found


def schema(declared: Iterable[type]) -> dict[str, Any]:
    """The schema of the whole table; `declared` are the types of all rules (see `load`)."""
    extends = {"description": "files below this one, and presets: preset:recommended, preset:megatron-lm"}
    properties: dict[str, Any] = {"extends": _of(tuple[str, ...]) | extends}
    for kind in dict.fromkeys((Keys, *declared)):
        for key, found in _table(kind)["properties"].items():
            # Several rules may declare a key; one of them says what it is.
            properties[key] = properties.get(key, {}) | found
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": _ID,
        "title": "policy-checks",
        "description": "The policy of a repository: [tool.policy-checks] in pyproject.toml, or policy-checks.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": dict(sorted(properties.items())),
    }


def _table(kind: type) -> dict[str, Any]:
    known = members(kind)
    required = [member.key for member in known if member.required]
    properties = {member.key: _member(kind, member) for member in known}
    closed = {"type": "object", "additionalProperties": False, "properties": properties}
    return closed | ({"required": required} if required else {})


def _member(kind: type, member: Member) -> dict[str, Any]:
    """A key: what it takes, what is said of it where it is declared, and its default."""
    told = _comments(kind).get(member.name)
    value = None if member.required else default(kind, member.name)
    simple = value not in (None, "", [], {}) and not isinstance(value, dict)
    return _of(member.hint) | ({"description": told} if told else {}) | ({"default": value} if simple else {})


def _of(hint: Any) -> dict[str, Any]:
    hint = without_none(hint)
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"type": "string", "enum": [plain(choice) for choice in hint]}
    if isinstance(hint, type) and is_record(hint):
        return _table(hint) | {"description": _title(hint)}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _of(get_args(hint)[0])}
    if get_origin(hint) is Mapping:
        return {"type": "object", "additionalProperties": _of(get_args(hint)[1])}
    raise TypeError(f"{hint!r} is no type of a setting")


def _title(kind: type) -> str:
    """The first paragraph of a type's docstring."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())


@cache
def _comments(kind: type) -> Mapping[str, str]:
    """What the comments behind the fields of a type say, those of what it inherits from too."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if is_record(base):
            lines = textwrap.dedent(inspect.getsource(base)).splitlines()
            (body,) = (node.body for node in ast.parse("\n".join(lines)).body if isinstance(node, ast.ClassDef))
            for node in body:
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    # A comment, whatever `#` a default may hold: it is what comes behind the statement.
                    rest = lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset :].decode()
                    if comment := re.match(r"\s*# (.+)", rest):
                        found[node.target.id] = comment[1].strip()
    return found
