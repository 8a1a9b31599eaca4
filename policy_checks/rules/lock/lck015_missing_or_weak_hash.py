"""An artifact in uv.lock has no hash, or one that proves nothing.

Why: the hash is all that ties what is downloaded tomorrow to what was locked today. uv installs an artifact without a
hash, or with an MD5 sum, as readily as any other, and `uv lock --check` passes a lock whose hashes were stripped or
replaced. uv writes the hash of every artifact for which the index publishes one, and of every archive that it was given
as a URL or a path.

Fix: take uv.lock from a commit that can be trusted, or have the entry written anew with the command in the message. An
index that publishes no hashes at all is reported once. Where it is known and accepted that an index publishes none, or
not all, name it in `unhashed-registries` (its URL as it stands in the lock). A local folder of wheels never has hashes
and is not reported.

References: https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile; astral-sh/uv#21484; PEP 503 (hashes in links)
"""

import re
from collections.abc import Iterator

from policy_checks.lock.integrity.artifacts import ARTIFACTS, Artifacts, LockedArtifacts
from policy_checks.lock.integrity.refresh import refresh
from policy_checks.record import record
from policy_checks.rule import Example, Problem, Rule, Severity

# Hexadecimal digits of each algorithm that uv reads and that still resists collisions (crate uv-pypi-types, `HashAlgorithm`).
_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128, "blake2b": 64}
_SOUND = re.compile("|".join(f"{name}:[0-9a-f]{{{digits}}}" for name, digits in _DIGITS.items()))
_REMOTE = re.compile("https?://", re.IGNORECASE)


@record
class Options:
    """What of the configuration this rule reads."""

    unhashed_registries: tuple[str, ...] = ()  # indexes that publish no hashes


def check(locked: LockedArtifacts, options: Options) -> Iterator[Problem]:
    """One problem per weak hash, per package that lacks hashes, and per registry that has none at all."""
    accepted = set(options.unhashed_registries)
    without = {location for location, some in locked.by_registry.items() if not any(digest for one in some for _, digest in one.pairs)}
    for location in without - accepted:
        if _REMOTE.match(location):
            yield from _none_at_all(location, locked.by_registry[location])
    for one in locked.packages:
        yield from _weak(one)
        if one.package.source.location not in without | accepted and _has_hashes(one):
            yield from _missing(one)


def _none_at_all(location: str, packages: list[Artifacts]) -> Iterator[Problem]:
    with_files = [one for one in packages if one.pairs]
    count = sum(len(one.pairs) for one in with_files)
    if count:
        told = f"no artifact of {location} has a hash ({count} of them): nothing ties a download to what was locked"
        yield Problem(with_files[0].place(0), f"{told}; {_mended(with_files[0])}")


def _mended(one: Artifacts) -> str:
    listed = ", or name the registry in `unhashed-registries` if it publishes none" if one.package.source.kind == "registry" else ""
    return refresh(one.package) + listed


def _has_hashes(one: Artifacts) -> bool:
    """Whether uv writes hashes for a source of this kind (crate uv-lock, `requires_hash`)."""
    source = one.package.source
    return source.kind in ("registry", "url", "path") or (source.kind == "git" and bool(re.search("[?&]path=", source.location)))


def _missing(one: Artifacts) -> Iterator[Problem]:
    lacking = [number for number, (_, digest) in enumerate(one.pairs) if not digest]
    if lacking:
        files = "its artifact has no hash" if len(one.pairs) == 1 else f"{len(lacking)} of {len(one.pairs)} artifacts have no hash"
        yield Problem(one.place(lacking[0]), f"{one.shown}: {files}, so anything can be installed in its place; {_mended(one)}")
    elif not one.pairs and one.package.source.kind in ("url", "path"):
        place = one.lock.place((*one.package.at, "source"))
        yield Problem(place, f"{one.shown}: the archive has no hash, so anything can be installed in its place; {refresh(one.package)}")


