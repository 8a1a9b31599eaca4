"""A package without a wheel for the Python or the platform of an environment.

Why: uv locks for every platform at once and does not mind that one of them gets nothing: whether a package can be
installed on it is found out by the one who installs. A cluster of another architecture, a newer Python: the lock is
fresh, every check is green, and `uv sync` compiles for an hour or ends with `no wheel`.

Fix: lock a version that has such a wheel (`uv lock --upgrade-package NAME`), give the dependency a marker that leaves
the platform out, or list the platform in `[tool.uv] required-environments`, so that uv refuses to lock what it lacks.
A package that may be built there from its source archive goes into `allowed-builds`. Judged are the environments of
`[tool.policy-checks.environments]` whose `markers` name a `python` or a `platform`; any glibc and any macOS is taken to be new enough.

References: PEP 425, 600 and 656; https://docs.astral.sh/uv/concepts/resolution/#required-environments
"""

from collections.abc import Iterator, Mapping

from policy_checks.environment import Environment, Markers
from policy_checks.lock.artifact_choice import Target, has_sources, has_wheel, target, wheels
from policy_checks.lock.integrity.artifacts import shown
from policy_checks.lock.list_scopes import any_of
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject, locked_at
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.source import Place, Unreadable


@record
class Options:
    """The environments, and what may be built in them."""

    environments: Mapping[str, Environment] = made(default_factory=dict)
    allowed_builds: tuple[str, ...] | None = None


def check(project: LockedProject, options: Options) -> Iterator[Problem]:
    """One problem for each environment and package that is reached there without a wheel that fits."""
    lock = project.lock
    if lock is None or not project.has_own_lock:
        return
    for name, environment in options.environments.items():
        where = environment.markers
        if not (where.python or where.platform):
            continue
        try:
            # Without its requirements files: what they pin is another version than the locked one.
            closure = project.closure(project.selection(environment))
        except Unreadable as error:
            yield Problem(Place(error.file, error.span), f"cannot be searched for wheels: {error.message}")
            continue
        chosen, shown_where = target(where), f"{_shown(where)} (environment `{name}`)"
        for package in closure.packages:
            yield from _judged(lock, package, chosen, shown_where, options)


def _judged(lock: Lock, package: Package, chosen: Target, where: str, options: Options) -> Iterator[Problem]:
    if not has_wheel(package) and has_sources(package):
        return  # built everywhere: SRC005
    if any(map(chosen.takes, wheels(lock, package))):
        return
    if not has_wheel(package):
        message = f"{shown(package)} has neither a wheel nor a source archive in uv.lock, and {where} reaches it"
        yield Problem(locked_at(lock, package), f"{message}; run `uv lock --upgrade-package {package.name}`")
        return
    builds = has_sources(package)
    if builds and any_of(options.allowed_builds or (), package.name):
        return
    then = "is built there from its source archive" if builds else "cannot be installed there"
    message = f"{shown(package)} has no wheel for {where} and {then}"
    todo = f"lock a version that has one (`uv lock --upgrade-package {package.name}`), or leave the platform out by a marker"
    more = f", or add `{package.name}` to `allowed-builds`" if builds else ""
    yield Problem(lock.place((*package.at, "wheels")), f"{message}; {todo}{more}")


def _shown(where: Markers) -> str:
    parts = (where.platform, f"Python {where.python}" if where.python else "")
    return " with ".join(filter(None, parts))


_PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["torch"]\n'
_HEAD = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [
    { name = "torch"MARKER },
]

[[package]]
name = "torch"
version = "2.0"
source = { registry = "https://index.example/simple" }
"""
_SDIST = 'sdist = { url = "https://files.example/torch-2.0.tar.gz", hash = "sha256:00", size = 9 }\n'


def _files(*tags: str, sdist: str = "", marker: str = "", marked: bool = False) -> dict[str, str]:
    items = "".join(f'    {{ url = "https://files.example/torch-2.0-{tag}.whl", hash = "sha256:01", size = 9 }},\n' for tag in tags)
    opening = "⟦wheels = [⟧" if marked else "wheels = ["
    return {"pyproject.toml": _PROJECT, "uv.lock": f"{_HEAD.replace('MARKER', marker)}{sdist}{opening}\n{items}]\n"}


def _on(python: str = "", platform: str = "") -> dict[str, object]:
    return {"environments": {"lts": {"markers": {"python": python, "platform": platform}}}}


_ARM = _on("3.12", "linux/aarch64")

RULE = Rule(
    code="SRC006",
    name="no-wheel-for-platform",
    severity=Severity.ERROR,
    subject=LOCKED_PROJECT,
    check=check,
    options=Options,
    idle=lambda options: not any(one.markers.text for one in options.environments.values()),
    examples=(
        Example(
            "no wheel for the machine",
            _files("cp312-cp312-manylinux_2_28_x86_64", "cp312-cp312-macosx_11_0_arm64", marked=True),
            options=_ARM,
            message="torch 2.0 has no wheel for linux/aarch64 with Python 3.12 (environment `lts`) and cannot be installed there",
        ),
        Example(
            "no wheel for the Python, and a source archive",
            _files("cp311-cp311-manylinux_2_28_aarch64", sdist=_SDIST, marked=True),
            options=_ARM,
            message="is built there from its source archive; lock a version",
        ),
        Example(
            "an ABI that is newer",
            _files("cp313-abi3-manylinux_2_28_aarch64", "py313-none-any", "cp312-cp312-musllinux_1_2_aarch64", marked=True),
            options=_ARM,
        ),
        Example(
            "neither a wheel nor a source archive",
            {
                "pyproject.toml": _PROJECT,
                "uv.lock": _HEAD.replace("MARKER", "").replace('name = "torch"\nversion', '⟦name = "torch"⟧\nversion'),
            },
            options=_ARM,
            message="neither a wheel nor",
        ),
        Example("environments without a platform", _files("cp312-cp312-win_amd64"), options={"environments": {"lts": {}}}),
        Example("a wheel that fits", _files("cp312-cp312-manylinux2014_aarch64.manylinux_2_17_aarch64"), options=_ARM),
        Example("a wheel for an older Python's stable ABI", _files("cp39-abi3-manylinux_2_28_aarch64"), options=_ARM),
        Example("a wheel for everything", _files("py2.py3-none-any"), options=_ARM),
        Example("a wheel for both kinds of Mac", _files("cp312-cp312-macosx_11_0_universal2"), options=_on("3.12", "macos/arm64")),
        Example("any Python", _files("cp313-cp313-win_amd64"), options=_on(platform="windows/amd64")),
        Example("any platform", _files("cp312-cp312-win_amd64"), options=_on(python="3.12")),
        Example(
            "a dependency of other platforms",
            _files("cp312-cp312-win_amd64", marker=", marker = \"sys_platform == 'win32'\""),
            options=_ARM,
        ),
        Example(
            "an allowed build",
            _files("cp311-cp311-manylinux_2_28_aarch64", sdist=_SDIST),
            options={**_ARM, "allowed-builds": ["torch"]},
        ),
    ),
)
