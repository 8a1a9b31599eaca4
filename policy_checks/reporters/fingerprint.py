"""What makes a finding the same one in the next run, although lines above it come and go."""

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256

from policy_checks.reporters import raw_path
from policy_checks.rule import Finding

_LONGEST = 10_000  # characters of a line that count; no line that a person wrote is longer


def fingerprints(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Each finding with a SHA-256 of its code, path and trimmed line, and its number among equal ones."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for finding in findings:
        key = (finding.code, finding.problem.place.file.path, line(finding))
        seen[key] += 1
        code, path, text = key
        parts = (code.encode(), raw_path(path), text.encode(), str(seen[key]).encode())
        yield finding, sha256(b"\0".join(parts)).hexdigest()


def line(finding: Finding) -> str:
    """The trimmed line on which a finding begins."""
    place = finding.problem.place
    _, column = place.file.location(place.span.start)
    start = place.span.start - column + 1
    end = place.file.text.find("\n", start, start + _LONGEST)
    return place.file.text[start : end if end >= 0 else start + _LONGEST].strip()
