"""pyproject.toml: what is read, and what is refused exactly where uv would refuse it."""

import pytest

from policy_checks.lock import validity
from policy_checks.readers.pyproject import Include, PyProject, read
from policy_checks.readers.table import Text
from policy_checks.source import SourceFile, Unreadable

PROJECT = '[project]\nname = "app"\nversion = "1"\n'


def parsed(text: str) -> PyProject:
    return read(SourceFile("pyproject.toml", text.encode()))


def test_project() -> None:
    project = parsed(
        '[project]\nname = "My_App"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["a", "b>1"]\n'
        '[project.optional-dependencies]\nE_1 = ["c"]\n'
    ).project
    assert project is not None
    assert project.name == "my-app"
    assert [text.text for text in project.dependencies or ()] == ["a", "b>1"]
    assert {name: [text.text for text in texts] for name, texts in project.optional.items()} == {"e-1": ["c"]}


def test_a_text_knows_its_place() -> None:
    project = parsed(PROJECT + "dependencies = [\n  'a',\n  'b',\n]\n").project
    assert project is not None
    second = (project.dependencies or ())[1]
    assert (second.place.line, second.file.cut(second.place.span)) == (6, "'b'")


def test_groups() -> None:
    groups = parsed('[dependency-groups]\nTest_1 = ["a", { include-group = "Other.Group" }]\nother-group = []\n').groups
    first, second = groups["test-1"]
    assert isinstance(first, Text)
    assert isinstance(second, Include)
    assert second.group == "other-group"


@pytest.mark.parametrize(("written", "expected"), [("", None), ('"all"', ("*",)), ('["b", "A", "b"]', ("a", "b")), ("[]", ())])
def test_default_groups(written: str, expected: tuple[str, ...] | None) -> None:
    text = f"[tool.uv]\ndefault-groups = {written}\n" if written else ""
    assert parsed(text).default_groups == expected


@pytest.mark.parametrize(
    ("text", "package"),
    [
        ("", False),
        ("[build-system]\nrequires = []\n", True),
        ("[build-system]\nrequires = []\n[tool.uv]\npackage = false\n", False),
        ("[tool.uv]\npackage = true\n", True),
    ],
)
def test_is_package(text: str, package: bool) -> None:
    assert parsed(text).is_package(require_build_system=True) is package


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ('[project]\nversion = "1"\n', "project", "`project.name` is missing"),
        ('[project]\nname = "-app"\nversion = "1"\n', '"-app"', "not a valid name"),
        ('[project]\nname = "app"\n', "project", "neither set nor listed"),
        ('[project]\nname = "app"\nversion = "one"\n', '"one"', "not a version"),
        (PROJECT + "dependencies = [1]\n", "1", "must be a list of strings"),
        (PROJECT + 'requires-python = ">=3.10,"\n', '">=3.10,"', "not a version specifier"),
        (PROJECT + '[project.optional-dependencies]\na-b = []\nA_B = ["x"]\n', '["x"]', "are the same name"),
        ('[dependency-groups]\na = ["x", { includes = "b" }]\n', '{ includes = "b" }', "an entry of a dependency group"),
        ("[tool.uv]\nmanaged = 1\n", "1", "must be true or false"),
        ('[tool.uv]\ndefault-groups = "some"\n', '"some"', '"all" or a list'),
        ('[tool.uv.sources]\na = { git = "https://git.example/a", rev = "x", tag = "y" }\n', '"y"', "at most one of"),
        ('[tool.uv.sources]\na = { path = "a", index = "b" }\n', '"b"', "cannot have both `path` and `index`"),
        ('[tool.uv.sources]\na = { where = "b" }\n', '"b"', "unknown key `where`"),
        ("[tool.uv.sources]\na = { editable = true }\n", "{ editable = true }", "needs one of"),
        ('[tool.uv.sources]\na = [{ path = "x" }, { path = "y" }]\n', '{ path = "y" }', "overlap"),
        ('[[tool.uv.index]]\nurl = "https://index.example"\nexplicit = true\n', "tool.uv.index", "needs a `name`"),
        ('[[tool.uv.index]]\nname = "a"\nurl = "x"\n[[tool.uv.index]]\nname = "a"\nurl = "y"\n', '"a"', "two indexes are named"),
        ('[tool.uv.workspace]\nmember = ["a"]\n', '["a"]', "unknown key `member`"),
        ('[tool.uv]\nconstraint-dependencies = ["a>>1"]\n', '"a>>1"', "not a requirement"),
        ('[tool.uv]\nconstraint-dependencies = ["a @ ./b"]\n', '"a @ ./b"', "has to be absolute"),
        ('[tool.uv]\noverride-dependencies = ["a; python = 3"]\n', '"a; python = 3"', "not a marker"),
        ('[tool.uv]\noverride-dependencies = [{ package = "a" }]\n', '"a"', "must be a table"),
        ('[tool.uv]\nexclude-dependencies = ["a b"]\n', '"a b"', "not a valid name"),
        ('[tool.uv]\nenvironments = "sys = 1"\n', '"sys = 1"', "not a marker"),
        ('[tool.uv]\nconflicts = [[{ group = "a" }]]\n', '[{ group = "a" }]', "at least two"),
        ('[tool.uv]\nconflicts = [[{ group = "a", extra = "b" }]]\n', '{ group = "a", extra = "b" }', "not both"),
    ],
)
def test_refused(text: str, where: str, message: str) -> None:
    with pytest.raises(Unreadable) as refused:
        validity.check(parsed(text))
    assert message in refused.value.message
    assert refused.value.file.cut(refused.value.span) == where


def test_not_toml() -> None:
    with pytest.raises(Unreadable, match="not TOML"):
        parsed("[project\n")
