"""A git dependency that is not pinned to a full commit id.

Why: a branch moves, a tag can be moved, a short id can become ambiguous. uv.lock holds the commit of the day it was
written, but the next `uv lock` takes another one without a line of the diff saying so, and where the lock is not used
(a requirements file, another project that depends on this one) every build may get other code.

Fix: write the full commit id as `rev`. `--fix` takes the commit that uv.lock already holds and rewrites pyproject.toml
and the lock's own lines together, so that `uv lock --check` still passes and nothing that is installed changes.

References: guide section "Dependency management"; https://docs.astral.sh/uv/concepts/projects/dependencies/#git;
cargo-deny `sources.required-git-spec`
"""

from collections.abc import Iterator
from itertools import chain

from policy_checks.lock import git_pin, requirements
from policy_checks.lock.git_pin import Reference
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.readers.names import normalized
from policy_checks.readers.pyproject import Include, PyProject
from policy_checks.readers.table import Table, Text
from policy_checks.readers.toml import Document
from policy_checks.readers.uv_source import Source
from policy_checks.record import record
from policy_checks.rule import Example, Fix, NoOptions, Problem, Related, Rule, Severity
from policy_checks.source import Edit, Place, Span, Unreadable


@record
class Declared:
    """One git dependency: its package as it is written, its reference, where that stands, and how it would be pinned."""

    name: str
    reference: Reference
    place: Place
    pin: tuple[str, Edit | None]  # what to write (a template for the commit), and the edit with that template


def check(project: LockedProject, _options: NoOptions) -> Iterator[Problem]:
    """Every git source of `[tool.uv.sources]`, and every PEP 508 URL of a dependency, an extra, a group or the build."""
    try:
        for declared in chain(_sources(project.pyproject), _requirements(project.pyproject)):
            if not declared.reference.is_pinned:
                yield _problem(project, declared)
    except Unreadable as error:
        yield Problem(Place(error.file, error.span), f"cannot be searched for git sources: {error.message}")


def _problem(project: LockedProject, declared: Declared) -> Problem:
    lock, (template, edit) = project.lock, declared.pin
    found = git_pin.locked(lock, normalized(declared.name), declared.reference) if lock else None
    told = f"`{declared.name}` follows {declared.reference}, which is no full commit id"
    if lock is None or found is None:
        return Problem(declared.place, f"{told}; write {template.format(commit='COMMIT')} with all 40 digits, then `uv lock`")
    related = (Related(git_pin.locked_place(lock, found), f"locked at {found.commit}"),)
    fix = None
    if edit is not None:
        own = Edit(edit.span, edit.text.format(commit=found.commit))
        others = tuple((lock.file, other) for other in git_pin.lock_edits(lock, found))
        fix = Fix(f"pin `{declared.name}` to the commit in uv.lock", ((declared.place.file, own), *others))
    return Problem(declared.place, f"{told}; write {template.format(commit=found.commit)}, the commit in uv.lock", fix, related)


def _sources(pyproject: PyProject) -> Iterator[Declared]:
    for source in chain.from_iterable(pyproject.sources.values()):
        if source.kind == "git" and source.written is not None:
            yield _source(source, source.written)


def _source(source: Source, url: Text) -> Declared:
    document, path = source.table.document, source.table.path
    name = str(path[3])  # tool.uv.sources.NAME
    kind = next((key for key in ("rev", "tag", "branch") if key in source.table), "")
    pin = 'rev = "{commit}"'
    if kind:
        key, value = document.key_span(*path, kind), document.span(*path, kind)
        reference = Reference(url.text, kind, source.option(kind))
        edit = None if _is_dotted(document, key) else Edit(Span(key.start, value.end), pin)
        return Declared(name, reference, source.table.place(kind), (f"`{pin}`", edit))
    edit = None if _is_dotted(document, document.key_span(*path, "git")) else _added(url.place, pin, document.span(*path))
    return Declared(name, Reference(url.text, "", ""), url.place, (f"`{pin}`", edit))


def _is_dotted(document: Document, key: Span) -> bool:
    """Whether a key is written with its table (`flash-mla.git = …`): a second one has to be written so too, which is left to people."""
    return "." in document.file.cut(key)


def _added(git: Place, pin: str, table: Span) -> Edit:
    """The edit that adds a key behind the `git` key, in an inline table or on a line of its own."""
    text = git.file.text
    if text.startswith("{", table.start):
        return Edit(Span(git.span.end, git.span.end), f", {pin}")
    end = git.file.line_span(git.line).end
    return Edit(Span(end, end), ("\r\n" if text.startswith("\r\n", end) else "\n") + pin)


def _requirements(pyproject: PyProject) -> Iterator[Declared]:
    for text in _texts(pyproject):
        if "git+" not in text.text:
            continue
        parsed = requirements.parse(text, lenient=True)
        reference = git_pin.of_url(parsed.url)
        if reference is not None:
            yield Declared(parsed.name, reference, text.place, ("`@{commit}`", _url_edit(text, reference)))


def _texts(pyproject: PyProject) -> Iterator[Text]:
    """Every requirement that is written as text."""
    project = pyproject.project
    if project is not None:
        yield from project.dependencies or ()
        yield from chain.from_iterable(project.optional.values())
    for items in pyproject.groups.values():
        yield from (item for item in items if not isinstance(item, Include))
    yield from pyproject.dev_dependencies or ()
    build = pyproject.document.get("build-system")
    if isinstance(build, dict):
        yield from Table(pyproject.document, ("build-system",), build).texts("requires")


