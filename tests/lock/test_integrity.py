"""The rules about the integrity of uv.lock: each catches its mutation of a real lock, and none says anything about what uv wrote."""

import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from policy_checks import engine, registry
from policy_checks.lock.integrity.canonical import out_of_order, parts
from policy_checks.lock.integrity.layout import deviations
from policy_checks.lock.integrity.surroundings import SURROUNDINGS
from policy_checks.lock.integrity.versions import admits
from policy_checks.readers import uv_lock
from policy_checks.readers.uv_lock import Lock
from policy_checks.source import SourceFile, Unreadable
from policy_checks.workspace import in_memory

SHARED = Path(__file__).parents[2].parent / "shared"
REAL, CASES = SHARED / "real" / "megatron-lm", SHARED / "lock-cases"
RULES = [rule for rule in registry.all_rules() if "LCK010" <= rule.code <= "LCK020"]
Files = dict[str, str]


def judged(files: Files) -> list[str]:
    """The codes of all findings of all integrity rules; nothing may crash."""
    outcome = engine.run(in_memory(files), RULES, lambda options: options())
    assert outcome.crashes == ()
    return [finding.code for finding in outcome.findings]


def real(name: str) -> Files:
    """The lock and project of a real repository."""
    if not REAL.is_dir():
        pytest.skip(f"{REAL} is not here")
    return {file: (REAL / name / file).read_text() for file in ("pyproject.toml", "uv.lock")}


def parsed(text: str) -> Lock:
    """A lock from its text."""
    return uv_lock.parse(SourceFile("uv.lock", text.encode()))


def replaced(old: str, new: str) -> Callable[[str], str]:
    """A mutation of the first match of an expression, which has to be there."""

    def mutate(text: str) -> str:
        changed, count = re.subn(old, new, text, count=1)
        assert count
        return changed

    return mutate


def swapped_edges(text: str) -> str:
    """Two edges in an order that uv would not write."""
    return replaced(r'(    \{ name = "numpy" \},\n)(    \{ name = "packaging" \},\n)', r"\2\1")(text)


_IDNA = r'(?s)(name = "idna"\nversion = "[^"]*"\nsource = [^\n]*\nsdist = [^\n]*?)'
MUTATIONS: list[tuple[str, Callable[[str], str]]] = [
    ("LCK010", replaced(r'(    \{ name = "packaging", specifier = )"[^"]*"', r'\1">=9999"')),
    ("LCK010", replaced(r'(name = "urllib3"\nversion = )"[^"]*"', r'\1"2.5.0"')),
    ("LCK011", replaced(r'(name = "deep-gemm"\nversion = "[^"]*"\nsource = \{ git = ".*)714dd1a4(.*)#714dd1a4', r"\1deadbeef\2#deadbeef")),
    ("LCK011", replaced(r'(name = "nemo-run"\nversion = "[^"]*"\nsource = \{ git = "https://)[^/]*', r"\1git.example")),
    ("LCK012", replaced(r'(source = \{ editable = "." \}\ndependencies = \[\n)    \{ name = "numpy" \},\n', r"\1")),
    ("LCK012", replaced(r'(source = \{ editable = "." \}\ndependencies = \[\n)', r'\1    { name = "idna" },\n')),
    ("LCK013", replaced(r'(?s)\[\[package\]\]\nname = "idna"\n.*?\n\n', "")),
    (
        "LCK013",
        replaced(
            r'(\[\[package\]\]\nname = "idna"\n)', r'[[package]]\nname = "idna"\nversion = "1.0"\nsource = { virtual = "idna" }\n\n\1'
        ),
    ),
    ("LCK014", replaced(r"\Z", '\n[[package]]\nname = "zzz"\nversion = "1"\nsource = { registry = "https://index.example/simple" }\n')),
    ("LCK015", replaced(_IDNA + r', hash = "[^"]*"', r"\1")),
    ("LCK015", replaced(_IDNA + r'hash = "[^"]*"', r'\1hash = "md5:' + "0a" * 16 + '"')),
    ("LCK016", replaced(_IDNA + r'url = "https://[^/]*', r'\1url = "https://files.example')),
    ("LCK016", replaced(_IDNA + r'url = "https:', r'\1url = "http:')),
    ("LCK016", replaced(_IDNA + r'url = "https://', r'\1url = "https://me:token@')),
    ("LCK017", replaced(_IDNA + r"idna-", r"\1requests-")),
    ("LCK017", replaced(_IDNA + r"idna-[0-9.]*\.tar", r"\1idna-1.0.tar")),
    ("LCK018", replaced(r'(registry = "https://[^"]*)"', r'\1/"')),
    ("LCK020", swapped_edges),
    ("LCK020", replaced(r'name = "idna"', r'name="idna"')),
]


