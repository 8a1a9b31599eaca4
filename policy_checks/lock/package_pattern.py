"""Packages as a policy names them: a name or a glob, with extras and a range of versions (PEP 503, 508, 440)."""

import re
from fnmatch import fnmatchcase
from functools import cache

from policy_checks.lock import specifiers
from policy_checks.readers.names import normalized
from policy_checks.record import record

_PATTERN = re.compile(r"\s*([A-Za-z0-9*?._-]+)\s*(?:\[([A-Za-z0-9*?._,\s-]*)\])?\s*(\S.*?)?\s*", re.DOTALL)


@record
class Pattern:
    """`nvidia-modelopt*`, `urllib3 <2.6.3`, `transformer-engine[core_cu12]`: names normalised, `*` and `?` kept."""

    name: str
    extras: tuple[str, ...] = ()  # one of them is enough
    specifier: str = ""

    def names(self, name: str) -> bool:
        """Whether it is about a package, whatever its version; the name is normalised."""
        return fnmatchcase(name, self.name)

    def asks(self, extras: tuple[str, ...]) -> bool:
        """Whether a dependency with these extras is meant."""
        return not self.extras or any(fnmatchcase(extra, pattern) for extra in extras for pattern in self.extras)

    def accepts(self, version: str | None) -> bool:
        """Whether a version lies in the range; a version that nobody knows may."""
        return admits(self.specifier, version)

    def overlaps(self, specifier: str) -> bool:
        """Whether a version that a requirement accepts lies in the range."""
        return not self.specifier or bool(specifiers.accepted(",".join(filter(None, (self.specifier, specifier)))).versions)


@cache
def admits(specifier: str, version: str | None) -> bool:
    """Whether a specifier accepts a version; one that nobody knows it may."""
    if not specifier or version is None or specifier.replace(" ", "") == f"=={version}":
        return True
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier).contains(version, prereleases=True)


@cache
def pattern(text: str) -> Pattern:
    """A pattern as it is written; raises ValueError for a text that is none."""
    found = _PATTERN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} names no package; write 'name', 'name*', 'name <2.6.3' or 'name[extra]'")
    name, extras, specifier = found.groups()
    if specifier:
        try:
            specifiers.clauses(specifier)
        except specifiers.InvalidSpecifier as error:
            raise ValueError(f"{text!r}: {error}") from None
    asked = tuple(normalized(extra.strip()) for extra in (extras or "").split(",") if extra.strip())
    if extras is not None and not asked:
        raise ValueError(f"{text!r} names no extra between its brackets")
    return Pattern(normalized(name), asked, specifier or "")
