"""A place that names a Python version which `requires-python` does not support.

Why: `requires-python` is what installers and the lock go by. A classifier, a CI matrix or an image with another version promises or tries
what cannot be installed; a linter's target above it lets code pass that the oldest supported Python cannot run, a target
below it keeps code from the syntax that may be used.

Fix: raise or remove what lags behind, or widen `requires-python`. `target-version` of ruff and black, pylint's `py-version` and pyupgrade's
`--py310-plus` say the oldest version that has to work: they have to be its lower bound, which `--fix` writes; mypy's, pyright's, ty's and isort's version may
be any that is supported, as may `.python-version`. Judged besides: classifiers, tox's list of environments, hatch's matrices, the matrix from which a job
of a workflow sets up Python (a version is right if any project of the repository supports it: what a job is for cannot be seen; a
job with one fixed version may only run scripts and is not asked), and the base `python:3.x` of the repository's own images: Dockerfiles at
the root or in docker/, and bases that a pipeline gives to one.

References: guide section "Dependency management"; https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python;
https://docs.astral.sh/ruff/settings/#target-version
"""

import re
from collections.abc import Iterator

from policy_checks.lock.python_ranges import PYTHON_RANGE, PythonRange
from policy_checks.readers.python_places import hatch_matrices, tox_environments, version_file
from policy_checks.readers.python_targets import Target, Version, targets
from policy_checks.rule import Example, Fix, NoOptions, Problem, Related, Rule, Severity
from policy_checks.source import Edit, Place

_CLASSIFIER = re.compile(r"Programming Language :: Python :: ([23])\.(\d{1,2})")


def check(found: PythonRange, _options: NoOptions) -> Iterator[Problem]:
    """Problems of one project; at its root also those of what the repository is run on."""
    for classifier in found.classifiers():
        named = _CLASSIFIER.fullmatch(classifier.text)
        if named and not found.admits((int(named[1]), int(named[2]))):
            yield _outside(found, classifier.place, f"the classifier names Python {named[1]}.{named[2]}", "remove it")
    for target in targets(found.settings):
        yield from _target(found, target)
    for run_on in (*version_file(found.settings), *tox_environments(found.settings), *hatch_matrices(found.settings)):
        if not found.admits(run_on.version):
            yield _outside(found, run_on.place, f"{run_on.what} names Python {_dotted(run_on.version)}", "name a supported version")
    for run_on in found.run_on:
        yield _outside(found, run_on.place, f"{run_on.what} is Python {_dotted(run_on.version)}", "name a supported version")


def _outside(found: PythonRange, place: Place, what: str, advice: str) -> Problem:
    message = f"{what}, which requires-python `{found.requires.text}` does not support: {advice}, or change requires-python"
    return Problem(place, message, related=(_declared(found),))


def _target(found: PythonRange, target: Target) -> Iterator[Problem]:
    lowest = found.lowest
    outside = [version for version in target.versions if not found.admits(version)]
    if lowest and target.is_minimum and min(target.versions) != lowest:
        side = "older" if min(target.versions) < lowest else "newer"
        what = f"{target} is Python {_dotted(min(target.versions))}, {side} than the oldest that requires-python `{found.requires.text}` supports"
    elif outside and lowest:
        what = f"{target} is Python {_dotted(outside[0])}, which requires-python `{found.requires.text}` does not support"
    else:
        return
    text = target.spelled(lowest)
    fix = Fix(f"write {text}", ((target.place.file, Edit(target.place.span, text)),)) if len(target.versions) == 1 else None
    yield Problem(target.place, f"{what}: write `{text}`" + (" as the oldest" if fix is None else ""), fix, (_declared(found),))


def _declared(found: PythonRange) -> Related:
    return Related(found.requires.place, "what the project supports")


