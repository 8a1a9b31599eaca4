"""A dependency that is declared twice, or in two ways that cannot both hold.

Why: of two declarations in one list, one is forgotten at the next change. Two lists that are installed together and ask
for versions of which none satisfies both cannot be installed at all, which is found out by whoever tries; in a
requirements file beside the lock nothing finds it out before the image is built.

Fix: take one of the two out, or make them agree; lists that are never installed together are declared in
`[tool.uv] conflicts`. Installed together are: one list, a project's dependencies with each of its extras, everything
that one uv.lock resolves except declared conflicts, and what an environment of the policy names, its requirements
files included. What the build needs stands for itself. `[tool.policy-checks.declarations]` can demand more of all lists,
the build's and requirements files (`requirements`, globs) among them, whether they are installed together or not:
`agreement = "everywhere"` (one source for each package, and a version that any two of its declarations accept) or `"identical"`.
Packages in `ignore` (globs) are left out.

References: guide section "Dependency management"; PEP 440; https://docs.astral.sh/uv/concepts/projects/config/#conflicting-dependencies
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from policy_checks.environment import Environment
from policy_checks.lock import agreement, list_scopes, markers
from policy_checks.lock.agreement import Agreement
from policy_checks.lock.declarations import Entry, Item, overlap
from policy_checks.lock.declared_lists import DECLARED_LISTS, Listing, Repository, Universe, source_of
from policy_checks.lock.holders import Holder
from policy_checks.lock.markers import TRUE, Marker
from policy_checks.readers.pyproject import Include
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Related, Rule, Severity
from policy_checks.source import Place, Unreadable


@record
class DeclarationPolicy:
    """`[tool.policy-checks.declarations]`."""

    agreement: Agreement = Agreement.TOGETHER
    requirements: tuple[str, ...] = ()  # globs of requirements files that have to agree, too; those of environments always do
    ignore: tuple[str, ...] = ()  # names or globs of packages


@record
class Options:
    """What declarations have to agree on, and the environments that install lists together."""

    declarations: DeclarationPolicy = DeclarationPolicy()
    environments: Mapping[str, Environment] = made(default_factory=dict)


One = tuple[Listing, Entry]
_NEAR = 100  # declarations of one package that each is compared with: bounded also where there are thousands


def check(repository: Repository, options: Options) -> Iterator[Problem]:
    """One problem for each declaration that contradicts another one."""
    told: set[tuple[object, ...]] = set()
    for problem, entry in _problems(repository, options):
        key = (entry.written.file.path, entry.written.path) if entry is not None else (problem.message,)
        if key not in told:
            told.add(key)
            yield problem


def _problems(repository: Repository, options: Options) -> Iterator[tuple[Problem, Entry | None]]:
    policy = options.declarations
    for project in repository.projects:
        for listing in repository.lists(project):
            yield from _duplicates(listing, project.under, policy)
        yield from ((problem, None) for problem in _included_twice(project.own.lists))
    for file in repository.files:
        yield from _duplicates(file, TRUE, policy)
    for universe in repository.together:
        if isinstance(universe, Universe):  # what is none has been told by the reader
            yield from _conflicts(universe, policy)
    for name, environment in options.environments.items():
        try:
            yield from _conflicts(repository.environment(name, environment), policy)
        except Unreadable as error:
            yield _unreadable(error), None
    if policy.agreement is not Agreement.TOGETHER:
        yield from _disagreements(repository, options)


def _unreadable(error: Unreadable) -> Problem:
    return Problem(Place(error.file, error.span), f"cannot be searched for conflicting declarations: {error.message}")


def _by_name(lists: Sequence[Listing], policy: DeclarationPolicy) -> Iterator[list[One]]:
    """The declarations of each package that has several."""
    found: dict[str, list[One]] = {}
    for listing in lists:
        for entry in listing.entries:
            found.setdefault(entry.name, []).append((listing, entry))
    return (some for name, some in found.items() if len(some) > 1 and not list_scopes.any_of(policy.ignore, name))


def _duplicates(listing: Listing, under: Marker, policy: DeclarationPolicy) -> Iterator[tuple[Problem, Entry]]:
    for some in _by_name([listing], policy):
        for number, (_, entry) in enumerate(some):
            first = next((other for _, other in some[max(number - _NEAR, 0) : number] if _repeats(other, entry, under)), None)
            if first is not None:
                yield Problem(entry.place, _repeated(first, entry, listing), related=(Related(first.place, "declared here"),)), entry


def _repeats(first: Entry, second: Entry, under: Marker) -> bool:
    """Whether two requirements of one list should be one."""
    left, right = first.declared, second.declared
    if left.marker != right.marker and not markers.equivalent(first.where, second.where, under):
        return False
    nested = set(left.extras) <= set(right.extras) or set(right.extras) <= set(left.extras)
    return left.extras == right.extras or (nested and (left.specifier, left.url) == (right.specifier, right.url))


def _repeated(first: Entry, second: Entry, listing: Listing) -> str:
    left, right = first.declared, second.declared
    told = f"`{second.name}` is declared twice in {listing.told}"
    if left.extras != right.extras:
        wider, narrower = (left, right) if set(right.extras) < set(left.extras) else (right, left)
        return f"{told}: `{wider.written.text}` holds `{narrower.written.text}`; take the latter out"
    if "".join(left.specifier.split()) == "".join(right.specifier.split()) and left.url == right.url:
        return f"{told}: take one of the two out"
    return f"{told}, as `{left.written.text}` and as `{right.written.text}`: write one requirement"


def _included_twice(lists: Mapping[Holder, tuple[Item, ...]]) -> Iterator[Problem]:
    for holder, items in lists.items():
        seen: dict[str, Include] = {}
        for item in items:
            if isinstance(item, Include) and item.group in seen:
                related = (Related(seen[item.group].written.place, "included here"),)
                yield Problem(item.written.place, f"the {holder} includes `{item.group}` twice: take one of the two out", related=related)
            elif isinstance(item, Include):
                seen[item.group] = item


def _conflicts(universe: Universe, policy: DeclarationPolicy) -> Iterator[tuple[Problem, Entry]]:
    where = f" in `{universe.name}`" if universe.name else ""
    for some in _by_name(universe.lists, policy):
        if some[0][1].name in universe.overridden:
            continue
        for number, (listing, entry) in enumerate(some):
            for other_listing, other in some[max(number - _NEAR, 0) : number]:
                if entry.written is other.written or universe.apart(other_listing, listing):
                    continue
                fault = agreement.fault(other_listing, other, listing, entry)
                if fault and overlap(other, entry, universe.under):
                    message = f"`{entry.declared.written.text}` in {listing.told} contradicts `{other.declared.written.text}` in "
                    message += f"{other_listing.told}, and both are installed together{where}: {fault}; make them agree"
                    yield Problem(entry.place, message, related=(Related(other.place, "declared here"),)), entry
                    break


def _disagreements(repository: Repository, options: Options) -> Iterator[tuple[Problem, Entry | None]]:
    """What differs between any lists, each against the first declaration that says anything."""
    policy = options.declarations
    lists = [listing for project in repository.projects for listing in repository.lists(project)]
    paths = dict.fromkeys(path for environment in options.environments.values() for path in environment.requirements)
    try:
        lists += [found for path in paths if (found := repository.file(path)) is not None]
    except Unreadable as error:
        yield _unreadable(error), None
    for file in repository.files:
        if any(fnmatchcase(file.told.strip("`"), glob) for glob in policy.requirements):
            lists.append(file)
    under = repository.projects[0].under if repository.projects else TRUE
    for some in _by_name(lists, policy):
        says = [(listing, entry) for listing, entry in some if entry.declared.specifier or source_of(entry, listing)]
        for number, (listing, entry) in enumerate(says):
            for first_listing, first in says[: min(number, 1)]:
                told = agreement.difference(first_listing, first, listing, entry, policy.agreement)
                if told and overlap(first, entry, under):
                    message = f"`{entry.declared.written.text}` in {listing.told} {told}: make them agree"
                    yield Problem(entry.place, message, related=(Related(first.place, "declared here"),)), entry


def _project(rest: str, *, dependencies: str = '"numpy>=1.26"') -> str:
    return f'[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{dependencies}]\n\n{rest}'


_LTS = {"environments": {"lts": {"extras": ["ssm"], "requirements": ["docker/lts.txt"]}}}
_UV = '[project.optional-dependencies]\nold = ["torch<2.6"]\n\n[dependency-groups]\nnew = [{new}]\n\n[tool.uv]\n'

RULE = Rule(
    code="GRP005",
    name="duplicate-or-conflicting-declaration",
    severity=Severity.ERROR,
    subject=DECLARED_LISTS,
    options=Options,
    check=check,
    examples=(
        Example(
            "twice in one list",
            {"pyproject.toml": _project('[dependency-groups]\ntest = ["pytest", "wrapt", ⟦"PyTest"⟧]\n')},
            message="`pytest` is declared twice in the group `test`: take one of the two out",
        ),
        Example(
            "two bounds, and an extra that holds what stands before it",
            {"pyproject.toml": _project("", dependencies='"numpy>=1.26", ⟦"numpy<3"⟧, "uvicorn", ⟦"uvicorn[standard]"⟧')},
            message="is declared twice in `project.dependencies`",
        ),
        Example("twice in a requirements file", {"docker/requirements.txt": "torch==2.6  # base\n⟦torch==2.7⟧\n"}),
        Example(
            "an extra that can never be installed",
            {"pyproject.toml": _project('[project.optional-dependencies]\nold = [⟦"numpy~=1.20.0"⟧]\n')},
            message="`numpy~=1.20.0` in the extra `old` contradicts `numpy>=1.26` in `project.dependencies`, and both are installed together: no version",
        ),
        Example(
            "lists that uv resolves together",
            {"pyproject.toml": _project(_UV.replace("{new}", '⟦"torch==2.7"⟧'))},
            message="in the extra `old`, and both are installed together: no version satisfies both",
        ),
        Example(
            "a requirements file of an environment",
            {
                "pyproject.toml": _project('[project.optional-dependencies]\nssm = ["einops~=0.8"]\n'),
                "docker/lts.txt": "-r more.txt\ntqdm\n",
                "docker/more.txt": "⟦einops==0.7.0⟧\n",
            },
            options=_LTS,
            message="are installed together in `lts`",
        ),
        Example(
            "declarations that differ, where the policy wants agreement everywhere",
            {
                "pyproject.toml": _project(
                    '[project.optional-dependencies]\ndev = ["client~=0.50", "optimizers"]\n\n'
                    '[tool.uv.sources]\noptimizers = { git = "https://git.example/optimizers.git", rev = "v0.3.0" }\n'
                ),
                "docker/lts.txt": "⟦client==0.49.0⟧\n⟦optimizers @ git+https://git.example/optimizers@v0.2.0⟧\nnumpy==2.1\n",
            },
            options={**_LTS, "declarations": {"agreement": "everywhere"}},
            message="make them agree",
        ),
        Example(
            "the same files without such a policy",
            {"pyproject.toml": _project('[project.optional-dependencies]\ndev = ["client~=0.50"]\n'), "docker/lts.txt": "client==0.49.0\n"},
            options=_LTS,
        ),
        Example(
            "conflicting lists that are declared so",
            {"pyproject.toml": _project(_UV.replace("{new}", '"torch==2.7"') + 'conflicts = [[{ extra = "old" }, { group = "new" }]]\n')},
        ),
        Example(
            "an override", {"pyproject.toml": _project(_UV.replace("{new}", '"torch==2.7"') + 'override-dependencies = ["torch==2.8"]\n')}
        ),
        Example(
            "one list for each marker",
            {"pyproject.toml": _project("", dependencies="\"numpy<2; python_version < '3.13'\", \"numpy>=2.1; python_version >= '3.13'\"")},
        ),
        Example(
            "a lower bound that rises",
            {"pyproject.toml": _project("", dependencies='"numpy>=1.26", "numpy>=2.1; python_version >= \'3.13\'"')},
        ),
        Example(
            "other versions for the build",
            {
                "pyproject.toml": _project(
                    '[build-system]\nrequires = ["numpy<2", "setuptools>=80"]\n', dependencies='"numpy>=2", "setuptools<80"'
                )
            },
        ),
        Example(
            "extras for two versions, without uv",
            {"pyproject.toml": _project('[project.optional-dependencies]\na = ["torch<2"]\nb = ["torch>=2"]\n')},
        ),
        Example(
            "the same requirement in several lists",
            {"pyproject.toml": _project('[dependency-groups]\na = ["numpy"]\nb = [{ include-group = "a" }, "numpy>=1.26"]\n')},
        ),
    ),
)
