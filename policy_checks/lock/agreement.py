"""Whether two declarations of one package can hold at once, or say the same; most often without importing `packaging`."""

import re
from enum import StrEnum
from functools import cache

from policy_checks.lock import specifiers
from policy_checks.lock.declarations import Entry
from policy_checks.lock.declared_lists import Listing, source_of
from policy_checks.lock.integrity.versions import admits
from policy_checks.lock.specifiers import InvalidSpecifier

_OPEN = re.compile(r"\s*(?:(?:>=?|!=)[^,]*,\s*)*(?:>=?|!=)[^,]*")  # lower bounds and exclusions only
_PIN = re.compile(r"\s*==\s*([0-9][0-9A-Za-z.+!-]*)\s*")


class Agreement(StrEnum):
    """Which declarations of a package have to agree, and how much."""

    TOGETHER = "together"  # a version satisfies all that are installed together
    EVERYWHERE = "everywhere"  # any two have a version in common, and one source
    IDENTICAL = "identical"  # all accept the same versions


@cache
def intersect(left: str, right: str) -> bool:
    """Whether a version satisfies both; raises InvalidSpecifier."""
    if not left.strip() or not right.strip() or left == right or (_OPEN.fullmatch(left) and _OPEN.fullmatch(right)):
        return True
    for pin, other in ((left, right), (right, left)):
        if found := _PIN.fullmatch(pin):
            return admits(other, found[1])
    return bool(specifiers.accepted(f"{left},{right}").versions)


@cache
def same(left: str, right: str) -> bool:
    """Whether both accept the same versions; raises InvalidSpecifier."""
    if "".join(left.split()) == "".join(right.split()):
        return True
    return specifiers.accepted(left).versions == specifiers.accepted(right).versions


def fault(left_list: Listing, left: Entry, right_list: Listing, right: Entry) -> str:
    """Why two requirements cannot both hold; empty when they can."""
    if not _may_intersect(left.declared.specifier, right.declared.specifier):
        return "no version satisfies both"
    if left.declared.url or right.declared.url:
        sources = source_of(left, left_list), source_of(right, right_list)
        if None not in sources and sources[0] != sources[1]:
            return "they name two sources"
    return ""


def _may_intersect(left: str, right: str) -> bool:
    try:
        return intersect(left, right)
    except InvalidSpecifier:
        return True  # one that is none is told by whoever reads it


def difference(left_list: Listing, left: Entry, right_list: Listing, right: Entry, wanted: Agreement) -> str:
    """How the right one differs from the left one, more than is wanted; empty when it does not."""
    sources = source_of(left, left_list), source_of(right, right_list)
    if sources[0] != sources[1]:
        return f"comes from {_source(sources[1])}, in {left_list.told} from {_source(sources[0])}"
    near = same if wanted is Agreement.IDENTICAL else intersect
    try:
        agrees = sources[0] is not None or near(left.declared.specifier, right.declared.specifier)
    except InvalidSpecifier:
        return ""
    told = "accepts other versions than" if wanted is Agreement.IDENTICAL else "has no version in common with"
    return "" if agrees else f"{told} `{left.declared.written.text}` in {left_list.told}"


def _source(source: tuple[str, str, str] | None) -> str:
    return "an index" if source is None else " ".join(filter(None, source))
