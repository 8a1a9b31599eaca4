"""Merge conflict markers left in uv.lock.

Why: a lock is a graph. Lines chosen by hand from two sides hold together only by luck, and a lock with markers in it can be
read by nothing: every `uv sync` stops.

Fix: never resolve uv.lock by hand. Take the target branch's version (`git checkout main -- uv.lock`), run `uv lock` inside
the container, and commit the result.

References: guide section "Merge conflicts in uv.lock"; uv issues #11185 and #16348
"""

import posixpath
import re
from collections.abc import Iterator

from policy_checks.rule import Example, NoOptions, Problem, Rule, Severity
from policy_checks.source import Place, SourceFile, Span
from policy_checks.workspace import per_file

# git's own markers are seven characters; a lock holds no line that begins with one.
_MARKER = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?![<=>|]).*", re.MULTILINE)

LOCK_TEXT = per_file("text of uv.lock", lambda path: posixpath.basename(path) == "uv.lock", lambda file: [file])


def check(file: SourceFile, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each marker that opens a conflict, and for each left without one."""
    inside = False
    for match in _MARKER.finditer(file.text):
        opens, closes = match[0].startswith("<"), match[0].startswith(">")
        if opens or not inside:
            message = "merge conflict in uv.lock: take the target branch's version (`git checkout main -- uv.lock`), then run `uv lock`"
            yield Problem(Place(file, Span(match.start(), match.start() + len(match[0].rstrip()))), message)
        inside = (inside or opens) and not closes


_HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'

RULE = Rule(
    code="LCK003",
    name="lock-conflict-markers",
    severity=Severity.ERROR,
    subject=LOCK_TEXT,
    check=check,
    needles=("<<<<<<<", "=======", ">>>>>>>", "|||||||"),
    examples=(
        Example(
            "both sides of a merge",
            {
                "uv.lock": f'{_HEAD}⟦<<<<<<< HEAD⟧\nname = "a"\n=======\nname = "b"\n>>>>>>> branch\n⟦<<<<<<< HEAD⟧\n=======\n>>>>>>> branch\n'
            },
            message="uv lock",
        ),
        Example("a marker left behind", {"uv.lock": f"{_HEAD}⟦>>>>>>> branch⟧\n"}),
        Example("no marker", {"uv.lock": f'{_HEAD}\n[[package]]\nname = "a"\nversion = "1"\nsource = {{ virtual = "." }}\n'}),
        Example("a rule of equal signs in a comment", {"uv.lock": f"# ======= made by hand\n{_HEAD}"}),
        Example("markers in another file", {"notes.md": "<<<<<<< HEAD\n=======\n>>>>>>> b\n"}),
    ),
)