@pytest.mark.parametrize(("code", "mutate"), MUTATIONS, ids=[f"{code}-{number}" for number, (code, _) in enumerate(MUTATIONS)])
def test_a_mutation_of_a_real_lock_is_caught(code: str, mutate: Callable[[str], str]) -> None:
    files = real("head")
    assert code in judged(files | {"uv.lock": mutate(files["uv.lock"])})


def test_a_revision_that_the_required_uv_does_not_write() -> None:
    files = real("head")
    project = replaced(r"\[tool\.uv\]\n", '[tool.uv]\nrequired-version = "==0.7.2"\n')(files["pyproject.toml"])
    assert judged({"pyproject.toml": project, "uv.lock": files["uv.lock"]}) == []
    newer = replaced("revision = 2", "revision = 3")(files["uv.lock"])
    assert judged({"pyproject.toml": project, "uv.lock": newer}) == ["LCK019"]


@pytest.mark.parametrize("name", ["head", "before-lts-moved"])
def test_a_real_lock_is_sound(name: str) -> None:
    assert judged(real(name)) == []


def test_locks_that_uv_calls_fresh_are_sound(tmp_path: Path) -> None:
    """Written by uv 0.5 to 0.13; two projects configure one index in two spellings, which uv accepts."""
    if not CASES.is_dir():
        pytest.skip(f"{CASES} is not here")
    with tarfile.open(CASES / "cases.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    verdicts = map(json.loads, (tmp_path / "verdicts.jsonl").read_text().splitlines())
    fresh = [tmp_path / verdict["dir"] for verdict in verdicts if verdict["label"] == "fresh"]
    seen: set[bytes] = set()
    for folder in fresh:
        data = (folder / "uv.lock").read_bytes()
        if data in seen:
            continue
        seen.add(data)
        files = {
            str(path.relative_to(folder)): path.read_bytes().decode() for path in folder.rglob("*") if path.suffix in (".toml", ".lock")
        }
        allowed = {"LCK018"} if folder.parent.name.startswith(("index_explicit", "sources_extra")) else set()
        assert set(judged(files)) <= allowed, folder
    assert len(seen) > 100


SMALL = """\
version = 1
revision = 3
requires-python = ">=3.12"

[manifest]
members = [
    "app",
]
constraints = [{ name = "idna", specifier = ">=3" }]

[[package]]
name = "app"
version = "1.0"
source = { editable = "." }
dependencies = [
    { name = "idna" },
]

[package.dev-dependencies]
test = [
    { name = "sniffio", marker = "sys_platform == 'win32'" },
]

[package.metadata]
requires-dist = [{ name = "idna", specifier = ">=3" }]

[package.metadata.requires-dev]
test = [{ name = "sniffio", marker = "sys_platform == 'win32'" }]

[[package]]
name = "idna"
version = "3.10"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://files.example/idna-3.10.tar.gz", hash = "sha256:0101010101010101010101010101010101010101010101010101010101010101" }

[[package]]
name = "sniffio"
version = "1.3.1"
source = { registry = "https://index.example/simple" }
wheels = [
    { url = "https://files.example/sniffio-1.3.1-py3-none-any.whl", hash = "sha256:0202020202020202020202020202020202020202020202020202020202020202" },
]
"""


def test_the_small_lock_is_sound() -> None:
    assert judged({"uv.lock": SMALL}) == []


@pytest.mark.parametrize("end", range(0, len(SMALL), 7))
def test_a_truncated_lock_crashes_nothing(end: int) -> None:
    judged({"uv.lock": SMALL[:end]})


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_a_damaged_lock_crashes_nothing(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SMALL)))
    end = data.draw(st.integers(start, min(len(SMALL), start + 40)))
    judged({"uv.lock": SMALL[:start] + data.draw(st.text("\"'[]{}=,\n #aé\\5", max_size=5)) + SMALL[end:]})


def test_a_python_range_that_is_none_is_no_crash() -> None:
    text = SMALL.replace('requires-python = ">=3.12"', 'requires-python = "=3.12"', 1)
    assert "LCK010" not in judged({"uv.lock": text})
    (refused,) = [found for found in in_memory({"uv.lock": text}).all(SURROUNDINGS) if isinstance(found, Unreadable)]
    assert refused.file.cut(refused.span) == '"=3.12"'


