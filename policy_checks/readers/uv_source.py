"""`[tool.uv.sources]`: where a requirement's package is taken from, instead of an index's best match."""

from collections.abc import Mapping
from typing import Any

from policy_checks.readers.table import Table, Text
from policy_checks.record import record

_KEYS = (
    "git", "subdirectory", "rev", "tag", "branch", "lfs", "url", "path", "editable", "package", "index", "workspace",
    "marker", "extra", "group",
)  # fmt: skip
# What may stand beside the key that gives the kind (uv-workspace, `impl Deserialize for Source`).
_BESIDE = {
    "git": ("subdirectory", "path", "rev", "tag", "branch", "lfs"),
    "url": ("subdirectory", "lfs"),
    "path": ("editable", "package", "subdirectory", "lfs"),
    "index": ("subdirectory", "lfs"),
    "workspace": ("editable", "subdirectory", "lfs"),
}


@record(eq=False)
class Source:
    """One source of one package; `kind` is the key that names it: git, url, path, index or workspace."""

    kind: str
    written: Text | None  # None for `workspace = true`, which is no text
    table: Table
    marker: Text | None = None
    extra: str | None = None
    group: str | None = None

    def option(self, key: str) -> Any:
        """Another key of the source, None where it is not set."""
        return self.table.values.get(key)


def sources(table: Table) -> Mapping[str, tuple[Source, ...]]:
    """The sources of every package; raises Unreadable for one that uv refuses."""
    found = {}
    for name, key in table.named():
        if isinstance(table.values[key], list):
            found[name] = tuple(_source(entry) for entry in table.tables(key))
            if not found[name]:
                raise table.refused(f"`{key}` needs at least one source", key)
        else:
            entry = table.table(key)
            assert entry is not None  # the key is there
            found[name] = (_source(entry),)
    return found


def _source(table: Table) -> Source:
    table.only(*_KEYS)
    extra, group = table.name("extra"), table.name("group")
    if extra is not None and group is not None:
        raise table.refused("a source has `extra` or `group`, not both", "group")
    kind = next((kind for kind in _BESIDE if kind in table), None)
    if kind is None:
        raise table.refused("a source needs one of `git`, `url`, `path`, `index` or `workspace`")
    for key in table.values:
        if key not in (kind, *_BESIDE[kind], "marker", "extra", "group"):
            raise table.refused(f"a source cannot have both `{kind}` and `{key}`", key)
    _check_values(table, kind)
    written = None if kind == "workspace" and isinstance(table.values[kind], bool) else table.text(kind)
    return Source(kind, written, table, table.text("marker"), extra, group)


def _check_values(table: Table, kind: str) -> None:
    for key in ("subdirectory", "rev", "tag", "branch"):
        table.text(key)
    for key in ("lfs", "editable", "package"):
        table.flag(key)
    if kind == "git":
        chosen = [key for key in ("rev", "tag", "branch") if key in table]
        if len(chosen) > 1:
            raise table.refused("a git source has at most one of `rev`, `tag` and `branch`", chosen[1])
        if "subdirectory" in table and "path" in table:
            raise table.refused("a git source has `subdirectory` or `path`, not both", "path")
        table.text("path")
    if table.values.get("editable") is True and table.values.get("package") is False:
        raise table.refused("a source cannot have both `editable = true` and `package = false`", "package")
    if kind == "index":
        index = table.text("index")
        assert index is not None
        if not all(letter.isascii() and (letter.isalnum() or letter in "-_.") for letter in index.text):
            raise index.refused("an index name has only letters, digits, `-`, `_` and `.`")
