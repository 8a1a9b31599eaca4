"""A tool that is fixed at another version than the lock holds.

Why: the formatter of the pre-commit hook, of CI and of the environment are meant to be one. Where their versions differ, a commit
passes on one machine and fails on the next, and two people reformat the same files back and forth.

Fix: write the locked version, as `--fix` does (a tag keeps the spelling of its repository, with or without `v`; a revision that is
a commit needs `pre-commit autoupdate --freeze --repo URL`). Judged are the `rev` of known hook repositories, `additional_dependencies`
of hooks, `required-version` of ruff and black, `pip install`, `uvx`, `uv tool install`, `pipx` with `==` or `@`, and the versions given
to known actions. The lock speaks for a tool only if a project asks for it directly; where none does, the places are compared with the
first of them, and nothing is rewritten. uv itself is another rule's.

References: guide section "Linting"; https://pre-commit.com/#updating-hooks-automatically; https://docs.astral.sh/ruff/settings/#required-version
"""

from collections.abc import Iterator

from policy_checks.lock.tool_pins import TOOL_PINS, ToolPins, accepts
from policy_checks.readers.tool_pins import Pin
from policy_checks.readers.uv_lock import Package
from policy_checks.rule import Example, Fix, NoOptions, Problem, Related, Rule, Severity
from policy_checks.source import Edit


def check(found: ToolPins, _options: NoOptions) -> Iterator[Problem]:
    """A problem for each place that disagrees."""
    versions = tuple(package for package in found.locked if package.version)
    if versions:
        yield from _against_lock(found, versions)
    else:
        yield from _among_each_other(found)


def _against_lock(found: ToolPins, locked: tuple[Package, ...]) -> Iterator[Problem]:
    assert found.lock is not None
    named = " and ".join(str(package.version) for package in locked)
    for pin in found.pins:
        if not any(accepts(pin, str(package.version)) for package in locked):
            only = str(locked[0].version) if len(locked) == 1 else ""
            place = found.lock.place((*locked[0].at, "version"))
            yield Problem(
                pin.place,
                f"{pin}, {named} in uv.lock: {_advice(pin, named)}",
                _fix(pin, only),
                (Related(place, f"the locked version of {found.tool}"),),
            )


def _advice(pin: Pin, named: str) -> str:
    if pin.demanded:
        return f"demand a version that {named} is"
    upgrade = f"`uv lock --upgrade-package {pin.tool}=={pin.version}`"
    here = "write the locked version here" if pin.edits else "run `pre-commit autoupdate --freeze`"
    return f"{here}, or lock this one with {upgrade}"


def _fix(pin: Pin, version: str) -> Fix | None:
    if not version or not pin.edits:
        return None
    major_only = pin.demanded.isdigit()
    text = version.partition(".")[0] if major_only else version
    return Fix(f"write {text}", tuple((place.file, Edit(place.span, text)) for place in pin.edits))


def _among_each_other(found: ToolPins) -> Iterator[Problem]:
    first = next((pin for pin in found.pins if pin.version), None)
    for pin in found.pins if first else ():
        if first and pin is not first and not accepts(pin, first.version):
            related = (Related(first.place, str(first)),)
            yield Problem(pin.place, f"{pin}, {first.version} in {first.where}: let both name one version", related=related)


_LOCK = """\
version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }

[package.dev-dependencies]
linting = [{ name = "ruff" }, { name = "black" }, { name = "mypy" }, { name = "types-pyyaml" }]

[[package]]
name = "black"
version = "26.3.0"
source = { registry = "https://index.example/simple" }

[[package]]
name = "isort"
version = "5.13.2"
source = { registry = "https://index.example/simple" }

[[package]]
name = "mypy"
version = "1.19.1"
source = { registry = "https://index.example/simple" }

[[package]]
name = "ruff"
version = "0.9.10"
source = { registry = "https://index.example/simple" }

[[package]]
name = "types-pyyaml"
version = "6.0.12"
source = { registry = "https://index.example/simple" }
"""
_RUFF = "repos:\n- repo: https://git.example/astral-sh/ruff-pre-commit\n  rev: {}\n  hooks:\n  - id: ruff\n"
_BLACK = "repos:\n- repo: https://git.example/psf/black\n  rev: {}\n  hooks:\n  - id: black\n"
_CONFIG = ".pre-commit-config.yaml"

