"""The baseline: findings that were there before the policy, by fingerprint, so that an old repository adopts it today.

A file of JSON, an entry a line with its comma in front: what is added or removed touches no other line, and so
two branches that both mend something merge.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from policy_checks.record import fields, record, replace
from policy_checks.rule import Finding, Fix, Suppressed, made_by_the_run
from policy_checks.source import Edit, Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Kind

_VERSION = 1
_SHOWN = 80  # characters of a line: enough for whoever reads the file
_BY = "baseline"
_REASON = "there before the policy"
_HEALTH, _UNREADABLE = "POL", "POL001"
_MARKS = ("<<<<<<< ", ">>>>>>> ")


@record
class Entry:
    """One finding as it was recorded. The fingerprint decides; `text` (of its line) is for readers."""

    code: str
    path: str
    text: str
    fingerprint: str
    reason: str = ""  # why it was added later


_NAMES = tuple(name for name, _required in fields(Entry))


@record(eq=False)
class Recorded:
    """An entry, where it stands, and whether it is known to hide nothing; `alone` on its line, as this program writes it."""

    entry: Entry
    place: Place
    alone: bool
    stale: bool = False


BASELINE: Kind[Recorded] = made_by_the_run("baseline entry")


def is_recordable(finding: Finding) -> bool:
    """Whether a baseline may hold a finding: not what is said of the policy itself, except that a file is unreadable."""
    return not finding.code.startswith(_HEALTH) or finding.code == _UNREADABLE


def read(file: SourceFile) -> tuple[Recorded, ...]:
    """The entries of a baseline; raises Unreadable for a file that is none."""
    return tuple(_recorded(file))


def _recorded(file: SourceFile) -> Iterator[Recorded]:
    import json

    entries = [_entry(file, number, item) for number, item in enumerate(_items(file), 1)]
    as_written, end = file.text == _text(entries), 0
    for number, entry in enumerate(entries, 1):
        if as_written:
            yield Recorded(entry, Place(file, file.line_span(number + 1)), alone=True)
        else:
            mark = json.dumps(entry.fingerprint)
            start = file.text.find(mark, end)
            if start < 0:
                raise _refused(file, f"entry {number} is not as `policy-checks baseline` writes it")
            end = start + len(mark)
            yield Recorded(entry, Place(file, Span(start, end)), alone=False)


def _entry(file: SourceFile, number: int, item: Any) -> Entry:
    table = item if isinstance(item, dict) and all(isinstance(value, str) for value in item.values()) else {}
    if not {"code", "path", "text", "fingerprint"} <= table.keys() <= {*_NAMES}:
        raise _refused(file, f"entry {number} is no finding as `policy-checks baseline` writes it")
    return Entry(**table)


def _items(file: SourceFile) -> Sequence[Any]:
    for mark in _MARKS:
        if file.text.startswith(mark) or f"\n{mark}" in file.text:
            start = file.text.index(mark)
            message = "a conflict is not resolved: keep the lines of both sides, then `policy-checks baseline --prune`"
            raise Unreadable(file, Span(start, start + len(mark)), message)
    import json

    try:
        items = json.loads(file.text)
    except (ValueError, RecursionError) as error:
        offset = getattr(error, "pos", 0)
        raise Unreadable(file, Span(offset, offset), f"no baseline: not JSON: {error}") from None
    if not isinstance(items, list) or not items or items[0] != {"version": _VERSION}:
        raise _refused(file, f'it begins with `[{{"version": {_VERSION}}}` where this program wrote it')
    return items[1:]


def _refused(file: SourceFile, message: str) -> Unreadable:
    return Unreadable(file, Span(0, 0), f"no baseline: {message}")


def apply(
    findings: Iterable[Finding], recorded: Sequence[Recorded], run: Collection[str]
) -> tuple[tuple[Finding, ...], tuple[Recorded, ...]]:
    """The findings (in order), marked where the baseline holds them, and its entries, each knowing whether it is stale.

    `run` are the rules that ran to their end. Each entry hides one finding: of two equal ones the later is stale.
    """
    judged = tuple(findings)
    if not recorded:
        return judged, ()
    from policy_checks.reporters.fingerprint import fingerprints

    blind = {finding.problem.place.file.path for finding in judged if finding.code == _UNREADABLE}
    left: dict[str, list[int]] = {}
    for number, one in enumerate(recorded):
        left.setdefault(one.entry.fingerprint, []).append(number)
    met: dict[int, int] = {}  # the entry of each finding, by identity
    for finding, fingerprint in fingerprints(_open_ones(judged)):
        if known := left.get(fingerprint):
            met[id(finding)] = known.pop(0)
    hidden = {*met.values()}

    def is_stale(number: int, entry: Entry) -> bool:
        seen = entry.code in run and (entry.path not in blind or entry.code == _UNREADABLE)
        return seen and number not in hidden

    def marked(finding: Finding) -> Finding:
        if id(finding) not in met:
            return finding
        return replace(finding, suppressed=Suppressed(_BY, recorded[met[id(finding)]].entry.reason or _REASON))

    after = (replace(one, stale=is_stale(number, one.entry)) for number, one in enumerate(recorded))
    return tuple(map(marked, judged)), tuple(after)


def _open_ones(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Those that nothing but a baseline suppresses, and that one may hold."""
    for finding in findings:
        if is_recordable(finding) and (finding.suppressed is None or finding.suppressed.by == _BY):
            yield finding


def entries(findings: Iterable[Finding], reason: str = "") -> Iterator[Entry]:
    """What is missing in a baseline to hold all findings of a run, which are in order."""
    from policy_checks.reporters.fingerprint import fingerprints, line

    for finding, fingerprint in fingerprints(_open_ones(findings)):
        if finding.suppressed is None:
            yield Entry(finding.code, finding.problem.place.file.path, line(finding)[:_SHOWN], fingerprint, reason)


def written(held: Iterable[Entry]) -> str:
    """The text of a baseline: its entries by path, code and line, so that the same ones are the same text."""
    return _text(sorted(held, key=lambda entry: (entry.path, entry.code, entry.text, entry.fingerprint, entry.reason)))


def _text(entries: Iterable[Entry]) -> str:
    import json

    return "\n".join([f'[{{"version": {_VERSION}}}', *(f",{json.dumps(_table(entry))}" for entry in entries), "]"]) + "\n"


def _table(entry: Entry) -> dict[str, str]:
    return {name: value for name in _NAMES if (value := getattr(entry, name)) or name != "reason"}


def removal(one: Recorded) -> Fix | None:
    """The fix that takes an entry's line out; None where the file is not laid out as it was written."""
    file, place = one.place.file, one.place
    if not one.alone:
        return None
    return Fix("remove the entry", ((file, Edit(Span(place.span.start, file.offset(place.line + 1)), "")),))
