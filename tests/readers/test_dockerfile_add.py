"""Repositories that Dockerfiles add."""

import pytest

from policy_checks.readers.dockerfile_add import added
from policy_checks.source import SourceFile

SHA = "0123456789" * 4


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ADD https://git.example/kit.git /src", ("https://git.example/kit.git", "", False)),
        ("add --keep-git-dir=true https://git.example/kit.git#v1:docs /src", ("https://git.example/kit.git", "v1", False)),
        ('ADD ["https://git.example/kit.git#v1", "/src"]', ("https://git.example/kit.git", "v1", False)),
        ("ADD git@git.example:team/kit.git#main /src", ("git@git.example:team/kit.git", "main", False)),
        ("ADD https://git.example/kit.git?branch=main&subdir=a /src", ("https://git.example/kit.git", "main", False)),
        (f"ADD https://git.example/kit.git?tag=v1&checksum={SHA} /src", ("https://git.example/kit.git", SHA, True)),
        (f"ADD --checksum={SHA} https://git.example/kit.git#v1 /src", ("https://git.example/kit.git", "v1", True)),
        ("ONBUILD ADD https://git.example/kit.git#v1 /src", ("https://git.example/kit.git", "v1", False)),
    ],
)
def test_a_repository_is_added(line: str, expected: tuple[str, str, bool]) -> None:
    (found,) = added(SourceFile("Dockerfile", f"FROM base\n{line}\n".encode()))
    assert (found.url, found.reference, found.is_checked) == expected


@pytest.mark.parametrize(
    "line", ["ADD kit.git /src", "# ADD https://git.example/kit.git /src", "ADD https://index.example/kit.tar.gz /src", "COPY . /src"]
)
def test_nothing_else_is(line: str) -> None:
    assert not list(added(SourceFile("Dockerfile", f"FROM base\n{line}\n".encode())))
