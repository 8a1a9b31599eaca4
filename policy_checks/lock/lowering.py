"""Requirements with `[tool.uv.sources]` taken into account: what uv calls lowering (crate uv-distribution, `lowering.rs`)."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

from policy_checks.lock import markers, urls, validity
from policy_checks.lock.markers import FALSE, TRUE, Marker, and_, negate, or_
from policy_checks.lock.requirements import ANY_INDEX, Declared, Origin, Requirement, marker_text, meaning
from policy_checks.lock.tree import Tree, absolute, inside, join
from policy_checks.lock.urls import InvalidUrl
from policy_checks.lock.workspace_members import UvWorkspace, discover, read_pyproject
from policy_checks.readers.pyproject import Index
from policy_checks.readers.table import Text
from policy_checks.readers.uv_source import Source
from policy_checks.record import record
from policy_checks.source import Unreadable

_COMMIT = re.compile(r"[0-9a-fA-F]{40}")


@record
class Scope:
    """Where a requirement is declared: its project's folder and tables, and the workspace around it."""

    tree: Tree
    workspace: UvWorkspace
    folder: str
    project: str | None
    sources: Mapping[str, tuple[Source, ...]]
    indexes: tuple[Index, ...]
    no_sources: Callable[[str], bool]


def lower(declared: Declared, scope: Scope, *, group: str | None = None) -> Iterator[Requirement]:
    """What one declared requirement asks for: one entry for each source that applies, and one for what no source covers."""
    if scope.no_sources(declared.name):
        yield direct(declared, scope.tree)
        return
    from_project = declared.name in scope.sources
    own = scope.sources.get(declared.name) or scope.workspace.pyproject.sources.get(declared.name)
    if own is not None:
        extra = declared.extra or _top_level_extra(declared)
        own = tuple(source for source in own if source.extra in (None, extra) and source.group in (None, group))
    _check_member(declared, own, scope)
    if own is None:
        yield direct(declared, scope.tree)
        return
    base = scope.folder if from_project else scope.workspace.root
    lowered = [(source, _origin(source, declared, scope, base)) for source in own]
    yield from _covered(declared, lowered, scope)


def _covered(declared: Declared, lowered: list[tuple[Source, Origin]], scope: Scope) -> Iterator[Requirement]:
    if len(lowered) == 1 and lowered[0][0].marker is None:
        yield _requirement(declared, lowered[0][1], marker_text(declared))
        return
    plain = direct(declared, scope.tree)
    whole = meaning(plain)
    covered = or_(*[_marker(source) for source, _origin in lowered])
    parts = [(origin, and_(_marker(source), whole)) for source, origin in lowered]
    parts.append((plain.origin, and_(negate(covered), whole)))
    for origin, marker in parts:
        if marker is not FALSE:
            yield _requirement(declared, origin, marker)


def _requirement(declared: Declared, origin: Origin, marker: str | Marker) -> Requirement:
    # The version of what stands elsewhere than on an index is not the requirement's to choose.
    specifier = declared.specifier if origin.kind == "registry" and not declared.url else ""
    return Requirement(declared.name, declared.extras, specifier, marker, origin, declared.written)


def _marker(source: Source) -> Marker:
    if source.marker is None:
        return TRUE
    return validity.marker(source.marker)


def _top_level_extra(declared: Declared) -> str | None:
    """The extra that a marker written by hand asks for in all cases: `x; extra == 'e'`."""
    if "extra" not in declared.marker:
        return None
    whole = meaning(Requirement(declared.name, (), "", declared.marker, written=declared.written))
    for extra in sorted(markers.extras_of(whole)):
        if markers.restrict_extras(whole, {extra: False}) is FALSE:
            return extra
    return None


def _check_member(declared: Declared, own: tuple[Source, ...] | None, scope: Scope) -> None:
    if declared.name not in scope.workspace.members or declared.name == scope.project:
        return
    if own is None:
        message = f"`{declared.name}` is a workspace member: add `{declared.name} = {{ workspace = true }}` to `[tool.uv.sources]`"
        raise declared.written.refused(message)
    for source in own:
        if source.kind != "workspace" or source.option("workspace") is not True:
            raise source.table.refused(f"`{declared.name}` is a workspace member and can only have the source `{{ workspace = true }}`")


def _origin(source: Source, declared: Declared, scope: Scope, base: str) -> Origin:
    match source.kind:
        case "git":
            return _git(source)
        case "url":
            return _url(source)
        case "path":
            assert source.written is not None
            return _path(scope.tree, source.written.text, base, source)
        case "index":
            return _index(source, scope)
        case _:
            return _workspace(source, declared, scope, base)


def _refused(source: Source, error: Exception) -> Unreadable:
    return source.table.refused(str(error), source.kind)


def _git(source: Source) -> Origin:
    assert source.written is not None
    try:
        url = urls.canonical(source.written.text.removeprefix("git+"))
    except InvalidUrl as error:
        raise _refused(source, error) from None
    if url.partition(":")[0] not in ("http", "https", "ssh", "file"):
        raise source.written.refused("a git source is an https, ssh or file URL")
    reference = ("", "")
    for key in ("rev", "tag", "branch"):
        if source.option(key) is not None:
            reference = (key, revision(source.option(key)) if key == "rev" else source.option(key))
    path = source.option("path")
    inner = f"path={path}" if path is not None else source.option("subdirectory") or ""
    return Origin("git", url.partition("#")[0].partition("?")[0], reference, inner, lfs=bool(source.option("lfs")))


