"""uv.lock is written in a way in which uv does not write it: somebody, or some tool, edited it.

Why: uv writes a lock in one layout and one order, down to the last comma. A line that is otherwise was not written by uv,
so nothing says that what it locks was ever resolved together. `uv lock --check` reads any layout and says nothing.

Fix: restore uv.lock from the last commit in which uv wrote it, and repeat the change with uv (`uv add`, `uv lock`). Running
`uv lock` on top of the edit keeps the layout as it is while nothing else changes. Line ends do not matter as long as they
are all the same, nor does a spelling inside of values (markers, specifiers). A finding stands for a whole lock: it
names the first line, the others are listed with it.

References: crate uv-lock, `lock/serialize.rs`; uv's preview feature `lockfile-format-check`
"""

from collections.abc import Iterator

from policy_checks.lock.integrity.artifacts import shown
from policy_checks.lock.integrity.canonical import out_of_order
from policy_checks.lock.integrity.layout import deviations
from policy_checks.readers.uv_lock import LOCK, Lock
from policy_checks.rule import Example, NoOptions, Problem, Related, Rule, Severity

_NEWEST = 5  # the last revision whose layout is known here
_SHOWN = 5  # other places that a finding lists
_RESTORE = "restore uv.lock from the last commit in which uv wrote it and run `uv lock`"


def check(lock: Lock, _options: NoOptions) -> Iterator[Problem]:
    """One problem for the layout, at its first line, and one for the order of packages."""
    if lock.revision > _NEWEST:
        return
    found = list(deviations(lock))
    if found:
        more = f" ({len(found) - 1} more like it)" if len(found) > 1 else ""
        related = tuple([Related(other.place, other.told) for other in found[1 : _SHOWN + 1]])
        yield Problem(found[0].place, f"not written by uv: {found[0].told}{more}; {_RESTORE}", related=related)
    misplaced = out_of_order(lock)
    if misplaced:
        package, above = misplaced
        message = f"not written by uv: {shown(package)} stands below {shown(above)}, and uv sorts packages; {_RESTORE}"
        yield Problem(
            lock.place((*package.at, "name")), message, related=(Related(lock.place((*above.at, "name")), "uv writes this one after it"),)
        )


_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "anyio"
version = "4.9.0"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "idna" },
    { name = "sniffio" },
]
wheels = [
    { url = "https://files.example/anyio-4.9.0-py3-none-any.whl", hash = "sha256:0a", size = 100916 },
]

[[package]]
name = "idna"
version = "3.10"
source = { registry = "https://index.example/simple" }

[[package]]
name = "sniffio"
version = "1.3.1"
source = { registry = "https://index.example/simple" }
"""


def _edited(old: str, new: str) -> dict[str, str]:
    assert old in _LOCK
    return {"uv.lock": _LOCK.replace(old, new, 1)}


_IDNA, _SNIFFIO = _LOCK[_LOCK.index('\n[[package]]\nname = "idna"') :].split("\n[[package]]")[1:]

RULE = Rule(
    code="LCK020",
    name="not-canonical-lock",
    severity=Severity.WARNING,
    subject=LOCK,
    check=check,
    examples=(
        Example("an edge out of order", _edited('    { name = "idna" },\n    { name = "sniffio" },', '    ⟦{ name = "sniffio" },⟧\n    { name = "idna" },'), message="the order"),
        Example("a package out of order", _edited(f"[[package]]{_IDNA}\n[[package]]{_SNIFFIO}", f"[[package]]{_SNIFFIO}\n[[package]]{_IDNA}".replace('name = "idna"', '⟦name = "idna"⟧')), message="stands below sniffio 1.3.1"),
        Example("a comment", _edited('version = "3.10"\n', '⟦# pinned by hand⟧\nversion = "3.10"\n'), message="a comment"),
        Example("another indentation", _edited('    { name = "idna" },', '  ⟦{ name = "idna" },⟧'), message="spacing"),
        Example("another order of keys", _edited('name = "idna"\nversion = "3.10"', '⟦version = "3.10"⟧\nname = "idna"')),
        Example("other quotes", _edited('name = "idna"\nversion', "⟦name = 'idna'⟧\nversion"), message='uv writes `name = "idna"`'),
        Example("a key that uv does not know", _edited('version = "3.10"\n', 'version = "3.10"\n⟦note = "3.11 breaks"⟧\n')),
        Example("as uv writes it", {"uv.lock": _LOCK}),
        Example("with the line ends of Windows", {"uv.lock": _LOCK.replace("\n", "\r\n")}),
        Example(
            "one requirement on a line, two on lines of their own",
            {"uv.lock": _LOCK + '\n[package.metadata]\nrequires-dist = [{ name = "idna", specifier = ">=3" }]\n\n[package.metadata.requires-dev]\n'
             'test = [\n    { name = "anyio", extras = ["trio"] },\n    { name = "idna", marker = "python_full_version < \'3.13\'", specifier = ">=3,<4" },\n]\n'},
        ),
        Example("conflicts and options", {"uv.lock": 'version = 1\nrequires-python = ">=3.12"\nconflicts = [[\n    { package = "a", extra = "x" },\n    { package = "a", group = "y" },\n]]\n\n[options]\nresolution-mode = "lowest"\n'}),
        Example("an archive by URL", _edited("[[package]]", '[[package]]\nname = "a"\nversion = "1"\nsource = { url = "https://files.example/a.zip", subdirectory = "src" }\nsdist = { hash = "sha256:0a" }\n\n[[package]]')),
        Example("the layout of uv 0.6", _edited('"sha256:0a", size = 100916', '"sha256:0a", size = 100916, upload_time = "2025-03-17T00:02:54.77Z"')),
        Example("the manifest of a workspace", _edited("\n[[package]]", '\n[manifest]\nmembers = [\n    "anyio",\n    "sniffio",\n]\noverrides = [{ name = "idna", specifier = ">=3" }]\n\n[[package]]')),
    ),
)  # fmt: skip
