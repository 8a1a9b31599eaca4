"""What hides findings: comments, waivers and per-file ignores. Each is checked, and what hides nothing is told (POL).

A comment is `policy: ignore[CODE, CODE] reason`. Codes are exact: an old comment must not hide what a
later rule finds. Only a suppression that is in order hides anything: it has a reason and has not expired.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import accumulate, chain

from policy_checks.config import Config, Waiver, matches
from policy_checks.config.loading import unknown_code
from policy_checks.origin import Origin
from policy_checks.readers.comments import Comment, comments
from policy_checks.record import record, replace
from policy_checks.rule import Finding, Fix, Suppressed, made_by_the_run
from policy_checks.source import Edit, Place, SourceFile, Span, Unreadable
from policy_checks.workspace import Kind

MARK = "policy: ignore"  # a file without it holds no suppression

_HEALTH = "POL"  # findings about the policy itself: no comment hides them
_UNREADABLE = "POL001"
_LATER = frozenset({"POL003", "POL008"})  # found only after it is known what is hidden
_AROUND_REASON = " \t\r\n:-\u2013\u2014"  # `[CODE]: reason`, `[CODE] - reason`, with any dash
_COMMENT = re.compile(rf"(?:^|#\s*)(?P<mark>{MARK}\s*(?:\[(?P<codes>[^\]]*)\](?P<reason>.*)|\[.*|[A-Z]{{3}}\d.*))", re.DOTALL)


@record(eq=False)
class Suppression:
    """One comment, waiver or per-file ignore, and what is wrong with it.

    `codes` maps each code or prefix, as written, to the rules that it names; `unused` are those
    of them that hid nothing. `locate` finds the place only when someone asks: it may cost a parse.
    """

    by: str
    locate: Callable[[], Place]
    codes: Mapping[str, frozenset[str]]
    reason: str
    covers: Callable[[str], bool]  # by path
    lines: range = range(0)  # 1-based; empty: anywhere in the file
    expired: date | None = None
    met: bool = True  # whether it has to hide something here: not what several repositories share, or what names other commits
    unknown: tuple[str, ...] = ()  # messages
    unused: tuple[str, ...] = ()
    comment: Comment | None = None

    @property
    def place(self) -> Place:
        """Where it is written."""
        return self.locate()

    @property
    def in_order(self) -> bool:
        """Whether it may hide anything."""
        return bool(self.reason) and self.expired is None

    def names(self, finding: Finding) -> str | None:
        """The code by which it hides a finding of its lines, None when it does not."""
        if self.in_order and self.covers(finding.problem.place.file.path):
            return next((code for code, meant in self.codes.items() if finding.code in meant), None)
        return None


SUPPRESSIONS: Kind[Suppression] = made_by_the_run("suppression")


def declared(
    files: Iterable[SourceFile | Unreadable], config: Config, today: date, known: Collection[str], commits: Collection[str] = ()
) -> tuple[Suppression, ...]:
    """Every suppression in force for these files and commits (ids); `known` are the codes of all rules."""
    inline = [found for file in files if isinstance(file, SourceFile) for found in _inline(file, known)]
    waivers = [
        _waiver(waiver, today, commits, shared=config.is_shared("waivers", index)) for index, waiver in enumerate(config.keys.waivers)
    ]
    ignores = [_per_file(config, pattern, codes, known) for pattern, codes in config.keys.per_file_ignores.items()]
    return (*inline, *waivers, *ignores)


def apply(
    findings: Sequence[Finding], suppressions: Sequence[Suppression], run: Collection[str]
) -> tuple[tuple[Finding, ...], tuple[Suppression, ...]]:
    """The findings, marked where they are hidden, and the suppressions, each knowing which of its codes hid nothing.

    `run` are the rules that ran to their end: of the others nothing is known, nor of a file that was unreadable.
    """
    used: set[tuple[Suppression, str]] = set()
    everywhere = [one for one in suppressions if not one.lines]
    by_path = _by_path(one for one in suppressions if one.lines)
    judged = []
    for finding in findings:
        comments_there = by_path.get(finding.problem.place.file.path)
        # No comment hides what is said of the policy itself: thousands of unused comments are told in one pass.
        near = comments_there.near(finding) if comments_there and not finding.code.startswith(_HEALTH) else ()
        judged.append(_judged(finding, chain(near, everywhere), used))
    blind = {finding.problem.place.file.path for finding in findings if finding.code == _UNREADABLE}
    complete = set(run) - _LATER
    return tuple(judged), tuple(one if any(map(one.covers, blind)) else _with_unused(one, used, complete) for one in suppressions)


class _ByLine:
    """The comments of one file, found by line however many there are: text may be written to make a scan quadratic."""

    def __init__(self, suppressions: Iterable[Suppression]) -> None:
        self._sorted = sorted(suppressions, key=lambda one: one.lines.start)
        self._starts = [one.lines.start for one in self._sorted]
        # The farthest end of each and all before it: where the search backwards may stop.
        self._ends = list(accumulate((one.lines.stop for one in self._sorted), max))

    def near(self, finding: Finding) -> Iterator[Suppression]:
        """Those that speak for the first or the last line of a finding, the nearest first."""
        file, span = finding.problem.place.file, finding.problem.place.span
        last = max(span.start, span.end - 1)  # a span that ends with its line end does not reach into the next
        for line in sorted({file.location(span.start)[0], file.location(last)[0]}):
            index = bisect_right(self._starts, line) - 1
            while index >= 0 and line < self._ends[index]:
                if line in self._sorted[index].lines:
                    yield self._sorted[index]
                index -= 1


def _by_path(suppressions: Iterable[Suppression]) -> dict[str, _ByLine]:
    found: dict[str, list[Suppression]] = {}
    for one in suppressions:
        found.setdefault(one.place.file.path, []).append(one)
    return {path: _ByLine(held) for path, held in found.items()}


def _judged(finding: Finding, suppressions: Iterable[Suppression], used: set[tuple[Suppression, str]]) -> Finding:
    """The finding, hidden by the first suppression that names it; that one's code counts as used."""
    for one in suppressions:
        if code := one.names(finding):
            used.add((one, code))
            return replace(finding, suppressed=Suppressed(one.by, one.reason))
    return finding