def _dotted(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _project(requires: str, more: str = "") -> str:
    return f'[project]\nname = "a"\nversion = "1"\nrequires-python = "{requires}"\n{more}'


_MATRIX = """\
jobs:
  test:
    strategy:
      matrix:
        python-version: [{}]
        include:
        - python-version: "3.12"
    steps:
    - uses: actions/setup-python@v6
      with:
        python-version: ${{{{ matrix.python-version }}}}
"""

RULE = Rule(
    code="HOK004",
    name="python-range-drift",
    severity=Severity.WARNING,
    subject=PYTHON_RANGE,
    check=check,
    examples=(
        Example(
            "classifiers that stayed behind",
            {
                "pyproject.toml": _project(
                    ">=3.12",
                    'classifiers = [\n  "⟦Programming Language :: Python :: 3.10⟧",\n  "Programming Language :: Python :: 3.12",\n]\n',
                )
            },
            message="remove it",
        ),
        Example(
            "targets of tools",
            {
                "pyproject.toml": _project(
                    ">=3.11",
                    '[tool.ruff]\ntarget-version = "⟦py310⟧"\n[tool.black]\ntarget-version = ["⟦py312⟧"]\n'
                    '[tool.mypy]\npython_version = "⟦3.9⟧"\n[tool.pylint.main]\npy-version = "⟦3.9⟧"\n',
                )
            },
            fixed={
                "pyproject.toml": _project(
                    ">=3.11",
                    '[tool.ruff]\ntarget-version = "py311"\n[tool.black]\ntarget-version = ["py311"]\n'
                    '[tool.mypy]\npython_version = "3.11"\n[tool.pylint.main]\npy-version = "3.11"\n',
                )
            },
            message="3.11",
        ),
        Example(
            "files of their own",
            {
                "pyproject.toml": _project(">=3.11"),
                ".python-version": "# for uv\n⟦3.10.4⟧\n",
                "mypy.ini": "[mypy]\npython_version = ⟦3.10⟧\n",
                "tox.ini": "[tox]\nenvlist = ⟦py39⟧, py3{⟦10⟧,11}, ⟦3.8⟧, lint\n",
            },
            fixed={"mypy.ini": "[mypy]\npython_version = 3.11\n"},
        ),
        Example(
            "hatch",
            {"pyproject.toml": _project(">=3.11", '[[tool.hatch.envs.test.matrix]]\npython = ["⟦3.10⟧", "3.11", "pypy3.11"]\n')},
        ),
        Example(
            "the matrix of a job",
            {"pyproject.toml": _project(">=3.11,<3.14"), ".github/workflows/ci.yml": _MATRIX.format('"⟦3.10⟧", "3.13", "⟦3.14t⟧", "3.x"')},
            message="the matrix of a workflow is Python 3.1",
        ),
        Example(
            "the base of the repository's image",
            {
                "pyproject.toml": _project(">=3.12"),
                "docker/Dockerfile": "ARG VERSION=3.10\nFROM ⟦python:${VERSION}-slim⟧ AS main\nFROM ⟦registry.example/python:3.11⟧\n",
                ".gitlab-ci.yml": "build:\n  variables:\n    FILE: docker/Dockerfile\n    BASE_IMAGE: ⟦python:3.10⟧\n",
            },
        ),
        Example(
            "the arguments of hooks",
            {
                "pyproject.toml": _project(">=3.10"),
                ".pre-commit-config.yaml": "repos:\n- repo: https://git.example/asottile/pyupgrade\n  rev: v3.21.2\n  hooks:\n"
                "  - id: pyupgrade\n    args: [⟦--py311-plus⟧]\n",
            },
            fixed={
                ".pre-commit-config.yaml": "repos:\n- repo: https://git.example/asottile/pyupgrade\n  rev: v3.21.2\n  hooks:\n"
                "  - id: pyupgrade\n    args: [--py310-plus]\n"
            },
            message="newer than the oldest",
        ),
        Example(
            "setup.cfg",
            {
                "setup.cfg": "[metadata]\nclassifiers =\n    Programming Language :: Python :: 3\n    ⟦Programming Language :: Python :: 3.9⟧\n"
                "[options]\npython_requires = >=3.10\n"
            },
        ),
        Example(
            "everything inside of the range",
            {
                "pyproject.toml": _project(
                    ">=3.10",
                    'classifiers = ["Programming Language :: Python :: 3 :: Only", "Programming Language :: Python :: 3.14"]\n'
                    '[tool.ruff]\ntarget-version = "py310"\n[tool.black]\ntarget-version = ["py310", "py311"]\n'
                    '[tool.mypy]\npython_version = "3.12"\n[tool.isort]\npy_version = 312\n',
                ),
                ".python-version": "3.12\n",
                ".github/workflows/ci.yml": _MATRIX.format('"3.10", "pypy-3.11", "3.15-dev"'),
                "Dockerfile": "FROM python:3.12-slim\n",
            },
        ),
        Example(
            "a job that runs a script, a matrix of another kind, an example's image",
            {
                "pyproject.toml": _project(">=3.12"),
                ".github/workflows/ci.yml": "jobs:\n  a:\n    strategy:\n      matrix:\n        python: ['3.9']\n    steps:\n"
                "    - uses: actions/setup-python@v6\n      with:\n        python-version: '3.10'\n",
                "examples/Dockerfile": "FROM python:3.9\n",
            },
        ),
        Example(
            "a version that a member supports",
            {
                "pyproject.toml": _project(">=3.12"),
                "packages/a/pyproject.toml": _project(">=3.9"),
                ".github/workflows/ci.yml": _MATRIX.format('"3.9"'),
            },
        ),
        Example(
            "what is no version",
            {
                "pyproject.toml": _project(">=3.12", '[tool.isort]\npy_version = "all"\n'),
                "tox.ini": "[tox]\nenvlist = py, py3, lint, pypy3\n",
                ".python-version": "pypy3.9\n",
            },
        ),
        Example("no lower bound", {"pyproject.toml": _project("<4", '[tool.ruff]\ntarget-version = "py310"\n')}),
        Example(
            "a matrix of hatch that is supported",
            {"pyproject.toml": _project(">=3.11", '[[tool.hatch.envs.test.matrix]]\npython = ["3.11", "3.12"]\ndjango = ["3.2"]\n')},
        ),
        Example("an image without a version", {"pyproject.toml": _project(">=3.12"), "Dockerfile": "FROM python:3\nFROM mypython:3.9\n"}),
        Example("nothing declared", {"pyproject.toml": '[tool.ruff]\ntarget-version = "py310"\n', ".python-version": "3.8\n"}),
        Example("the whole of one minor version", {"pyproject.toml": _project("==3.12.*", '[tool.ruff]\ntarget-version = "py312"\n')}),
    ),
)
