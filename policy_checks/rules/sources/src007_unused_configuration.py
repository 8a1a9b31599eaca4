"""An entry of `[tool.uv]` that matches nothing in the lock.

Why: overrides, sources and exceptions for single packages are written for one problem and outlive it. Nobody dares to
remove them, and uv says nothing: a source for a package that the project does not ask for itself is ignored, an
override with a slip of the pen in its name overrides nothing. What is believed to hold does not.

Fix: remove the entry, or mend its name. `--unsafe-fixes` removes single items of lists and keys of tables, those that
uv.lock remembers from both files, so that the lock stays fresh; it is unsafe because `uv pip` and builds, which no lock
describes, may still have a use for them. What cannot be told from a lock is not reported: exclusions (what they name is
not locked because of them), overrides that never apply where the lock is valid (they remove a package), build constraints.

References: cargo-deny `unmatched-skip`; https://docs.astral.sh/uv/reference/settings/; astral-sh/uv#13829
"""

from collections.abc import Iterator

from policy_checks.lock import configured_edits, markers
from policy_checks.lock.configured import Configuration, Entry
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject, locked_at
from policy_checks.lock.specifiers import canonical_version
from policy_checks.rule import Example, Fix, NoOptions, Problem, Related, Rule, Severity
from policy_checks.source import Place, Unreadable


