"""The stages of a Dockerfile: bases by Docker's scoping rules, and what each stage sets, copies and mounts."""

import pytest

from policy_checks.readers.build_stages import BuildStages, expand, external, read
from policy_checks.source import SourceFile


def stages(text: str) -> BuildStages:
    return read(SourceFile("Dockerfile", text.encode()))


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("ARG A=x:1\nFROM $A\n", ["x:1"]),
        ("ARG A=x\nARG T=2\nFROM --platform=$BUILDPLATFORM ${A}:${T}-slim AS b\nFROM b\n", ["x:2-slim"]),
        ('ARG A="x:1"\nFROM "${A}"\n', ["x:1"]),
        ("ARG T=2\nARG A=x:$T\nFROM $A\n", ["x:2"]),
        ("FROM ${A:-x:1}\nFROM ${B-y}\n", ["x:1", "y"]),
        ("ARG A=1\nFROM x${A:+:$A}\nFROM x${B:+:$B}\n", ["x:1", "x"]),
        ("FROM a\nARG T=1\nFROM b:$T\n", ["a", "b:$T"]),  # the argument of a stage does not hold in FROM
        ("ARG A\nFROM $A\n", ["$A"]),
        ("FROM scratch\n", []),
        ("FROM a AS one\nFROM ONE AS two\nFROM two\n", ["a"]),
        ("ARG KIND=dev\nFROM a AS base-dev\nFROM b AS base-lts\nFROM base-${KIND}\n", ["a", "b"]),
        ("ARG B=a\nFROM x AS a\nFROM $B\n", ["x"]),
        ("# escape=`\nARG A=x:1\nFROM `\n  $A AS main\n", ["x:1"]),
        ("# syntax=docker/dockerfile:1\nFROM x@sha256:0 as y\nRUN <<EOF\nFROM z\nEOF\n", ["x@sha256:0"]),
    ],
)
def test_bases(text: str, bases: list[str]) -> None:
    assert [stage.base.value for stage in external(stages(text).stages)] == bases


def test_where_a_base_is_written() -> None:
    found = stages("ARG A='x:1' B\nFROM $A\n")
    argument = found.stages[0].argument
    assert argument is not None
    assert argument.value is not None
    assert found.file.cut(argument.value.span) == "x:1"
    assert found.file.cut(found.stages[0].base.span) == "$A"
    assert [(one.name, one.value is None) for one in found.arguments] == [("A", False), ("B", True)]


def test_settings_and_their_scope() -> None:
    text = "ARG G=glob\nFROM a AS one\nARG G\nENV X=$G Y='$G' Z=\"a b\"\nENV OLD some value\nARG T\nFROM one\nENV W=$X-$T\n"
    one, two = stages(text).stages
    assert [(each.keyword, each.name, each.value and each.value.value) for each in one.settings] == [
        ("ARG", "G", None),
        ("ENV", "X", "glob"),
        ("ENV", "Y", "$G"),
        ("ENV", "Z", "a b"),
        ("ENV", "OLD", "some value"),
        ("ARG", "T", None),
    ]
    assert two.settings[0].value is not None
    assert (two.settings[0].value.value, two.settings[0].value.known) == ("glob-$T", False)


def test_copies_and_mounts() -> None:
    text = (
        'FROM a AS b\nCOPY --from=x --chown=1:1 p q /r\nCOPY ["a b", "/c"]\nONBUILD ADD id /d\n'
        "RUN --mount=type=secret,id=K,required --mount=from=b,target=/t \\\n  cat /run/secrets/K\n"
    )
    (stage,) = stages(text).stages
    assert [([one.value for one in copied.sources], copied.target.value, copied.origin) for copied in stage.copies] == [
        (["p", "q"], "/r", "x"),
        (["a b"], "/c", ""),
        (["id"], "/d", ""),
    ]
    assert [mount.options for mount in stage.mounts] == [{"type": "secret", "id": "K", "required": "true"}, {"from": "b", "target": "/t"}]
    assert "/run/secrets/K" in stage.mounts[0].runs


def test_what_a_target_reaches() -> None:
    found = stages(
        "FROM a AS tools\nFROM a AS unused\nFROM a AS base\nFROM base AS main\nCOPY --from=tools x y\nRUN --mount=from=2 x\nFROM main AS jet\n"
    )
    assert found.reached("main") == {3: True, 2: True, 0: False}
    assert found.reached("MAIN") == found.reached("3")
    assert 4 in found.reached("")
    assert found.reached("none") == {}


@pytest.mark.parametrize(("text", "expected"), [(r"\$A", ("$A", True)), ("${" * 500, ("${" * 500, True)), ("$B$A", ("$Bx", False))])
def test_expansion(text: str, expected: tuple[str, bool]) -> None:
    assert expand(text, {"A": "x"}) == expected


@pytest.mark.parametrize("name", ["a.b", "A-B", "ünï"])
def test_names_that_the_grammar_does_not_know(name: str) -> None:
    found = stages(f"FROM a:1\nENV {name}=1 GH_TOKEN=abc\nARG {name}=\nLABEL {name}=x\nRUN true\n").stages[0].settings
    assert [(one.keyword, one.name, one.value and one.value.value) for one in found] == [
        ("ENV", name, "1"),
        ("ENV", "GH_TOKEN", "abc"),
        ("ARG", name, ""),
    ]
