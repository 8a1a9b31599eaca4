"""The doctor's report: one line a check, by groups, then each problem with cause, evidence and fix."""

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from policy_checks.containers.doctor.verdicts import Check, Evidence, Status, Trouble

_NARROWEST, _WIDEST = 40, 120


def as_text(checks: Sequence[Check]) -> Iterator[str]:
    """For people, as wide as the terminal."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST), _WIDEST)
    for group, members in groupby(checks, key=lambda check: check.group):
        yield group
        for check in members:
            yield from _wrapped(f"  {check.status:<8}{check.name}: {check.said}", width, 10)
    for number, trouble in enumerate(_troubles(checks), 1):
        yield ""
        yield from _wrapped(f"{number}. {trouble.problem}", width, 3)
        yield from _wrapped(f"   cause     {trouble.cause}", width, 13)
        for evidence in trouble.evidence:
            yield from _wrapped(f"   evidence  {_shown(evidence)}", width, 13)
        yield from _wrapped(f"   fix       {trouble.fix}", width, 13)
    yield ""
    yield _summary(checks)


def as_json(checks: Sequence[Check]) -> str:
    """One object for programs."""
    import json

    data = {
        "version": 1,
        "checks": [{"group": one.group, "name": one.name, "status": str(one.status), "message": one.said} for one in checks],
        "problems": [
            {
                "pitfall": one.pitfall,
                "problem": one.problem,
                "cause": one.cause,
                "fix": one.fix,
                "evidence": [{"text": each.text, "path": each.path, "line": each.line or None} for each in one.evidence],
            }
            for one in _troubles(checks)
        ],
        "summary": {str(status): sum(check.status is status for check in checks) for status in Status},
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _troubles(checks: Sequence[Check]) -> list[Trouble]:
    return [check.trouble for check in checks if check.trouble is not None]


def _shown(evidence: Evidence) -> str:
    place = f"{evidence.path}:{evidence.line}: " if evidence.line else ""
    return f"{place}{evidence.text}"


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    # A command or a path that is broken in two cannot be copied: what is too long stays whole.
    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def _summary(checks: Sequence[Check]) -> str:
    count = {status: sum(check.status is status for check in checks) for status in Status}
    wrong = f"{count[Status.WRONG]} wrong" if count[Status.WRONG] else "nothing is wrong"
    return f"{wrong}, {count[Status.UNKNOWN]} unknown, {count[Status.NOTE]} notes, {count[Status.OK]} ok"
