"""A dependency in uv.lock means no package of the lock, or not exactly one.

Why: uv refuses such a lock, or installs less than was resolved: it drops an extra that the package does not have without
a word. It comes from a merge by hand, in which a package's entry and the edges to it were taken from different sides.

Fix: never merge uv.lock by hand. Take the target branch's version and run `uv lock`.

References: crate uv-lock, `Lock::new`; astral-sh/uv#11185 (merge conflicts in uv.lock)
"""

from collections.abc import Iterator

from policy_checks.lock.integrity.artifacts import shown
from policy_checks.lock.integrity.surroundings import SURROUNDINGS, Surroundings
from policy_checks.lock.integrity.targets import Broken, Targets
from policy_checks.readers.uv_lock import Edge, Package
from policy_checks.rule import Example, NoOptions, Problem, Related, Rule, Severity
from policy_checks.source import Place

_RELOCK = "take the target branch's uv.lock and run `uv lock`"


def check(around: Surroundings, _options: NoOptions) -> Iterator[Problem]:
    """One problem per edge that means nothing or too much, per edge or package that stands there twice, per missing extra."""
    targets = around.targets
    groups = targets.groups  # resolving them finds their broken edges
    for broken in targets.broken:
        yield _broken(targets, broken)
    yield from _required_by_no_project(around)
    yield from _twice(targets)
    for package in targets.lock.packages:
        sections = [targets.leaving((package.number, extra)) for extra in ("", *package.optional_dependencies)]
        for edges in (*sections, *[groups[package.number, name] for name in package.groups]):
            for edge, target in edges:
                yield from _missing_extras(targets, package, edge, target)
        yield from _repeated(targets, package)


def _broken(targets: Targets, broken: Broken) -> Problem:
    place = _name(targets, broken.edge)
    others = tuple(
        [
            Related(targets.lock.place((*package.at, "version" if package.version else "name")), f"{shown(package)} stands here")
            for package in targets.lock.by_name.get(broken.edge.name, ())
        ]
    )
    return Problem(place, f"{shown(broken.package)} depends on {broken.why}; {_RELOCK}", related=others)


def _required_by_no_project(around: Surroundings) -> Iterator[Problem]:
    """A workspace root without a project has groups, and no edges of its own."""
    lock = around.lock
    for group, some in lock.manifest.dependency_groups.items():
        for requirement in some:
            if requirement.name not in lock.by_name and around.obligations.can_apply(requirement):
                message = f"the group `{group}` requires `{requirement.name}`, which is no package of this lock"
                yield Problem(lock.place(requirement.at), f"{message}; {_RELOCK}")


def _name(targets: Targets, edge: Edge) -> Place:
    return targets.lock.place(edge.at)


def _missing_extras(targets: Targets, package: Package, edge: Edge, target: Package) -> Iterator[Problem]:
    for extra in edge.extras:
        if extra not in target.optional_dependencies and extra not in target.metadata.provides_extras:
            message = f"{shown(package)} depends on `{target.name}[{extra}]`, but the lock has no such extra of {shown(target)}"
            yield Problem(_name(targets, edge), f"{message}: uv drops what it would install; {_RELOCK}")


def _twice(targets: Targets) -> Iterator[Problem]:
    for packages in targets.lock.by_name.values():
        seen: dict[object, Package] = {}
        for package in packages if len(packages) > 1 else ():
            first = seen.setdefault((package.version, package.source), package)
            if first is not package:
                place = targets.lock.place((*package.at, "name"))
                related = Related(targets.lock.place((*first.at, "name")), "the first entry")
                yield Problem(place, f"{shown(package)} stands in the lock twice, and uv refuses it; {_RELOCK}", related=(related,))


