"""A registry in uv.lock is not allowed, is spelled in two ways, shares a package with another, or leaked from somebody's machine.

Why: the registry decides who can put a file under a package's name. A mirror from somebody's environment (`UV_INDEX_URL`,
a user's uv.toml) ends up in the lock of everybody, and uv says nothing as long as the project configures no index. Two
spellings of one index are two registries to uv, which then locks a package twice. One package from two indexes without a
source that says which is the mark of `unsafe-best-match`: whoever owns a name on the weaker index is installed.

Fix: declare the index in `[[tool.uv.index]]` (and the package in `[tool.uv.sources]`), or unset the variable that leaked,
and run `uv lock`. With `registries` set, exactly these are allowed: URLs (a trailing slash does not matter) or hosts.

References: https://docs.astral.sh/uv/concepts/indexes/; astral-sh/uv#6349, #13938 (mirrors in the lock), #171 (dependency confusion)
"""

from collections.abc import Iterator, Mapping

from policy_checks.lock import urls
from policy_checks.lock.integrity.artifacts import shown
from policy_checks.lock.integrity.hosts import authority
from policy_checks.lock.integrity.surroundings import SURROUNDINGS, Surroundings
from policy_checks.lock.settings import DEFAULT_INDEX
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import record
from policy_checks.rule import Example, Problem, Related, Rule, Severity
from policy_checks.source import Place, Span


@record
class Options:
    """What of the configuration this rule reads."""

    registries: tuple[str, ...] = ()  # URLs or hosts; empty: any that the project configures


def check(around: Surroundings, options: Options) -> Iterator[Problem]:
    """One problem per registry that is not allowed, per second spelling, and per package from two registries."""
    by_registry: dict[str, list[Package]] = {}
    for package in around.lock.packages:
        if package.source.kind == "registry":
            by_registry.setdefault(package.source.location, []).append(package)
    if options.registries:
        yield from _not_allowed(around.lock, by_registry, options.registries)
    else:
        yield from _leaked(around, by_registry)
    twins = _twins(by_registry)
    for twin, usual in twins.items():
        message = f"{twin} and {usual} are one index in two spellings, and uv locks packages once for each"
        first = by_registry[twin][0]
        related = Related(_place(around.lock, by_registry[usual][0]), f"the other spelling, of {len(by_registry[usual])} packages")
        yield Problem(
            _place(around.lock, first), f"{message}; write it alike wherever it is configured and run `uv lock`", related=(related,)
        )
    yield from _shared(around, twins)


def _not_allowed(lock: Lock, by_registry: Mapping[str, list[Package]], allowed: tuple[str, ...]) -> Iterator[Problem]:
    known = {_canonical(entry) if "://" in entry else entry.lower().rstrip("/") for entry in allowed}
    for registry, packages in by_registry.items():
        parts = authority(registry)
        if _canonical(registry) not in known and (parts is None or parts.host not in known):
            message = f"{_counted(packages)} from {_public(registry)}, which `registries` does not allow"
            yield Problem(_place(lock, packages[0]), f"{message}; configure an allowed index for it and run `uv lock`")


def _leaked(around: Surroundings, by_registry: Mapping[str, list[Package]]) -> Iterator[Problem]:
    """Registries of a project that configures none: uv compares them with nothing."""
    settings = around.settings
    if settings is None or settings.allowed_indexes(around.tree, around.folder) is not None:
        return  # no project to compare with, or a lock that LCK002 calls stale
    declared = {requirement.index for requirement in around.requirements} | {DEFAULT_INDEX}
    for registry, packages in by_registry.items():
        if urls.is_url(registry) and registry not in declared:
            message = (
                f"{_counted(packages)} from {_public(registry)}, which the project does not configure: it came from somebody's environment"
            )
            told = f"{message}; unset `UV_INDEX_URL` (`UV_DEFAULT_INDEX`) and run `uv lock --upgrade-package {packages[0].name}`"
            yield Problem(_place(around.lock, packages[0]), f"{told}, or declare it in `[[tool.uv.index]]`")


def _twins(by_registry: Mapping[str, list[Package]]) -> dict[str, str]:
    """The rarer spellings of each index, with the usual one."""
    spellings: dict[str, list[str]] = {}
    for registry in by_registry:
        spellings.setdefault(_canonical(registry).partition("://")[2], []).append(registry)
    found = {}
    for some in spellings.values():
        usual = max(some, key=lambda registry: len(by_registry[registry]))
        found.update({registry: usual for registry in some if registry != usual})
    return found


