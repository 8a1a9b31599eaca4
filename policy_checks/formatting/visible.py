"""What a file can get to see of all that it imports, as a digest: the parts whose names are mentioned on the way.

Sets are numbers here, one bit for each member: thousands of parts are united for every file.
"""

from collections.abc import Callable, Iterable, Iterator

from policy_checks.formatting.modules import Modules
from policy_checks.formatting.parts import Part
from policy_checks.formatting.store import digest
from policy_checks.record import record


@record
class Seen:
    """The digest of the parts that a file can get to see, and the first parts of the names that are imported in them."""

    digest: str
    tops: frozenset[str]


@record
class _Piece:
    """A part of a module with what it leads to: names, modules, and all the pieces of those of which everything is imported."""

    text: str
    tops: frozenset[str]
    mentions: int
    modules: int
    whole: int


@record
class _Module:
    """A module's pieces, the one for everyone, the packages that it lies in, and (of a package) the modules in it by name."""

    pieces: int
    everyone: int
    above: int
    names: int
    within: dict[int, int]


class Visible:
    """The parts of the modules that the files of a run import, directly or not."""

    def __init__(self, modules: Modules, parts: Callable[[str], tuple[Part, ...]], paths: Iterable[str]) -> None:
        self._look = modules
        self._paths = sorted(paths)
        self._numbers = {path: number for number, path in enumerate(self._paths)}
        held = {path: parts(path) for path in self._paths}
        within = {path: modules.parts(path) if "__init__." in path else {} for path in self._paths}
        defined = {name for some in held.values() for part in some for name in part.defines}
        self._names = {name: number for number, name in enumerate(sorted(defined.union(*within.values())))}
        self._definers = [0] * len(self._names)
        self._ranges: dict[str, int] = {}
        count = 0
        for path, some in held.items():
            self._ranges[path] = (1 << count + len(some)) - (1 << count)
            for number, part in enumerate(some, count):
                for name in part.defines:
                    self._definers[self._names[name]] |= 1 << number
            count += len(some)
        self._pieces = [self._piece(path, part) for path, some in held.items() for part in some]
        self._modules = [self._module(path, within[path]) for path in self._paths]
        self._of_modules = sum({1 << self._names[name] for found in within.values() for name in found})
        self._packages = sum(1 << number for number, module in enumerate(self._modules) if module.within)

    def of(self, path: str) -> Seen:
        """What one file can get to see: a name that is met anywhere may be looked up in every module that is reached."""
        reached, taken = 1 << self._numbers[path], self._ranges[path]
        names = opened = defined = known = done = 0  # `opened` are the pieces of what is reached, `defined` those that define a name
        while (left := taken & ~done) or reached & ~known:
            done |= left
            before = names
            for number in _bits(left):
                piece = self._pieces[number]
                names |= piece.mentions
                reached |= piece.modules
                taken |= piece.whole
            for name in _bits(names & ~before):
                defined |= self._definers[name]
            while new := reached & ~known:
                known |= new
                for number in _bits(new):
                    opened |= self._modules[number].pieces
                    taken |= self._modules[number].everyone
                    reached |= self._modules[number].above
                reached |= self._below(new & self._packages, names)
            if met := names & ~before & self._of_modules:
                reached |= self._below(known & self._packages, met)
            taken |= opened & defined
        texts = [self._pieces[number] for number in _bits(taken)]
        tops = frozenset[str]().union(*(piece.tops for piece in texts))
        return Seen(digest("\0".join([self._paths[number] for number in _bits(reached)]), "\0".join([piece.text for piece in texts])), tops)

    def _below(self, packages: int, names: int) -> int:
        """The modules in packages by whose names the package may be asked for them."""
        found = 0
        for number in _bits(packages):
            module = self._modules[number]
            for name in _bits(module.names & names):
                found |= module.within[name]
        return found

    def _piece(self, path: str, part: Part) -> _Piece:
        targets = {name: self._look.meant(path, name) for name in part.imports}
        whole = sum(
            {self._ranges[found] for name, some in targets.items() if name.endswith("*") for found in some if found in self._ranges}
        )
        mentions = sum(1 << self._names[name] for name in part.mentions if name in self._names)
        tops = frozenset(name.partition(".")[0] for name in part.imports)
        return _Piece(f"{path}\0{part.digest}", tops, mentions, self._set(found for some in targets.values() for found in some), whole)

    def _module(self, path: str, within: dict[str, list[str]]) -> _Module:
        pieces = self._ranges[path]
        below = {self._names[name]: self._set(found) for name, found in within.items()}
        names = sum(1 << name for name in below)
        return _Module(pieces, pieces & -pieces, self._set(self._look.packages(path.rpartition("/")[0])), names, below)

    def _set(self, paths: Iterable[str]) -> int:
        found = 0
        for path in paths:
            found |= 1 << self._numbers[path] if path in self._numbers else 0
        return found


def _bits(members: int) -> Iterator[int]:
    """The numbers of the members, the smallest first."""
    text = bin(members)[:1:-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)
