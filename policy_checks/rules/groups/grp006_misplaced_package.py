"""A package declared in a list where it must not stand.

Why: groups mean something only as long as they are kept: a formatter in `test` is installed in every test image, pytest in
`project.dependencies` in everything that depends on the project, and two lists that both name a tool drift apart.

Fix: move the requirement to one of the places that the message names, then `uv lock`; a group that needs it can include
the other (`{ include-group = "linting" }`), which is no declaration. `[[tool.policy-checks.placements]]` has `packages`
(globs), the `groups` and `extras` (globs) where they may stand, `dependencies = true` or `build-system = true` if they may
stand in `project.dependencies` or `build-system.requires`, and a `reason`. A package that several tables name has to
satisfy each of them.

References: guide section "Dependency management"; PEP 735
"""

from collections.abc import Iterator, Mapping

from policy_checks.lock import list_scopes
from policy_checks.lock.declarations import DECLARED_PROJECT, DeclaredProject
from policy_checks.record import record
from policy_checks.rule import Example, Problem, Rule, Severity


@record
class Placement:
    """One table of `[[tool.policy-checks.placements]]`: packages, and the only lists where they may stand."""

    packages: tuple[str, ...]  # names or globs
    groups: tuple[str, ...] = ()  # names or globs
    extras: tuple[str, ...] = ()  # names or globs
    dependencies: bool = False
    build_system: bool = False
    reason: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a placement of nothing."""
        if not self.packages:
            raise ValueError("name at least one package in `packages`")


@record
class Options:
    """Where packages may stand."""

    placements: tuple[Placement, ...] = ()


def check(project: DeclaredProject, options: Options) -> Iterator[Problem]:
    """One problem for each requirement that stands elsewhere."""
    for number, placement in enumerate(options.placements):
        if project.is_first and list_scopes.is_empty(project, placement):  # what may only stand where nothing is has no place
            for place, message in list_scopes.undefined(project, placement, ("placements", number), len(options.placements)):
                yield Problem(place, message)
        reason = f" ({placement.reason})" if placement.reason else ""
        where = f"may only stand in {list_scopes.described(placement)}" if list_scopes.described(placement) else "may stand nowhere"
        for holder in project.own.lists:
            for entry in () if list_scopes.covers(placement, holder) else project.own.entries(holder):
                if entry.name != project.own.name and list_scopes.any_of(placement.packages, entry.name):
                    yield Problem(entry.place, f"`{entry.name}` {where}{reason}: take it out of {holder.told}")


_LINTING: Mapping[str, object] = {"packages": ["black", "ruff*"], "groups": ["linting"], "reason": "one version of each formatter"}
_OPTIONS = {"placements": [_LINTING]}


def _project(*, test: str = '"pytest"', linting: str = '"ruff"', dev: str = "", rest: str = "") -> dict[str, str]:
    return {
        "pyproject.toml": f'[project]\nname = "app"\nversion = "1"\ndependencies = ["numpy"]\n\n[project.optional-dependencies]\ndev = [{dev}]\n\n'
        f"[dependency-groups]\ntest = [{test}]\nlinting = [{linting}]\n{rest}"
    }


RULE = Rule(
    code="GRP006",
    name="misplaced-package",
    severity=Severity.ERROR,
    subject=DECLARED_PROJECT,
    options=Options,
    check=check,
    idle=lambda options: not options.placements,
    examples=(
        Example(
            "a formatter in another group",
            _project(test='"pytest", ⟦"Black==26.3"⟧'),
            options=_OPTIONS,
            message="`black` may only stand in the group `linting` (one version of each formatter): take it out of the group `test`",
        ),
        Example(
            "a formatter in an extra, by a glob", _project(dev='⟦"ruff-lsp"⟧'), options=_OPTIONS, message="take it out of the extra `dev`"
        ),
        Example(
            "a build backend in a dependency list",
            {
                "pyproject.toml": '[project]\nname = "app"\nversion = "1"\ndependencies = [⟦"setuptools>=80"⟧]\n\n[build-system]\nrequires = ["setuptools"]\n'
            },
            options={"placements": [{"packages": ["setuptools"], "build-system": True}]},
            message="`setuptools` may only stand in `build-system.requires`: take it out of `project.dependencies`",
        ),
        Example(
            "a place that is not there",
            _project(rest='\n[[tool.policy-checks.placements]]\npackages = ["isort"]\ngroups = [⟦"lintin"⟧]\n'),
            message="no project defines the group `lintin`; perhaps `linting`",
        ),
        Example("where they may stand", _project(linting='"ruff", "black"'), options=_OPTIONS),
        Example("included, not declared", _project(test='"pytest", { include-group = "linting" }'), options=_OPTIONS),
        Example(
            "groups by a glob",
            _project(test='"pytest"', dev='"pytest"'),
            options={"placements": [{"packages": ["pytest*"], "groups": ["test*"], "extras": ["d*"]}]},
        ),
        Example("no placement", _project(test='"black"')),
    ),
)
