"""What a file imports is found out whatever way it is written; what others can see of it leaves comments out."""

import pytest

from policy_checks.formatting import imports, parts


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import a.b, c as d\n", ("a.b", "c")),
        ("from a import b as c, d\n", ("a", "a.b", "a.d")),
        ("from a import (\n    b,  # why\n    c,\n)\n", ("a", "a.b", "a.c")),
        ("from . import a\nfrom ..b import c\n", (".", "..b", "..b.c", ".a")),
        ("from a import *\n", ("a", "a.*")),
        ("def f():\n    if True:\n        import a\n", ("a",)),
        ("try:\n    import a\nexcept ImportError:\n    from b import a\n", ("a", "b", "b.a")),
        ("import importlib\nimportlib.import_module('a.b')\n", ("a.b", "importlib")),
        ("from a . b import c\nimport d \\\n    .e\n", ("a.b", "a.b.c", "d.e")),
        ("x = 1\n", ()),
    ],
)
def test_what_is_imported(text: str, names: tuple[str, ...]) -> None:
    assert imports.read(text.encode()).names == names


def test_what_is_no_python_is_not_known() -> None:
    assert not imports.read(b"def (:\n").known
    assert not imports.read(b"import a\n\0\n(").known


@pytest.mark.parametrize("other", [b"x = 1  # one\ny = 2\n", b"# head\nx = 1\n    # aside\ny = 2\n", b"x = 1\ny = 2\n# the end\n"])
def test_a_comment_is_not_seen(other: bytes) -> None:
    assert imports.read(other).seen == imports.read(b"x = 1\ny = 2\n").seen


@pytest.mark.parametrize(
    "other", [b"x = 1  # type: int\ny = 2\n", b"x = '#'\ny = 2\n", b"x = 1\n\ny = 2\n", b"# -*- coding: latin-1 -*-\nx = 1\ny = 2\n"]
)
def test_what_is_more_than_a_comment_is_seen(other: bytes) -> None:
    assert imports.read(other).seen != imports.read(b"x = 1\ny = 2\n").seen


def test_the_parts_of_a_module() -> None:
    text = b"import a\n\ndef f(x):\n    import b\n    return g(x).h\n\n@a.d\nclass C:\n    y = 'z'\n\nV = 1\nif a:\n    W = 2\n"
    everyone, *others = parts.read(text)[1]
    assert everyone.imports == ("a",)
    assert {"a", "W"} <= everyone.mentions
    assert [set(part.defines) for part in others] == [{"f"}, {"C"}, {"V"}]
    assert others[0].imports == ("b",)
    assert {"g", "h", "b"} <= others[0].mentions
    assert {"a", "d", "z"} <= others[1].mentions


@pytest.mark.parametrize(
    "text", [b"def __getattr__(name):\n    return 1\n", b"__all__ = ['a']\n", b"x = (y := 1)\n", b"a, b = 1, 2\n", b"x += 1\n", b"def (:\n"]
)
def test_what_is_more_than_a_definition_is_for_everyone(text: bytes) -> None:
    assert len(parts.read(text)[1]) == 1


def test_what_is_set_on_something_else_is_defined_too() -> None:
    for text in (b"def f():\n    global g\n    g = 1\n", b"def f(x):\n    x.g = 1\n", b"def f(x):\n    for x.g in y:\n        pass\n"):
        assert parts.read(text)[1][1].defines == {"f", "g"}
    assert parts.read(b"class C:\n    def f(self):\n        self.g = 1\n")[1][1].defines == {"C"}
