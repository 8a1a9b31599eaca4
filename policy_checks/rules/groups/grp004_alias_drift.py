"""Two extras or groups that must stay identical, and are not.

Why: a name that was replaced by another is often kept for those who still use it, as a copy of the list. Then a
dependency is added to one of the two, and who installs by the old name gets an environment that nobody tests.

Fix: make the lists the same again, or write the old one as a reference that cannot drift:
`old = ["project[new]"]` for an extra, `old = [{ include-group = "new" }]` for a group; then `uv lock`. Lists are compared
by what they mean: the order, spelling, and place of a requirement do not matter, and what they include counts as theirs.
`[[tool.policy-checks.aliases]]` has `names`, of which the first is the one that counts (`["extra:new", "extra:old"]`; a
group is `group:NAME`), and a `reason`. Nothing is guessed from comments or likeness.

References: guide section "Dependency management"; PEP 735, include-group;
https://packaging.python.org/en/latest/specifications/dependency-specifiers/#extras
"""

from collections.abc import Iterator, Sequence

from policy_checks.lock import requirements
from policy_checks.lock.declarations import DECLARED_PROJECT, Declarations, DeclaredProject, Entry
from policy_checks.lock.holders import EXTRA, Holder, holder
from policy_checks.record import record
from policy_checks.rule import Example, Problem, Related, Rule, Severity


