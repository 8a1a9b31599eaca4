"""A name of a group or an extra that nothing defines.

Why: a setting that names a group or an extra by a name that is not there does nothing, and looks as if it did. uv
refuses some of them one at a time and without a line (`include-group`, `default-groups`, sources), and takes the rest
without a word: a declared conflict of an extra that was renamed separates nothing any more, `app[tset]` installs the
project without its tests, an environment of the policy holds less than it says.

Fix: write the name of a group or an extra that `[dependency-groups]` or `[project.optional-dependencies]` defines, or
take the entry out. Groups that include each other in a circle: take the `include-group` out that closes it.

References: guide section "Dependency management"; PEP 735; PEP 621;
https://docs.astral.sh/uv/concepts/projects/config/#conflicting-dependencies
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from policy_checks.environment import Environment
from policy_checks.lock.declarations import DECLARED_PROJECT, Declarations, DeclaredProject
from policy_checks.lock.holders import EXTRA, GROUP, Holder, perhaps
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import Include
from policy_checks.readers.table import Text
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.source import Place, Unreadable


@record
class Options:
    """The environments, whose groups and extras have to be there."""

    environments: Mapping[str, Environment] = made(default_factory=dict)


def check(project: DeclaredProject, options: Options) -> Iterator[Problem]:
    """One problem for each name that stands for nothing."""
    own = project.own
    yield from _includes(own)
    yield from _references(project)
    if project.is_first:
        yield from _environments(project, options)
    try:
        yield from _settings(project)
    except Unreadable as error:
        yield Problem(Place(error.file, error.span), f"cannot be searched for undefined groups: {error.message}")


def _undefined(told: str, holder: Holder, project: Declarations, place: Callable[[], Place]) -> Iterator[Problem]:
    """A list that is not there; where its name stands is only looked up then."""
    if holder not in project.lists and (holder.kind == GROUP or project.extras_are_known):
        yield Problem(place(), f"{told} the {holder}, which is not defined{perhaps(holder, tuple(project.lists))}")


def _place(text: Text) -> Place:
    return text.place


def _includes(own: Declarations) -> Iterator[Problem]:
    """Includes of groups that are not there, and those that lead back."""
    done: set[Holder] = set()

    def follow(group: Holder, above: tuple[Holder, ...]) -> Iterator[Problem]:
        path = (*above, group)
        for item in own.lists[group]:
            if not isinstance(item, Include):
                continue
            other = Holder(GROUP, item.group)
            if other in path:
                circle = " → ".join(some.name for some in (*path[path.index(other) :], other))
                yield Problem(item.written.place, f"dependency groups include each other: {circle}; take this `include-group` out")
            elif other not in own.lists:
                yield from _undefined(f"the {group} includes", other, own, partial(_place, item.written))
            elif other not in done:
                yield from follow(other, path)
        done.add(group)

    for group in own.lists:
        if group.kind == GROUP and group not in done:
            yield from follow(group, ())


def _references(project: DeclaredProject) -> Iterator[Problem]:
    """Extras that a requirement asks of the project itself, or of one beside it that is its source."""
    own = project.own
    beside = {other.name: other for other in (*project.everywhere, own) if other.name}
    for items in own.lists.values():
        for item in items:
            if isinstance(item, Include) or not item.extras or item.name not in beside:
                continue
            asked = beside[item.name]
            if asked is not own and not _is_local(project, item.name):
                continue
            for extra in item.extras if asked.extras_are_known else ():
                if Holder(EXTRA, extra) not in asked.lists:
                    hint = perhaps(Holder(EXTRA, extra), tuple(asked.lists))
                    yield Problem(item.written.place, f"`{item.name}` has no extra `{extra}`{hint}")


def _is_local(project: DeclaredProject, name: str) -> bool:
    """Whether a package is taken from the repository and not from an index."""
    tables = (project.own.all_sources, *(other.all_sources for other in project.everywhere[:1]))
    found = next((table[name] for table in tables if name in table), ())
    return bool(found) and all(source.kind in ("workspace", "path") for source in found)


def _settings(project: DeclaredProject) -> Iterator[Problem]:
    """What `[tool.uv]` names."""
    own, uv = project.own, project.own.pyproject.uv
    if isinstance(uv.values.get("default-groups"), list):
        for text in uv.texts("default-groups"):
            yield from _undefined("`default-groups` names", Holder(GROUP, normalized(text.text)), own, partial(_place, text))
    settings = uv.table("dependency-groups")
    for name, key in () if settings is None else settings.named():
        place = partial(own.pyproject.document.key_place, "tool", "uv", "dependency-groups", key)
        yield from _undefined("`[tool.uv.dependency-groups]` names", Holder(GROUP, name), own, place)
    for some in own.all_sources.values():
        for source in some:
            for kind, target in ((EXTRA, source.extra), (GROUP, source.group)):
                if target is not None:
                    yield from _undefined("this source is for", Holder(kind, target), own, partial(source.table.place, kind))
    yield from _conflicts(project)


def _conflicts(project: DeclaredProject) -> Iterator[Problem]:
    named = {other.name: other for other in project.everywhere if other.name}
    document = project.own.pyproject.document
    for number, some in enumerate(project.own.pyproject.uv.items("conflicts")):
        for index, entry in enumerate(some if isinstance(some, list) else ()):
            path = ("tool", "uv", "conflicts", number, index)
            owner = named.get(normalized(str(document.get(*path, "package")))) if "package" in entry else project.own
            for kind in (EXTRA, GROUP):
                written = document.get(*path, kind)
                if isinstance(written, str) and owner is not None:
                    yield from _undefined(
                        "`conflicts` names", Holder(kind, normalized(written)), owner, partial(document.place, *path, kind)
                    )


def _environments(project: DeclaredProject, options: Options) -> Iterator[Problem]:
    for name, environment in options.environments.items():
        owners = [one for one in project.everywhere if not environment.member or one.name == normalized(environment.member)]
        for key, kind, chosen in (("groups", GROUP, environment.groups), ("extras", EXTRA, environment.extras)):
            for index, written in enumerate(chosen):
                holder = Holder(kind, normalized(written))
                if any(holder in one.lists for one in owners) or (kind == EXTRA and not all(one.extras_are_known for one in owners)):
                    continue
                place = project.policy.place(project.place, "environments", name, key, index)
                whose = f"the project `{environment.member}` does not define" if environment.member else "no project defines"
                hint = perhaps(holder, [known for one in owners for known in one.lists])
                yield Problem(place, f"the environment `{name}` names the {holder}, which {whose}{hint}")


_PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"

[project.optional-dependencies]
gpu = ["torch"]
all = [{all}]

[dependency-groups]
test = ["pytest"]
dev = [{dev}]
"""


