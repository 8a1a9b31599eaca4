"""Everything that the verdict on a file may rest on where a tool follows imports, as one digest for each file.

It is found out over the files that are there now, so that a module that appears, goes or gets into the way of another one
changes the digests of all whom it may concern.
"""

from collections.abc import Callable, Iterable

from policy_checks.formatting.imports import Imports
from policy_checks.formatting.modules import Modules
from policy_checks.formatting.store import digest
from policy_checks.record import record


@record
class Closure:
    """A file with all that it imports, directly or not.

    `tops` are the first parts of all imported names. Where some file cannot be understood, it is not `known`.
    """

    digest: str
    tops: frozenset[str]
    known: bool


class Closures:
    """The closures of files, for which `imports` has what each of them imports."""

    def __init__(self, modules: Modules, imports: Callable[[str], Imports]) -> None:
        self.modules, self._imports = modules, imports
        self._next: dict[str, list[str]] = {}
        self._found: dict[str, Closure] = {}

    def of(self, path: str) -> Closure:
        """The closure of one of the files that all was prepared for."""
        return self._found[path]

    def prepare(self, paths: Iterable[str]) -> set[str]:
        """Finds out the closures of these files; returns every file that is in one of them."""
        reached = self._reach(paths)
        # A package's attribute may be a module in it that nobody imports: astroid looks there.
        attributes = frozenset(name for path in reached for name in self._imports(path).attributes)
        left = [path for path in reached if "__init__." in path]
        while left:
            package = left.pop()
            more = [path for name, found in self.modules.parts(package).items() if name in attributes for path in found]
            if new := set(more) - set(self._next[package]):
                self._next[package] = sorted({*self._next[package], *new})
                added = self._reach(new - reached) - reached
                reached |= added
                wider = attributes.union(*(self._imports(path).attributes for path in added))
                left += [path for path in (reached if wider != attributes else added) if "__init__." in path]
                attributes = wider
        for component in _components(self._next, sorted(reached)):
            self._found.update(dict.fromkeys(component, self._closed(component)))
        return reached

    def _reach(self, paths: Iterable[str]) -> set[str]:
        found = set(paths)
        left = list(found)
        while left:
            new = {path for path in self._following(left.pop()) if path not in found}
            found |= new
            left += new
        return found

    def _following(self, path: str) -> list[str]:
        """The files that a file's imports may mean, and those of the packages that it lies in."""
        if path not in self._next:
            found = {*self.modules.packages(path.rpartition("/")[0])}
            for name in self._imports(path).names:
                found |= self.modules.meant(path, name)
            self._next[path] = sorted(found - {path})
        return self._next[path]

    def _closed(self, component: list[str]) -> Closure:
        """The closure of files that all import each other; what else they import is closed already."""
        own = [self._imports(path) for path in component]
        others = {path for name in component for path in self._next[name]}.difference(component)
        below = [self._found[path] for path in others]
        parts = (*sorted(f"{path}\0{one.seen}" for path, one in zip(component, own, strict=True)), "", *sorted(one.digest for one in below))
        tops = frozenset(name.partition(".")[0] for one in own for name in one.names).union(*(one.tops for one in below))
        return Closure(digest(*parts), tops, all(one.known for one in own) and all(one.known for one in below))


def _components(graph: dict[str, list[str]], starts: Iterable[str]) -> Iterable[list[str]]:
    """The strongly connected components, each after those it leads to (Tarjan's algorithm, without recursion)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    held: set[str] = set()
    for start in starts:
        if start in order:
            continue
        work = [(start, iter(graph[start]))]
        order[start] = low[start] = len(order)
        stack.append(start)
        held.add(start)
        while work:
            node, following = work[-1]
            for other in following:
                if other not in order:
                    order[other] = low[other] = len(order)
                    stack.append(other)
                    held.add(other)
                    work.append((other, iter(graph[other])))
                    break
                if other in held:
                    low[node] = min(low[node], order[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    at = stack.index(node) if stack[-1] != node else len(stack) - 1
                    component = stack[at:]
                    del stack[at:]
                    held.difference_update(component)
                    yield sorted(component)
