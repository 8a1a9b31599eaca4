"""The configuration itself: the program's own keys, every rule's options, and where each value is written."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from posixpath import normpath
from typing import Any, TypeVar

from policy_checks.config.decoding import Wrong, decode, written
from policy_checks.config.layers import OUTSIDE, PRESET, Merged
from policy_checks.failure import Failure
from policy_checks.globs import matches
from policy_checks.origin import UNWRITTEN, Origin
from policy_checks.record import made, record
from policy_checks.source import Place

T = TypeVar("T")


@record
class Fault:
    """One fault of a configuration, where it is written (None: not in a file)."""

    place: Place | None
    key: str
    message: str

    def __str__(self) -> str:
        """`file:line:column: key: message`."""
        text = f"{self.key}: {self.message}" if self.key else self.message
        if self.place is None:
            return text
        line, column = self.place.file.location(self.place.span.start)
        return f"{self.place.file.path}:{line}:{column}: {text}"


class ConfigError(Failure):
    """Everything that is wrong with a configuration, one line each."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(dict.fromkeys(map(str, faults))))
        self.faults = tuple(faults)


_COMMIT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")


@record
class Waiver:
    """One `[[tool.policy-checks.waivers]]`: hides what the named rules find in some files or commits.

    `until` is the last day on which it holds. Codes are exact: a rule added later must not be waived unseen.
    """

    codes: tuple[str, ...]
    reason: str = ""  # may be missing here, because POL004 says it better
    paths: tuple[str, ...] = ()  # patterns, see globs
    commits: tuple[str, ...] = ()  # beginnings of commit ids
    until: date | None = None
    origin: Origin = UNWRITTEN

    def __post_init__(self) -> None:
        """Raises ValueError for a waiver of nothing and for what cannot be a commit id."""
        if not self.codes:
            raise ValueError("name at least one code in `codes`")
        if not self.paths and not self.commits:
            raise ValueError('name the files in `paths` (everything: "**") or the commits in `commits`')
        for commit in self.commits:
            if not re.fullmatch("[0-9a-f]{7,64}", commit):
                raise ValueError(f"{commit!r} is no commit id (at least 7 of its hexadecimal digits)")

    def covers(self, path: str) -> bool:
        """Whether a finding's path (or commit id) is meant."""
        if _COMMIT.fullmatch(path):
            return path.startswith(self.commits)
        return any(matches(path, pattern) for pattern in self.paths)


@record
class Keys:
    """The keys of `[tool.policy-checks]` that belong to the program and not to a rule; `extends` is spent in loading."""

    select: tuple[str, ...] = ()  # codes or prefixes; none: every rule that is on by default
    extend_select: tuple[str, ...] = ()  # beside these
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()  # path patterns
    per_file_ignores: Mapping[str, tuple[str, ...]] = made(default_factory=dict)  # path pattern → codes or prefixes
    waivers: tuple[Waiver, ...] = ()
    baseline: str = ".policy-checks-baseline.json"  # the file of findings that were there before the policy; empty: none

    def __post_init__(self) -> None:
        """Raises ValueError for a baseline that no tree could hold."""
        if self.baseline and (self.baseline.startswith(("/", "../")) or "\\" in self.baseline or normpath(self.baseline) != self.baseline):
            raise ValueError(f"baseline: {self.baseline!r} is no path below the root, with `/` between its parts")


class Config:
    """The effective configuration: the program's own keys; `options` decodes the rest for whoever declares keys."""

    def __init__(self, keys: Keys, merged: Merged) -> None:
        self.keys, self.merged = keys, merged
        self._decoded: dict[type, Any] = {}

    def options(self, kind: type[T]) -> T:
        """The settings of a type, whose fields are top-level keys. Raises ConfigError when they are wrong."""
        if kind not in self._decoded:
            wrong: list[Wrong] = []
            self._decoded[kind] = decode(kind, self.merged.data, wrong, closed=False, origin=Origin(self.merged.place))
            if wrong:
                del self._decoded[kind]
                raise ConfigError(located(self.merged, wrong))
        found: T = self._decoded[kind]
        return found

    def place(self, *path: str | int) -> Place | None:
        """Where the value at a path is written, the nearest enclosing table's header if it is a default."""
        return self.merged.place(path)

    def is_shared(self, *path: str | int) -> bool:
        """Whether a value comes from a preset or from outside the repository: it is meant for others too."""
        found = self.merged.origin(path)
        return found is not None and found[0].document.file.path.startswith((PRESET, OUTSIDE))

    def excluded(self, path: str) -> bool:
        """Whether the configuration leaves a file out."""
        return any(matches(path, pattern) for pattern in self.keys.exclude)


def located(merged: Merged, wrong: Sequence[Wrong]) -> list[Fault]:
    """Faults with their places."""
    return [Fault(merged.place(one.path, of_key=one.of_key), written(one.path), one.message) for one in wrong]
