"""Sign-offs are found and compared as git and the DCO app do."""

import pytest

from policy_checks.commits.commit import Identity
from policy_checks.commits.sign_off import line, sign_offs

ADA = Identity("Ada Lovelace", "ada@mail.example", 0)
WEB = Identity("Web", "noreply@forge.example", 0)


def accepted(message: str) -> bool:
    return any(found.is_by(ADA, WEB) for found in sign_offs(message))


@pytest.mark.parametrize(
    "message",
    [
        "Add\n\nSigned-off-by: Ada Lovelace <ada@mail.example>\n",
        "Add\n\nSigned-off-by: Ada Lovelace <ada@mail.example>",
        "Add\r\n\r\nSigned-off-by: Ada Lovelace <ada@mail.example>\r\n",
        "Add\n\nsigned-OFF-by: ada lovelace <ADA@mail.example>  \n",
        "Add\n\nSigned-off-by: Web <noreply@forge.example>\n",
        "Add\n\nSigned-off-by: Ada Lovelace <noreply@forge.example>\n",
        "Add\n\nSigned-off-by: X <x@mail.example>\nSigned-off-by: Ada Lovelace <ada@mail.example>\nCo-authored-by: Y <y@mail.example>\n",
        "Add\n\nSigned-off-by: Ada Lovelace <ada@mail.example>\n\nCo-authored-by: Y <y@mail.example>\n",
        "Add\nSigned-off-by: Ada Lovelace <ada@mail.example>\n",
        "Add\n\nSigned-off-by: Ada Lovelace\n <ada@mail.example>\n",
        "Add\n\nSigned-off-by:Ada Lovelace <ada@mail.example>\n",
        "* One\n\nSigned-off-by: Ada Lovelace <ada@mail.example>\n\n* Two\n\n---------\n\nText\n",
    ],
)
def test_a_sign_off_by_author_or_committer(message: str) -> None:
    assert accepted(message)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("Add\n", []),
        ("", []),
        ("Add\n\n> Signed-off-by: Ada Lovelace <ada@mail.example>\n", []),
        ("Add\n\n    Signed-off-by: Ada Lovelace <ada@mail.example>\n\nText\n", []),
        ("Add\n\nI forgot Signed-off-by: Ada Lovelace <ada@mail.example>\n", []),
        ("Add\n\n# Signed-off-by: Ada Lovelace <ada@mail.example>\n", []),
        ("Add\n\nSigned-off-by Ada Lovelace <ada@mail.example>\n", []),
        ("Add\n\nSigned-off-by: Ada Lovelace ada@mail.example\n", ["Ada Lovelace ada@mail.example"]),
        ("Add\n\nSigned-off-by: Ada Lovelace<ada@mail.example>\n", ["Ada Lovelace<ada@mail.example>"]),
        ("Add\n\nSigned-off-by:\n", [""]),
        ("Add\n\nSigned-off-by: Ada Lovelace <ada+plus@mail.example>\n", ["Ada Lovelace <ada+plus@mail.example>"]),
        ("Add\n\nSigned-off-by: Ada <ada@mail.example>\n", ["Ada <ada@mail.example>"]),
        ("Add\n\nSigned-off-by: Ada  Lovelace <ada@mail.example>\n", ["Ada  Lovelace <ada@mail.example>"]),
        ("Add\n\nSigned-off-by: <ada@mail.example>\n", ["<ada@mail.example>"]),
        ("Add\n\nSigned-off-by: Lovelace Ada <ada@mail.example>\nSigned-off-by: X <x@x>\n", ["Lovelace Ada <ada@mail.example>", "X <x@x>"]),
    ],
)  # fmt: skip
def test_no_sign_off_of_theirs(message: str, found: list[str]) -> None:
    assert not accepted(message)
    assert [str(sign_off) for sign_off in sign_offs(message)] == found


def test_spans_point_at_the_line() -> None:
    message = "Add\n\nSigned-off-by: X <x@mail.example>  \n"
    (found,) = sign_offs(message)
    assert message[found.span.start : found.span.end] == "Signed-off-by: X <x@mail.example>"


def test_the_line_to_add_is_accepted() -> None:
    assert accepted(f"Add\n\n{line(ADA)}\n")


def test_a_hostile_line_takes_no_time() -> None:
    assert sign_offs("Add\n\nSigned-off-by: " + " <" * 500_000) != ()
