"""Dependency groups (PEP 735) with every `include-group` resolved, as uv resolves them (uv-workspace, `dependency_groups.rs`)."""

from collections.abc import Mapping

from policy_checks.lock import requirements
from policy_checks.readers.pyproject import Include, PyProject
from policy_checks.readers.table import Text
from policy_checks.record import record

DEV = "dev"


@record
class Entry:
    """One requirement of a group, and the requires-python of every group that it came through."""

    written: Text
    requires_python: tuple[Text, ...] = ()


@record
class Group:
    """A flattened group; `requires_python` holds its own and those of the groups that it includes."""

    entries: tuple[Entry, ...]
    requires_python: tuple[Text, ...] = ()


def check(pyproject: PyProject) -> None:
    """Raises Unreadable for groups that uv refuses before it looks at a lock: includes, requirements, markers."""
    for group in flatten(pyproject).values():
        for entry in group.entries:
            requirements.parse(entry.written)


def flatten(pyproject: PyProject) -> Mapping[str, Group]:
    """Every group by name; raises Unreadable for a cycle, an unknown group or settings of an unknown group.

    The legacy `tool.uv.dev-dependencies` are appended to `dev` afterwards: nothing can include them.
    """
    for name in pyproject.group_settings:
        if name not in pyproject.groups:
            raise pyproject.uv.refused(
                f"`[tool.uv.dependency-groups]` names the group `{name}`, which is not defined", "dependency-groups", name
            )
    flat: dict[str, Group] = {}
    for name in sorted(pyproject.groups):
        _resolve(pyproject, name, flat, ())
    if pyproject.dev_dependencies is not None:
        dev = flat.get(DEV, Group(()))
        flat[DEV] = Group((*dev.entries, *(Entry(text) for text in pyproject.dev_dependencies)), dev.requires_python)
    return flat


def _resolve(pyproject: PyProject, name: str, flat: dict[str, Group], above: tuple[str, ...]) -> Group:
    if name in flat:
        return flat[name]
    entries: list[Entry] = []
    pythons: list[Text] = []
    for item in pyproject.groups[name]:
        if not isinstance(item, Include):
            entries.append(Entry(item))
            continue
        path = (*above, name)
        if item.group not in pyproject.groups:
            raise item.written.refused(f"group `{name}` includes `{item.group}`, which is not defined")
        if item.group in path:
            raise item.written.refused(f"dependency groups include each other: {' → '.join((*path, item.group))}")
        included = _resolve(pyproject, item.group, flat, path)
        entries += included.entries
        pythons += included.requires_python
    own = pyproject.group_settings.get(name)
    if own is not None:
        pythons.append(own)
        entries = [Entry(entry.written, (*entry.requires_python, own)) for entry in entries]
    flat[name] = Group(tuple(entries), tuple(pythons))
    return flat[name]