@record
class Alias:
    """One table of `[[tool.policy-checks.aliases]]`: lists that must mean the same, the first one counts."""

    names: tuple[str, ...]  # `extra:NAME` or `group:NAME`
    reason: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for names that are none, and for a list that is compared with itself."""
        if len({holder(name) for name in self.names}) < max(len(self.names), 2):
            raise ValueError("`names` has at least two different lists")


@record
class Options:
    """The lists that must stay identical."""

    aliases: tuple[Alias, ...] = ()


def check(project: DeclaredProject, options: Options) -> Iterator[Problem]:
    """One problem for each requirement that differs, and one for all that are missing."""
    for number, alias in enumerate(options.aliases):
        first, *others = map(holder, alias.names)
        known = [one for one in (first, *others) if one in project.own.lists]
        for index, one in enumerate((first, *others)):
            if one in known:
                continue
            reason = f" ({alias.reason})" if alias.reason else ""
            if known:
                message = (
                    f"the {one} is not defined, and must be the same as the {known[0]}{reason}: {_reference(project.own, one, known[0])}"
                )
                yield Problem(project.own.key_place(known[0]), message)
            elif project.is_first and not project.is_defined(one) and project.policy.is_own("aliases", number, len(options.aliases)):
                place = project.policy.place(project.place, "aliases", number, "names", index, of=len(options.aliases))
                yield Problem(place, f"no project defines the {one}{project.hint(one)}")
        for other in others if first in known else ():
            if other in known:
                yield from _drift(project, first, other, alias.reason)


def _drift(project: DeclaredProject, first: Holder, other: Holder, reason: str) -> Iterator[Problem]:
    own = project.own
    left, right = _by_name(own.expanded(first)), _by_name(own.expanded(other))
    told = f" ({reason})" if reason else ""
    missing = [name for name in left if name not in right]
    if missing:
        written = ", ".join(f"`{entry.declared.written.text}`" for name in missing for entry in left[name])
        message = f"the {other} must be the same as the {first}{told} and lacks {written}: {_reference(own, other, first)}"
        yield Problem(own.key_place(other), message, related=_related(first, [entry for name in missing for entry in left[name]]))
    for name, entries in right.items():
        if name not in left:
            message = f"the {other} must be the same as the {first}{told}, which lacks `{name}`: take it out, or add it there, too"
            yield Problem(entries[0].place, message)
            continue
        mine = [own.requirement(entry, first) for entry in left[name]]
        theirs = [own.requirement(entry, other) for entry in entries]
        if not requirements.same(mine, theirs, project.under):
            wanted = " and ".join(f"`{entry.declared.written.text}`" for entry in left[name])
            message = f"the {other} must be the same as the {first}{told}, which has {wanted} instead"
            yield Problem(entries[0].place, message, related=_related(first, left[name]))


def _by_name(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.name, []).append(entry)
    return found


def _related(first: Holder, entries: Sequence[Entry]) -> tuple[Related, ...]:
    return tuple(Related(entry.place, f"in the {first}") for entry in entries)


def _reference(own: Declarations, alias: Holder, target: Holder) -> str:
    """What to write so that a list cannot drift from another."""
    if target.kind == EXTRA and own.name:
        return f'add what is missing, or write `{alias.name} = ["{own.name}[{target.name}]"]`'
    if target.kind == alias.kind:
        return f'add what is missing, or write `{alias.name} = [{{ include-group = "{target.name}" }}]`'
    return "add what is missing"


def _project(alias: str, *, key: str = "mlm", rest: str = "") -> dict[str, str]:
    return {
        "pyproject.toml": '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.12"\n\n'
        f'[project.optional-dependencies]\ntraining = ["wandb>=0.19", "tiktoken", "Flask_RESTful"]\n{key} = {alias}\n{rest}'
    }


_OPTIONS = {"aliases": [{"names": ["extra:training", "extra:mlm"], "reason": "the old name, kept for one release"}]}

RULE = Rule(
    code="GRP004",
    name="alias-drift",
    severity=Severity.ERROR,
    subject=DECLARED_PROJECT,
    options=Options,
    check=check,
    idle=lambda options: not options.aliases,
    examples=(
        Example(
            "a requirement was added to one of the two",
            _project('["wandb>=0.19", "flask-restful"]', key="⟦mlm⟧"),
            options=_OPTIONS,
            message='(the old name, kept for one release) and lacks `tiktoken`: add what is missing, or write `mlm = ["app[training]"]`',
        ),
        Example(
            "a bound was raised in one of the two, and a requirement stayed",
            _project('[⟦"wandb>=0.18"⟧, "flask-restful", "tiktoken", ⟦"sentencepiece"⟧]'),
            options=_OPTIONS,
            message="the extra `mlm` must be the same as the extra `training`",
        ),
        Example(
            "groups, one of which includes a third",
            {
                "pyproject.toml": '[dependency-groups]\nstyle = ["black"]\nlint = [{ include-group = "style" }, "ruff"]\n'
                'linting = ["ruff", { include-group = "style" }, ⟦"isort"⟧]\n'
            },
            options={"aliases": [{"names": ["group:lint", "group:linting"]}]},
            message="which lacks `isort`",
        ),
        Example(
            "the alias is gone",
            {"pyproject.toml": '[project]\nname = "app"\nversion = "1"\n\n[project.optional-dependencies]\n⟦training⟧ = ["wandb"]\n'},
            options=_OPTIONS,
            message="the extra `mlm` is not defined, and must be the same as the extra `training` (the old name, kept for one release)",
        ),
        Example(
            "a policy about a list that no project has",
            _project('["a"]', rest='\n[[tool.policy-checks.aliases]]\nnames = [⟦"group:trainings"⟧, ⟦"group:mlms"⟧]\n'),
            message="no project defines the group",
        ),
        Example("another order and spelling", _project('["Tiktoken", "flask.restful", "wandb >= 0.19.0"]'), options=_OPTIONS),
        Example(
            "a marker that says nothing here",
            _project('["tiktoken; python_version >= \'3.11\'", "flask-restful", "wandb>=0.19"]'),
            options=_OPTIONS,
        ),
        Example("a reference to the other extra", _project('["app[training]"]'), options=_OPTIONS),
        Example(
            "a project that has neither",
            _project('["app[training]"]') | {"lib/pyproject.toml": '[project]\nname = "lib"\nversion = "1"\n'},
            options=_OPTIONS,
        ),
        Example("nothing is declared an alias", _project('["wandb"]')),
        Example(
            "groups that mean the same",
            {"pyproject.toml": '[dependency-groups]\nlint = ["ruff", "black"]\nlinting = [{ include-group = "lint" }]\n'},
            options={"aliases": [{"names": ["group:lint", "group:linting"]}]},
        ),
    ),
)