def _url_edit(text: Text, reference: Reference) -> Edit | None:
    """The edit that puts a commit after the URL; None where the string is written with escapes."""
    written, start = text.file.cut(text.place.span), text.place.span.start
    old = f"{reference.url}@{reference.name}" if reference.kind else reference.url
    if written.count(old) != 1:
        return None
    position = start + written.index(old) + len(reference.url)
    return Edit(Span(position, start + written.index(old) + len(old)), "@{commit}")


_COMMIT = "b7643bd54a2ca38e7b97e8c1b0e3ffb03ae4f5a6"
_PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["flash-mla"]

[tool.uv.sources]
"""
_DIRECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = [{}]
"""
_LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "flash-mla" }},
]

[package.metadata]
requires-dist = [{{ name = "flash-mla", git = "https://git.example/flash-mla?REF" }}]

[[package]]
name = "flash-mla"
version = "1.0.0"
source = {{ git = "https://git.example/flash-mla?REF#{_COMMIT}" }}
"""
_URL = "https://git.example/flash-mla"


def _lock(reference: str) -> str:
    return _LOCK.replace("?REF", f"?{reference}" if reference else "")


def _example(title: str, written: str, reference: str, pinned: str, *, message: str) -> Example:
    return Example(
        title,
        {"pyproject.toml": written, "uv.lock": _lock(reference)},
        fixed={"pyproject.toml": pinned, "uv.lock": _lock(f"rev={_COMMIT}")},
        message=message,
    )


RULE = Rule(
    code="SRC001",
    name="unpinned-git-source",
    severity=Severity.ERROR,
    subject=LOCKED_PROJECT,
    check=check,
    examples=(
        _example(
            "a branch, written as a rev",
            _PROJECT + f'flash_mla = {{ git = "{_URL}", rev = ⟦"nv_dev"⟧ }}\n',
            "rev=nv_dev",
            _PROJECT + f'flash_mla = {{ git = "{_URL}", rev = "{_COMMIT}" }}\n',
            message=f'`flash_mla` follows rev `nv_dev`, which is no full commit id; write `rev = "{_COMMIT}"`, the commit in uv.lock',
        ),
        _example(
            "a tag, in one of several sources",
            _PROJECT + f'flash-mla = [\n    {{ git = "{_URL}", tag = ⟦"v1"⟧, marker = "sys_platform == \'linux\'" }},\n]\n',
            "tag=v1",
            _PROJECT + f'flash-mla = [\n    {{ git = "{_URL}", rev = "{_COMMIT}", marker = "sys_platform == \'linux\'" }},\n]\n',
            message="follows tag `v1`",
        ),
        Example(
            "a commit, in keys written with their table",
            {"pyproject.toml": _PROJECT + f'flash-mla.git = "{_URL}"\nflash-mla.rev = "{_COMMIT}"\n', "uv.lock": _lock(f"rev={_COMMIT}")},
        ),
        Example(
            "keys written with their table: what to write is said, and left to people",
            {
                "pyproject.toml": _PROJECT + f'flash-mla.git = "{_URL}"\nflash-mla.branch = ⟦"main"⟧\n',
                "uv.lock": _lock("branch=main"),
            },
            message="follows branch `main`",
        ),
        _example(
            "no reference at all, in a table of its own",
            _PROJECT + f'[tool.uv.sources.flash-mla]\ngit = ⟦"{_URL}"⟧ # upstream\n',
            "",
            _PROJECT + f'[tool.uv.sources.flash-mla]\ngit = "{_URL}" # upstream\nrev = "{_COMMIT}"\n',
            message="follows the default branch",
        ),
        _example(
            "a URL in a requirement",
            _DIRECT.format(f'⟦"flash-mla @ git+{_URL}@v1"⟧'),
            "rev=v1",
            _DIRECT.format(f'"flash-mla @ git+{_URL}@{_COMMIT}"'),
            message=f"write `@{_COMMIT}`",
        ),
        Example(
            "no lock to take the commit from",
            {"pyproject.toml": _PROJECT + f'flash-mla = {{ git = "{_URL}", branch = ⟦"main"⟧ }}\n'},
            message='write `rev = "COMMIT"` with all 40 digits, then `uv lock`',
        ),
        Example(
            "a full commit id",
            {"pyproject.toml": _PROJECT + f'flash-mla = {{ git = "{_URL}", rev = "{_COMMIT}" }}\n', "uv.lock": _lock(f"rev={_COMMIT}")},
        ),
        Example(
            "a full SHA-256 commit id",
            {"pyproject.toml": _PROJECT + f'flash-mla = {{ git = "{_URL}", rev = "{"0123456789abcdef" * 4}" }}\n'},
        ),
        Example("a pinned URL", {"pyproject.toml": _DIRECT.format(f'"flash-mla @ git+{_URL}@{_COMMIT}#subdirectory=python"')}),
        Example("a source that is no git repository", {"pyproject.toml": _PROJECT + 'flash-mla = { path = "flash", editable = true }\n'}),
        Example("an archive", {"pyproject.toml": _DIRECT.format('"flash-mla @ https://index.example/flash-mla-1.0.zip"')}),
    ),
)
