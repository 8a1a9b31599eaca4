"""`policy-checks lock why` and `lock list`: what a selection of groups and extras reaches, and by which paths."""

import argparse
import json
import sys
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from policy_checks.environment import ALL, Environment
from policy_checks.failure import Failure
from policy_checks.lock import locked_project
from policy_checks.lock.closure import Closure
from policy_checks.lock.graph import Arc, Path as Chain, Selection
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.lock.scopes import Scope
from policy_checks.readers.names import normalized
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import made, record, replace
from policy_checks.source import Unreadable
from policy_checks.workspace import Disk, Workspace, on_disk


@record
class Environments:
    """The declared environments."""

    environments: Mapping[str, Environment] = made(default_factory=dict)


def configure_why(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `lock why`."""
    parser.add_argument("package", metavar="PACKAGE", help="the package to explain")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--environment", metavar="E", help="only in that environment; `all`: whatever is locked")
    chosen.add_argument("--group", metavar="G", action="append", default=[], help="only through that dependency group; may be repeated")
    chosen.add_argument("--extra", metavar="X", action="append", default=[], help="only through that extra; may be repeated")
    parser.add_argument("--all", action="store_true", help="every path instead of the shortest")
    _add_common(parser)


def configure_list(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `lock list`."""
    parser.add_argument("--environment", metavar="E", help="what that environment takes; `all`: whatever is locked")
    parser.add_argument("--group", metavar="G", action="append", default=[], help="a dependency group; may be repeated")
    parser.add_argument("--extra", metavar="X", action="append", default=[], help="an extra; may be repeated")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    _add_common(parser)
    parser.epilog = "Without a selection: the project's own dependencies and its default groups, as `uv sync` installs them."


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", metavar="DIR", type=Path, default=Path(), help="where the project is (default: here, or above)")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="read the environments from this configuration instead of the repository's"
    )


def run_why(arguments: argparse.Namespace) -> int:
    """Prints the paths to a package; 0 when there is one, 1 when there is none."""
    project, scope = _chosen(arguments)
    name = normalized(arguments.package)
    packages = project.graph.lock.by_name.get(name, ())
    if not packages:
        print(f"{name} is not in uv.lock{_perhaps(name, project.graph.lock.by_name)}")
        return 1
    found = False
    for package in packages:
        lines = list(_explained(project, scope, package, every=arguments.all))
        if lines:
            found = True
            print(_called(package), *(f"  {line}" for line in lines), sep="\n")
    if not found:
        print(f"{name} is locked, but not reached{_selected(arguments)}")
    return 0 if found else 1


def run_list(arguments: argparse.Namespace) -> int:
    """Prints every package that a selection reaches."""
    project, scope = _chosen(arguments)
    closure = project.closure(Selection(groups=locked_project.default_groups(project))) if scope is None else scope.closure(project)
    if arguments.output_format == "json":
        print(json.dumps([_as_json(package) for package in closure.packages], indent=2))
    else:
        for package in closure.packages:
            print(_called(package))
    return 0


def _explained(project: LockedProject, scope: Scope | None, package: Package, *, every: bool) -> Iterator[str]:
    """The lines about one package: for the selection, or for every part of the project on its own."""
    for closure in _parts(project) if scope is None else [scope.closure(project)]:
        shortest = closure.shortest(package)
        if shortest is None:
            continue
        paths = sorted(closure.paths(package), key=lambda path: (len(path.arcs), str(path))) if every else []
        for path in paths or [shortest]:
            yield _told(project, path)
        count, more = closure.count(package)
        if count > 1 and not every:
            yield f"  … and {'more than ' if more else ''}{count - 1} more (--all)"


def _parts(project: LockedProject) -> Iterator[Closure]:
    """Each part on its own: parts that conflict cannot be selected together."""
    yield project.closure(Selection())
    for extra in sorted(project.graph.extras):
        yield project.closure(Selection(extras=(extra,)), own=False)
    for group in sorted(project.graph.groups):
        yield project.closure(Selection(groups=(group,)), own=False)


def _told(project: LockedProject, path: Chain) -> str:
    """A path with the markers of its steps, and the line of pyproject.toml where it starts."""
    start = locked_project.declaration(project, path)
    where = f"   ({start.file.path}:{start.place.line})" if start is not None else ""
    return " → ".join([str(path.section), *(_step(arc) for arc in path.arcs)]) + where


def _step(arc: Arc) -> str:
    extras = f"[{','.join(arc.extras)}]" if arc.extras else ""
    return f"{arc.target.name}{extras}" + (f" ({arc.marker})" if arc.marker else "")