RULE = Rule(
    code="HOK001",
    name="tool-version-drift",
    severity=Severity.WARNING,
    subject=TOOL_PINS,
    check=check,
    examples=(
        Example(
            "a hook behind the lock",
            {_CONFIG: _RUFF.format("⟦v0.9.9⟧"), "uv.lock": _LOCK},
            fixed={_CONFIG: _RUFF.format("v0.9.10")},
            message="ruff is 0.9.9 in the pre-commit `rev`, 0.9.10 in uv.lock",
        ),
        Example(
            "a refspec that makes the tag known to the clone",
            {_CONFIG: _BLACK.format('"⟦refs/tags/25.1.0:refs/tags/25.1.0⟧"'), "uv.lock": _LOCK},
            fixed={_CONFIG: _BLACK.format('"refs/tags/26.3.0:refs/tags/26.3.0"')},
        ),
        Example(
            "a frozen commit: only pre-commit knows the next one",
            {_CONFIG: _RUFF.format(f"⟦{'a1' * 20}⟧  # frozen: v0.9.9"), "uv.lock": _LOCK},
            message="pre-commit autoupdate --freeze",
        ),
        Example(
            "stubs beside mypy",
            {
                _CONFIG: "repos:\n- repo: https://git.example/pre-commit/mirrors-mypy\n  rev: v1.19.1\n  hooks:\n  - id: mypy\n"
                "    additional_dependencies: [⟦types-PyYAML==6.0.11⟧, attrs]\n",
                "uv.lock": _LOCK,
            },
            fixed={
                _CONFIG: "repos:\n- repo: https://git.example/pre-commit/mirrors-mypy\n  rev: v1.19.1\n  hooks:\n  - id: mypy\n"
                "    additional_dependencies: [types-PyYAML==6.0.12, attrs]\n"
            },
        ),
        Example(
            "CI: commands and actions",
            {
                ".github/workflows/lint.yml": "jobs:\n  a:\n    steps:\n      - run: uvx ⟦ruff@0.9.9⟧ check .\n"
                '      - run: uv tool install "⟦black[jupyter]==26.1.0⟧"\n'
                "      - uses: psf/black@⟦25.1.0⟧\n"
                '      - uses: astral-sh/ruff-action@v3\n        with:\n          version: "⟦0.9.1⟧"\n',
                "uv.lock": _LOCK,
            },
            fixed={
                ".github/workflows/lint.yml": "jobs:\n  a:\n    steps:\n      - run: uvx ruff@0.9.10 check .\n"
                '      - run: uv tool install "black[jupyter]==26.3.0"\n'
                "      - uses: psf/black@26.3.0\n"
                '      - uses: astral-sh/ruff-action@v3\n        with:\n          version: "0.9.10"\n'
            },
        ),
        Example(
            "the version that a tool demands of itself",
            {
                "pyproject.toml": '[tool.black]\nrequired-version = "⟦25⟧"\n\n[tool.ruff]\nrequired-version = "⟦>=0.11⟧"\n',
                "uv.lock": _LOCK,
            },
            fixed={"pyproject.toml": '[tool.black]\nrequired-version = "26"\n\n[tool.ruff]\nrequired-version = ">=0.11"\n'},
        ),
        Example(
            "no lock: the hook and CI differ",
            {_CONFIG: _BLACK.format("24.3.0"), "lint.sh": "pip install ⟦black==23.1.0⟧\n"},
            message="24.3.0 in the pre-commit `rev`",
        ),
        Example("the locked versions", {_CONFIG: _RUFF.format("v0.9.10"), "lint.sh": "uvx black@26.3 .\n", "uv.lock": _LOCK}),
        Example(
            "a major version and a range that hold",
            {
                "pyproject.toml": '[tool.black]\nrequired-version = "26"\n\n[tool.ruff]\nrequired-version = ">=0.9"\n',
                "uv.lock": _LOCK,
            },
        ),
        Example(
            "a tool that only another package pulls in is not the one people run",
            {_CONFIG: "repos:\n- repo: https://git.example/pycqa/isort\n  rev: 6.0.1\n  hooks:\n  - id: isort\n", "uv.lock": _LOCK},
        ),
        Example("a frozen commit of the locked version", {_CONFIG: _RUFF.format(f"{'a1' * 20}  # frozen: v0.9.10"), "uv.lock": _LOCK}),
        Example("no lock, one version", {_CONFIG: _BLACK.format("24.3.0"), "lint.sh": "pip install black==24.3\n"}),
        Example("no version at all", {"lint.sh": "uvx ruff check .\npip install black\necho ruff==0.1.0\n", "uv.lock": _LOCK}),
        Example(
            "a branch is another rule's, a local hook has no revision",
            {_CONFIG: _RUFF.format("main") + "- repo: local\n  hooks: []\n", "uv.lock": _LOCK},
        ),
    ),
)
