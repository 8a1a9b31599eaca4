"""Comparison of a lock with `[[tool.uv.dependency-metadata]]`: metadata that a project declares for packages of others."""

from collections.abc import Iterator

from policy_checks.lock import requirements, specifiers
from policy_checks.lock.comparison import Comparison, stale
from policy_checks.lock.differences import Difference
from policy_checks.lock.requirements import Declared, Requirement, meaning
from policy_checks.lock.specifiers import canonical_version
from policy_checks.readers import toml, uv_lock
from policy_checks.readers.names import normalized
from policy_checks.readers.table import Table, Text, name_of


def compare(comparison: Comparison) -> Iterator[Difference]:
    """Every difference: requirements in their order, clause by clause, for names that the lock holds or remembers."""
    lock, settings = comparison.lock, comparison.settings
    remembered = {entry.name for entry in lock.manifest.dependency_metadata}
    mine: dict[object, Table] = {}
    for table in settings.dependency_metadata:
        table.only("name", "version", "requires-dist", "requires-python", "provides-extra", "provides-extras")
        name = table.name("name")
        if name is None:
            raise table.refused("an entry of `dependency-metadata` needs a `name`")
        if name in lock.by_name or name in remembered:
            mine[_metadata_key(table, name)] = table
    theirs = {_locked_metadata_key(comparison, entry): entry for entry in lock.manifest.dependency_metadata}
    for key in [key for key in mine if key not in theirs]:
        name = mine[key].name("name") or ""
        message = f"uv resolves anew because the static metadata of `{name}` changed"
        held = next((entry for entry in lock.manifest.dependency_metadata if entry.name == name), None)
        locked = "" if held is None else ", ".join(held.requires_dist)
        texts = ", ".join(text.text for text in mine[key].texts("requires-dist"))
        at = ("manifest", "dependency-metadata") if held is None else held.at
        yield stale(f"dependency-metadata of {name}", f"requires {texts}", f"requires {locked}", mine[key].place(), message, lock.place(at))
    changed = {mine[key].name("name") for key in mine if key not in theirs}
    for key, entry in theirs.items():
        if key not in mine and entry.name not in changed:
            place = comparison.workspace.pyproject.uv.place("dependency-metadata")
            message = f"the lock remembers static metadata of `{entry.name}` that is no longer declared"
            yield stale(
                f"dependency-metadata of {entry.name}",
                "",
                f"requires {', '.join(entry.requires_dist)}",
                place,
                message,
                lock.place(entry.at),
            )


def _metadata_key(table: Table, name: str) -> object:
    version, python = table.text("version"), table.text("requires-python")
    extras = table.texts("provides-extra") or table.texts("provides-extras")
    return (
        name,
        "" if version is None else canonical_version(version.text),
        tuple(_literal(requirements.parse(text)) for text in table.texts("requires-dist")),
        _literal_specifier("" if python is None else python.text),
        tuple(name_of(text) for text in extras),
    )


def _locked_metadata_key(comparison: Comparison, entry: uv_lock.StaticMetadata) -> object:
    texts = [Text(text, toml.Document(comparison.lock.file, {}), entry.at) for text in entry.requires_dist]
    return (
        entry.name,
        canonical_version(entry.version or ""),
        tuple(_literal(requirements.parse(text)) for text in texts),
        _literal_specifier(entry.requires_python or ""),
        tuple(normalized(extra) for extra in entry.provides_extras),
    )


def _literal(declared: Declared) -> object:
    marker = meaning(Requirement(declared.name, (), "", declared.marker, written=declared.written))
    return declared.name, declared.extras, _literal_specifier(declared.specifier), marker, declared.url


def _literal_specifier(text: str) -> object:
    return tuple(sorted((clause.version, clause.operator, clause.star) for clause in specifiers.clauses(text)))
