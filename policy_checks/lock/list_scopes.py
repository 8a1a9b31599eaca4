"""Scopes of a policy: the lists of dependencies that a table of it is about, by name or glob."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Protocol

from policy_checks.lock.declarations import DeclaredProject
from policy_checks.lock.holders import BUILD, DEPENDENCIES, EXTRA, GROUP, Holder
from policy_checks.readers.names import normalized
from policy_checks.source import Place


class Scope(Protocol):
    """What a table of the policy says about lists."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Names or globs."""
        ...

    @property
    def extras(self) -> tuple[str, ...]:
        """Names or globs."""
        ...

    @property
    def dependencies(self) -> bool:
        """Whether `project.dependencies` is meant."""
        ...

    @property
    def build_system(self) -> bool:
        """Whether `build-system.requires` is meant."""
        ...


def covers(scope: Scope, holder: Holder) -> bool:
    """Whether a scope names a list."""
    if holder.kind in (DEPENDENCIES, BUILD):
        return scope.dependencies if holder.kind == DEPENDENCIES else scope.build_system
    return any_of(scope.groups if holder.kind == GROUP else scope.extras, holder.name)


def any_of(globs: tuple[str, ...], name: str) -> bool:
    """Whether a normalised name is one of these names or globs, which may be in any spelling of PEP 503."""
    return any(fnmatchcase(name, normalized(glob)) for glob in globs)


def described(scope: Scope) -> str:
    """The lists of a scope in words."""
    found = [f"the group `{name}`" for name in scope.groups] + [f"the extra `{name}`" for name in scope.extras]
    found += [str(Holder(DEPENDENCIES))] if scope.dependencies else []
    found += [str(Holder(BUILD))] if scope.build_system else []
    return " or ".join(found)


def is_empty(project: DeclaredProject, scope: Scope) -> bool:
    """Whether no project of the repository has any list of a scope."""
    return not any(covers(scope, holder) for one in project.everywhere for holder in one.lists)


def undefined(project: DeclaredProject, scope: Scope, table: tuple[str, int], total: int) -> Iterator[tuple[Place, str]]:
    """The names in a scope that no project has, where they stand; `table` is the list of tables and the number in it, of `total`."""
    for key, kind, names in (("groups", GROUP, scope.groups), ("extras", EXTRA, scope.extras)):
        for index, name in enumerate(names):
            holder = Holder(kind, normalized(name))
            if project.policy.is_own(*table, total) and not set(name) & set("*?[") and not project.is_defined(holder):
                place = project.policy.place(project.place, *table, key, index, of=total)
                yield place, f"no project defines the {holder}{project.hint(holder)}"