def _with_unused(one: Suppression, used: Collection[tuple[Suppression, str]], run: set[str]) -> Suppression:
    unused = (code for code, meant in one.codes.items() if (one, code) not in used and meant <= run)
    return replace(one, unused=tuple(unused)) if one.in_order and one.met else one


def removal(suppression: Suppression) -> Fix | None:
    """The fix that takes the unused codes out of a comment, or the comment when none is left."""
    comment, place = suppression.comment, suppression.place
    if comment is None:
        return None
    text = place.file.text
    left = [code for code in suppression.codes if code not in suppression.unused]
    if left:
        start = text.index("[", place.span.start) + 1
        edit = Edit(Span(start, text.index("]", start)), ", ".join(left))
    else:
        edit = Edit(_emptied(text, comment, place.span), "")
    return Fix("remove the suppression", ((place.file, edit),))


def _emptied(text: str, comment: Comment, mark: Span) -> Span:
    """What goes with the comment: the space before it; the whole line where nothing else stands on it."""
    alone = mark.start == comment.text.start
    start, end = (comment.whole.start, comment.whole.end) if alone else (text.rindex("#", 0, mark.start), mark.end)
    start = len(text[:start].rstrip(" \t"))
    if start in (0, text.rfind("\n", 0, start) + 1) and (below := re.compile(r"[ \t]*(\r?\n|\Z)").match(text, end)):
        end = below.end()
    return Span(start, end)


def _inline(file: SourceFile, known: Collection[str]) -> Iterator[Suppression]:
    try:
        held = tuple(comments(file, MARK))
    except Unreadable:
        return  # POL001 where a rule reads the file; here it only means that nothing is hidden
    for comment in held:
        if found := _COMMENT.search(file.cut(comment.text)):  # anything else is prose
            yield _of_comment(file, comment, found, known)


def _of_comment(file: SourceFile, comment: Comment, found: re.Match[str], known: Collection[str]) -> Suppression:
    place = Place(file, Span(*(comment.text.start + offset for offset in found.span("mark"))))
    codes = [code.strip() for code in (found["codes"] or "").split(",") if code.strip()]
    wrong = {code: message for code in codes if (message := _not_inline(code, known))}
    return Suppression(
        by="inline",
        locate=lambda: place,
        codes={code: frozenset({code}) for code in codes if code not in wrong},
        reason=(found["reason"] or "").strip(_AROUND_REASON),
        covers=file.path.__eq__,
        lines=comment.lines,
        unknown=tuple(wrong.values()) if codes else (f"names no code; write `{MARK}[CODE] reason`",),
        comment=comment,
    )


def _not_inline(code: str, known: Collection[str]) -> str:
    if code in known and code.startswith(_HEALTH):
        return f"{code} is about the policy itself: waive it in the configuration, if at all"
    return unknown_code(code, known)


def _waiver(waiver: Waiver, today: date, commits: Collection[str], *, shared: bool) -> Suppression:
    return Suppression(
        by="waiver",
        locate=waiver.origin.place,
        codes={code: frozenset({code}) for code in waiver.codes},
        reason=waiver.reason.strip(),
        covers=waiver.covers,
        expired=waiver.until if waiver.until and waiver.until < today else None,
        met=not shared
        # In a run over commits nothing is known of files.
        and not (commits and waiver.paths) and all(any(commit.startswith(prefix) for commit in commits) for prefix in waiver.commits),
    )


def _per_file(config: Config, pattern: str, codes: tuple[str, ...], known: Collection[str]) -> Suppression:
    at = "per-file-ignores", pattern
    return Suppression(
        by="per-file-ignores",
        locate=lambda: Origin(config.merged.place).place(*at),
        codes={prefix: frozenset(code for code in known if code.startswith(prefix)) for prefix in codes},
        reason=f"per-file-ignores of {pattern}",
        covers=lambda path: matches(path, pattern),
        met=not config.is_shared(*at),
    )
