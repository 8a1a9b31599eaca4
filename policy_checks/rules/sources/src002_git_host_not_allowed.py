"""A git repository that the policy does not allow, or a URL that holds credentials.

Why: a git dependency is code that no index has looked at, and that its owner can move or delete at any time. Which
hosts and organisations a project takes it from is a decision; a fork in somebody's own account slips in with one line,
or with none, when a dependency of a dependency brings it. Credentials in a URL are published with the repository.

Fix: take the package from an allowed repository or from an index, or add the repository to `allowed-git`:
`"git.example"` (a host), `"git.example/team"` (and all below it), `"git.example/team/*-kit"`. Every form of a URL counts
(https, ssh, `user@host:path`, with or without a port, a user and `.git`); upper and lower case do not matter, as they do
not to forges. Judged are the places that SRC001 judges (`git-scope`), and the git sources of uv.lock, the transitive
ones with the path that brings them. Without `allowed-git` only credentials are reported.

References: cargo-deny `sources.allow-git`, `sources.allow-org`; guide section "Dependency management"
"""

from collections.abc import Iterator

from policy_checks.lock import git_pin
from policy_checks.lock.closure import reach
from policy_checks.lock.git_hosts import is_allowed, locate
from policy_checks.lock.git_reference import GitReference, GitScope
from policy_checks.lock.git_references import GIT_REFERENCES, GitReferences
from policy_checks.lock.graph import Graph, Path, Selection
from policy_checks.lock.locked_project import declaration
from policy_checks.lock.urls import without_credentials
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import record
from policy_checks.rule import Example, Problem, Related, Rule, Severity
from policy_checks.source import Place, Span, Unreadable


@record
class Options:
    """The allowed repositories, and where git references are judged."""

    allowed_git: tuple[str, ...] = ()  # globs: host, host/organisation, host/organisation/repository; empty: any
    git_scope: GitScope = GitScope.IMAGES


def check(references: GitReferences, options: Options) -> Iterator[Problem]:
    """One problem for every place that names a repository, and for every git source of a lock that no place declares."""
    declared: set[str] = set()
    for found in references.within(options.git_scope):
        if isinstance(found, Unreadable):
            yield Problem(Place(found.file, found.span), f"cannot be searched for git references: {found.message}")
            continue
        declared.add(git_pin.bare(found.reference.url))
        yield from _declared(found, options)
    if options.allowed_git:
        for lock in references.locks:
            yield from _locked(lock, references, options, declared)


def _declared(found: GitReference, options: Options) -> Iterator[Problem]:
    url = found.reference.url
    location = locate(url)
    if location.secret:
        place = _inside(found.located.url, location.secret)
        told = f"the URL of `{found.name}` on {location.authority} holds credentials, which everybody who has the repository can read"
        yield Problem(place, f"{told}; revoke them, and leave them to git's credential helper or to `ssh://git@{location.host}/…`")
    if not options.allowed_git or location.is_local or location.is_unknown or is_allowed(location, url, options.allowed_git):
        return
    yield Problem(found.located.url, f"`{found.name}` comes from {_shown(url)}, which is not in `allowed-git`; {_instead()}")


def _instead() -> str:
    return "take it from an allowed repository or from an index, or add the repository to `allowed-git`"


def _shown(url: str) -> str:
    """A URL for a message."""
    return without_credentials(url.removeprefix("git+"))


def _inside(place: Place, part: str) -> Place:
    """Where a part of a text stands; all of it where an escape hides the part."""
    at = place.file.cut(place.span).find(part)
    return place if at < 0 else Place(place.file, Span(place.span.start + at, place.span.start + at + len(part)))


def _locked(lock: Lock, references: GitReferences, options: Options, declared: set[str]) -> Iterator[Problem]:
    """The git sources that came with another package: those that a project declares are told there."""
    for package in lock.packages:
        url = package.source.url
        if package.source.kind != "git" or git_pin.bare(url) in declared:
            continue
        location = locate(url)
        if not location.is_local and not is_allowed(location, url, options.allowed_git):
            path = _path(lock, package)
            told = f"`{package.name}` comes from {_shown(url)}, which is not in `allowed-git`"
            told += f": {path}; replace or constrain `{path.arcs[0].target.name}` there" if path else f"; {_instead()}"
            yield Problem(_inside(lock.place((*package.at, "source")), url), told, related=_start(lock, references, path))


def _path(lock: Lock, package: Package) -> Path | None:
    """The shortest way that leads to a package through any extra and group."""
    graph = Graph(lock)
    try:
        return reach(graph, Selection(tuple(sorted(graph.extras)), tuple(sorted(graph.groups)))).shortest(package)
    except Unreadable:  # the rules about the lock say so
        return None


