"""`ADD` of git repositories in Dockerfiles: `ADD https://host/repo.git#ref:folder /src` (Dockerfile reference, "ADD").

The instruction is found by its line: the grammar of Dockerfiles takes the `#` of such a URL for a comment.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from policy_checks.record import record
from policy_checks.source import Place, SourceFile, Span

NEEDLES = (".git", "git@")

_ADD = re.compile(r"^[ \t]*(?:ONBUILD[ \t]+)?ADD[ \t]+([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_SOURCE = re.compile(
    r"(?<![^\s\"'=])((?:https?|ssh|git)://[^\s\"'#?]+\.git|git@[^\s\"'#?]+)(?:\?([^\s\"'#]*))?(?:#([^\s\"']*))?(?=[\s\"']|$)"
)
_CHECKSUM = re.compile(r"--checksum=(?:[0-9a-f]{40}|[0-9a-f]{64}|sha256:[0-9a-f]{64})\b")


@record(eq=False)
class Added:
    """One repository: its URL, the kind and name of the reference (both empty: the default branch), and where all of it stands."""

    url: str
    kind: str
    reference: str
    place: Place
    is_checked: bool  # by `--checksum`


def added(file: SourceFile) -> Iterator[Added]:
    """The repositories that a Dockerfile adds."""
    for line in _ADD.finditer(file.text):
        has_checksum = _CHECKSUM.search(line[1]) is not None
        for found in _SOURCE.finditer(file.text, line.start(1), line.end(1)):
            query = dict(parse_qsl(found[2] or ""))
            fragment = (found[3] or "").partition(":")[0]
            kind = next((key for key in ("commit", "checksum", "tag", "branch", "ref") if key in query), "ref" if fragment else "")
            yield Added(found[1], kind, query.get(kind, fragment), Place(file, Span(*found.span())), has_checksum or kind == "checksum")
