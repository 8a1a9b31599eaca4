"""uv.lock as data: what is read, where it stands, and that nothing but Unreadable comes of a damaged file."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from policy_checks.readers import toml, uv_lock, uv_lock_layout
from policy_checks.readers.uv_lock import Lock, Source
from policy_checks.source import SourceFile, Unreadable

REAL = sorted((Path(__file__).parents[3] / "shared/real/megatron-lm").glob("*/uv.lock"))
HASH = "sha256:" + "0" * 64
CANONICAL = f"""\
version = 1
revision = 5
requires-python = ">=3.11"
supported-markers = [
    "sys_platform == 'linux'",
]
conflicts = [[
    {{ package = "app", extra = "a" }},
    {{ package = "app", group = "B_c" }},
]]

[options]
exclude-newer = "2026-01-01T00:00:00Z"

[manifest]
members = [
    "app",
    "member",
]
overrides = [
    {{ name = "idna", specifier = "<4" }},
    {{ package = {{ name = "Leaf", version = "1" }}, dependencies = [{{ name = "six" }}] }},
]
excludes = ["wheel"]

[[package]]
name = "App"
version = "1"
source = {{ editable = "." }}
default-groups = ["b-c"]
dependencies = [
    {{ name = "leaf", extra = ["fast"], marker = "sys_platform == 'linux'" }},
]

[package.optional-dependencies]
a = [
    {{ name = "idna", version = "3.20", source = {{ registry = "https://index.example/simple" }} }},
]

[package.dev-dependencies]
B_c = [
    {{ name = "idna", version = "3.7", source = {{ registry = "https://index.example/simple" }} }},
    {{ name = "leaf" }},
]

[package.group-requires-python]
B_c = ">=3.12"

[package.metadata]
requires-dist = [
    {{ name = "idna", marker = "extra == 'a'", specifier = ">=3.10" }},
    {{ name = "leaf", extras = ["fast"], git = "https://git.example/leaf?rev=main" }},
]
provides-extras = ["a"]

[package.metadata.requires-dev]
B_c = [{{ name = "idna", specifier = "==3.7" }}]

[[package]]
name = "idna"
version = "3.7"
source = {{ registry = "https://index.example/simple" }}
sdist = {{ url = "https://files.index.example/idna-3.7.tar.gz", hash = "{HASH}", size = 12, upload-time = "2026-01-01T00:00:00Z" }}
wheels = [
    {{ url = "https://files.index.example/idna-3.7-py3-none-any.whl", hash = "{HASH}", size = 3, upload-time = "2026-01-01T00:00:00Z" }},
    {{ url = "https://files.index.example/idna-3.7-py2-none-any.whl", hash = "{HASH}" }},
]

[[package]]
name = "idna"
version = "3.20"
source = {{ registry = "https://index.example/simple" }}

