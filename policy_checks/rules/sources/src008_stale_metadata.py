"""Static metadata that was written for another commit or version than the locked one.

Why: `[[tool.uv.dependency-metadata]]` spares a build by saying what a package requires. uv believes it: for a git source
it even takes the version from there and never looks at the commit. Whoever moves `rev` and forgets the entry installs
new code with the requirements of the old one, under the old one's version, and the lock is fresh.

Fix: look at what the locked commit requires, bring `requires-dist` up to date, write the commit into the version's
local part (`1.0.0+9edee0c`), and run `uv lock`. Only what is certain is reported: a local part that is an abbreviated
commit id, but not the locked one's; a version of an index package that is not locked; an entry that uv passes over.

References: https://docs.astral.sh/uv/reference/settings/#dependency-metadata; PEP 440 (local versions); crate
uv-distribution-types, `dependency_metadata.rs`
"""

import re
from collections.abc import Iterator

from policy_checks.lock.configured import Configuration
from policy_checks.lock.git_pin import Locked, locked_place
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject, locked_at
from policy_checks.lock.settings import StaticMetadata
from policy_checks.lock.specifiers import canonical_version
from policy_checks.readers.table import Text
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.rule import Example, NoOptions, Problem, Related, Rule, Severity
from policy_checks.source import Place, Unreadable

# What `git rev-parse --short` gives (setuptools-scm writes a `g` before it). Digits alone may be a date or a build number.
_ABBREVIATED = re.compile(r"g?(?=[0-9a-f]*[a-f])(?=[a-f]*[0-9])([0-9a-f]{7,64})")


def check(project: LockedProject, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each entry whose package is locked to something else."""
    if project.lock is None or not project.has_own_lock:
        return
    try:
        entries = Configuration(project).static_metadata
        for entry in entries:
            held = project.lock.by_name.get(entry.name, ())
            if held and all(package.source.kind == "git" for package in held):
                yield from _of_git(project.lock, entry, held, sum(other.name == entry.name for other in entries))
            elif held and all(package.source.kind == "registry" for package in held):
                yield from _of_index(project.lock, entry, held)
    except Unreadable as error:
        yield Problem(Place(error.file, error.span), f"cannot be searched for stale metadata: {error.message}")


def _of_git(lock: Lock, entry: StaticMetadata, held: tuple[Package, ...], count: int) -> Iterator[Problem]:
    """The version of a repository is not known to uv: it takes an entry only when there is one, and its version with it."""
    if count > 1 or not entry.version:
        why = f"`{entry.name}` has {count} entries" if count > 1 else "it has no `version`"
        told = f"uv passes over this entry: {why}, and the package comes from a git repository"
        yield Problem(entry.table.place("name"), f"{told}; leave one, with the `version` of the locked commit, and run `uv lock`")
        return
    found = [match[1] for part in re.split(r"[._-]", entry.version.partition("+")[2].lower()) if (match := _ABBREVIATED.fullmatch(part))]
    if not found or any(package.source.commit.startswith(part) for package in held for part in found):
        return
    commit = held[0].source.commit
    written = f"{entry.version.partition('+')[0]}+{commit[: len(found[0])]}"
    told = f"the metadata of `{entry.name}` is of commit {found[0]}, and uv.lock holds {commit[: max(len(found[0]), 12)]}"
    todo = f'check what that commit requires, write `version = "{written}"` and run `uv lock`'
    related = (Related(locked_place(lock, Locked(held[0], commit)), f"locked at {commit}"),)
    yield Problem(_version(entry), f"{told}; {todo}", related=related)


def _of_index(lock: Lock, entry: StaticMetadata, held: tuple[Package, ...]) -> Iterator[Problem]:
    if not entry.version or any(canonical_version(package.version or "") == canonical_version(entry.version) for package in held):
        return
    versions = ", ".join(package.version or "" for package in held)
    told = f"the metadata of `{entry.name}` is of version {entry.version}, and uv.lock holds {versions}: uv does not use it"
    todo = f'check what {versions} requires, write `version = "{held[0].version}"` and run `uv lock`, or remove the entry'
    yield Problem(_version(entry), f"{told}; {todo}", related=(Related(locked_at(lock, held[0]), "locked here"),))


def _version(entry: StaticMetadata) -> Place:
    return Text(entry.version, entry.table.document, (*entry.table.path, "version")).place


_COMMIT = "b7643bd54521f563b839b98289b5cd048c062ba2"
_PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["flash-mla", "idna"]

[tool.uv.sources]
flash-mla = { git = "https://git.example/FlashMLA", rev = "nv_dev" }
"""
_LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "flash-mla" }},
    {{ name = "idna" }},
]

[[package]]
name = "flash-mla"
version = "1.0.0"
source = {{ git = "https://git.example/FlashMLA?rev=nv_dev#{_COMMIT}" }}

[[package]]
name = "idna"
version = "3.10"
source = {{ registry = "https://index.example/simple" }}
"""


def _entry(name: str, version: str, *, marked: bool = False) -> str:
    key = f'name = ⟦"{name}"⟧' if marked else f'name = "{name}"'
    return f"\n[[tool.uv.dependency-metadata]]\n{key}\n" + (f"version = {version}\n" if version else "") + "requires-dist = []\n"


def _files(*entries: str) -> dict[str, str]:
    return {"pyproject.toml": _PROJECT + "".join(entries), "uv.lock": _LOCK}


RULE = Rule(
    code="SRC008",
    name="stale-metadata",
    severity=Severity.ERROR,
    subject=LOCKED_PROJECT,
    check=check,
    examples=(
        Example(
            "metadata of another commit",
            _files(_entry("flash_mla", '⟦"1.0.0+9edee0c"⟧')),
            message='is of commit 9edee0c, and uv.lock holds b7643bd54521; check what that commit requires, write `version = "1.0.0+b7643bd"`',
        ),
        Example(
            "the spelling of setuptools-scm", _files(_entry("flash-mla", '⟦"1.0.0.dev3+g9edee0c.d20250131"⟧')), message="commit 9edee0c"
        ),
        Example(
            "metadata of another version of an index package",
            _files(_entry("idna", '⟦"3.9"⟧')),
            message="is of version 3.9, and uv.lock holds 3.10: uv does not use it",
        ),
        Example("an entry for a repository without a version", _files(_entry("flash-mla", "", marked=True)), message="it has no `version`"),
        Example(
            "two entries for a repository",
            _files(_entry("flash-mla", '"1.0.0+b7643bd"', marked=True), _entry("flash-mla", '"1.0.0+9edee0c"', marked=True)),
            message="has 2 entries",
        ),
        Example("metadata of the locked commit", _files(_entry("flash-mla", '"1.0.0+b7643bd"'))),
        Example("metadata of the locked commit, as setuptools-scm writes it", _files(_entry("flash-mla", '"1.0.0+gb7643bd5.d20250131"'))),
        Example("a version that names no commit", _files(_entry("flash-mla", '"1.0.0"'))),
        Example("a local part that is no commit", _files(_entry("flash-mla", '"1.0.0+cu130.20250131.feedback"'))),
        Example("metadata of the locked version, in other words", _files(_entry("idna", '"3.10.0"'))),
        Example("metadata for every version of an index package", _files(_entry("idna", ""))),
        Example("a package that is not locked (SRC007)", _files(_entry("torch", '"2.0"'))),
    ),
)
