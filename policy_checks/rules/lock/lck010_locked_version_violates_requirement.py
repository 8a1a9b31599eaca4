"""uv.lock pins a version that the project's own requirement, constraint or override rules out.

Why: uv compares the requirements that a lock remembers with those of pyproject.toml, and then believes the versions. A
lock whose requirement says `>=9` and whose package says `2.34.2` passes `uv lock --check` and installs 2.34.2. It comes
from merges, from bots that edit locks, and from uv itself when it keeps what it should have resolved again.

Fix: `uv lock --upgrade-package NAME`. `uv lock` alone finds nothing to do.

References: astral-sh/uv#12276; PEP 440
"""

from collections.abc import Iterator

from policy_checks.lock.integrity.artifacts import inside, shown
from policy_checks.lock.integrity.surroundings import SURROUNDINGS, Surroundings
from policy_checks.lock.integrity.violations import Violation, violations
from policy_checks.rule import Example, NoOptions, Problem, Related, Rule, Severity


def check(around: Surroundings, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each pinned version and each text that rules it out."""
    for found in violations(around.obligations):
        place = inside(around.lock.place((*found.package.at, "version")), found.package.version or "")
        message = f"{shown(found.package)} is locked, but {found.by} {found.verb} `{found.requirement.name}{found.requirement.specifier}`"
        yield Problem(place, f"{message}; run `uv lock --upgrade-package {found.package.name}`", related=tuple(_related(around, found)))


def _related(around: Surroundings, found: Violation) -> Iterator[Related]:
    if found.section is not None:
        text = around.declaration(found.section.package, found.requirement)
        if text is not None:
            yield Related(text.place, "declared here")
    yield Related(around.lock.place(found.requirement.at), "what the lock remembers of it")


_HEAD = """\
version = 1
revision = 3
requires-python = ">=3.12"
%s
[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [
%s]

[package.metadata]
requires-dist = [%s]
"""
_IDNA = '\n[[package]]\nname = "idna"\nversion = "%s"\nsource = { registry = "https://index.example/simple" }\n'
_EDGE = '    { name = "idna" },\n'


def _lock(version: str, requirement: str, manifest: str = "") -> dict[str, str]:
    return {"uv.lock": _HEAD % (f"\n[manifest]\n{manifest}\n" if manifest else "", _EDGE, requirement) + _IDNA % version}


def _forked(old: str, new: str) -> dict[str, str]:
    edges = "".join(
        f'    {{ name = "idna", version = "{version}", source = {{ registry = "https://index.example/simple" }}, '
        f"marker = \"python_full_version {where} '3.13'\" }},\n"
        for version, where in (("2.10", "<"), ("3.10", ">="))
    )
    requires = '{ name = "idna", marker = "python_full_version < \'3.13\'", specifier = "<3" }, '
    requires += '{ name = "idna", marker = "python_full_version >= \'3.13\'", specifier = ">=3" }'
    return {"uv.lock": _HEAD % ("", edges, requires) + _IDNA % old + _IDNA % new}


_PYPROJECT = '[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.12"\ndependencies = ["idna>=9"]\n'

RULE = Rule(
    code="LCK010",
    name="locked-version-violates-requirement",
    severity=Severity.ERROR,
    subject=SURROUNDINGS,
    check=check,
    examples=(
        Example(
            "a requirement",
            _lock("⟦3.10⟧", '{ name = "idna", specifier = ">=9" }') | {"pyproject.toml": _PYPROJECT},
            message="idna 3.10 is locked, but app requires `idna>=9`",
        ),
        Example("a constraint", _lock("⟦3.10⟧", '{ name = "idna" }', 'constraints = [{ name = "idna", specifier = "<3.10" }]'), message="the manifest's constraint is"),
        Example("an override", _lock("⟦3.10⟧", '{ name = "idna" }', 'overrides = [{ name = "idna", specifier = "!=3.10" }]'), message="override"),
        Example("one of two forks", {"uv.lock": _forked("2.10", "3.10")["uv.lock"].replace('">=3"', '">=4"').replace('\nversion = "3.10"', '\nversion = "⟦3.10⟧"')}),
        Example("a pre-release below the bound", _lock("⟦9.0rc1⟧", '{ name = "idna", specifier = ">=9" }')),
        Example("within the range", _lock("3.10", '{ name = "idna", specifier = ">=3,<4,!=3.8" }')),
        Example("each fork within its own range", _forked("2.10", "3.10")),
        Example("an override takes the place of the requirement", _lock("3.10", '{ name = "idna", specifier = "<3" }', 'overrides = [{ name = "idna", specifier = ">=3" }]')),
        Example("a local version", _lock("3.10+cpu", '{ name = "idna", specifier = "==3.10" }')),
        Example("a requirement that never applies", _lock("3.10", '{ name = "idna" }, { name = "idna", marker = "python_version < \'3\'", specifier = "<3" }')),
        Example("a constraint for another platform", {
            "uv.lock": _HEAD % ("\n[manifest]\nconstraints = [{ name = \"idna\", marker = \"sys_platform == 'win32'\", specifier = \"<3\" }]\n",
                                "    { name = \"idna\", marker = \"sys_platform == 'linux'\" },\n",
                                "{ name = \"idna\", marker = \"sys_platform == 'linux'\" }") + _IDNA % "3.10"
        }),
    ),
)  # fmt: skip
