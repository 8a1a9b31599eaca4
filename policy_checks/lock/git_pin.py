"""Git references: what a project declares, which commit the lock holds for it, and how both are rewritten to that commit.

uv writes a git source as `URL?subdirectory=DIR&rev=REF#COMMIT` (or `branch=`, `tag=`, or neither), and the requirement
as the same text without the commit (crate uv-lock, `to_toml` of a git source).
"""

import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote, urlsplit

from policy_checks.lock.requirement_texts import direct_reference
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import record
from policy_checks.source import Edit, Place, SourceFile, Span

_COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_REFERENCES = ("rev", "tag", "branch")
VARIABLE = "variable"
_URL, _EGG = re.compile(r"[^\s;#'\"]+"), re.compile(r"#(?:[^\s;'\"]*&)?egg=([\w.-]+)")
_BEFORE = " \t@='\""  # what may stand before `git+` in a word


@record
class Reference:
    """A git source as it is declared: what it follows (`rev`, `tag`, `branch`, `variable`; empty: the default branch) and its name."""

    url: str
    kind: str
    name: str

    @property
    def is_pinned(self) -> bool:
        """Whether it is a full commit id (SHA-1 or SHA-256)."""
        return self.kind == "rev" and _COMMIT.fullmatch(self.name) is not None

    @property
    def is_unknown(self) -> bool:
        """Whether a variable names it, so that nobody can tell."""
        return self.kind == VARIABLE or "$" in self.name

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`" if self.kind else "the default branch"


def of_url(url: str) -> Reference | None:
    """The reference of a PEP 508 URL (`git+https://host/repo@ref#subdirectory=dir`); None for another kind of URL."""
    plain = url.partition("#")[0]
    if not plain.startswith("git+"):
        return Reference(plain, "", "") if plain.endswith(".git") else None
    plain = plain.removeprefix("git+")
    # As pip and uv do: the last `@` of the path, which a branch's name may part (`@feature/x`). Before the path one ends the user.
    start = plain.find("/", plain.find("://") + 3)
    at = plain.rfind("@", start) if start >= 0 else -1
    return Reference(plain, "", "") if at < 0 else Reference(plain[:at], "rev", unquote(plain[at + 1 :].partition("?")[0]))


@record
class Mention:
    """A git URL in a requirement: the package's name as it can be told, and where the URL stands in the text (without its fragment)."""

    name: str
    reference: Reference
    start: int
    end: int

    @property
    def is_bare(self) -> bool:
        """Whether it has no `git+` before it."""
        return self.end - self.start == len(self.reference.url) and not self.reference.kind


def mention(text: str) -> Mention | None:
    """The git URL of a requirement, or of a word that is given to pip or uv; None where there is none."""
    name, start = direct_reference(text)
    at = text.find("git+")
    while at > 0 and text[at - 1] not in _BEFORE:
        at = text.find("git+", at + 1)
    # uv also takes `name @ https://host/repo.git` for git.
    found = _URL.match(text, at if at >= 0 else start)
    reference = of_url(found[0]) if found and (at >= 0 or "://" in found[0]) else None
    if found is None or reference is None:
        return None
    egg = _EGG.match(text, found.end())
    return Mention(name or (egg[1] if egg else repository_name(reference.url)), reference, *found.span())


def repository_name(url: str) -> str:
    """The last part of a repository's URL, without `.git`."""
    return re.split(r"[/:]", url.rstrip("/"))[-1].removesuffix(".git") or url


@record
class Locked:
    """A package that the lock took from a declared reference, and its commit."""

    package: Package
    commit: str


def locked(lock: Lock, name: str, declared: Reference) -> Locked | None:
    """What the lock holds for a reference; None when it holds nothing, or not one commit: it is stale, then.

    Where several references lead to one commit, uv locks one package, under one of them.
    """
    same = [package for package in lock.by_name.get(name, ()) if _is_from(package, declared.url)]
    wanted = (declared.kind, declared.name)
    found = [package for package in same if _reference(package.source.location) == wanted]
    if not found and any(bare(location) == bare(declared.url) and _reference(location) == wanted for _span, location in _mentions(lock)):
        found = same
    return Locked(found[0], found[0].source.commit) if len({package.source.commit for package in found}) == 1 else None


def _is_from(package: Package, url: str) -> bool:
    source = package.source
    return source.kind == "git" and _COMMIT.fullmatch(source.commit) is not None and bare(source.url) == bare(url)


def _mentions(lock: Lock) -> tuple[tuple[Span, str], ...]:
    """Every git source in a lock, of packages, requirements and edges: where it stands and its text."""
    return lock.file.once(_git_sources)


def _git_sources(file: SourceFile) -> tuple[tuple[Span, str], ...]:
    return tuple([(Span(*found.span(1)), found[1]) for found in re.finditer(r'git = "([^"\n]*)"', file.text)])


def bare(url: str) -> str:
    """A repository's URL without what does not tell it from another: its user, `.git`, a query and a fragment."""
    try:
        parts = urlsplit(url.removeprefix("git+"))
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}{parts.path.rstrip('/').removesuffix('.git')}"


def _reference(location: str) -> tuple[str, str]:
    query = location.partition("#")[0].partition("?")[2]
    for kind, _, value in (part.partition("=") for part in query.split("&")):
        if kind in _REFERENCES:
            return kind, unquote(value)
    return "", ""


def _pinned(location: str, commit: str) -> str:
    """A git source's text with its reference replaced by a commit, which uv writes last."""
    whole, hash_mark, fragment = location.partition("#")
    return f"{whole.partition('?')[0]}?{'&'.join([*_besides(location), f'rev={commit}'])}{hash_mark}{fragment}"


def lock_edits(lock: Lock, found: Locked, references: Collection[tuple[str, str]]) -> Iterator[Edit]:
    """The edits that pin every mention of a package's git source in the lock, so that `uv lock --check` still passes.

    `references` are those that are pinned in the project: each kind and name. Another package may come from the same repository.
    """
    own = found.package.source
    for span, location in _mentions(lock):
        commit = location.partition("#")[2]
        is_same = bare(location) == bare(own.url) and _besides(location) == _besides(own.location) and commit in ("", found.commit)
        if is_same and (_reference(location) in references or location == own.location):
            pinned = _pinned(location, found.commit)
            if pinned != location:
                yield Edit(span, pinned)


def _besides(location: str) -> list[str]:
    """What a source says of a repository beside the reference: its folder, whether large files are fetched."""
    return [part for part in location.partition("#")[0].partition("?")[2].split("&") if part and part.partition("=")[0] not in _REFERENCES]


def locked_place(lock: Lock, found: Locked) -> Place:
    """The line of the lock that holds the commit."""
    return lock.place((*found.package.at, "source"))
