"""What changed among the artifacts of packages: hashes, places, hosts."""

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import SplitResult, urlsplit

from policy_checks.readers.uv_lock import Artifact, Lock, Source


def hosts(lock: Lock | None) -> Mapping[Source, frozenset[str]]:
    """The hosts that the artifacts of each registry come from."""
    found: dict[Source, set[str]] = {}
    for package in lock.packages if lock else ():
        if package.source.kind == "registry" and lock:
            found.setdefault(package.source, set()).update(map(_host, lock.artifacts(package)))
    return {source: frozenset(some) for source, some in found.items()}


def strange(known: frozenset[str], files: Iterable[Artifact]) -> Iterator[str]:
    """Hosts that a registry's artifacts did not come from before."""
    found = {host: artifact for artifact in files if known and (host := _host(artifact)) not in known}
    for host, artifact in found.items():
        yield f"artifacts come from a host that this registry did not use before: {host or 'none'} ({artifact.location})"


def compare(old: Iterable[Artifact], new: Iterable[Artifact]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Alarms and notes about the artifacts of one version."""
    before, after = _by_file(old), _by_file(new)
    alarms, notes = [], []
    for name, artifact in before.items():
        if (other := after.get(name)) is None:
            notes.append(f"{name} removed")
            continue
        if artifact.hash != other.hash:
            alarms.append(f"hash of {name} changed under the same version: {artifact.hash or 'none'} → {other.hash or 'none'}")
        if artifact.location != other.location:
            what = "host" if _host(artifact) != _host(other) else "URL"
            alarms.append(f"{what} of {name} changed under the same version: {artifact.location} → {other.location}")
        if artifact.size != other.size and artifact.hash == other.hash and None not in (artifact.size, other.size):
            alarms.append(f"size of {name} changed under the same hash: {artifact.size} → {other.size}")
    notes += [f"{name} added" for name in after if name not in before]
    return tuple(alarms), tuple(notes)


def _by_file(artifacts: Iterable[Artifact]) -> dict[str, Artifact]:
    """Artifacts by file name; an sdist that has none (a git checkout, a directory) is `sdist`."""
    found: dict[str, Artifact] = {}
    seen: Counter[str] = Counter()
    for artifact in artifacts:
        name = posixpath.basename(_parts(artifact).path) or "sdist"
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name} #{seen[name]}"] = artifact  # a twin must not hide the first
    return found


def _host(artifact: Artifact) -> str:
    return _parts(artifact).netloc


def _parts(artifact: Artifact) -> SplitResult:
    try:
        return urlsplit(artifact.location)
    except ValueError:  # a port or an IPv6 address that is none
        return SplitResult("", artifact.location, "", "", "")
