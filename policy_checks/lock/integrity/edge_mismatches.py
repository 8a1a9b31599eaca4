"""Where the edges of a section differ from the requirements that they come from."""

from collections.abc import Iterator

from policy_checks.lock.integrity.obligations import Link, Obligation, Obligations, Section
from policy_checks.lock.markers import FALSE, Marker, and_, negate, or_
from policy_checks.record import record


@record
class Mismatch:
    """One name in one section. `kind` is missing, unasked, narrower, wider, or an extra that is missing or unasked."""

    section: Section
    kind: str
    name: str
    obligations: tuple[Obligation, ...]
    links: tuple[Link, ...]
    extra: str = ""


def mismatches(obligations: Obligations) -> Iterator[Mismatch]:
    """Every difference, at most one for each name of a section and for each of its extras."""
    broken = {(one.package.number, one.edge.name) for one in obligations.targets.broken}
    for section, wanted, links in obligations.sections:
        for name in dict.fromkeys((*[one.meant.name for one in wanted], *[link.edge.name for link in links])):
            if (section.package.number, name) in broken:
                continue  # told as an edge that means nothing
            mine = tuple([one for one in wanted if one.meant.name == name])
            uvs = tuple([link for link in links if link.edge.name == name])
            kind = _kind(mine, uvs)
            if kind:
                yield Mismatch(section, kind, name, mine, uvs)
            else:
                yield from _extras(section, name, mine, uvs)


def _kind(wanted: tuple[Obligation, ...], links: tuple[Link, ...]) -> str:
    if not links:
        return "missing"
    if not wanted:
        return "unasked"
    declared, followed = _union(wanted), _union(links)
    if declared is followed:
        return ""
    if and_(declared, negate(followed)) is not FALSE:
        return "narrower"
    return "wider" if and_(followed, negate(declared)) is not FALSE else ""


def _extras(section: Section, name: str, wanted: tuple[Obligation, ...], links: tuple[Link, ...]) -> Iterator[Mismatch]:
    """Uv writes only those extras of an edge that the package has."""
    for extra in dict.fromkeys(
        [extra for item in (*[one.meant.extras for one in wanted], *[link.edge.extras for link in links]) for extra in item]
    ):
        asked = _union([one for one in wanted if extra in one.meant.extras])
        able = _union([link for link in links if extra in link.target.optional_dependencies])
        given = _union([link for link in links if extra in link.edge.extras])
        if and_(asked, able, negate(given)) is not FALSE:
            yield Mismatch(section, "extra missing", name, wanted, links, extra)
        elif and_(given, negate(asked)) is not FALSE:
            yield Mismatch(section, "extra unasked", name, wanted, links, extra)


def _union(some: "tuple[Obligation, ...] | tuple[Link, ...] | list[Obligation] | list[Link]") -> Marker:
    return or_(*[one.where for one in some])
