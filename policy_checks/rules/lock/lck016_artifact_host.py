"""An artifact in uv.lock comes from a host where it has no business, unencrypted, or with credentials in its URL.

Why: uv downloads an artifact from the URL in the lock and asks no index about it, and `uv lock --check` passes a lock in
which that URL was changed. One edited line among thousands is enough to have a wheel come from anywhere. Over http
anybody on the way can answer instead; credentials in a URL are published with the repository.

Fix: take uv.lock from a commit that can be trusted, or have the entry written anew with the command in the message; keep
credentials in a keyring, `.netrc` or `UV_INDEX_*_PASSWORD`. What is right is judged as follows. The registry's own host
always is. Hosts listed in `artifact-hosts` for a registry (by its URL or host) are, and then only those. For a registry
that is not listed, a host is reported when it serves part of a release whose other artifacts come from elsewhere, or
less than a tenth of what the registry's main host serves: an index that spreads its files over several hosts keeps each
release together. An archive that is declared as a URL comes from that URL.

References: astral-sh/uv#21484 (verify that uv.lock is legitimate); astral-sh/uv#8296 (credentials in the lock)
"""

from collections.abc import Iterator, Mapping

from policy_checks.lock.integrity.artifacts import ARTIFACTS, Artifacts, LockedArtifacts, inside
from policy_checks.lock.integrity.hosts import Strange, authority, strangers
from policy_checks.lock.integrity.refresh import refresh
from policy_checks.record import made, record
from policy_checks.rule import Example, Problem, Related, Rule, Severity
from policy_checks.source import Place, Span

_SHOWN = 5  # packages that a message names


@record
class Options:
    """What of the configuration this rule reads."""

    artifact_hosts: Mapping[str, tuple[str, ...]] = made(default_factory=dict)  # by registry: its URL or its host


def check(locked: LockedArtifacts, options: Options) -> Iterator[Problem]:
    """One problem per strange host of a registry, per host that is spoken to over http, and per URL with credentials."""
    for registry, packages in locked.by_registry.items():
        by_host: dict[str, list[Strange]] = {}
        for strange in strangers(registry, packages, options.artifact_hosts):
            by_host.setdefault(strange.host, []).append(strange)
        for some in by_host.values():
            yield _strange(registry, some)
    for one in locked.packages:
        if one.package.source.kind == "url":
            yield from _other_than_declared(one)
    yield from _unsafe(locked)


def _strange(registry: str, some: list[Strange]) -> Problem:
    first = some[0]
    names = list(dict.fromkeys(strange.artifacts.shown for strange in some))
    named = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    files = "an artifact" if len(some) == 1 else f"{len(some)} artifacts"
    message = f"{named}: {files} of {registry} would be downloaded from {first.host}, not from {' or '.join(first.expected)}"
    location = first.artifacts.pairs[first.number][0]
    start = location.lower().find(first.host)
    place = first.artifacts.place_of(first.number, location, location[start : start + len(first.host)])
    return Problem(place, f"{message}; {refresh(first.artifacts.package)}", related=_others(some[1:]))


def _others(some: list[Strange]) -> tuple[Related, ...]:
    return tuple([Related(other.artifacts.place(other.number), f"{other.artifacts.shown}, too") for other in some[: _SHOWN - 1]])


def _other_than_declared(one: Artifacts) -> Iterator[Problem]:
    declared = one.package.source.url
    for number, (location, _digest) in enumerate(one.pairs):
        if location and location.partition("#")[0].partition("?")[0] != declared:
            yield Problem(
                one.place_of(number, location),
                f"{one.shown} is declared to come from {declared}, not from this URL; {refresh(one.package)}",
            )


def _unsafe(locked: LockedArtifacts) -> Iterator[Problem]:
    """Schemes and credentials of every URL; each unencrypted host is told once."""
    told: set[str] = set()
    for one in locked.packages:
        for number, url in _urls(one):
            if url.startswith("https://") and "@" not in url:
                continue
            parts = authority(url)
            if parts is None:
                continue
            if parts.scheme in ("http", "git+http") and parts.host not in told:
                told.add(parts.host)
                message = f"{one.shown} comes from {parts.host} over http, where anybody on the way can answer instead"
                yield Problem(
                    _place(one, number, url, url[: len(parts.scheme)]),
                    f"{message}; give the index or source an https URL and run `uv lock`",
                )
            if parts.credentials and not (parts.credentials == "git" and parts.scheme in ("ssh", "git+ssh")):
                message = f"{one.shown}: the URL on {parts.host} holds credentials, which everybody who has the repository can read"
                place = _place(one, number, url, f"//{parts.credentials}@")
                place = Place(place.file, Span(place.span.start + 2, place.span.end - 1))
                yield Problem(place, f"{message}; revoke them, keep them in `UV_INDEX_*_PASSWORD` and {refresh(one.package)}")


