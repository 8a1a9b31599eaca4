"""YAML scalars: their value, and where each part of it stands."""

import pytest

from policy_checks.readers.yaml_text import MAX_DEPTH, Document, elements, get, items, text
from policy_checks.source import SourceFile, Unreadable


@pytest.mark.parametrize(
    ("yaml", "value", "written"),
    [
        ("a: pip install x", "pip install", "pip install"),
        ("a: é pip\n   install x", "pip install", "pip\n   install"),
        ("a: 'it''s pip install'", "it's pip install", "it''s pip install"),
        ("a: 'x\n\n  pip install'", "x\npip", "x\n\n  pip"),
        (r'a: "\x70ip \"install\""', 'pip "install"', r"\x70ip \"install\""),
        ('a: "pip \\\n   install"', "pip install", "pip \\\n   install"),
        ('a: "pip\n   install"', "pip install", "pip\n   install"),
        ("a: |\n  pip \\\n    install\n", "pip \\\n  install", "pip \\\n    install"),
        ("a: |  # note\n  x\n\n  pip install\n# end", "pip install", "pip install"),
        ("a: |2-\n     pip\n   install", "pip\n install", "pip\n   install"),
        ("a: >-\n  x &&\n  pip\n  install", "pip install", "pip\n  install"),
        ("a: |\r\n  é\r\n  pip install\r\n", "pip install", "pip install"),
        ("\ufeffa: pip install", "pip install", "pip install"),
        ("b: &x pip install\na: *x", "pip install", "pip install"),
    ],
)
def test_scalar(yaml: str, value: str, written: str) -> None:
    file = SourceFile("a.yml", yaml.encode())
    document = Document(file)
    scalar = document.scalar(dict(items(document.roots[0]))["a"])  # type: ignore[arg-type]
    start = scalar.text.index(value)
    assert file.cut(scalar.span(start, start + len(value))) == written


def test_keys_stay_text() -> None:
    document = Document(SourceFile("a.yml", b"on: push\nyes:\n  no: [1, {x: 2}]\n---\nb: 1\n"))
    assert [key for key, _ in items(document.roots[0])] == ["on", "yes"]
    assert len(document.roots) == 2
    assert [text(item) for item in elements(get(document.roots[0], "yes", "no"))] == ["1", ""]
    assert get(document.roots[0], "on", "x") is None


def test_unknown_tags_are_read() -> None:
    document = Document(SourceFile("a.yml", b"a: !reference [x, script]\nb: !Ref y\n"))
    assert text(get(document.roots[0], "b")) == "y"


@pytest.mark.parametrize(
    ("yaml", "at"), [("a: [", 4), ("a: \x01", 3), ("a: b: c", 4), ("[" * 50_000, MAX_DEPTH), ("- " * 5_000, 2 * MAX_DEPTH), ("a: *b", 3)]
)
def test_what_is_no_yaml_is_a_finding(yaml: str, at: int) -> None:
    with pytest.raises(Unreadable) as caught:
        Document(SourceFile("a.yml", yaml.encode()))
    assert caught.value.span.start == at