def _shared(around: Surroundings, twins: Mapping[str, str]) -> Iterator[Problem]:
    chosen = {requirement.name for requirement in around.requirements if requirement.index}
    links = {link.text for link in around.settings.find_links} if around.settings else set()
    for name, packages in around.lock.by_name.items():
        if len(packages) < 2 or name in chosen:
            continue
        first: dict[str, Package] = {}
        for package in packages:
            location = package.source.location
            if package.source.kind == "registry" and urls.is_url(location) and location not in links:
                first.setdefault(twins.get(location, location), package)
        if len(first) > 1:
            one, other, *_more = first.values()
            message = f"{name} comes from two registries, {shown(one)} from {_public(one.source.location)} and {shown(other)} from here"
            told = f"{message}; pin it to one index in `[tool.uv.sources]` and run `uv lock --upgrade-package {name}`"
            yield Problem(_place(around.lock, other), told, related=(Related(_place(around.lock, one), shown(one)),))


def _canonical(registry: str) -> str:
    """A registry as it is compared: the spelling of its URL, its credentials and a trailing slash do not matter."""
    try:
        return urls.canonical(registry).rstrip("/")
    except urls.InvalidUrl:
        return registry.rstrip("/")


def _public(registry: str) -> str:
    """A registry for a message: without credentials."""
    try:
        return urls.canonical(registry)
    except urls.InvalidUrl:
        return registry


def _counted(packages: list[Package]) -> str:
    return f"{shown(packages[0])} comes" if len(packages) == 1 else f"{shown(packages[0])} and {len(packages) - 1} more come"


def _place(lock: Lock, package: Package) -> Place:
    """The URL of a package's registry."""
    line = lock.place((*package.at, "source"))
    at = lock.file.text.find(f'"{package.source.location}"', line.span.start, line.span.end) + 1
    return Place(line.file, Span(at, at + len(package.source.location))) if at else line


def _lock(*packages: tuple[str, str]) -> str:
    head = 'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n'
    return head + "".join(f'\n[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ registry = "{url}" }}\n' for name, url in packages)


_PROJECT = '[project]\nname = "app"\nversion = "1"\n'
_INDEX = '\n[[tool.uv.index]]\nurl = "https://index.example/simple"\ndefault = true\n'
_SOURCE = (
    '\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n\n[package.metadata]\n'
    'requires-dist = [{ name = "torch", specifier = ">=2", index = "https://gpu.example/whl" }]\n'
)

RULE = Rule(
    code="LCK018",
    name="registry-not-allowed",
    severity=Severity.ERROR,
    subject=SURROUNDINGS,
    check=check,
    options=Options,
    examples=(
        Example(
            "a registry that is not on the list",
            {"uv.lock": _lock(("anyio", "https://index.example/simple"), ("idna", "⟦https://mirror.example/simple⟧"), ("sniffio", "https://mirror.example/simple"))},
            options={"registries": ["https://index.example/simple"]},
            message="idna 1.0 and 1 more come",
        ),
        Example(
            "a mirror that no project configures", {"uv.lock": _lock(("anyio", "⟦https://mirror.example/simple⟧")), "pyproject.toml": _PROJECT}, message="unset `UV_INDEX_URL`"
        ),
        Example(
            "a trailing slash",
            {"uv.lock": _lock(("anyio", "https://index.example/simple"), ("idna", "⟦https://index.example/simple/⟧"), ("sniffio", "https://index.example/simple"))},
            message="one index in two spellings",
        ),
        Example(
            "a package from two registries",
            {"uv.lock": _lock(("torch", "https://gpu.example/whl"), ("torch", "⟦https://index.example/simple⟧"))},
            message="torch comes from two registries",
        ),
        Example("a list of hosts", {"uv.lock": _lock(("anyio", "https://index.example/simple"))}, options={"registries": ["index.example"]}),
        Example("an allowed URL, with a slash", {"uv.lock": _lock(("anyio", "https://index.example/simple/"))}, options={"registries": ["https://index.example/simple"]}),
        Example("a mirror that the project configures", {"uv.lock": _lock(("anyio", "https://index.example/simple")), "pyproject.toml": _PROJECT + _INDEX}),
        Example("a package for which the project names an index", {"uv.lock": _lock(("torch", "https://gpu.example/whl"), ("torch", "https://index.example/simple")) + _SOURCE}),
        Example("two indexes with different packages", {"uv.lock": _lock(("anyio", "https://index.example/simple"), ("torch", "https://gpu.example/whl"))}),
        Example("a folder of wheels", {"uv.lock": _lock(("anyio", "wheelhouse"), ("idna", "wheelhouse")), "pyproject.toml": _PROJECT}),
    ),
)  # fmt: skip
