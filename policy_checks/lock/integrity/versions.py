"""Whether a locked version satisfies a specifier (PEP 440), most often without importing `packaging`."""

import re
from functools import cache
from itertools import zip_longest

from policy_checks.lock.specifiers import InvalidSpecifier

_FINAL = re.compile(r"([0-9]+(?:\.[0-9]+)*)(?:\.post([0-9]+))?(?:\+[a-z0-9.]+)?")
_CLAUSE = re.compile(r"\s*(?:(~=|==|!=|<=|>=|<|>)\s*([0-9]+(?:\.[0-9]+)*)|(==|!=)\s*([0-9]+(?:\.[0-9]+)*)\.\*)\s*")

Release = tuple[int, ...]


@cache
def admits(specifier: str, version: str) -> bool:
    """Pre-releases count as any version: which of them may be chosen is not the specifier's to say. Raises InvalidSpecifier."""
    clauses, final = [_CLAUSE.fullmatch(part) for part in specifier.split(",")], _FINAL.fullmatch(version)
    if final and all(clauses):
        release, post = _release(final[1]), int(final[2] or -1)
        return all(_holds(release, post, *found.groups()) for found in clauses if found)
    from packaging.specifiers import InvalidSpecifier as Invalid, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (Invalid, InvalidVersion) as error:
        raise InvalidSpecifier(str(error)) from None


def _release(text: str) -> Release:
    return tuple(map(int, text.split(".")))


def _holds(release: Release, post: int, operator: str | None, bound: str | None, prefix_operator: str | None, prefix: str | None) -> bool:
    """One clause without pre-, post- or local parts about a version without a pre-release; its local part never counts."""
    if prefix:
        return _starts(release, _release(prefix)) == (prefix_operator == "==")
    end = _release(bound or "")
    pairs = list(zip_longest(release, end, fillvalue=0))  # missing numbers are 0
    left, right = ([pair[0] for pair in pairs], post), ([pair[1] for pair in pairs], -1)
    match operator:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "<=":
            return left <= right
        case ">=":
            return left >= right
        case "<":
            return left < right
        case ">":
            return left[0] > right[0]  # a post-release of the bound is not above it
        case _:  # ~=
            return left >= right and _starts(release, end[:-1])


def _starts(release: Release, prefix: Release) -> bool:
    return (*release, *[0] * len(prefix))[: len(prefix)] == prefix
