"""The edits that remove an entry of `[tool.uv]` that names no locked package, from pyproject.toml and from what uv.lock remembers of it."""

import re

from policy_checks.lock.configured import Entry
from policy_checks.lock.locked_project import LockedProject
from policy_checks.readers.uv_lock import Lock, Requirement
from policy_checks.source import Edit, SourceFile, Span

_REMEMBERED = {"override-dependencies": "overrides", "constraint-dependencies": "constraints"}
_END = re.compile(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\Z)")
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_ITEM = re.compile(r"\{ .* \}")


def removal(project: LockedProject, entry: Entry) -> tuple[tuple[SourceFile, Edit], ...]:
    """Edits after which the lock is as fresh as before; none for an entry that is left to people."""
    lock, file = project.graph.lock, entry.table.document.file
    options = lock.options
    if entry.name in {**options.prerelease_package, **options.exclude_newer_package} or entry.version:
        return ()
    own = _item(entry) if entry.is_item else _key(entry)
    remembered = _REMEMBERED.get(entry.setting)
    if own is None or remembered is None:
        return ((file, own),) if own else ()
    count = sum(some.name == entry.name for some in _unscoped(lock, remembered))
    if not count:
        return ((file, own),)
    forgotten = _forgotten(lock, remembered, entry.name) if count == 1 else None
    return ((file, own), (lock.file, forgotten)) if forgotten else ()


def _item(entry: Entry) -> Edit | None:
    """The edit that takes a text out of its list; None for a table."""
    if not isinstance(entry.table.document.get(*entry.table.path, *entry.keys), str):
        return None
    text, span = entry.table.document.file.text, entry.place.span
    start = text.rfind("\n", 0, span.start) + 1
    if not text[start : span.start].strip() and (end := _END.match(text, span.end)):
        return Edit(Span(start, end.end()), "")
    before = len(text[: span.start].rstrip())
    if after := _COMMA.match(text, span.end):
        last = text.startswith(("\r", "\n", "#"), after.end())
        return Edit(Span(before if last else span.start, after.end()), "")
    return Edit(Span(before - 1 if text[before - 1] == "," else span.start, span.end), "")


def _key(entry: Entry) -> Edit | None:
    """The edit that takes a key with its value out of a table; None for what has a table of its own or dots in its key."""
    document, path = entry.table.document, (*entry.table.path, *entry.keys)
    text, key, value = document.file.text, document.key_span(*path), document.span(*path)
    start = text.rfind("\n", 0, key.start) + 1
    end = _END.match(text, value.end)
    if len(entry.keys) != 2 or key == value or "." in document.file.cut(key) or text[start : key.start].strip() or end is None:
        return None
    return Edit(Span(start, end.end()), "")


def _unscoped(lock: Lock, key: str) -> tuple[Requirement, ...]:
    """The constraints or overrides that the lock remembers, less the overrides for the dependencies of one package."""
    if key == "constraints":
        return lock.manifest.constraints
    return tuple(requirement for some in lock.manifest.overrides if not some.package for requirement in some.requirements)


def _forgotten(lock: Lock, key: str, name: str) -> Edit | None:
    """The edit that writes a list of `[manifest]` without a package, as uv would; None where it is written otherwise."""
    text = lock.file.text
    found = re.search(rf"^{key} = \[(?:\{{ .* \}}|\n(?:    \{{ .* \}},\n)+)\]\n", text, re.MULTILINE)
    if found is None:
        return None
    items = [item for item in _ITEM.findall(found[0]) if not item.startswith(f'{{ name = "{name}"')]
    start, end = found.span()
    if not items:
        header = "[manifest]\n"
        alone = text.endswith(header, 0, start) and text.startswith("\n", end)
        return Edit(Span(start - len(header), end + 1) if alone else Span(start, end), "")
    inner = items[0] if len(items) == 1 else "\n" + "".join(f"    {item},\n" for item in items)
    return Edit(Span(start, end), f"{key} = [{inner}]\n")