def _files(rest: str = "", *, everything: str = '"app[gpu]"', dev: str = '{ include-group = "test" }') -> dict[str, str]:
    return {"pyproject.toml": _PROJECT.format(all=everything, dev=dev) + rest}


RULE = Rule(
    code="GRP003",
    name="undefined-group",
    severity=Severity.ERROR,
    subject=DECLARED_PROJECT,
    options=Options,
    check=check,
    examples=(
        Example(
            "a group that includes one that is not there",
            _files(dev='{ include-group = ⟦"tests"⟧ }'),
            message="the group `dev` includes the group `tests`, which is not defined; perhaps `test`",
        ),
        Example(
            "groups that include each other",
            {"pyproject.toml": '[dependency-groups]\na = [{ include-group = "b" }]\nb = ["ruff", { include-group = ⟦"a"⟧ }]\n'},
            message="dependency groups include each other: a → b → a",
        ),
        Example("an extra that the project does not have", _files(everything='⟦"app[cuda]"⟧'), message="`app` has no extra `cuda`"),
        Example(
            "settings of uv",
            _files(
                '\n[tool.uv]\ndefault-groups = ["test", ⟦"gpu"⟧]\nconflicts = [[{ extra = "gpu" }, { extra = ⟦"cpu"⟧ }]]\n'
                '\n[tool.uv.dependency-groups]\n⟦docs⟧ = { requires-python = ">=3.12" }\n'
                '\n[tool.uv.sources]\ntorch = { path = "torch", extra = ⟦"gpus"⟧ }\n'
            ),
            message="which is not defined",
        ),
        Example(
            "an extra taken for a group",
            _files('\n[tool.policy-checks.environments.lts]\ngroups = ["test", ⟦"gpu"⟧]\n'),
            message="the environment `lts` names the group `gpu`, which no project defines; `gpu` is an extra",
        ),
        Example(
            "everything is there, in any spelling",
            _files(
                '\n[tool.uv]\ndefault-groups = ["Test"]\nconflicts = [[{ extra = "gpu" }, { group = "dev" }]]\n'
                '\n[tool.uv.sources]\ntorch = { path = "torch", extra = "GPU" }\n'
                '\n[tool.policy-checks.environments.dev]\ngroups = ["dev"]\nextras = ["all"]\n'
            ),
        ),
        Example("every group is a default", _files('\n[tool.uv]\ndefault-groups = "all"\n')),
        Example("the legacy group", {"pyproject.toml": '[tool.uv]\ndev-dependencies = ["ruff"]\ndefault-groups = ["dev"]\n'}),
        Example(
            "extras that the build backend knows",
            {
                "pyproject.toml": '[project]\nname = "app"\nversion = "1"\ndynamic = ["optional-dependencies"]\n'
                'dependencies = ["app[cuda]"]\n\n[tool.uv]\nconflicts = [[{ extra = "cuda" }, { extra = "cpu" }]]\n'
            },
        ),
        Example(
            "an extra of another package of the same name from an index",
            {
                "pyproject.toml": _PROJECT.format(all="", dev='"lib[x]"'),
                "lib/pyproject.toml": '[project]\nname = "lib"\nversion = "1"\n',
            },
        ),
    ),
)
