"""Requirements as they are written in pyproject.toml, wherever they stand.

What uv refuses is told elsewhere; here it is passed over, so that a search misses nothing else.
"""

import re
from collections.abc import Iterable, Iterator

from policy_checks.readers.table import Text
from policy_checks.readers.toml import Document, Key

# What a project depends on; then what else the lock resolves; then what only builds need.
DEPENDED: tuple[tuple[str, ...], ...] = (
    ("project", "dependencies"),
    ("project", "optional-dependencies"),
    ("dependency-groups",),
    ("tool", "uv", "dev-dependencies"),
)
RESOLVED = (*DEPENDED, ("tool", "uv", "override-dependencies"), ("tool", "uv", "constraint-dependencies"))
OF_BUILDS: tuple[tuple[str, ...], ...] = (
    ("build-system", "requires"),
    ("tool", "uv", "build-constraint-dependencies"),
    ("tool", "uv", "extra-build-dependencies"),
)
# What stands before the URL or path of a direct reference (PEP 508): `name[extra] @ `, or nothing. Anchored, it takes linear time.
_NAMED = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\]\s*)?@\s*")


def direct_reference(text: str) -> tuple[str, int]:
    """The name of `name @ URL` (empty without one), and where the URL, the path or anything else begins."""
    found = _NAMED.match(text)
    return (found[1], found.end()) if found else ("", len(text) - len(text.lstrip()))


def requirement_texts(document: Document, paths: Iterable[tuple[str, ...]]) -> Iterator[Text]:
    """Every text in the lists and tables below these paths, but for the names of included groups."""
    for path in paths:
        yield from _below(document, path)


def _below(document: Document, path: tuple[Key, ...]) -> Iterator[Text]:
    value = document.get(*path)
    items: Iterable[tuple[Key, object]] = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if not isinstance(item, str):
            yield from _below(document, (*path, key))
        elif key not in ("include-group", "package"):  # of a group, of overrides for the dependencies of one package
            yield Text(item, document, (*path, key))