def test_ten_thousand_edges_in_a_circle() -> None:
    source = 'source = { registry = "https://index.example/simple" }'
    entry = '\n[[package]]\nname = "p{0:05}"\nversion = "1"\n{2}\ndependencies = [\n    {{ name = "p{1:05}" }},\n]\n'
    packages = [entry.format(number, (number + 1) % 10_000, source) for number in range(10_000)]
    assert judged({"uv.lock": 'version = 1\nrequires-python = ">=3.12"\n' + "".join(packages)}) == []


# --- the canonical layout ----------------------------------------------------------------------------

NAMES = st.lists(st.from_regex(r"[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,3})?", fullmatch=True), min_size=1, max_size=6, unique=True)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, object]:
    """Locks as data, in any order."""
    names = draw(NAMES)
    versions = st.from_regex(r"[0-9]{1,2}\.[0-9]{1,2}(rc1|\.post2)?", fullmatch=True)

    def edges() -> list[dict[str, object]]:
        some: list[dict[str, object]] = [{"name": name} for name in draw(st.permutations(names))[:3]]
        if draw(st.booleans()):
            some[0]["marker"] = "sys_platform == 'linux'"
        return some

    packages = []
    for name in draw(st.permutations(names)):
        package: dict[str, object] = {"source": {"registry": "https://index.example/simple"}, "version": draw(versions), "name": name}
        if draw(st.booleans()):
            package["dependencies"] = edges()
        if draw(st.booleans()):
            package["wheels"] = [{"size": 3, "hash": "sha256:0a", "url": f"https://files.example/{name}.whl"}]
        if draw(st.booleans()):
            package["optional-dependencies"] = {extra: edges() for extra in draw(NAMES)}
            package["metadata"] = {"provides-extras": draw(NAMES), "requires-dist": edges(), "requires-dev": {"dev": edges(), "all": []}}
        packages.append(package)
    return {"requires-python": ">=3.12", "package": packages, "version": 1, "manifest": {"members": draw(NAMES)}}


@given(documents())
@settings(deadline=None, max_examples=60)
def test_the_canonical_text_says_the_same_and_is_canonical(document: dict[str, object]) -> None:
    import rtoml

    lock = parsed(rtoml.dumps(document))
    ordered = sorted(zip(lock.packages, list(parts(lock))[1:], strict=True), key=lambda pair: pair[0].name)
    text = next(parts(lock)) + "".join(part for _, part in ordered)
    again = parsed(text)
    assert list(deviations(again)) == []
    assert out_of_order(again) is None
    assert [package.name for package in again.packages] == [package.name for package, _ in ordered]
    assert _sorted(again.raw) == _sorted(lock.raw)


def _sorted(value: object) -> object:
    """Data without the order of tables and lists, and without what artifacts were cut out as."""
    if isinstance(value, dict):
        return sorted((key, _sorted(item)) for key, item in value.items() if key != "wheels")
    return sorted(map(_sorted, value), key=repr) if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SMALL, 0),
        (SMALL.replace("\n", "\r\n"), 0),
        (SMALL.replace("\n", "\r\n", 1), 1),
        ("\ufeff" + SMALL, 1),
        (SMALL.removesuffix("\n"), 1),
        (SMALL + "\n", 1),
        (SMALL.replace('\nname = "idna"', '\nname = "idna"  # why').replace("    { url", "  { url"), 2),
        (SMALL.replace("[[package]]", "[[ package ]]", 1), 1),
    ],
    ids=["as uv writes it", "crlf", "mixed line ends", "byte order mark", "no last line end", "an empty last line", "two packages", "a header"],
)  # fmt: skip
def test_deviations(text: str, expected: int) -> None:
    assert len(list(deviations(parsed(text)))) == expected


# --- versions ----------------------------------------------------------------------------------------

RELEASES = st.from_regex(r"[0-2](\.[0-2]){0,2}", fullmatch=True)
CLAUSES = st.one_of(
    st.tuples(st.sampled_from([">=", "<=", "<", ">", "==", "!="]), RELEASES).map("".join),
    st.tuples(st.sampled_from(["==", "!="]), RELEASES).map(lambda pair: f"{pair[0]}{pair[1]}.*"),
    RELEASES.filter(lambda release: "." in release).map(lambda release: f"~={release}"),
)


@given(
    st.lists(CLAUSES, min_size=1, max_size=3),
    st.tuples(RELEASES, st.sampled_from(["", ".post0", ".post2", "+cpu", "rc1", ".dev3"])).map("".join),
)
def test_versions_are_admitted_as_packaging_does(clauses: list[str], version: str) -> None:
    from packaging.specifiers import SpecifierSet

    assert admits(",".join(clauses), version) == SpecifierSet(",".join(clauses)).contains(version, prereleases=True)
