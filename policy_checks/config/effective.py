"""Every setting in force and where it comes from: what files and presets say, and the defaults of all that they leave open."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, get_args, get_origin

from policy_checks.config.decoding import Path, members, without_none
from policy_checks.config.layers import PRESET
from policy_checks.config.policy import Config, Keys
from policy_checks.record import Made, is_record, record
from policy_checks.source import Place

_ABSENT = object()


@record
class Setting:
    """One value as TOML has it (None: a default that TOML cannot write), and where it is written (None: it is a default)."""

    path: Path
    value: Any
    place: Place | None

    @property
    def origin(self) -> str:
        """`pyproject.toml:12`, `preset:recommended` or `default`."""
        if self.place is None:
            return "default"
        path = self.place.file.path
        return path if path.startswith(PRESET) else f"{path}:{self.place.line}"


def settings(config: Config, declared: Iterable[type]) -> Iterator[Setting]:
    """The settings of these types, beside the program's own; inside a table that was named by its user, only what is written.

    A list is one setting, unless several files made it together.
    """
    seen: set[str] = set()
    for kind in dict.fromkeys((Keys, *declared)):
        for member in sorted(members(kind), key=lambda member: member.key) if kind is not Keys else members(kind):
            if member.key not in seen:
                seen.add(member.key)
                value = config.merged.data.get(member.key, _ABSENT)
                yield from _of(config, member.hint, value, (member.key,), default(kind, member.name))


def default(kind: Any, name: str) -> Any:
    """A field's default as TOML would have it; None for a field without one."""
    value = kind.__defaults__.get(name)
    return plain(value.factory() if isinstance(value, Made) else value)


def plain(value: Any) -> Any:
    """A decoded value as TOML has it: records are tables, tuples lists, members of an enumeration their texts."""
    kind: Any = type(value)
    if is_record(kind):
        return {member.key: plain(getattr(value, member.name)) for member in members(kind)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, StrEnum) else value


def _of(config: Config, hint: Any, value: Any, path: Path, fallback: Any, *, open_: bool = True) -> Iterator[Setting]:
    """The settings at a path; `open_`: what the table there leaves open is in force with its default, and told."""
    hint = without_none(hint)
    if value == {} and not open_:  # a table that only has to be there
        yield Setting(path, value, config.place(*path))
    elif is_record(hint) and (value is not _ABSENT or fallback is not None):
        table = {} if value is _ABSENT else value
        for member in members(hint):
            inner = table.get(member.key, _ABSENT)
            if inner is not _ABSENT or open_:
                below = fallback.get(member.key) if isinstance(fallback, dict) else default(hint, member.name)
                yield from _of(config, member.hint, inner, (*path, member.key), below, open_=open_)
    elif value is _ABSENT:
        yield Setting(path, fallback, None)
    elif value and (get_origin(hint) is Mapping or (get_origin(hint) is tuple and _is_composed(config, hint, path))):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from _of(config, get_args(hint)[-1 if isinstance(value, dict) else 0], item, (*path, key), None, open_=False)
    else:
        yield Setting(path, value, config.place(*path))


def _is_composed(config: Config, hint: Any, path: Path) -> bool:
    """Whether the items of a list are tables, or come from several files."""
    several = any(known[:-1] == path and isinstance(known[-1], int) for known in config.merged.origins if known)
    return several or is_record(without_none(get_args(hint)[0]))