[[package]]
name = "leaf"
source = {{ git = "https://git.example/leaf?rev=main#0123456789012345678901234567890123456789" }}
"""


def parse(text: str) -> Lock:
    return uv_lock.parse(SourceFile("uv.lock", text.encode()))


def test_fields() -> None:
    lock = parse(CANONICAL)
    app, idna, _other, leaf = lock.packages
    assert (lock.version, lock.revision, lock.requires_python) == (1, 5, ">=3.11")
    assert lock.supported_markers == ("sys_platform == 'linux'",)
    assert [(side.extra, side.group) for side in lock.conflicts[0]] == [("a", ""), ("", "b-c")]
    assert lock.options.exclude_newer == "2026-01-01T00:00:00Z"
    assert lock.manifest.members == ("app", "member")
    assert [(scoped.package, scoped.requirements[0].name) for scoped in lock.manifest.overrides] == [("", "idna"), ("leaf", "six")]
    assert lock.manifest.excludes[0].requirements[0].name == "wheel"
    assert (app.name, app.source, app.default_groups) == ("app", Source("editable", "."), ("b-c",))
    assert (app.dependencies[0].extras, app.dependencies[0].marker) == (("fast",), "sys_platform == 'linux'")
    assert app.groups["b-c"][0].version == "3.7"
    assert app.group_requires_python == {"b-c": ">=3.12"}
    assert app.metadata.requires_dist[1].source == Source("git", "https://git.example/leaf?rev=main")
    assert app.metadata.requires_dev["b-c"][0].specifier == "==3.7"
    assert leaf.version is None
    assert (leaf.source.url, leaf.source.commit) == ("https://git.example/leaf", "0123456789" * 4)
    assert [package.version for package in lock.by_name["idna"]] == ["3.7", "3.20"]
    assert [(artifact.wheel, artifact.size) for artifact in lock.artifacts(idna)] == [(False, 12), (True, 3), (True, None)]


def test_artifacts_are_the_same_however_they_are_written() -> None:
    """Another layout is parsed in full, to the same data."""
    other = CANONICAL.replace("    { url", "  { url").replace("sdist = {", "sdist={")
    assert not uv_lock_layout.cut_artifacts(other).blocks
    first, second = parse(CANONICAL), parse(other)
    for one, two in zip(first.packages, second.packages, strict=True):
        left, right = first.artifacts(one), second.artifacts(two)
        assert [(a.location, a.hash, a.size, a.upload_time) for a in left] == [(a.location, a.hash, a.size, a.upload_time) for a in right]
        for artifact in left:
            assert artifact.location in first.file.cut(artifact.span)
        for artifact in right:
            assert artifact.location in second.file.cut(artifact.span)


@pytest.mark.parametrize(
    "text", [CANONICAL, CANONICAL.replace("    {", "  {"), CANONICAL + "\n# '''\n"], ids=["canonical", "indented", "quotes"]
)
def test_places(text: str) -> None:
    """Positions by layout are those of the grammar."""
    lock = parse(text)
    document = toml.document(lock.file)
    app = lock.packages[0]
    paths = [edge.at for package in lock.packages for edge in package.edges()]
    paths += [requirement.at for requirement in app.metadata.requires_dist]
    paths += [requirement.at for requirements in app.metadata.requires_dev.values() for requirement in requirements]
    for path in paths:
        assert lock.place(path).span == document.span(*path), path
    assert lock.file.cut(lock.place((*lock.packages[3].at, "name")).span).endswith('"leaf"')


REFUSED = {
    "version = 2\nrequires-python = '>=3.9'": (1, "version 2"),
    'version = "1"': (1, "integer"),
    "requires-python = '>=3.9'": (1, "`version` is missing"),
    "version = 1\n": (1, "`requires-python` is missing"),
    "version = 1\nrequires-python = 3\n": (2, "`requires-python` has to be text"),
    "version = 1\nrequires-python = '>=3'\npackage = 3\n": (3, "has to be a list"),
    "version = 1\nrequires-python = '>=3'\n[[package]]\nname = 'a'\n": (3, "source"),
    "version = 1\nrequires-python = '>=3'\n[[package]]\nname = 'a'\nsource = {}\n": (5, "`source` has to name one of"),
    "version = 1\nrequires-python = '>=3'\n[[package]]\nversion = '1'\nsource = { virtual = '.' }\n": (3, "`name` is missing"),
    "version = 1\n\n=": (3, "not TOML"),
    "version = 1\nrequires\0": (2, "NUL"),
    "version = 1\n<<<<<<< HEAD\nrevision = 2\n=======\nrevision = 3\n>>>>>>> topic\n": (2, "conflict markers"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    line, message = REFUSED[text]
    with pytest.raises(Unreadable) as caught:
        parse(text)
    assert message in caught.value.message
    assert caught.value.file.location(caught.value.span.start)[0] == line


@pytest.mark.parametrize(
    "block",
    [
        'wheels = [\n    { url = "https://a.example/b.whl" },\n]\nwheels = [\n    { url = "https://a.example/b.whl" },\n]\n',
        'sdist = { url = "https://a.example/b.tar.gz" }\nsdist = { url = "https://a.example/b.tar.gz" }\n',
        'wheels = [\n    { url = "https://a.example/b.whl" },\n',
    ],
)
def test_artifacts_that_are_not_toml_are_not_hidden_by_being_cut_out(block: str) -> None:
    with pytest.raises(Unreadable, match="not TOML"):
        parse('version = 1\nrequires-python = ">=3"\n[[package]]\nname = "a"\nsource = { registry = "https://a.example" }\n' + block)


def test_text_that_looks_like_a_block_stays_text() -> None:
    lock = parse(f"{CANONICAL}\n[unknown]\ntext = '''\nsdist = {{ url = \"https://a.example\" }}\n'''\n")
    assert len(lock.packages) == 4


def test_an_artifact_without_a_location_is_refused() -> None:
    lock = parse(
        'version = 1\nrequires-python = ">=3"\n[[package]]\nname = "a"\nsource = { virtual = "." }\nwheels = [\n    { hash = "x" },\n]\n'
    )
    with pytest.raises(Unreadable, match="`url`"):
        lock.artifacts(lock.packages[0])


@given(st.integers(0, len(CANONICAL)), st.binary(max_size=3))
def test_a_truncated_or_damaged_file_is_read_or_unreadable(length: int, tail: bytes) -> None:
    try:
        lock = uv_lock.parse(SourceFile("uv.lock", CANONICAL.encode()[:length] + tail))
        for package in lock.packages:
            lock.artifacts(package)
            lock.place(package.at)
    except Unreadable as error:
        error.file.location(error.span.start)


@pytest.mark.skipif(not REAL, reason="the real locks are not here")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.parent.name)
def test_a_real_lock(path: Path) -> None:
    file = SourceFile("uv.lock", path.read_bytes())
    lock = uv_lock.parse(file)
    whole = toml.document(file).data
    assert [package.name for package in lock.packages] == [package["name"] for package in whole["package"]]
    for package, table in zip(lock.packages, whole["package"], strict=True):
        expected = [*filter(None, [table.get("sdist")]), *table.get("wheels", [])]
        assert [(item.location, item.hash) for item in lock.artifacts(package)] == [(item["url"], item["hash"]) for item in expected]
