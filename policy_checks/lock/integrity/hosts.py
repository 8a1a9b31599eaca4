"""Hosts of artifacts: which of them a registry's artifacts have no reason to come from."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from policy_checks.lock.integrity.artifacts import Artifacts

_END = re.compile(r"[?#\\]")
_SHARE = 10  # a host that serves less than this part of what the main host serves is no file host of the registry


class Authority(NamedTuple):
    """What stands before a URL's path: scheme, credentials as written, and the host in lower case with its port."""

    scheme: str
    credentials: str
    host: str


def authority(url: str) -> Authority | None:
    """None for what is no URL. What ends an authority is what ends it for a browser (WHATWG): a backslash, too."""
    parts = url.split("/", 3)  # thousands of artifacts share a few hosts
    return _authority(f"{parts[0]}//{parts[2]}") if len(parts) == 4 and not parts[1] else _authority(url)


@cache
def _authority(url: str) -> Authority | None:
    scheme, separator, rest = url.partition("://")
    if not separator or not scheme.isascii():
        return None
    netloc = rest.partition("/")[0]
    if not netloc.replace(".", "").replace("-", "").isalnum():
        netloc = _END.split(netloc, maxsplit=1)[0]
    user, _, host = netloc.rpartition("@")
    return Authority(scheme.lower(), user, host.lower())


class Strange(NamedTuple):
    """One artifact on a host where the registry's artifacts do not come from; `expected` are the hosts they come from."""

    artifacts: Artifacts
    number: int
    host: str
    expected: tuple[str, ...]


def strangers(registry: str, packages: list[Artifacts], allowed: Mapping[str, tuple[str, ...]]) -> Iterator[Strange]:
    """The artifacts of one registry that come from elsewhere; `allowed` are hosts by registry (its URL or host).

    Without an allowance a registry's own host is right, and so is any host that serves a fair part of its
    artifacts: indexes keep their files where they like. What is left is an outlier: a host beside another one in
    one release (an index keeps a release together), or one that serves next to nothing of the registry.
    """
    own = authority(registry)
    found = [[authority(location) for location, _digest in one.pairs] for one in packages]
    known = {key.rstrip("/"): hosts for key, hosts in allowed.items()}
    given = known.get(registry.rstrip("/")) or known.get(own.host if own else "")
    counts = Counter(part.host for parts in found for part in parts if part)
    main = max(counts, key=lambda host: (counts[host], host), default="")
    if given is None and len(counts) < 2:
        return
    for one, parts in zip(packages, found, strict=True):
        if given is None:
            odd = _outliers({part.host for part in parts if part}, counts, main)
        else:
            odd = {part.host for part in parts if part} - {host.lower() for host in given}
        for number, part in enumerate(parts):
            if part and part.host in odd and not (own and part.host == own.host):
                yield Strange(one, number, part.host, given or (main,))


def _outliers(release: set[str], counts: Mapping[str, int], main: str) -> set[str]:
    """The odd hosts of one release."""
    rare = {host for host in release if counts[host] * _SHARE < counts[main]}
    usual = max(release, key=lambda host: (counts[host], host), default="")
    return rare | (release - {usual})
