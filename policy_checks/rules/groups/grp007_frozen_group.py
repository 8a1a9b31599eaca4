"""An extra or a group that must not change, and did.

Why: a name that was retired stays for a while so that `pip install project[old]` still works, and must stay empty:
whoever adds to it installs what no image holds and nobody tests. Another one may be what a partner pinned against.

Fix: put the requirement where it belongs, and the frozen list back to what it was; where the change is meant, change
the policy with it. `[[tool.policy-checks.frozen]]` has the `name` (`extra:NAME` or `group:NAME`), the `packages` it
holds (requirements; none: it must be there, and be empty) and a `reason`. Lists are compared by what they mean.

References: guide section "Dependency management"; PEP 621, optional-dependencies; PEP 735
"""

from collections.abc import Iterator

from policy_checks.lock import requirements
from policy_checks.lock.declarations import DECLARED_PROJECT, DeclaredProject, Entry
from policy_checks.lock.holders import BUILD, DEPENDENCIES, Holder, holder
from policy_checks.lock.requirements import Requirement
from policy_checks.readers.table import Text
from policy_checks.record import record
from policy_checks.rule import Example, Problem, Rule, Severity
from policy_checks.source import Unreadable


@record
class Frozen:
    """One table of `[[tool.policy-checks.frozen]]`: a list and all that it may hold."""

    name: str  # `extra:NAME` or `group:NAME`
    packages: tuple[str, ...] = ()  # requirements
    reason: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a name that is none."""
        if holder(self.name).kind in (DEPENDENCIES, BUILD):
            raise ValueError("only an extra or a group can be frozen")


@record
class Options:
    """The lists that must not change."""

    frozen: tuple[Frozen, ...] = ()


def check(project: DeclaredProject, options: Options) -> Iterator[Problem]:
    """One problem for each requirement that came, changed, or went."""
    for number, frozen in enumerate(options.frozen):
        name = holder(frozen.name)
        reason = f" ({frozen.reason})" if frozen.reason else ""
        if name not in project.own.lists:
            if project.is_first and not project.is_defined(name):
                wanted = ", ".join(f'"{text}"' for text in frozen.packages)
                message = f"the {name} is frozen{reason} and not defined{project.hint(name)}: write `{name.name} = [{wanted}]`"
                yield Problem(project.own.key_place(name), message)
            continue
        wanted_entries = []
        for index, text in enumerate(frozen.packages):
            place = project.policy.place(project.place, "frozen", number, "packages", index, of=len(options.frozen))
            try:
                written = Text(text, project.own.pyproject.document, ())
                wanted_entries.append(Entry(requirements.parse(written), written))
            except Unreadable as error:
                yield Problem(place, error.message)
        yield from _changes(project, name, wanted_entries, reason)


def _changes(project: DeclaredProject, name: Holder, wanted: list[Entry], reason: str) -> Iterator[Problem]:
    entries = project.own.expanded(name)
    for package in dict.fromkeys(entry.name for entry in (*entries, *wanted)):
        mine = [entry for entry in entries if entry.name == package]
        theirs = [entry for entry in wanted if entry.name == package]
        texts = " and ".join(f"`{entry.declared.written.text}`" for entry in theirs)
        if not mine:
            yield Problem(project.own.key_place(name), f"the {name} is frozen{reason} and lacks {texts}: add it again")
        elif not theirs:
            held = "must stay empty" if not wanted else "is frozen"
            yield Problem(mine[0].place, f"the {name} {held}{reason}: take `{mine[0].declared.written.text}` out")
        elif not requirements.same(_plain(mine), _plain(theirs), project.under):
            yield Problem(mine[0].place, f"the {name} is frozen{reason}: write {texts} again")


def _plain(entries: list[Entry]) -> list[Requirement]:
    """Requirements as they are declared: where a package comes from is not what is frozen."""
    return [
        (
            Requirement(entry.name, entry.declared.extras, entry.declared.specifier, entry.where)
            if not entry.declared.url
            else Requirement(entry.name, entry.declared.extras, "", entry.where, requirements.Origin("url", entry.declared.url))
        )
        for entry in entries
    ]


def _project(extra: str, *, key: str = "lts", rest: str = "") -> dict[str, str]:
    return {
        "pyproject.toml": f'[project]\nname = "app"\nversion = "1"\n\n[project.optional-dependencies]\n{key} = {extra}\ngpu = ["torch"]\n{rest}'
    }


_EMPTY = {"frozen": [{"name": "extra:lts", "reason": "pinned in docker/lts/requirements.txt"}]}
_FULL = {"frozen": [{"name": "extra:lts", "packages": ["torch>=2.6", "numpy"]}]}

RULE = Rule(
    code="GRP007",
    name="frozen-group",
    severity=Severity.ERROR,
    subject=DECLARED_PROJECT,
    options=Options,
    check=check,
    idle=lambda options: not options.frozen,
    examples=(
        Example(
            "something was added to a retired extra",
            _project('[⟦"nvidia-modelopt"⟧]'),
            options=_EMPTY,
            message="the extra `lts` must stay empty (pinned in docker/lts/requirements.txt): take `nvidia-modelopt` out",
        ),
        Example("it takes another extra in", _project('[⟦"app[gpu]"⟧]'), options=_EMPTY, message="take `torch` out"),
        Example(
            "a requirement was changed, another one went",
            _project('[⟦"torch>=2.7"⟧]', key="⟦lts⟧"),
            options=_FULL,
            message="the extra `lts` is frozen",
        ),
        Example(
            "a retired extra is gone",
            {"pyproject.toml": '[project]\nname = "app"\nversion = "1"\n\n[⟦project.optional-dependencies⟧]\ngpu = ["torch"]\n'},
            options=_EMPTY,
            message="and not defined: write `lts = []`",
        ),
        Example("empty, as it must be", _project("[]"), options=_EMPTY),
        Example("the same requirements in other words", _project('["NumPy", "torch >= 2.6.0"]'), options=_FULL),
        Example("nothing is frozen", _project('["nvidia-modelopt"]')),
        Example(
            "a frozen group that includes another",
            {"pyproject.toml": '[dependency-groups]\nstyle = ["black"]\nlint = [{ include-group = "style" }]\n'},
            options={"frozen": [{"name": "group:lint", "packages": ["black"]}]},
        ),
        Example("another project", _project("[]") | {"lib/pyproject.toml": '[project]\nname = "lib"\nversion = "1"\n'}, options=_EMPTY),
    ),
)