def _urls(one: Artifacts) -> Iterator[tuple[int, str]]:
    """Every URL of a package with the number of its artifact, -1 for its source."""
    if one.package.source.kind in ("registry", "url", "git"):
        yield -1, one.package.source.location
    for number, (location, _digest) in enumerate(one.pairs):
        yield number, location


def _place(one: Artifacts, number: int, url: str, part: str) -> Place:
    whole = one.lock.place((*one.package.at, "source")) if number < 0 else one.place(number)
    return inside(whole, url, part)


_HASH = f', hash = "sha256:{"0a" * 32}"'


def _lock(*packages: str) -> dict[str, str]:
    return {"uv.lock": 'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n' + "".join(packages)}


def _package(name: str, *artifacts: str, source: str = 'registry = "https://index.example/simple"') -> str:
    wheels = "".join(f'    {{ url = "{url}"{_HASH} }},\n' for url in artifacts)
    return f'\n[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ {source} }}\nwheels = [\n{wheels}]\n'


_ANYIO = _package("anyio", "https://files.example/anyio-1.0-cp312-win32.whl", "https://files.example/anyio-1.0-py3-none-any.whl")
_GPU = _package("torch", "https://files.gpu.example/torch-1.0-py3-none-any.whl", source='registry = "https://gpu.example/whl"')

RULE = Rule(
    code="LCK016",
    name="artifact-host",
    severity=Severity.ERROR,
    subject=ARTIFACTS,
    check=check,
    options=Options,
    examples=(
        Example(
            "one wheel of a release comes from elsewhere",
            _lock(_ANYIO, _package("idna", "https://⟦mirror.example⟧/idna-1.0-cp312-win32.whl", "https://files.example/idna-1.0-py3-none-any.whl")),
            message="not from files.example",
        ),
        Example(
            "a host that is not allowed for the registry",
            _lock(_package("anyio", "https://⟦cdn.example⟧/anyio-1.0-py3-none-any.whl")),
            options={"artifact-hosts": {"index.example": ["files.example"]}},
        ),
        Example("http", _lock(_package("anyio", "⟦http⟧://index.example/anyio-1.0-py3-none-any.whl")), message="over http"),
        Example(
            "a token in a URL",
            _lock(_package("anyio", "https://⟦token:s3cret⟧@index.example/anyio-1.0-py3-none-any.whl")),
            message="holds credentials",
        ),
        Example(
            "credentials of a registry",
            _lock(_package("anyio", "https://index.example/anyio-1.0-py3-none-any.whl", source='registry = "https://⟦me:pw⟧@index.example/simple"')),
        ),
        Example(
            "an archive from another URL than the declared one",
            _lock(_package("anyio", "⟦https://cdn.example/anyio-1.0-py3-none-any.whl⟧", source='url = "https://files.example/anyio-1.0-py3-none-any.whl"')),
        ),
        Example("an index with a host for its files", _lock(_ANYIO, _package("idna", "https://files.example/idna-1.0-py3-none-any.whl"))),
        Example("an index that holds its files itself", _lock(_package("anyio", "https://index.example/files/anyio-1.0-py3-none-any.whl"))),
        Example("two indexes with different hosts", _lock(_ANYIO, _GPU)),
        Example(
            "an index that spreads its releases over hosts",
            _lock(_ANYIO, _package("idna", "https://cdn.example/idna-1.0-cp312-win32.whl", "https://cdn.example/idna-1.0-py3-none-any.whl")),
        ),
        Example(
            "a host that is allowed for the registry",
            _lock(_ANYIO),
            options={"artifact-hosts": {"https://index.example/simple": ["files.example"]}},
        ),
        Example("an archive from its own URL", _lock(_package("anyio", "https://a.example/anyio-1.0-py3-none-any.whl", source='url = "https://a.example/anyio-1.0-py3-none-any.whl"'))),
        Example("git over ssh", _lock('\n[[package]]\nname = "a"\nversion = "1"\nsource = { git = "ssh://git@git.example/a.git#' + "0a" * 20 + '" }\n')),
    ),
)  # fmt: skip
