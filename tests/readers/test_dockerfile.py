"""Dockerfiles: stages, and what they run."""

import pytest

from policy_checks.readers.dockerfile import DOCKERFILES, Dockerfile, is_dockerfile, read
from policy_checks.readers.nesting import commands
from policy_checks.readers.shell import ShellCommand
from policy_checks.source import SourceFile, Unreadable
from policy_checks.workspace import in_memory


def lines(text: str) -> list[str]:
    found = [command for script in read(SourceFile("Dockerfile", text.encode())).scripts for command in commands(script)]
    return [" ".join(word.value for word in command.words) for command in found if isinstance(command, ShellCommand)]


@pytest.mark.parametrize(
    "path", ["Dockerfile", "a/Dockerfile.ci.dev", "x.Dockerfile", "x.dockerfile", "Containerfile", "Containerfile-dev", "a/dockerfile"]
)
def test_names(path: str) -> None:
    assert is_dockerfile(path)


@pytest.mark.parametrize(
    "path", ["Dockerfile.md", "dockerfile_test.go", ".dockerignore", "Dockerfile.dockerignore", "mydockerfiles", "lint_dockerfile.py"]
)
def test_other_names(path: str) -> None:
    assert not is_dockerfile(path)


def test_stages() -> None:
    found = read(SourceFile("Dockerfile", b"ARG A\nFROM --platform=x base:1@sha256:0 AS Main\nRUN a\nFROM main\nFROM $A as last\nRUN b\n"))
    assert [(stage.name, stage.number, stage.base) for stage in found.stages] == [
        ("main", 0, "base:1@sha256:0"),
        ("", 1, "main"),
        ("last", 2, "$A"),
    ]
    assert [script.stage for script in found.scripts] == ["main", "last"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN a b \\\n  c", ["a b c"]),
        ("run a \\   \n  # note\n\n  && b \\\n  'c'", ["a", "b c"]),
        ("RUN a \\\r\n  b\r\nRUN c\r\n", ["a b", "c"]),
        ("RUN --mount=type=cache,target=/x --network=none a", ["a"]),
        ('RUN ["a", "b c", "d\\"e", "it\'s", "\\\\#"]', ["a b c d\"e it's \\#"]),
        ("RUN [ -f x ] && a", ["a"]),
        ('RUN [[ "$X" = y ]] || { a; }\nRUN b', ["a", "b"]),
        ('RUN é \\\n  # ü\n  a\nRUN ["é", "`"]\nRUN b', ["é a", "é `", "b"]),
        ("RUN <<EOF\na\nb\nEOF\n# note\nRUN c", ["a", "b", "c"]),
        ("RUN <<EOF\n#!/bin/bash -e\na\nEOF", ["a"]),
        ("RUN <<EOF\n#!/usr/bin/env python\na b\nEOF", []),
        ('RUN bash -ex <<"EOF" && c\na\nEOF\nRUN d', ["bash -ex", "a", "c", "d"]),
        ("RUN cat <<EOF > x\na\nEOF", ["cat"]),
        ("RUN python3 -u <<EOF\na b\nEOF", ["python3 -u"]),
        ("RUN <<EOF\na \\\n\nb\nEOF", ["a", "b"]),
        ("COPY <<EOF /x\na\nEOF\nRUN b", ["b"]),
        ("RUN bash <<< 'a b'", ["bash", "a b"]),
        ('ONBUILD RUN a\nHEALTHCHECK --interval=5s CMD b\nCMD c\nENTRYPOINT ["d"]', ["a", "b", "c", "d"]),
        ('SHELL ["python", "-c"]\nRUN a', []),
        ('SHELL ["/bin/bash", "-c"]\nRUN a', ["a"]),
        ('SHELL ["python", "-c"]\nFROM y\nRUN a', ["a"]),
    ],
)
def test_what_runs(text: str, expected: list[str]) -> None:
    assert lines(f"FROM base\n{text}\n") == expected


def test_the_escape_directive() -> None:
    assert lines("# escape=`\nFROM base\nRUN a `\n  b\n") == ["a b"]


@pytest.mark.parametrize("text", ["FROM x\n{{ if }}\nRUN a\n", "FROM x\nRUN <<EOF\na\n", "no Dockerfile\nRUN a\n"])
def test_what_hides_commands_is_said_and_the_rest_is_read(text: str) -> None:
    found = in_memory({"Dockerfile": text}).all(DOCKERFILES)
    assert [type(subject) for subject in found] == [Dockerfile, Unreadable]


def test_an_instruction_that_runs_nothing_may_be_odd() -> None:
    text = 'FROM x\nENV a=b\'c d\'"e\nUSER "${NAME}"\nRUN a\n'
    assert not [subject for subject in in_memory({"Dockerfile": text}).all(DOCKERFILES) if isinstance(subject, Unreadable)]


def test_variables_of_a_stage_hold_in_those_built_from_it() -> None:
    text = 'ENV X=0\nFROM a AS one\nENV A=b C="d e"\nRUN x\nFROM b\nRUN y\nFROM one\nENV A=f\nRUN z\n'
    found = read(SourceFile("Dockerfile", text.encode()))
    assert [(script.variables.get("A"), script.variables.get("C")) for script in found.scripts] == [
        ("b", "d e"),
        (None, None),
        ("f", "d e"),
    ]


def test_images_that_something_is_taken_from() -> None:
    text = "ARG V=1\nFROM a:${V} AS one\nFROM one\nCOPY --link --from=one / /\nCOPY --from=0 / /\nCOPY --from=b:2 x /\nRUN --mount=type=bind,from=c,source=x,target=y z\n"
    found = read(SourceFile("Dockerfile", text.encode()))
    assert [(image.reference, text[image.span.start : image.span.end]) for image in found.images] == [
        ("a:1", "a:${V}"),
        ("b:2", "b:2"),
        ("c", "c"),
    ]
