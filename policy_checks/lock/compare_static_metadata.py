"""Comparison of a lock with `[[tool.uv.dependency-metadata]]`: metadata that a project declares for packages of others."""

from collections.abc import Iterable, Iterator

from policy_checks.lock import requirements, specifiers
from policy_checks.lock.comparison import Comparison, stale
from policy_checks.lock.differences import Difference
from policy_checks.lock.requirements import Declared, Requirement, meaning
from policy_checks.lock.settings import StaticMetadata
from policy_checks.lock.specifiers import canonical_version
from policy_checks.readers import toml, uv_lock
from policy_checks.readers.names import normalized
from policy_checks.readers.table import Table, Text


def compare(comparison: Comparison) -> Iterator[Difference]:
    """Every difference: requirements in their order, clause by clause, for names that the lock holds or remembers."""
    lock = comparison.lock
    held = {entry.name: entry for entry in lock.manifest.dependency_metadata}
    counted = [entry for entry in comparison.settings.dependency_metadata if entry.name in lock.by_name or entry.name in held]
    mine = {_key(entry): entry for entry in counted}
    theirs = {_key(_of_lock(comparison, entry)): entry for entry in lock.manifest.dependency_metadata}
    changed = {entry.name: entry for key, entry in mine.items() if key not in theirs}
    for name, entry in changed.items():
        before = held.get(name)
        locked = "" if before is None else _shown(before.requires_dist)
        at = ("manifest", "dependency-metadata") if before is None else before.at
        message = f"uv resolves anew because the static metadata of `{name}` changed"
        declared = _shown(text.text for text in entry.requires)
        yield stale(f"dependency-metadata of {name}", declared, locked, entry.table.place(), message, lock.place(at))
    for key, before in theirs.items():
        if key not in mine and before.name not in changed:
            place = comparison.workspace.pyproject.uv.place("dependency-metadata")
            message = f"the lock remembers static metadata of `{before.name}` that is no longer declared"
            yield stale(f"dependency-metadata of {before.name}", "", _shown(before.requires_dist), place, message, lock.place(before.at))


def _shown(requires: Iterable[str]) -> str:
    return f"requires {', '.join(requires) or 'nothing'}"


def _of_lock(comparison: Comparison, entry: uv_lock.StaticMetadata) -> StaticMetadata:
    document = toml.Document(comparison.lock.file, {})
    requires = tuple(Text(text, document, entry.at) for text in entry.requires_dist)
    extras = tuple(map(normalized, entry.provides_extras))
    return StaticMetadata(entry.name, entry.version or "", requires, entry.requires_python or "", extras, Table(document, entry.at, {}))


def _key(entry: StaticMetadata) -> object:
    requires = tuple(_literal(requirements.parse(text)) for text in entry.requires)
    return entry.name, canonical_version(entry.version), requires, _literal_specifier(entry.requires_python), entry.extras


def _literal(declared: Declared) -> object:
    marker = meaning(Requirement(declared.name, (), "", declared.marker, written=declared.written))
    return declared.name, declared.extras, _literal_specifier(declared.specifier), marker, declared.url


def _literal_specifier(text: str) -> object:
    return tuple(sorted((clause.version, clause.operator, clause.star) for clause in specifiers.clauses(text)))
