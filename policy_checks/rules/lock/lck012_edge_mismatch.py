"""The dependencies that uv.lock installs for the project are not those that it says the project requires.

Why: a lock holds both, the requirements of the project (`[package.metadata]`) and the edges that were resolved from them.
uv compares only the first with pyproject.toml and installs by the second: with an edge deleted, added, or given another
marker, `uv lock --check` passes while something else is installed. Overrides, exclusions, markers, extras that name the
project itself and conflicts are taken into account.

Fix: run the command in the message, which resolves anew (`uv lock` alone finds nothing to do).

References: crate uv-lock, `Lock::satisfies`; astral-sh/uv#21484 (verify that uv.lock is legitimate)
"""

from collections.abc import Iterator

from policy_checks.lock.integrity.edge_mismatches import Mismatch, mismatches
from policy_checks.lock.integrity.surroundings import SURROUNDINGS, Surroundings
from policy_checks.rule import Example, NoOptions, Problem, Related, Rule, Severity


def check(around: Surroundings, _options: NoOptions) -> Iterator[Problem]:
    """One problem for each name of a section that differs."""
    for found in mismatches(around.obligations):
        yield _problem(around, found)


def _problem(around: Surroundings, found: Mismatch) -> Problem:
    at = found.obligations[0].requirement.at if found.kind == "missing" else found.links[0].edge.at
    message = f"{_told(found)}; run `uv lock --upgrade-package {found.name}`"
    return Problem(around.lock.place(at), message, related=tuple(_related(around, found)))


def _told(found: Mismatch) -> str:
    section, name, extra = found.section, found.name, found.extra
    match found.kind:
        case "missing":
            return f"{section} requires `{name}`, but the lock has no edge to it, so it is not installed"
        case "unasked":
            return f"the lock installs `{name}` for {section}, which does not require it"
        case "extra missing":
            return f"{section} requires `{name}[{extra}]`, but the edge is without the extra, so what it needs is not installed"
        case "extra unasked":
            return f"the lock installs `{name}[{extra}]` for {section}, which does not ask for the extra"
        case "narrower":
            return f"{section} requires `{name}` ({_where(_declared(found))}), but the lock installs it only {_where(_followed(found))}"
        case _:
            return (
                f"the lock installs `{name}` for {section} ({_where(_followed(found))}), which requires it only {_where(_declared(found))}"
            )


def _declared(found: Mismatch) -> list[str]:
    return [one.meant.marker for one in found.obligations]


def _followed(found: Mismatch) -> list[str]:
    return [link.edge.marker for link in found.links]


def _where(conditions: list[str]) -> str:
    """Where one of some markers holds, as they are written."""
    return "everywhere" if "" in conditions else "where " + " or ".join(f"`{text}`" for text in dict.fromkeys(conditions))


def _related(around: Surroundings, found: Mismatch) -> Iterator[Related]:
    for one in found.obligations[:1]:
        text = around.declaration(found.section.package, one.requirement)
        if text is not None:
            yield Related(text.place, "declared here")
        if found.kind != "missing":
            yield Related(around.lock.place(one.requirement.at), "what the lock remembers of it")


_HEAD = """\
version = 1
revision = 3
requires-python = ">=3.12"
%s
[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
%s
[package.metadata]
requires-dist = [%s]
%s
[[package]]
name = "idna"
version = "3.10"
source = { registry = "https://index.example/simple" }

[package.optional-dependencies]
fast = [
    { name = "sniffio" },
]

[[package]]
name = "sniffio"
version = "1.3.1"
source = { registry = "https://index.example/simple" }
"""


def _lock(edges: str, requires: str, more: str = "", manifest: str = "") -> dict[str, str]:
    listed = "dependencies = [\n" + "".join(f"    {edge},\n" for edge in edges.splitlines()) + "]\n" if edges else ""
    if listed.startswith("dependencies") and more.startswith("[package.optional"):
        listed = ""
    return {"uv.lock": _HEAD % (manifest, listed, requires, more)}


def _extra(edges: str) -> str:
    return "[package.optional-dependencies]\nweb = [\n" + "".join(f"    {edge},\n" for edge in edges.splitlines()) + "]\n"


_BOTH = '{ name = "idna" }\n{ name = "sniffio" }'
_WEB = "extra == 'web'"

RULE = Rule(
    code="LCK012",
    name="edge-mismatch",
    severity=Severity.ERROR,
    subject=SURROUNDINGS,
    check=check,
    examples=(
        Example("an edge was deleted", _lock('{ name = "idna" }', '{ name = "idna" }, ⟦{ name = "sniffio" }⟧'), message="is not installed"),
        Example("an edge was added", _lock('{ name = "idna" }\n⟦{ name = "sniffio" }⟧', '{ name = "idna" }'), message="does not require it"),
        Example(
            "an edge got a marker",
            _lock('⟦{ name = "idna", marker = "sys_platform == \'win32\'" }⟧', '{ name = "idna" }'),
            message="(everywhere), but the lock installs it only where",
        ),
        Example("an edge lost its marker", _lock('⟦{ name = "idna" }⟧', '{ name = "idna", marker = "sys_platform == \'win32\'" }')),
        Example("an edge lost its extra", _lock('⟦{ name = "idna" }⟧', '{ name = "idna", extras = ["fast"] }'), message="without the extra"),
        Example(
            "an edge of an extra was deleted",
            {"uv.lock": _HEAD % ("", "", f'⟦{{ name = "idna", marker = "{_WEB}" }}⟧', 'provides-extras = ["web"]\n')},
            message="the extra `web` of app requires `idna`",
        ),
        Example("edges as required", _lock(_BOTH, '{ name = "idna", specifier = ">=3" }, { name = "sniffio" }')),
        Example("a marker that means the same", _lock('{ name = "idna", marker = "python_full_version < \'3.13\'" }', '{ name = "idna", marker = "python_version <= \'3.12\'" }')),
        Example("a requirement that requires-python rules out", _lock("", '{ name = "idna", marker = "python_version < \'3.9\'" }')),
        Example("an exclusion", _lock("", '{ name = "idna" }', manifest='\n[manifest]\nexcludes = ["idna"]\n')),
        Example(
            "an override with another marker",
            _lock('{ name = "idna", marker = "sys_platform == \'linux\'" }', '{ name = "idna" }', manifest='\n[manifest]\noverrides = [{ name = "idna", marker = "sys_platform == \'linux\'" }]\n'),
        ),
        Example("an extra", {"uv.lock": _HEAD % ("", _extra('{ name = "idna" }'), f'{{ name = "idna", marker = "{_WEB}" }}', 'provides-extras = ["web"]\n')}),
        Example("an extra that the package does not have", _lock('{ name = "idna" }', '{ name = "idna", extras = ["idna2003"] }')),
    ),
)  # fmt: skip