def _weak(one: Artifacts) -> Iterator[Problem]:
    for number, (_, digest) in enumerate(one.pairs):
        if digest and not _SOUND.fullmatch(digest):
            yield Problem(one.place_of(number, digest), f"{one.shown}: {_fault(digest)}; {refresh(one.package)}")


def _fault(digest: str) -> str:
    algorithm, separator, value = digest.partition(":")
    if not separator:
        return f"the hash names no algorithm: {digest[:40]}"
    if algorithm not in _DIGITS:
        return f"{algorithm} can be forged: only {', '.join(_DIGITS)} prove what is downloaded"
    if len(value) != _DIGITS[algorithm]:
        return f"a {algorithm} has {_DIGITS[algorithm]} digits, this one has {len(value)}: it matches nothing"
    return f"a {algorithm} is written in lower-case hexadecimal digits: this one matches nothing"


_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "anyio"
version = "4.9.0"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://files.example/anyio-4.9.0.tar.gz", hash = "sha256:%s" }
wheels = [
    %%s,
]
""" % ("0a" * 32)
_WHEEL = '{ url = "https://files.example/anyio-4.9.0-py3-none-any.whl"%s, size = 100916 }'
_WHEELHOUSE = """\
version = 1
requires-python = ">=3.12"

[[package]]
name = "anyio"
version = "4.9.0"
source = { registry = "%s" }
wheels = [
    %s,
]
"""
_ARCHIVE = """\
version = 1
requires-python = ">=3.12"

[[package]]
name = "anyio"
version = "4.9.0"
source = { url = "https://files.example/anyio.tar.gz" }
sdist = %s
"""

RULE = Rule(
    code="LCK015",
    name="missing-or-weak-hash",
    severity=Severity.ERROR,
    subject=ARTIFACTS,
    check=check,
    options=Options,
    examples=(
        Example("a hash was stripped", {"uv.lock": _LOCK % f"⟦{_WHEEL % ''}⟧"}, message="1 of 2 artifacts have no hash"),
        Example(
            "an MD5 sum",
            {"uv.lock": _LOCK % (_WHEEL % (', hash = "⟦md5:' + "0a" * 16 + '⟧"'))},
            message="md5 can be forged",
        ),
        Example("a hash that was cut", {"uv.lock": _LOCK % (_WHEEL % ', hash = "⟦sha256:0a0a⟧"')}, message="64 digits, this one has 4"),
        Example(
            "an index without hashes",
            {"uv.lock": _WHEELHOUSE % ("https://index.example/links", '⟦{ url = "https://index.example/anyio-4.9.0-py3-none-any.whl" }⟧')},
            message="`unhashed-registries`",
        ),
        Example("an archive by URL", {"uv.lock": _ARCHIVE % "⟦{ size = 4 }⟧"}, message="its artifact has no hash"),
        Example("every artifact has its hash", {"uv.lock": _LOCK % (_WHEEL % (', hash = "sha256:' + "0b" * 32 + '"'))}),
        Example("a stronger algorithm", {"uv.lock": _LOCK % (_WHEEL % (', hash = "sha512:' + "0b" * 64 + '"'))}),
        Example("an archive by URL, with its hash", {"uv.lock": _ARCHIVE % ('{ hash = "sha256:' + "0c" * 32 + '" }')}),
        Example("a folder of wheels", {"uv.lock": _WHEELHOUSE % ("wheelhouse", '{ path = "anyio-4.9.0-py3-none-any.whl" }')}),
        Example(
            "an index that is known to publish none",
            {"uv.lock": _WHEELHOUSE % ("https://index.example/links", '{ url = "https://index.example/anyio-4.9.0-py3-none-any.whl" }')},
            options={"unhashed-registries": ["https://index.example/links"]},
        ),
        Example(
            "an index that does not publish all of them",
            {"uv.lock": _LOCK % _WHEEL % ""},
            options={"unhashed-registries": ["https://index.example/simple"]},
        ),
        Example(
            "a source tree has nothing to hash",
            {
                "uv.lock": 'version = 1\nrequires-python = ">=3.12"\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { editable = "." }\n'
            },
        ),
    ),
)
