"""Finds the configuration of a tree, checks all of it, and tells every fault at once."""

import errno
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from policy_checks.config.decoding import Path, Wrong, decode, expected, members, suggestion, unknown_keys
from policy_checks.config.layers import OWN, PROJECT, Layer, Merged, Read, Stack, merge
from policy_checks.config.policy import Config, ConfigError, Fault, Keys, located
from policy_checks.origin import Origin
from policy_checks.source import Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Disk


def load(
    root: FilePath, *, file: FilePath | None = None, isolated: bool = False, declared: Iterable[type] = (), codes: Collection[str] = ()
) -> Config:
    """The configuration found on disk: `file` in place of the root's own, nothing at all when `isolated`.

    With `declared` (every type that anyone will ask `options` for) the whole table is checked and
    unknown keys are faults; with `codes` (every rule's) those that no rule has. Raises ConfigError.
    """
    if isolated:
        return of({}, declared=declared, codes=codes)
    if file is None:
        return load_from(_on_disk(root), outside=_beside(root), declared=declared, codes=codes)
    root, file = root.resolve(), file.resolve()
    folder = root if file.is_relative_to(root) else file.parent
    named = file.relative_to(folder).as_posix()
    return load_from(_on_disk(folder), outside=_beside(folder), named=named, declared=declared, codes=codes)


def load_from(
    read: Read, *, outside: Read | None = None, named: str | None = None, declared: Iterable[type] = (), codes: Collection[str] = ()
) -> Config:
    """The configuration of any tree; `read` gives a file by its path, None when there is none (see `load`).

    `outside` gives those that `extends` names by a path out of the tree; a revision has none.
    """
    stack = Stack(read, outside)
    try:
        layer = _named(stack, named) if named else _found(stack)
        if layer:
            stack.add(layer)
    except Unreadable as error:
        stack.wrong.append((Place(error.file, error.span), "", error.message))
    return _checked(merge(stack.layers), [Fault(*one) for one in stack.wrong], declared, codes)


def of(table: Mapping[str, Any], *, declared: Iterable[type] = (), codes: Collection[str] = ()) -> Config:
    """The configuration that a table makes, as an example's options do."""
    return _checked(Merged(table, {}), [], declared, codes)


def _named(stack: Stack, path: str) -> Layer | None:
    file = stack.file(path)
    if file is None:
        raise ConfigError([Fault(None, "", f"there is no configuration file {path!r}")])
    return stack.parsed(file)


def _found(stack: Stack) -> Layer | None:
    """The root's own configuration: one of two files, because two policies would be none."""
    own, project = stack.file(OWN), stack.file(PROJECT)
    # A project that does not speak of us is not parsed: whether it is TOML at all is for the rules to say.
    inside = stack.parsed(project, required=False) if project and b"policy-checks" in project.data else None
    if own and inside:
        stack.wrong.append((inside.place(()), "", f"{OWN} holds a configuration too: keep one of the two"))
    return inside or (stack.parsed(own) if own else None)


def _checked(merged: Merged, faults: Sequence[Fault], declared: Iterable[type], codes: Collection[str]) -> Config:
    others = tuple(declared)
    kinds = dict.fromkeys((Keys, *others))
    known = _consistent(kinds)
    wrong: list[Wrong] = []
    if others:
        wrong += unknown_keys(merged.data, [*known, "extends"])
    for kind in kinds:
        decode(kind, merged.data, wrong, closed=False)
    keys = decode(Keys, merged.data, [], closed=False, origin=Origin(merged.place))
    if codes:
        wrong += _unknown_codes(merged.data, codes)
    if faults or wrong:
        # Several rules may declare a key, and each decodes it: a fault is told once.
        raise ConfigError(sorted([*faults, *located(merged, list(dict.fromkeys(wrong)))], key=_position))
    assert keys is not None  # what does not decode is in `wrong`
    return Config(keys, merged)


def _consistent(kinds: Iterable[type]) -> list[str]:
    """Every declared key. Raises TypeError when two types differ about one, or for a type that no setting can have."""
    hints: dict[str, Any] = {}
    for kind in kinds:
        for member in members(kind):
            expected(member.hint)
            if hints.setdefault(member.key, member.hint) != member.hint:
                raise TypeError(f"{kind.__module__}: the key {member.key!r} is {hints[member.key]!r} elsewhere, {member.hint!r} here")
    return list(hints)


def _unknown_codes(data: Mapping[str, Any], codes: Collection[str]) -> Iterator[Wrong]:
    """Codes that no rule has: exact ones in waivers, prefixes everywhere else."""
    for path, names in _code_lists(data):
        for index, name in enumerate(names if isinstance(names, list) else ()):
            if isinstance(name, str):
                message = unknown_code(name, codes) if path[0] == "waivers" else unknown_prefix(name, codes)
                yield from [Wrong((*path, index), message)] if message else []


def _code_lists(data: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Where codes stand in a table that may be wrong in other respects: an unknown code is told beside them."""
    yield from (((key,), data.get(key)) for key in ("select", "extend-select", "ignore"))
    patterns, waivers = data.get("per-file-ignores"), data.get("waivers")
    if isinstance(patterns, dict):
        yield from ((("per-file-ignores", pattern), names) for pattern, names in patterns.items())
    if isinstance(waivers, list):
        yield from ((("waivers", index, "codes"), one.get("codes")) for index, one in enumerate(waivers) if isinstance(one, dict))


def unknown_code(name: str, codes: Collection[str]) -> str:
    """What is wrong with an exact code; empty when a rule has it."""
    if name in codes:
        return ""
    if name and (meant := [code for code in sorted(codes) if code.startswith(name)]):
        return f"{name!r} is no code but the beginning of some; name those that are meant: {', '.join(meant)}"
    return f"no rule has the code {name!r}{suggestion(name, sorted(codes))}"


def unknown_prefix(name: str, codes: Collection[str]) -> str:
    """What is wrong with a code or prefix; empty when a rule has it. For `--select` and `--ignore` too."""
    if name and any(code.startswith(name) for code in codes):
        return ""
    families = {code.rstrip("0123456789") for code in codes}
    return f"no rule's code starts with {name!r}{suggestion(name, sorted({*families, *codes}))}"


def _position(fault: Fault) -> tuple[str, int]:
    return (fault.place.file.path, fault.place.span.start) if fault.place else ("", 0)


def _on_disk(folder: FilePath) -> Read:
    def read(path: str) -> SourceFile | None:
        if not (folder / path).resolve().is_relative_to(folder.resolve()):
            raise Unreadable(SourceFile(path, b""), Span(0, 0), "leads outside the repository")
        return _read(folder, path)

    return read


def _beside(folder: FilePath) -> Read:
    """Reads what stands outside: `extends` names it by a path that leaves the folder in plain sight, not behind a link."""
    return lambda path: _read(folder.resolve(), path)


def _read(folder: FilePath, path: str) -> SourceFile | None:
    try:
        return SourceFile(path, Disk(folder).read(path))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return None
        raise Unreadable(SourceFile(path, b""), Span(0, 0), f"cannot be read: {error.strerror or error}") from None
