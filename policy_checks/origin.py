"""Where a part of the policy is written, for what has to be said about it."""

from collections.abc import Callable

from policy_checks.source import Place, SourceFile, Span

Path = tuple[str | int, ...]
Locate = Callable[[Path], Place | None]

_NOWHERE = Place(SourceFile("pyproject.toml", b""), Span(0, 0))  # of a policy that stands in no file


class Origin:
    """Where a table of settings is written: a record has a field of this type, and the decoder fills it in.

    The place is found when someone asks for it: that costs a parse. All origins are equal, so that two
    records that set the same are equal wherever they stand.
    """

    __slots__ = ("_locate", "_path")

    def __init__(self, locate: Locate = lambda _path: None, path: Path = ()) -> None:
        self._locate, self._path = locate, path

    def __repr__(self) -> str:
        return f"Origin({self._path!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin)

    def __hash__(self) -> int:
        return 0

    def below(self, *path: str | int) -> "Origin":
        """The origin of a table inside this one."""
        return Origin(self._locate, (*self._path, *path))

    def find(self, *path: str | int) -> Place | None:
        """Where a key below the table is written, the nearest enclosing table if it is not; None for a policy that stands in no file."""
        return self._locate((*self._path, *path))

    def place(self, *path: str | int) -> Place:
        """As `find`, with a place for every policy."""
        return self.find(*path) or _NOWHERE


UNWRITTEN = Origin()