def revision(text: str) -> str:
    """A git revision for comparison: a full commit id is lower case."""
    return text.lower() if _COMMIT.fullmatch(text) else text


def _url(source: Source) -> Origin:
    assert source.written is not None
    try:
        url = urls.canonical(source.written.text)
    except InvalidUrl as error:
        raise _refused(source, error) from None
    if "#" in url:
        raise source.written.refused("a URL source has no fragment; give `subdirectory` instead")
    if not urls.is_archive(url.partition("?")[0]):
        raise source.written.refused("a URL source names a wheel or a source archive (`.whl`, `.tar.gz`, `.zip`)")
    return Origin("url", url, subdirectory=source.option("subdirectory") or "")


def _path(tree: Tree, path: str, base: str, source: Source) -> Origin:
    editable, package = source.option("editable"), source.option("package")
    where = inside(tree, join(base, path))
    is_folder = tree.is_folder(where) if tree.is_folder(where) or tree.is_file(where) else "." not in posixpath.basename(where).lstrip(".")
    if not is_folder:
        for key, value in (("editable", editable), ("package", package)):
            if value:
                raise source.table.refused(f"`{key} = true` goes with a folder, not with a file", key)
        if not urls.is_archive(where):
            raise source.table.refused("a path names a folder, a wheel or a source archive", "path")
        return Origin("path", absolute(tree, where))
    return _folder(tree, where, editable is True, package)


def _folder(tree: Tree, where: str, editable: bool, package: bool | None) -> Origin:
    if editable:
        return Origin("directory", absolute(tree, where), editable=True)
    if package is None:
        package = _is_package(tree, where)
    return Origin("directory", absolute(tree, where), virtual=not package)


def _is_package(tree: Tree, folder: str) -> bool:
    """A path dependency needs no build system to be a package; one that cannot be read counts as one."""
    try:
        found = read_pyproject(tree, folder)
        return found is None or found.is_package(require_build_system=False)
    except Unreadable:
        return True


def _index(source: Source, scope: Scope) -> Origin:
    assert source.written is not None
    name = source.written.text
    found = next((index for index in (*scope.indexes, *scope.workspace.pyproject.indexes) if index.name == name), None)
    if found is None:
        raise source.written.refused(f"there is no index named `{name}` in `[[tool.uv.index]]`")
    owner = scope.project or ""
    conflict = (owner, source.extra or "", source.group or "") if owner and (source.extra or source.group) else ("", "", "")
    return Origin("registry", index_url(scope.tree, found.url, scope.workspace.root), conflict=conflict)


def index_url(tree: Tree, url: Text, base: str) -> str:
    """An index's URL as the lock writes it: without credentials, a path as an absolute `file:` URL; raises Unreadable."""
    if not urls.is_url(url.text):
        return urls.from_path(absolute(tree, join(base, url.text)))
    try:
        return urls.canonical(url.text)
    except InvalidUrl as error:
        raise url.refused(str(error)) from None


def _workspace(source: Source, declared: Declared, scope: Scope, base: str) -> Origin:
    chosen, editable = source.option("workspace"), source.option("editable")
    if chosen is False:
        raise source.table.refused("uv does not support `workspace = false`", "workspace")
    if chosen is True:
        home = scope.workspace
        member = home.members.get(declared.name)
        if member is None:
            raise source.table.refused(f"`{declared.name}` is not a member of the workspace", "workspace")
        package = home.is_package(member)
        wanted = home.required.get(member.name)
        return _folder(scope.tree, member.folder, package and (True if wanted is None else wanted), package)
    home = discover(scope.tree, inside(scope.tree, join(base, str(chosen))))
    member = home.members.get(declared.name)
    if member is None or home.root != inside(scope.tree, join(base, str(chosen))):
        raise source.table.refused(f"there is no workspace with a member `{declared.name}`", "workspace")
    package = member.pyproject.is_package(require_build_system=False)
    return _folder(scope.tree, member.folder, package and editable is not False, package)


def direct(declared: Declared, tree: Tree) -> Requirement:
    """A requirement as it stands: from any index, or from the URL that it gives itself."""
    return _requirement(declared, direct_origin(declared, tree) if declared.url else ANY_INDEX, marker_text(declared))


def direct_origin(declared: Declared, tree: Tree) -> Origin:
    """The origin that `name @ URL` names; what uv refuses was refused when the requirement was read."""
    text = declared.url
    url = urls.canonical(text) if urls.is_url(text) else urls.from_path(text)
    bare, _, fragment = url.partition("#")
    options = dict(part.partition("=")[::2] for part in fragment.split("&") if "=" in part)
    inner = options.get("subdirectory", "")
    if bare.startswith("git+") or bare.partition("?")[0].endswith(".git"):
        repository, reference = bare.removeprefix("git+").partition("?")[0], ("", "")
        head, separator, tail = repository.rpartition("/")
        path, at, rev = tail.rpartition("@")
        if at:
            repository, reference = f"{head}{separator}{path}", ("rev", revision(unquote(rev)))
        return Origin("git", urls.canonical(repository), reference, f"path={options['path']}" if "path" in options else inner)
    if bare.startswith("file:"):
        where = inside(tree, urls.to_path(bare))
        if tree.is_folder(where) or (not tree.is_file(where) and "." not in posixpath.basename(where)):
            return Origin("directory", absolute(tree, where))
        return Origin("path", absolute(tree, where))
    return Origin("url", bare, subdirectory=inner)
