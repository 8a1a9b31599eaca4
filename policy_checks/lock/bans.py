"""Bans: packages that an environment must not hold, however they get there."""

from datetime import date
from enum import StrEnum

from policy_checks.lock.graph import Arc
from policy_checks.lock.package_pattern import Pattern, admits, pattern
from policy_checks.origin import UNWRITTEN, Origin
from policy_checks.readers.uv_lock import Lock
from policy_checks.record import record

_LOCAL = ("editable", "virtual", "directory")


class Depth(StrEnum):
    """Which dependencies a policy is about."""

    ANY = "any"
    DIRECT = "direct"  # what a project of the repository or a requirements file asks for itself


@record
class Ban:
    """One table of `[[tool.policy-checks.bans]]`. It holds in each of the environments, groups, extras and members that it names.

    Raises ValueError for a package that cannot be read.
    """

    package: str  # a name or a glob in any spelling of PEP 503, with extras and a range of versions: see `package_pattern`
    environments: tuple[str, ...] = ()  # `all`: whatever a lock holds; no scope at all: every environment that is declared
    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    depth: Depth = Depth.ANY
    only_via: tuple[str, ...] = ()  # packages that may ask for it
    use_instead: str = ""
    reason: str = ""
    until: date | None = None  # the last day on which it holds
    origin: Origin = UNWRITTEN

    def __post_init__(self) -> None:
        """Refuses what would ban nothing."""
        _patterns(self)

    @property
    def pattern(self) -> Pattern:
        """What it is about."""
        return pattern(self.package)


def _patterns(ban: Ban) -> None:
    for text in (ban.package, *ban.only_via):
        pattern(text)
    if found := next((text for text in ban.only_via if pattern(text).extras or pattern(text).specifier), None):
        raise ValueError(f"`only-via` takes names of packages, not {found!r}")


def covers(ban: Ban, name: str) -> bool:
    """Whether a ban is about a package, whatever its version; the name is normalised."""
    return ban.pattern.names(name)


def forbids(ban: Ban, lock: Lock, arc: Arc) -> bool:
    """Whether a ban that covers a package forbids that this dependency leads to it."""
    if not ban.pattern.asks(arc.extras) or (ban.depth is Depth.DIRECT and not is_direct(lock, arc)):
        return False
    if ban.only_via and arc.origin is not None:
        asking = lock.packages[arc.origin[0]].name
        if any(pattern(text).names(asking) for text in ban.only_via):
            return False
    # A requirements file that asks for another version than the locked one is judged by its own line.
    return arc.written is None or not ban.pattern.specifier or admits(arc.specifier, arc.target.version)


def is_direct(lock: Lock, arc: Arc) -> bool:
    """Whether a project of the repository or a requirements file asks for it."""
    return arc.origin is None or lock.packages[arc.origin[0]].source.kind in _LOCAL


def told(ban: Ban, where: str) -> str:
    """What is banned and where, with everything that the policy says about it; ready to follow the package and `is`."""
    depth = "as a direct dependency " if ban.depth is Depth.DIRECT else ""
    extras = f"with the extra {' or '.join(f'`{extra}`' for extra in ban.pattern.extras)} " if ban.pattern.extras else ""
    via = f"unless via {' or '.join(f'`{name}`' for name in ban.only_via)} " if ban.only_via else ""
    until = f" until {ban.until}" if ban.until else ""
    versions = f"(`{ban.package}`) " if ban.pattern.specifier else ""
    return f"banned {versions}{extras}{depth}{via}in {where}{until}" + (f" ({ban.reason})" if ban.reason else "")


def remedy(ban: Ban, start: str, *, direct: bool) -> str:
    """What to do about the dependency that starts a path: the banned package itself, or one that brings it."""
    if ban.use_instead and direct:
        return f"use `{ban.use_instead}` instead of `{start}` there"
    return (f"use `{ban.use_instead}` instead: " if ban.use_instead else "") + f"remove or restrict `{start}` there"
