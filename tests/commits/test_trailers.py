"""Trailers are found exactly as the installed git finds them."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from policy_checks.commits.trailers import trailers

LINES = st.sampled_from(
    [
        "",
        " ",
        "\t",
        "Add the engine",
        "Signed-off-by: Ada <ada@mail.example>",
        "signed-off-by: Ada <ada@mail.example>",
        "Signed-off-by:Ada <ada@mail.example>",
        "Signed-off-by : Ada",
        "Signed-off-by:",
        "Signed-off-by",
        "> Signed-off-by: Ada <ada@mail.example>",
        "Co-authored-by: Bo <bo@mail.example>",
        "key: value",
        "key with spaces: value",
        " folded over",
        "\tfolded too",
        "  Signed-off-by: indented",
        "(cherry picked from commit 0123456)",
        ": no key",
        "# comment",
        "#key: comment",
        "---",
        "Conflicts:",
        "\tpath/of/a/conflict",
        "# ------------------------ >8 ------------------------",
        "text\r",
        "Signed-off-by: Cr <cr@mail.example>\r",
        "https://index.example/",
        "é: not a key",
        "x" * 90,
    ]
)
MESSAGES = st.lists(
    st.builds(lambda lines, end: "\n".join(lines) + end, st.lists(LINES, max_size=9), st.sampled_from(["", "\n", "\n\n"])),
    min_size=1,
    max_size=60,
)


def by_git(folder: Path, messages: list[str]) -> list[list[tuple[str, str]]]:
    """What `git log` shows of a commit for each message, all made by one `git fast-import`."""
    stream = []
    for number, message in enumerate(messages):
        data = message.encode()
        stream.append(
            f"commit refs/heads/n{number:03}\ncommitter A <a@mail.example> {number} +0000\ndata {len(data)}\n".encode() + data + b"\n"
        )
    subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)
    subprocess.run(["git", "-C", folder, "fast-import", "--quiet"], input=b"".join(stream), check=True)
    shown = "--format=%(trailers:only,unfold,separator=%x1e,key_value_separator=%x1f)%x00"
    names = "".join(f"refs/heads/n{number:03}\n" for number in range(len(messages))).encode()
    done = subprocess.run(
        ["git", "-C", folder, "log", "--no-walk=unsorted", "--stdin", shown], input=names, capture_output=True, check=True
    )
    records = done.stdout.decode().split("\0\n")[: len(messages)]
    return [[(key, value) for key, _, value in (item.partition("\x1f") for item in record.split("\x1e") if item)] for record in records]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=MESSAGES)
def test_agrees_with_git(messages: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    expected = by_git(tmp_path_factory.mktemp("trailers"), messages)
    assert [[(found.key, found.value) for found in trailers(message)] for message in messages] == expected


def test_spans_are_the_lines_themselves() -> None:
    message = "\n\nAdd\n\nSigned-off-by: Ada\n  <ada@mail.example>\nkey : value\n# comment\n"
    found = list(trailers(message))
    assert [(trailer.key, trailer.value) for trailer in found] == [("Signed-off-by", "Ada <ada@mail.example>"), ("key", "value")]
    assert [message[trailer.span.start : trailer.span.end] for trailer in found] == [
        "Signed-off-by: Ada\n  <ada@mail.example>",
        "key : value",
    ]


@pytest.mark.parametrize("first", ["Conflicts:", "# comment", "Add", " \n\nConflicts:"])
@pytest.mark.parametrize("middle", ["text\n", "Conflicts:\n", ""])
def test_conflicts_at_the_beginning_and_at_the_end(first: str, middle: str, tmp_path: Path) -> None:
    messages = [f"{first}\n{middle}\tpath\n\nkey: value\n{last}\tpath\n" for last in ("", "Conflicts:\n", "# comment\n")]
    found = [[(found.key, found.value) for found in trailers(message)] for message in messages]
    assert found == by_git(tmp_path, messages)
