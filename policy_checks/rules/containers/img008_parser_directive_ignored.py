"""A parser directive that Docker does not read, because it is not at the top.

Why: `# syntax=`, `# escape=` and `# check=` are directives on the first lines only. Behind anything else, a comment or a blank line
too, they are comments: the build silently runs with the frontend that the engine happens to have, and with the checks that it has.

Fix: move it above everything else, as `--unsafe-fixes` does: from then on it works, so that the build fetches that frontend. One that
stands there already is repeated by this comment: delete it.

References: https://docs.docker.com/reference/dockerfile/#parser-directives
"""

from collections.abc import Iterator

from policy_checks.readers.parser_directives import LATE_DIRECTIVES, LateDirective
from policy_checks.rule import Example, Fix, NoOptions, Problem, Rule, Severity
from policy_checks.source import Edit, Span


def check(late: LateDirective, _options: NoOptions) -> Iterator[Problem]:
    """One problem for a comment that was meant as a directive."""
    file = late.place.file
    if late.is_second:
        yield Problem(late.place, f"`# {late.name}=` below the top is a comment, and there is one at the top: delete this one")
        return
    whole = file.cut(late.whole)
    line = whole if whole.endswith("\n") else f"{whole}\n"
    edits = ((file, Edit(late.whole, "")), (file, Edit(Span(late.top, late.top), line)))
    yield Problem(
        late.place,
        f"`# {late.name}=` is read at the top only: here it is a comment; move it to line {file.location(late.top)[0]}",
        Fix("move it to the top", edits, safe=False),
    )


RULE = Rule(
    code="IMG008",
    name="parser-directive-ignored",
    severity=Severity.WARNING,
    subject=LATE_DIRECTIVES,
    check=check,
    needles=("syntax", "escape", "check", "SYNTAX", "ESCAPE", "CHECK"),
    examples=(
        Example(
            "below a comment",
            {"Dockerfile": "# Copyright\n⟦# syntax=docker/dockerfile:1⟧\nFROM a/b:1\n"},
            fixed={"Dockerfile": "# syntax=docker/dockerfile:1\n# Copyright\nFROM a/b:1\n"},
            message="move it to line 1",
        ),
        Example(
            "below a blank line, behind another one",
            {"Dockerfile": "# escape=`\n\n⟦#syntax = docker/dockerfile:1⟧\nFROM a/b:1\n"},
            fixed={"Dockerfile": "# escape=`\n#syntax = docker/dockerfile:1\n\nFROM a/b:1\n"},
        ),
        Example(
            "lines as Windows ends them",
            {"Dockerfile": "# Copyright\r\n⟦# syntax=docker/dockerfile:1⟧\r\nFROM a/b:1\r\n"},
            fixed={"Dockerfile": "# syntax=docker/dockerfile:1\r\n# Copyright\r\nFROM a/b:1\r\n"},
        ),
        Example(
            "a check among the instructions",
            {"Dockerfile": "FROM a/b:1\n⟦# check=skip=all⟧\nRUN a\n"},
            fixed={"Dockerfile": "# check=skip=all\nFROM a/b:1\nRUN a\n"},
        ),
        Example(
            "a second one", {"Dockerfile": "# syntax=a/b:1\n\n⟦# syntax=docker/dockerfile:1⟧\nFROM a/b:1\n"}, message="delete this one"
        ),
        Example("at the top", {"Dockerfile": "# syntax=docker/dockerfile:1\n# escape=`\nFROM a/b:1\n"}),
        Example("behind a shebang line", {"Dockerfile": "#!/usr/bin/env docker\n# syntax=docker/dockerfile:1\nFROM a/b:1\n"}),
        Example("a note on some setting", {"Dockerfile": "FROM a/b:1\n# check = yes\n# escape = the quotes\n# syntax=see below\n"}),
        Example("text of a here-document", {"Dockerfile": "FROM a/b:1\nRUN cat <<EOF > /Dockerfile\n# syntax=docker/dockerfile:1\nEOF\n"}),
        Example("a name that is no directive", {"Dockerfile": "# Copyright\n# version=a/b\nFROM a/b:1\n"}),
    ),
)