def _called(package: Package) -> str:
    return f"{package.name} {package.version}" if package.version else package.name


def _as_json(package: Package) -> dict[str, object]:
    return {"name": package.name, "version": package.version, "source": {package.source.kind: package.source.location}}


def _selected(arguments: argparse.Namespace) -> str:
    names = [arguments.environment] if arguments.environment else [*arguments.group, *arguments.extra]
    return f" by {', '.join(f'`{name}`' for name in names)}" if names else " by any group or extra"


def _chosen(arguments: argparse.Namespace) -> tuple[LockedProject, Scope | None]:
    """The project, and what of it the arguments select (None: they do not say); raises Failure for what is not there."""
    environment, repository = _environment(arguments)
    root = _root(arguments.project)
    # Files of requirements may lie anywhere in the repository.
    project = _within(repository, root) if environment and environment.requirements else _alone(root)
    if not (environment or arguments.group or arguments.extra):
        return project, None
    extras, groups = [tuple(dict.fromkeys(map(normalized, names))) for names in (arguments.extra, arguments.group)]
    selection = Selection(extras, groups)
    if arguments.environment == ALL:
        selection = Selection(everything=True)
    elif environment:
        selection = project.selection(environment)
        selection = replace(selection, extras=(*selection.extras, *extras), groups=(*selection.groups, *groups))
    scope = Scope("environment", arguments.environment or "", selection, requirements=environment.requirements if environment else ())
    for fault in scope.faults(project):
        raise Failure(f"the environment {scope} {fault}" if environment else f"this selection {fault}")
    outside = scope.outside(project)
    for error in outside.faults:
        raise error
    for text, called in outside.unseen:
        note = f"`{called}` is not in uv.lock: what it pulls in cannot be seen"
        print(f"{text.file.path}:{text.place.line}: {note}", file=sys.stderr)
    return project, scope


def _root(folder: Path) -> Path:
    """The nearest folder at or above with a project that has a lock."""
    start = folder.resolve()
    for root in (start, *start.parents):
        if (root / "uv.lock").is_file() and (root / "pyproject.toml").is_file():
            return root
    raise Failure(f"{folder}: no pyproject.toml with a uv.lock here or above; run `uv lock`")


def _alone(root: Path) -> LockedProject:
    """Reads only the files of the project: a listing of the whole repository would cost more than the answer."""
    disk = Disk(root)
    lock = _lock(Workspace(("uv.lock",), disk))
    local = {package.source.location for package in lock.packages if package.source.kind in ("editable", "virtual", "directory")}
    members = {
        f"{path}/pyproject.toml" for path in local if not path.startswith(("..", "/")) and (root / path / "pyproject.toml").is_file()
    }
    files = {path.removeprefix("./") for path in members} | {"pyproject.toml", "uv.lock"}
    return _found(Workspace(files, disk), "")


def _within(repository: Path, root: Path) -> LockedProject:
    """The project among all files of its repository."""
    folder = root.relative_to(repository).as_posix()
    return _found(on_disk(repository), "" if folder == "." else folder)


def _found(workspace: Workspace, folder: str) -> LockedProject:
    for project in workspace.all(LOCKED_PROJECT):
        if isinstance(project, Unreadable):
            raise project
        if project.folder == folder and project.has_own_lock:
            return project
    raise Failure(f"{folder or '.'}: no project")


def _lock(workspace: Workspace) -> Lock:
    from policy_checks.readers.uv_lock import LOCK

    (lock,) = workspace.all(LOCK)
    if isinstance(lock, Unreadable):
        raise lock
    return lock


def _environment(arguments: argparse.Namespace) -> tuple[Environment | None, Path]:
    """The environment that the arguments name, and the root that its paths start from."""
    if not arguments.environment:
        return None, arguments.project
    from policy_checks import config, git

    root = git.top_level(arguments.project) or _root(arguments.project)
    declared = config.load(root, file=arguments.config).options(Environments).environments
    if arguments.environment == ALL:
        files = dict.fromkeys(path for environment in declared.values() for path in environment.requirements)
        return Environment(requirements=tuple(files)), root
    if arguments.environment not in declared:
        raise Failure(
            f"no environment `{arguments.environment}` in [tool.policy-checks.environments]{_perhaps(arguments.environment, declared)}"
        )
    return declared[arguments.environment], root


def _perhaps(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f"; perhaps `{near[0]}`" if near else ""