def _repeated(targets: Targets, package: Package) -> Iterator[Problem]:
    for edges in (package.dependencies, *package.optional_dependencies.values(), *package.groups.values()):
        if len({edge.name for edge in edges}) == len(edges):
            continue
        seen: set[object] = set()
        for edge in edges:
            key = (edge.name, edge.version, edge.source, frozenset(edge.extras), edge.marker)
            if key in seen:
                yield Problem(
                    _name(targets, edge), f"{shown(package)} lists the dependency on `{edge.name}` twice, and uv refuses it; {_RELOCK}"
                )
            seen.add(key)


_HEAD = """\
version = 1
revision = 3
requires-python = ">=3.12"

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [
%s]
"""
_IDNA = """
[[package]]
name = "idna"
version = "%s"
source = { registry = "https://index.example/simple" }
"""
_HTTPX = """
[[package]]
name = "httpx"
version = "0.28.1"
source = { registry = "https://index.example/simple" }

[package.optional-dependencies]
socks = [
    { name = "idna" },
]
"""


def _lock(edges: str, *packages: str) -> dict[str, str]:
    return {"uv.lock": _HEAD % "".join(f"    {edge},\n" for edge in edges.splitlines()) + "".join(packages)}


_TWO = (_IDNA % "2.10", _IDNA % "3.6")
_OF_36 = '{ name = "idna", version = "3.6", source = { registry = "https://index.example/simple" } }'

RULE = Rule(
    code="LCK013",
    name="dangling-or-ambiguous-edge",
    severity=Severity.ERROR,
    subject=SURROUNDINGS,
    check=check,
    examples=(
        Example("the package is gone", _lock('⟦{ name = "idna" }⟧'), message="is no package of this lock"),
        Example("another version is locked", _lock('⟦{ name = "idna", version = "3.7" }⟧', _IDNA % "3.6"), message="and this lock has 3.6 from"),
        Example("two packages, and none is chosen", _lock('⟦{ name = "idna" }⟧', *_TWO), message="one of 2 packages (2.10, 3.6)"),
        Example("an extra that the lock does not know", _lock('⟦{ name = "httpx", extra = ["http2"] }⟧', _HTTPX, _IDNA % "3.6"), message="`httpx[http2]`"),
        Example("one dependency twice", _lock('{ name = "idna" }\n⟦{ name = "idna" }⟧', _IDNA % "3.6")),
        Example(
            "one package twice",
            _lock('{ name = "httpx" }', (_HTTPX + _HTTPX.replace('name = "httpx"', '⟦name = "httpx"⟧')), _IDNA % "3.6")
            | {"uv.lock": _lock("", _HTTPX, _HTTPX.replace('name = "httpx"', '⟦name = "httpx"⟧'), _IDNA % "3.6")["uv.lock"]},
            message="twice",
        ),
        Example(
            "a group without a project",
            {"uv.lock": 'version = 1\nrequires-python = ">=3.12"\n\n[manifest.dependency-groups]\ndev = [⟦{ name = "idna" }⟧]\n'},
            message="the group `dev` requires",
        ),
        Example(
            "a group without a project, for another Python",
            {
                "uv.lock": 'version = 1\nrequires-python = ">=3.12"\n\n[manifest.dependency-groups]\n'
                'dev = [{ name = "idna", marker = "python_version < \'3.9\'" }]\n'
            },
        ),
        Example("the name is enough", _lock('{ name = "idna" }', _IDNA % "3.6")),
        Example("one of two versions, chosen", _lock(_OF_36, *_TWO)),
        Example("an extra of the package", _lock('{ name = "httpx", extra = ["socks"] }', _HTTPX, _IDNA % "3.6")),
        Example(
            "one dependency in two environments",
            _lock('{ name = "idna", marker = "sys_platform == \'linux\'" }\n{ name = "idna", marker = "sys_platform == \'win32\'" }', _IDNA % "3.6"),
        ),
        Example("a version that is equal in meaning", _lock('{ name = "idna", version = "3.6.0" }', _IDNA % "3.6")),
        Example("no dependencies", _lock("")),
    ),
)  # fmt: skip
