"""The effective configuration as text: TOML for people, JSON for programs."""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from policy_checks.config.decoding import written
from policy_checks.config.effective import Setting

_INDENT = "    "


def as_json(shown: Sequence[Setting], files: Sequence[str]) -> Iterator[str]:
    """One object: the files and presets, a later one over an earlier; every setting with its source; the whole table."""
    yield f'{{"version": 1, "layers": {json.dumps(files)}, "settings": ['
    for number, one in enumerate(shown):
        source = {"path": one.place.file.path, "line": one.place.line} if one.place else None
        row = {"key": written(one.path), "value": _plain(one.value), "source": source}
        yield json.dumps(row) + "," * (number < len(shown) - 1)
    yield f'], "configuration": {json.dumps(_values(_tree(shown)))}}}'


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _values(node: Any) -> Any:
    """The plain values of a tree of settings; what is not set is left out."""
    if isinstance(node, Setting):
        return _plain(node.value)
    if isinstance(node, list):
        return [_values(item) for item in node]
    return {key: _values(item) for key, item in node.items() if not (isinstance(item, Setting) and item.value is None)}


def _tree(shown: Sequence[Setting]) -> dict[str, Any]:
    """The settings by the parts of their paths: tables are dicts, lists of several settings lists."""
    tree: dict[str, Any] = {}
    for one in shown:
        node: Any = tree
        for part, following in zip(one.path, (*one.path[1:], None), strict=True):
            fresh: Any = one if following is None else [] if isinstance(following, int) else {}
            if isinstance(node, list):
                if part == len(node):
                    node.append({} if one.value == {} else fresh)
                node = node[part]  # type: ignore[index]
            else:
                node = node.setdefault(part, fresh)
    return tree


def as_toml(shown: Sequence[Setting], files: Sequence[str], width: int) -> Iterator[str]:
    """A table of the same policy, with the origin of each value in a comment; in `width` columns where TOML can be broken."""
    yield from _comment(f"The policy in force{', from ' + ', then '.join(files) if files else ': no configuration, all defaults'}", width)
    yield from _table(_tree(shown), (), width)


def _table(table: Mapping[str, Any], path: tuple[str, ...], width: int) -> Iterator[str]:
    """A table's own values, then the tables inside it."""
    for key, value in table.items():
        if not _is_table(value):
            yield from _value(key, value, width)
    for key, value in table.items():
        if _is_table(value):
            inner = (*path, key)
            name = ".".join(map(_key, inner))
            for item in value if isinstance(value, list) else [value]:
                direct = isinstance(value, list) or any(not _is_table(one) for one in item.values())
                yield from ["", f"[[{name}]]" if isinstance(value, list) else f"[{name}]"] if direct else []
                yield from _table(item, inner, width)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict))


def _value(key: str, value: Any, width: int) -> Iterator[str]:
    """A setting on one line with its origin behind it, where that fits; else the origin above, and a list's items on lines of their own."""
    if isinstance(value, list):  # of several files
        yield f"{_key(key)} = ["
        for one in value:
            yield from _line(f"{_INDENT}{_text(one.value)},", one.origin, width)
        yield "]"
    elif value.value is None:
        yield f"# {_key(key)} is not set"
    else:
        line = f"{_key(key)} = {_text(value.value)}"
        if len(line) <= width or not isinstance(value.value, list):
            yield from _line(line, value.origin, width)
            return
        yield f"# {value.origin}"
        yield f"{_key(key)} = ["
        yield from (f"{_INDENT}{_text(item)}," for item in value.value)
        yield "]"


def _line(line: str, origin: str, width: int) -> Iterator[str]:
    whole = f"{line}  # {_escaped(origin)}"
    if len(whole) <= width:
        yield whole
    else:
        indent = line[: len(line) - len(line.lstrip())]
        yield from (f"{indent}# {_escaped(origin)}", line)


def _comment(text: str, width: int) -> Iterator[str]:
    yield from (f"# {line}" for line in textwrap.wrap(_escaped(text), max(width - 2, 20), break_long_words=False, break_on_hyphens=False))


def _key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else _text(key)


def _text(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\{char}" if char in '"\\' else _escaped(char) for char in value) + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_text(item)}' for key, item in value.items())} }}" if value else "{}"
    return value.isoformat() if isinstance(value, date) else repr(value)


def _escaped(text: str) -> str:
    r"""The text with what moves a cursor or hides text as TOML escapes it: `\u001b`."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(ord(char)) for char in text)


def _escape(number: int) -> str:
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
