"""A version bound that the policy for its list does not allow, or one that is missing.

Why: a library without a lower bound promises to work with versions that nobody ever tried; an upper bound in a library
is passed on to everyone who installs it, and blocks them without need; an exact pin belongs where one version is meant
(the formatters that judge a repository), and nowhere else. Which of them is right differs from list to list.

Fix: write the bound that the message names, then `uv lock`. `[[tool.policy-checks.bounds]]` has `lower`, `upper` and `pins`,
each `"required"`, `"forbidden"` or `"allowed"` (the default); `packages` (globs, default all); the `groups` and `extras` (globs),
`dependencies = true` and `build-system = true` that it is about (default: every list); and a `reason`. Of several tables the
first one that covers a requirement decides. An upper bound is `<`, `<=`, `~=` or `==1.*`; a pin is `==` or `===` and is
judged as a pin only. Packages that come from a URL, git, a path or the workspace have no bounds.

References: guide section "Dependency management"; PEP 440, version specifiers; https://iscinumpy.dev/post/bound-version-constraints/
"""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

from policy_checks.lock import list_scopes
from policy_checks.lock.declarations import DECLARED_PROJECT, Declarations, DeclaredProject, Entry
from policy_checks.lock.holders import Holder
from policy_checks.record import record
from policy_checks.rule import Example, Problem, Rule, Severity

# Requirements have been read by now, so every clause is one; `packaging` would take longer to import than all of this.
_CLAUSE = re.compile(r"(===|[=!~<>]=|[<>])\s*([^\s,]+)")


@record
class Clause:
    """One operator and version of a specifier, as written."""

    operator: str
    version: str

    def __str__(self) -> str:
        return f"{self.operator}{self.version}"

    @property
    def is_pin(self) -> bool:
        """Whether it names exactly one version."""
        return self.operator in ("==", "===") and not self.version.endswith(".*")


class Demand(StrEnum):
    """What a policy says about one kind of bound."""

    ALLOWED = "allowed"
    REQUIRED = "required"
    FORBIDDEN = "forbidden"


@record
class Bounds:
    """One table of `[[tool.policy-checks.bounds]]`; without any list it is about all of them."""

    packages: tuple[str, ...] = ("*",)  # names or globs
    groups: tuple[str, ...] = ()  # names or globs
    extras: tuple[str, ...] = ()  # names or globs
    dependencies: bool = False
    build_system: bool = False
    lower: Demand = Demand.ALLOWED
    upper: Demand = Demand.ALLOWED
    pins: Demand = Demand.ALLOWED
    reason: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for what no requirement can be."""
        if self.pins is Demand.REQUIRED and Demand.REQUIRED in (self.lower, self.upper):
            raise ValueError("with `pins` required there is no other bound to require")

    def covers(self, entry: Entry, holder: Holder) -> bool:
        """Whether it decides about a requirement."""
        everywhere = not (self.groups or self.extras or self.dependencies or self.build_system)
        return (everywhere or list_scopes.covers(self, holder)) and list_scopes.any_of(self.packages, entry.name)


@record
class Options:
    """Which bounds requirements have."""

    bounds: tuple[Bounds, ...] = ()


def check(project: DeclaredProject, options: Options) -> Iterator[Problem]:
    """One problem for each requirement whose bounds are not as they must be."""
    for number, bounds in enumerate(options.bounds) if project.is_first else ():
        for place, message in list_scopes.undefined(project, bounds, ("bounds", number), len(options.bounds)):
            yield Problem(place, message)
    for holder in project.own.lists:
        for entry in project.own.entries(holder):
            found = [bounds for bounds in options.bounds if bounds.covers(entry, holder)]
            if not found or not project.own.comes_from_an_index(entry):
                continue
            bounds = found[0]
            clauses = [Clause(*found) for found in _CLAUSE.findall(entry.declared.specifier)]
            if told := _fault(clauses, bounds, _locked(project.own, entry)):
                fault, wanted = told
                reason = f" ({bounds.reason})" if bounds.reason else ""
                instead = f": write `{_written(entry, wanted)}`"
                yield Problem(entry.place, f"`{entry.name}` {fault} in {holder.told}{reason}{instead}")


Told = tuple[str, str]  # what is wrong, and the specifier to write


def _fault(clauses: Sequence[Clause], bounds: Bounds, locked: str) -> Told | None:
    pin = next((clause for clause in clauses if clause.is_pin), None)
    if pin is not None:
        return ("must not be pinned", f">={pin.version.partition('+')[0]}") if bounds.pins is Demand.FORBIDDEN else None
    if bounds.pins is Demand.REQUIRED:
        return "must be pinned", f"=={locked or 'VERSION'}"
    lower, upper = [clause for clause in clauses if _is_lower(clause)], [clause for clause in clauses if _is_upper(clause)]
    if upper and bounds.upper is Demand.FORBIDDEN:
        floor = [] if bounds.lower is not Demand.REQUIRED or lower else [f">={locked or 'VERSION'}"]
        return "must have no upper bound", _joined([*floor, *map(_without_cap, clauses)])
    if lower and bounds.lower is Demand.FORBIDDEN:
        return "must have no lower bound", _joined("" if clause in lower else str(clause) for clause in clauses)
    if not lower and bounds.lower is Demand.REQUIRED:
        return "must have a lower bound", _joined([f">={locked or 'VERSION'}", *map(str, clauses)])
    if not upper and bounds.upper is Demand.REQUIRED:
        next_major = int(locked.partition(".")[0]) + 1 if locked.partition(".")[0].isdecimal() else "VERSION"
        return "must have an upper bound", _joined([*map(str, clauses), f"<{next_major}"])
    return None


def _is_lower(clause: Clause) -> bool:
    return clause.operator in (">", ">=", "~=", "==") and not clause.is_pin


def _is_upper(clause: Clause) -> bool:
    return clause.operator in ("<", "<=", "~=", "==") and not clause.is_pin


def _without_cap(clause: Clause) -> str:
    """A clause without its upper bound."""
    if clause.operator in ("~=", "=="):
        return f">={clause.version.removesuffix('.*')}"
    return "" if _is_upper(clause) else str(clause)


def _joined(texts: Iterator[str] | Sequence[str]) -> str:
    return ",".join(filter(None, texts))


def _locked(own: Declarations, entry: Entry) -> str:
    """The one version that the lock holds of a package, without its local part; empty when there is none, or not one."""
    lock = own.locked.lock
    versions = {package.version for package in lock.by_name.get(entry.name, ())} if lock is not None else set()
    (version,) = versions if len(versions) == 1 else (None,)
    return (version or "").partition("+")[0]


def _written(entry: Entry, specifier: str) -> str:
    """The requirement with another specifier."""
    text, marker_mark, marker = entry.declared.written.text.partition(";")
    old = entry.declared.specifier
    head = text.strip().removesuffix(old).rstrip() if old and text.strip().endswith(old) else ""
    if not old:
        head = text.strip()
    elif not head:
        head = entry.name + (f"[{','.join(entry.declared.extras)}]" if entry.declared.extras else "")
    return f"{head}{specifier}{marker_mark}{marker}"


def _project(*, dependencies: str = '"numpy>=1.26"', dev: str = "", linting: str = "", rest: str = "") -> dict[str, str]:
    return {
        "pyproject.toml": f'[project]\nname = "app"\nversion = "1"\ndependencies = [{dependencies}]\n\n[project.optional-dependencies]\ndev = [{dev}]\n\n'
        f"[dependency-groups]\nlinting = [{linting}]\n{rest}"
    }


_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "tqdm"
version = "4.67.3"
source = { registry = "https://index.example/simple" }
"""
_OPTIONS = {
    "bounds": [
        {"groups": ["linting"], "pins": "required", "reason": "one version for everyone"},
        {"lower": "required", "upper": "forbidden", "pins": "forbidden"},
    ]
}