def check(project: LockedProject, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each entry; the sources and indexes of a workspace's members are judged with its lock."""
    if project.lock is None:
        return
    try:
        yield from _unused(project, Configuration(project))
    except Unreadable as error:
        yield Problem(Place(error.file, error.span), f"cannot be searched for unused configuration: {error.message}")


def _unused(project: LockedProject, configuration: Configuration) -> Iterator[Problem]:
    if not configuration.is_locked:
        return
    for entry in configuration.sources():
        if entry.name not in configuration.sourced:
            yield _unasked(project, entry)
    for entry in configuration.indexes():
        if entry.name not in configuration.indexes_in_use:
            told = f"the index `{entry.name}` is `explicit`, and no source refers to it"
            yield Problem(entry.place, f"{told}; remove it, or name it in `[tool.uv.sources]`")
    for entry in configuration.entries() if project.has_own_lock else ():
        if not _matches(project, configuration, entry):
            yield _unmatched(project, entry)


def _matches(project: LockedProject, configuration: Configuration, entry: Entry) -> bool:
    if entry.name in configuration.known:
        held = project.graph.lock.by_name.get(entry.name, ())
        return not entry.version or any(canonical_version(one.version or "") in (entry.version, "") for one in held)
    if not entry.marker:
        return False
    try:
        return project.graph.within(entry.marker) is markers.FALSE  # it removes what it names
    except markers.InvalidMarker:
        return True  # told by the rules about the lock


def _unasked(project: LockedProject, entry: Entry) -> Problem:
    told = f"`[tool.uv.sources]` has a source for `{entry.name}`, for which no requirement of the project asks"
    locked = project.graph.lock.by_name.get(entry.name, ())
    if not locked:
        return Problem(entry.place, f"{told}; remove it, or mend its name", _fix(project, entry))
    source = locked[0].source
    todo = f"ask for `{entry.name}` in `dependencies`, or remove the source"
    message = f"{told}: uv ignores it, and takes `{entry.name}` from {source.kind} {source.location}; {todo}"
    return Problem(entry.place, message, _fix(project, entry), (Related(locked_at(project.graph.lock, locked[0]), "locked here"),))


def _unmatched(project: LockedProject, entry: Entry) -> Problem:
    name = f"{entry.name} {entry.version.partition('!')[2]}" if entry.version else entry.name
    told = f"`{entry.setting}` names `{name}`, which is no package in uv.lock"
    return Problem(entry.place, f"{told}; remove the entry, or mend its name", _fix(project, entry))


def _fix(project: LockedProject, entry: Entry) -> Fix | None:
    edits = configured_edits.removal(project, entry)
    return Fix(f"remove `{entry.name}` from `{entry.setting}`", edits, safe=False) if edits else None


_PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["idna"]
"""
_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"
MANIFEST
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "idna" },
]

[package.metadata]
requires-dist = [{ name = "idna" }]

[[package]]
name = "idna"
version = "3.10"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "six" },
]

[[package]]
name = "six"
version = "1.17.0"
source = { registry = "https://index.example/simple" }
"""


def _files(configuration: str, manifest: str = "") -> dict[str, str]:
    return {
        "pyproject.toml": f"{_PROJECT}\n{configuration}",
        "uv.lock": _LOCK.replace("MANIFEST", f"\n[manifest]\n{manifest}\n" if manifest else ""),
    }


def _fixed(configuration: str) -> dict[str, str]:
    return {"pyproject.toml": f"{_PROJECT}\n{configuration}"}


_INDEX = '[[tool.uv.index]]\nname = "torch"\nurl = "https://gpu.example/whl"\nexplicit = true\n'

RULE = Rule(
    code="SRC007",
    name="unused-configuration",
    severity=Severity.WARNING,
    subject=LOCKED_PROJECT,
    check=check,
    examples=(
        Example(
            "an override of a package that nothing asks for",
            _files(
                '[tool.uv]\noverride-dependencies = [\n    # as in the image\n    "six>=1",\n    ⟦"torch; sys_platform == \'never\'"⟧,  # not here\n]\n',
                'overrides = [\n    { name = "six", specifier = ">=1" },\n    { name = "torch", marker = "sys_platform == \'never\'" },\n]',
            ),
            fixed={
                **_fixed('[tool.uv]\noverride-dependencies = [\n    # as in the image\n    "six>=1",\n]\n'),
                "uv.lock": _LOCK.replace("MANIFEST", '\n[manifest]\noverrides = [{ name = "six", specifier = ">=1" }]\n'),
            },
            message="`override-dependencies` names `torch`, which is no package in uv.lock",
        ),
        Example(
            "the last constraint",
            _files('[tool.uv]\nconstraint-dependencies = [⟦"torch<3"⟧]\n', 'constraints = [{ name = "torch", specifier = "<3" }]'),
            fixed={**_fixed("[tool.uv]\nconstraint-dependencies = []\n"), "uv.lock": _LOCK.replace("MANIFEST", "")},
        ),
        Example(
            "a build that is not isolated",
            _files('[tool.uv]\nno-build-isolation-package = ["Six", ⟦"flash_attn"⟧]\n'),
            fixed=_fixed('[tool.uv]\nno-build-isolation-package = ["Six"]\n'),
            message="names `flash-attn`",
        ),
        Example(
            "a source for a dependency of a dependency",
            _files('[tool.uv.sources]\n⟦six⟧ = { git = "https://git.example/six" }\n'),
            fixed=_fixed("[tool.uv.sources]\n"),
            message="uv ignores it, and takes `six` from registry https://index.example/simple; ask for `six` in `dependencies`, or remove",
        ),
        Example(
            "metadata and build settings for packages that are not there",
            _files('[[tool.uv.dependency-metadata]]\nname = ⟦"torch"⟧\n\n[tool.uv.extra-build-dependencies]\n⟦flash-attn⟧ = ["torch"]\n'),
            fixed=_fixed('[[tool.uv.dependency-metadata]]\nname = "torch"\n\n[tool.uv.extra-build-dependencies]\n'),
        ),
        Example("an index that no source refers to", _files(_INDEX.replace('"torch"', '⟦"torch"⟧', 1)), message="the index `torch`"),
        Example(
            "overrides in another package's dependencies, at a version that is not locked",
            _files(
                '[tool.uv]\noverride-dependencies = [⟦{ package = { name = "idna", version = "3.9" }, dependencies = ["six"] }⟧]\n',
            ),
            message="names `idna 3.9`",
        ),
        Example(
            "a setting in uv.toml",
            {**_files(""), "uv.toml": 'no-binary-package = [\n    "idna",\n    ⟦"idnaa"⟧\n]\n'},
            fixed={"uv.toml": 'no-binary-package = [\n    "idna",\n]\n'},
        ),
        Example(
            "entries about packages of the lock",
            _files(
                '[tool.uv]\noverride-dependencies = ["Six; sys_platform == \'never\'"]\nconstraint-dependencies = ["idna<4"]\n'
                'no-build-isolation-package = ["six"]\n\n[[tool.uv.dependency-metadata]]\nname = "six"\nversion = "1.17.0"\n'
            ),
        ),
        Example(
            "a source for a direct dependency, from an explicit index",
            _files(_INDEX + '\n[tool.uv.sources]\nidna = { index = "torch" }\n'),
        ),
        Example("an index for every package", _files(_INDEX.replace("explicit = true\n", ""))),
        Example("an index to publish to", _files(_INDEX + 'publish-url = "https://gpu.example/upload"\n')),
        Example(
            "a source for what the build requires",
            _files('[build-system]\nrequires = ["hatchling"]\n\n[tool.uv.sources]\nhatchling = { git = "https://git.example/hatch" }\n'),
        ),
        Example("a package that is excluded, and so not locked", _files('[tool.uv]\nexclude-dependencies = ["torch"]\n')),
        Example(
            "an override that removes its package",
            _files("[tool.uv]\noverride-dependencies = [\"torch; python_version < '3'\"]\n"),
        ),
        Example("a project without a lock", {"pyproject.toml": _PROJECT + '\n[tool.uv]\nconstraint-dependencies = ["torch<3"]\n'}),
    ),
)
