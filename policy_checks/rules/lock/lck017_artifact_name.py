"""A file name in uv.lock belongs to another project or version than the package that lists it.

Why: what is installed is the file, whatever package it is listed under. A wheel of `requests` below `idna` passes
`uv lock --check`, and its hash is right, too: it is the hash of the wrong file. uv itself looks only at the version of
wheels, and never at sdists.

Fix: take uv.lock from a commit that can be trusted, or have the entry written anew with the command in the message.

References: binary distribution format (packaging.python.org, wheel file names); PEP 625 (sdist file names)
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from policy_checks.lock.integrity.artifacts import ARTIFACTS, Artifacts, LockedArtifacts
from policy_checks.lock.integrity.refresh import refresh
from policy_checks.readers.names import normalized
from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity

_ARCHIVE = re.compile(r"\.(?:zip|tar|tgz|tbz|txz|tlz|tar\.(?:gz|bz2|xz|lz|lzma|zst))$")  # crate uv-distribution-filename


def check(locked: LockedArtifacts, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each package and what its files are instead, at the first such file."""
    for one in locked.packages:
        faults: dict[str, list[int]] = {}
        for number, name in _unusual(one):
            faults.setdefault(_fault(one, unquote(name.partition("#")[0].partition("?")[0])), []).append(number)
        faults.pop("", None)
        for fault, numbers in faults.items():
            location = one.pairs[numbers[0]][0]
            name = location.rpartition("/")[2]
            more = f" (and {len(numbers) - 1} more like it)" if len(numbers) > 1 else ""
            yield Problem(one.place_of(numbers[0], location, name), f"{one.shown}: {unquote(name)} {fault}{more}; {refresh(one.package)}")


def _unusual(one: Artifacts) -> Iterator[tuple[int, str]]:
    """The file names that do not read as nearly all do, with their numbers."""
    distribution = f"{one.package.name.replace('-', '_')}-{one.package.version}"
    usual = (f"{distribution}-", f"{distribution}.")
    # An archive that is given as a URL or a path may have any name; a wheel never.
    names_matter = one.package.source.kind == "registry"
    for number, (location, _digest) in enumerate(one.pairs):
        name = location.rpartition("/")[2]
        if not (name.startswith(usual) and name.endswith((".whl", ".tar.gz"))) and name and (names_matter or ".whl" in name):
            yield number, name


def _fault(one: Artifacts, name: str) -> str:
    """What is wrong with a file name, empty for nothing."""
    found = _parts(one.package.name, name)
    if found is None:
        return "is the name of neither a wheel nor an sdist"
    project, version = found
    if normalized(project) != one.package.name:
        return f"installs {normalized(project)}, not {one.package.name}"
    if not _same_version(version, one.package.version):
        return f"installs version {version}, not {one.package.version}"
    return ""


def _parts(package: str, name: str) -> tuple[str, str] | None:
    """Project and version as a file name gives them."""
    if name.endswith(".whl"):
        parts = name.removesuffix(".whl").split("-")
        return (parts[0], parts[1]) if len(parts) in (5, 6) else None
    stem, archives = _ARCHIVE.subn("", name)
    if not archives:
        return None
    # An sdist's project may hold hyphens: it ends where the package's own name does, or at the last hyphen.
    if normalized(stem[: len(package)]) == package and stem[len(package) : len(package) + 1] == "-":
        return package, stem[len(package) + 1 :]
    project, hyphen, version = stem.rpartition("-")
    return (project, version) if hyphen else None


def _same_version(named: str, locked: str | None) -> bool:
    """PEP 440 equality; a file may say more than the lock by a local version (uv, `InconsistentVersions`)."""
    if locked is None or named == locked:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        found, expected = Version(named.replace("_", "-")), Version(locked)
    except InvalidVersion:
        return False
    return found == expected or Version(found.public) == expected


def _lock(
    *files: str, source: str = 'registry = "https://index.example/simple"', package: str = "zope-interface", version: str = "7.2"
) -> dict[str, str]:
    wheels = "".join(f'    {{ url = "https://files.example/ab/{file}", hash = "sha256:{"0a" * 32}" }},\n' for file in files)
    head = f'version = 1\nrequires-python = ">=3.12"\n\n[[package]]\nname = "{package}"\nversion = "{version}"\nsource = {{ {source} }}\n'
    return {"uv.lock": f"{head}wheels = [\n{wheels}]\n"}


def _sdist(file: str) -> dict[str, str]:
    sdist = f'sdist = {{ url = "https://files.example/ab/{file}", hash = "sha256:{"0a" * 32}" }}\n'
    return {"uv.lock": _lock()["uv.lock"].replace("wheels = [\n]\n", sdist)}


RULE = Rule(
    code="LCK017",
    name="artifact-name",
    severity=Severity.ERROR,
    subject=ARTIFACTS,
    check=check,
    examples=(
        Example("a wheel of another project", _lock("⟦requests-7.2-py3-none-any.whl⟧"), message="installs requests, not zope-interface"),
        Example("a wheel of another version", _lock("⟦zope_interface-7.1-py3-none-any.whl⟧"), message="installs version 7.1, not 7.2"),
        Example("an sdist of another project", _sdist("⟦zope.event-7.2.tar.gz⟧"), message="installs zope-event"),
        Example("an sdist of another version", _sdist("⟦zope.interface-7.2.post1.tar.gz⟧"), message="installs version 7.2.post1"),
        Example("no distribution at all", _sdist("⟦install.sh⟧"), message="neither a wheel nor an sdist"),
        Example("names as uv writes them", _lock("zope_interface-7.2-py3-none-any.whl", "zope_interface-7.2-1-cp312-cp312-win32.whl")),
        Example("another spelling of one name and version", _lock("Zope.Interface-7.2.0-py3-none-any.whl")),
        Example("an sdist with an old spelling", _sdist("zope.interface-7.2.zip")),
        Example("a local version in the file's name", _lock("zope_interface-7.2%2Bcpu-py3-none-any.whl")),
        Example("a local version in both", _lock("torch-2.7.0%2Bcu128-cp312-cp312-win_amd64.whl", package="torch", version="2.7.0+cu128")),
        Example(
            "an archive that was given as a URL has any name",
            {"uv.lock": _sdist("main.zip")["uv.lock"].replace('registry = "https://index.example/simple"', 'url = "https://files.example/ab/main.zip"')},
        ),
    ),
)  # fmt: skip