RULE = Rule(
    code="GRP008",
    name="version-bounds",
    severity=Severity.ERROR,
    subject=DECLARED_PROJECT,
    options=Options,
    check=check,
    idle=lambda options: not options.bounds,
    examples=(
        Example(
            "a cap in a library",
            _project(dependencies='⟦"opentelemetry-api>=1.33.1,<2"⟧'),
            options=_OPTIONS,
            message="`opentelemetry-api` must have no upper bound in `project.dependencies`: write `opentelemetry-api>=1.33.1`",
        ),
        Example(
            "a compatible release, with an extra and a marker",
            _project(dev="⟦\"megatron-energon[av_decode] ~=7.0 ; sys_platform == 'linux'\"⟧"),
            options=_OPTIONS,
            message="in the extra `dev`: write `megatron-energon[av_decode]>=7.0; sys_platform == 'linux'`",
        ),
        Example(
            "no lower bound: the lock knows one",
            _project(dependencies='⟦"tqdm"⟧') | {"uv.lock": _LOCK},
            options=_OPTIONS,
            message="`tqdm` must have a lower bound in `project.dependencies`: write `tqdm>=4.67.3`",
        ),
        Example(
            "a pin outside of the groups that pin",
            _project(dev='⟦"einops==0.8.1"⟧'),
            options=_OPTIONS,
            message="must not be pinned in the extra `dev`",
        ),
        Example(
            "a range where one version is meant",
            _project(linting='⟦"ruff~=0.9.0"⟧'),
            options=_OPTIONS,
            message="`ruff` must be pinned in the group `linting` (one version for everyone): write `ruff==VERSION`",
        ),
        Example(
            "lower bounds, and pins where they belong", _project(dev='"einops>=0.8,!=0.8.2"', linting='"ruff==0.9.10"'), options=_OPTIONS
        ),
        Example(
            "a package that is not from an index",
            _project(
                dependencies='"lib", "app[dev]", "other @ https://index.example/other-1.0.zip"',
                rest='\n[tool.uv.sources]\nlib = { git = "https://git.example/lib", tag = "v1" }\n',
            ),
            options=_OPTIONS,
        ),
        Example(
            "only some packages, in some lists",
            _project(dependencies='"numpy<2"', dev='"torch<3"'),
            options={"bounds": [{"packages": ["numpy"], "extras": ["*"], "upper": "forbidden"}]},
        ),
        Example("an exclusion is no bound", _project(dependencies='"numpy>=1.26,!=2.0.1"'), options=_OPTIONS),
        Example("no policy", _project(dependencies='"numpy<2"')),
    ),
)
