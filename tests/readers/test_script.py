"""Which files are shell scripts."""

import pytest

from policy_checks.readers.script import may_be_script, scripts
from policy_checks.source import SourceFile, Unreadable


@pytest.mark.parametrize(
    ("path", "text", "is_script"),
    [
        ("a.sh", "x", True),
        ("job.sbatch", "#!/bin/bash\nx", True),
        ("run", "#!/bin/sh -e\nx", True),
        ("run", "#! /usr/bin/env -S bash -e\nx", True),
        (".envrc", "x", True),
        ("run", "x", False),
        ("run", "#!/usr/bin/env python3\nx", False),
        ("a.sh", "#!/usr/bin/python3\nx", False),
        ("LICENSE", "sh", False),
    ],
)
def test_scripts(path: str, text: str, is_script: bool) -> None:
    assert may_be_script(path)
    assert bool(list(scripts(SourceFile(path, text.encode())))) == is_script


@pytest.mark.parametrize("path", ["a.py", "a.md", "b/c.txt"])
def test_other_names(path: str) -> None:
    assert not may_be_script(path)


@pytest.mark.parametrize("data", [b"\x7fELF\0\0", b"\xff\xfe", b"#!/bin/sh\n\0"])
def test_no_text(data: bytes) -> None:
    with pytest.raises(Unreadable):
        list(scripts(SourceFile("x.sh", data)))
