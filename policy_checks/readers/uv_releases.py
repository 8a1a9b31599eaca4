"""Which release of uv a version, a part of one, or specifiers stand for."""

import re
from functools import cache
from typing import NamedTuple

_PLAIN = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_PART = re.compile(r"(\d+)(?:\.(\d+))?(?:\.[x*])*")


class Order(NamedTuple):
    """How far a release reaches: for choosing the newest."""

    release: tuple[int, ...]
    exact: bool


@cache
def installed(written: str) -> str:
    """What an installer takes: a single release (`0.7.2`), the newest below one (`<0.8`), or the newest of all (empty).

    A range stands for the newest release that it accepts: `<0.9.29` for 0.9.28, `<=0.7.2` for that one.
    """
    written = written.strip()
    if part := _PART.fullmatch(written):
        return f"<{int(part[1])}.{int(part[2]) + 1}" if part[2] else f"<{int(part[1]) + 1}.0"
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if written[:1].isdigit():
        return written
    try:
        tops = [_top(specifier.operator, specifier.version) for specifier in SpecifierSet(written)]
    except InvalidSpecifier:
        return written  # `^0.7`: another notation agrees with itself only
    return min(filter(None, tops), key=order, default="")


def _top(operator: str, version: str) -> str:
    """The newest release that one clause accepts; empty where it has no upper end."""
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    match operator:
        case "==" if version.endswith(".*"):
            return installed(version)
        case "==" | "===" | "<=":
            return version
        case "~=":
            *kept, last = numbers[:-1]
            return "<" + ".".join(map(str, [*kept, last + 1])) + (".0" if not kept else "")
        case "<" if _PLAIN.fullmatch(version) and numbers[2]:
            return f"{numbers[0]}.{numbers[1]}.{numbers[2] - 1}"
        case "<":
            return "<" + ".".join(map(str, [*numbers, 0][:2]))
        case _:
            return ""


@cache
def order(release: str) -> Order:
    """The order of what `installed` gives."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", release))
    return Order(numbers or (1 << 30,), exact=bool(release) and release[0].isdigit())


def accepts(written: str, release: str) -> bool:
    """Whether specifiers accept a release; a bare version accepts itself."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(f"=={written}" if written[:1].isdigit() else written).contains(release, prereleases=True)
    except InvalidSpecifier:
        return True  # what uv refuses to read is for uv to say
