"""Requirements as the lock remembers them, in the form in which declared ones are compared."""

from urllib.parse import parse_qsl

from policy_checks.lock import urls
from policy_checks.lock.lowering import revision
from policy_checks.lock.requirements import Origin, Requirement
from policy_checks.lock.tree import Tree, absolute, inside, join
from policy_checks.lock.urls import InvalidUrl
from policy_checks.readers import uv_lock


def remembered(requirement: uv_lock.Requirement, tree: Tree, root: str) -> Requirement:
    """One requirement of the lock; paths are relative to the folder of the lock."""
    origin = _origin(requirement, tree, root)
    specifier = requirement.specifier if origin.kind == "registry" else ""
    return Requirement(
        requirement.name, tuple(sorted(set(requirement.extras))), specifier, requirement.marker, origin, None, requirement.at
    )


def _origin(requirement: uv_lock.Requirement, tree: Tree, root: str) -> Origin:
    source = requirement.source
    if source is None:
        conflict = requirement.conflict
        return Origin(
            "registry",
            _canonical(requirement.index) if requirement.index else "",
            conflict=(conflict.get("package", ""), conflict.get("extra", ""), conflict.get("group", "")),
        )
    match source.kind:
        case "git":
            return _git(source.location)
        case "url":
            return Origin("url", _canonical(source.location).partition("#")[0], subdirectory=source.subdirectory)
        case "path":
            return Origin("path", absolute(tree, inside(tree, join(root, source.location))))
        case kind:
            where = absolute(tree, inside(tree, join(root, source.location)))
            return Origin("directory", where, editable=kind == "editable", virtual=kind == "virtual")


def _git(location: str) -> Origin:
    url, _, commit = _canonical(location).partition("#")
    url, _, query = url.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    reference = ("", "")
    for key in ("rev", "tag", "branch"):
        if key in options:
            reference = (key, revision(options[key]) if key == "rev" else options[key])
    inner = f"path={options['path']}" if "path" in options else options.get("subdirectory", "")
    if commit and reference != ("rev", commit.lower()):
        # A declared requirement is never resolved to a commit: such an entry matches nothing.
        reference = (f"{reference[0]}#{commit}", reference[1])
    return Origin("git", url, reference, inner, lfs=options.get("lfs", "").lower() == "true")


def _canonical(url: str) -> str:
    try:
        return urls.canonical(url)
    except InvalidUrl:
        return url