def _start(lock: Lock, references: GitReferences, path: Path | None) -> tuple[Related, ...]:
    project = next((project for project in references.projects if project.lock is lock and project.has_own_lock), None)
    start = declaration(project, path) if project and path else None
    return () if start is None else (Related(start.place, "the dependency that brings it is declared here"),)


_COMMIT = "0123456789" * 4
_PROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["kit"]\n\n[tool.uv.sources]\nkit = { git = %s, rev = "main" }\n'
_LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "runner" }},
]

[package.metadata]
requires-dist = [{{ name = "runner" }}]

[[package]]
name = "runner"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}
dependencies = [
    {{ name = "kit" }},
]

[[package]]
name = "kit"
version = "1.0"
source = {{ git = "⟦https://git.example/stranger/kit.git⟧?rev=main#{_COMMIT}" }}
"""
_APP = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["runner"]\n'
_ALLOWED = {"allowed-git": ["git.example/Team/*"]}
_FORMS = "".join(
    f'{name} = {{ git = "{url}" }}\n'
    for name, url in {
        "a": "https://git.example/team/kit",
        "b": "https://Git.Example:8443/Team/kit.git",
        "c": "ssh://git@git.example:22/TEAM/kit.git/",
        "d": "https://reader@git.example/team/group/kit",
    }.items()
)

RULE = Rule(
    code="SRC002",
    name="git-host-not-allowed",
    severity=Severity.ERROR,
    subject=GIT_REFERENCES,
    options=Options,
    check=check,
    examples=(
        Example("another organisation", {"pyproject.toml": _PROJECT % '⟦"https://git.example/stranger/kit"⟧'}, options=_ALLOWED, message="`kit` comes from https://git.example/stranger/kit, which is not"),
        Example("the allowed host as the user of another one", {"pyproject.toml": _PROJECT % '⟦"https://git.example@evil.example/team/kit"⟧'}, options=_ALLOWED, message="comes from https://evil.example/team/kit"),
        Example("a way out of the allowed organisation", {"pyproject.toml": _PROJECT % '⟦"https://git.example/team/../stranger/kit"⟧'}, options=_ALLOWED),
        Example(
            "requirements files and images",
            {"requirements.txt": "kit @ ⟦git+ssh://git@other.example/team/kit.git@v1⟧\n-e ⟦git+https://other.example/team/kit@v1⟧#egg=kit\n", "Dockerfile": "FROM base\nRUN git clone ⟦git@other.example:team/kit.git⟧\nADD ⟦https://other.example/kit.git#v1⟧ /kit\n"},
            options=_ALLOWED,
        ),
        Example("a package that another one brings", {"pyproject.toml": _APP, "uv.lock": _LOCK}, options=_ALLOWED, message="dependencies → runner → kit; replace or constrain `runner` there"),
        Example("a password in a URL", {"pyproject.toml": _PROJECT % '"https://⟦reader:s3cret⟧@git.example/team/kit"'}, options=_ALLOWED, message="holds credentials"),
        Example("a token in a URL, whatever is allowed", {"requirements.txt": "kit @ git+https://⟦token:0123456789⟧@git.example/kit@v1\n"}),
        Example("every form of an allowed URL", {"pyproject.toml": "[tool.uv.sources]\n" + _FORMS, "Dockerfile": "FROM base\nRUN git clone git@GIT.example:team/kit.git\n"}, options=_ALLOWED),
        Example("the package that another one brings is allowed", {"pyproject.toml": _APP, "uv.lock": _LOCK.replace("⟦", "").replace("⟧", "")}, options={"allowed-git": ["git.example"]}),
        Example("a host, an organisation, one repository", {"requirements.txt": "git+https://a.example/x/y\ngit+https://b.example/team/y\ngit+https://c.example/team/kit@v1\n"}, options={"allowed-git": ["a.example", "b.example/team", "*.example/team/kit"]}),
        Example("no policy", {"pyproject.toml": _PROJECT % '"https://git.example/stranger/kit"', "uv.lock": _LOCK.replace("⟦", "").replace("⟧", "")}),
        Example("a variable is no credential, and its host cannot be told", {"Dockerfile": "FROM base\nRUN git clone https://bot:${TOKEN}@git.example/team/kit && git clone https://${HOST}/kit.git\n"}, options=_ALLOWED),
        Example("a repository on disk, which SRC009 judges", {"pyproject.toml": _PROJECT % '"file:///srv/git/kit"'}, options=_ALLOWED),
        Example("an index of an internal host", {"requirements.txt": "--index-url https://index.example/simple\nkit==1.0\n"}, options=_ALLOWED),
    ),
)  # fmt: skip
