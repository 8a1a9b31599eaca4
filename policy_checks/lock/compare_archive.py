"""Comparison of a local wheel or source archive with the metadata that the lock remembers of it."""

from collections.abc import Iterator

from policy_checks.lock import archives, requirements
from policy_checks.lock.comparison import Comparison, lowered, stale
from policy_checks.lock.differences import Difference, Verdict
from policy_checks.lock.requirements import Declared
from policy_checks.lock.specifiers import canonical_version
from policy_checks.lock.tree import inside, join
from policy_checks.readers.names import normalized
from policy_checks.readers.table import Text
from policy_checks.readers.toml import Document
from policy_checks.readers.uv_lock import Package
from policy_checks.source import SourceFile


def compare(comparison: Comparison, package: Package) -> Iterator[Difference]:
    """Every difference; raises Unreadable and InvalidSpecifier for metadata that cannot be read."""
    path = inside(comparison.tree, join(comparison.workspace.root, package.source.location))
    place = comparison.lock.place((*package.at, "source"))
    file = comparison.tree.file(path)
    declared = None if file is None else archives.read(file)
    if file is None or declared is None:
        told = "is not there" if file is None else "does not tell its metadata without being built"
        message = f"`{package.name}` is the local archive `{package.source.location}`, which {told}"
        # On disk uv fails for want of it; among the files of a commit it may only be left out.
        missing = file is None and comparison.tree.location is not None
        yield Difference(
            Verdict.INVALID if missing else Verdict.UNKNOWN,
            f"metadata of {package.name}",
            "",
            package.source.location,
            place,
            message,
            place,
        )
        return
    what = f"metadata of {package.name}"
    if canonical_version(declared.version) != canonical_version(package.version or ""):
        message = f"the archive `{package.source.location}` holds another version"
        yield stale(what, declared.version, package.version or "", place, message, place)
    mine = lowered(comparison, tuple(_requirement(file, text) for text in declared.requires), None)
    for change in comparison.changes(mine, comparison.remembered(package.metadata.requires_dist)):
        message = f"what the archive `{package.source.location}` requires of `{change.name}` changed"
        yield stale(what, " and ".join(map(str, change.declared)), " and ".join(map(str, change.locked)), place, message, place)
    extras = {normalized(extra) for extra in declared.extras}
    if comparison.lock.revision >= 1 and extras != set(package.metadata.provides_extras):
        shown = ", ".join(sorted(extras)), ", ".join(sorted(package.metadata.provides_extras))
        yield stale(what, shown[0], shown[1], place, f"the extras of the archive `{package.source.location}` changed", place)


def _requirement(file: SourceFile, text: str) -> Declared:
    """A requirement in an archive; its extra is part of its marker there. Positions are those of the archive as a whole."""
    return requirements.parse(Text(text, Document(SourceFile(file.path, b""), {}), ()), lenient=True)
