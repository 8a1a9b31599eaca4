"""What changed at the head of a lock: the settings of the resolution."""

from collections.abc import Iterator

from policy_checks.readers.uv_lock import Lock, Requirement, Scoped
from policy_checks.record import record


@record
class Setting:
    """A value at the head of the lock that changed, as text; of a list only the items that came or went."""

    name: str
    before: str
    after: str


def compare(before: Lock | None, after: Lock | None) -> Iterator[Setting]:
    """The settings that differ between two locks."""
    if before is None or after is None:
        return
    new = _head(after)
    for name, old in _head(before).items():
        if old != new[name]:
            gone, come = ([item for item in side if item not in other] for side, other in ((old, new[name]), (new[name], old)))
            same = not gone and not come
            yield Setting(name, "in one order" if same else ", ".join(gone), "in another order" if same else ", ".join(come))


def _head(lock: Lock) -> dict[str, tuple[str, ...]]:
    options, manifest = lock.options, lock.manifest
    one: dict[str, object] = {
        "revision": lock.revision,
        "requires-python": lock.requires_python,
        "resolution-mode": options.resolution_mode,
        "prerelease-mode": options.prerelease_mode,
        "fork-strategy": options.fork_strategy,
        "exclude-newer": options.exclude_newer_span or options.exclude_newer,
    }
    many = {
        "resolution-markers": lock.resolution_markers,
        "supported-markers": lock.supported_markers,
        "required-markers": lock.required_markers,
        "conflicts": tuple(" and ".join(side.extra or side.group or side.package for side in some) for some in lock.conflicts),
        "members": manifest.members,
        "constraints": tuple(map(_requirement, manifest.constraints)),
        "overrides": tuple(map(_scoped, manifest.overrides)),
        "excludes": tuple(map(_scoped, manifest.excludes)),
        "build-constraints": tuple(map(_requirement, manifest.build_constraints)),
    }
    return {name: () if value is None else (str(value),) for name, value in one.items()} | many


def _scoped(scoped: Scoped) -> str:
    within = f"{scoped.package} {scoped.version or ''}: " if scoped.package else ""
    return within + " and ".join(map(_requirement, scoped.requirements))


def _requirement(required: Requirement) -> str:
    source = f" @ {required.source.kind} {required.source.location}" if required.source else ""
    return f"{required.name}{required.specifier}{source}" + (f" ({required.marker})" if required.marker else "")
