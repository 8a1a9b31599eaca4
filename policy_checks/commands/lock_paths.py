"""`policy-checks lock why` and `lock list`: what a selection of groups and extras reaches, and by which paths."""

import argparse
import json
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from policy_checks.environment import Environment
from policy_checks.failure import Failure
from policy_checks.lock import locked_project
from policy_checks.lock.closure import Closure, reach
from policy_checks.lock.graph import Arc, Graph, Path as Chain, Selection
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.readers.names import normalized
from policy_checks.readers.uv_lock import Lock, Package
from policy_checks.record import made, record
from policy_checks.source import Unreadable
from policy_checks.workspace import Disk, Workspace


@record
class Environments:
    """The declared environments."""

    environments: Mapping[str, Environment] = made(default_factory=dict)


def configure_why(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `lock why`."""
    parser.add_argument("package", metavar="PACKAGE", help="the package to explain")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--environment", metavar="E", help="only in that environment (its groups and extras)")
    chosen.add_argument("--group", metavar="G", action="append", default=[], help="only through that dependency group; may be repeated")
    chosen.add_argument("--extra", metavar="X", action="append", default=[], help="only through that extra; may be repeated")
    parser.add_argument("--all", action="store_true", help="every path instead of the shortest")
    _add_common(parser)


def configure_list(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `lock list`."""
    parser.add_argument("--environment", metavar="E", help="the groups and extras of that environment")
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
    project, graph = _project(arguments.project)
    name = normalized(arguments.package)
    packages = graph.lock.by_name.get(name, ())
    if not packages:
        print(f"{name} is not in uv.lock{_perhaps(name, graph.lock.by_name)}")
        return 1
    found = False
    for package in packages:
        lines = list(_explained(project, graph, package, arguments))
        if lines:
            found = True
            print(_called(package), *(f"  {line}" for line in lines), sep="\n")
    if not found:
        print(f"{name} is locked, but not reached{_selected(arguments)}")
    return 0 if found else 1


def run_list(arguments: argparse.Namespace) -> int:
    """Prints every package that a selection reaches."""
    project, graph = _project(arguments.project)
    chosen = _selection(graph, arguments)
    if chosen == Selection() and not arguments.environment:
        chosen = Selection(groups=locked_project.default_groups(project, graph))
    packages = reach(graph, _checked(graph, chosen)).packages
    if arguments.output_format == "json":
        print(json.dumps([_as_json(package) for package in packages], indent=2))
    else:
        for package in packages:
            print(_called(package))
    return 0


def _explained(project: LockedProject, graph: Graph, package: Package, arguments: argparse.Namespace) -> Iterator[str]:
    """The lines about one package: for the selection, or for every part of the project on its own."""
    for closure in _closures(graph, arguments):
        shortest = closure.shortest(package)
        if shortest is None:
            continue
        every = sorted(closure.paths(package), key=lambda path: (len(path.arcs), str(path))) if arguments.all else []
        for path in every or [shortest]:
            yield _told(project, path)
        count, more = closure.count(package)
        if count > 1 and not arguments.all:
            yield f"  … and {'more than ' if more else ''}{count - 1} more (--all)"


def _closures(graph: Graph, arguments: argparse.Namespace) -> Iterator[Closure]:
    chosen = _selection(graph, arguments)
    if chosen != Selection() or arguments.environment:
        yield reach(graph, _checked(graph, chosen))
        return
    # Each part on its own: parts that conflict cannot be selected together.
    yield reach(graph, Selection())
    for extra in sorted(graph.extras):
        yield reach(graph, Selection(extras=(extra,)), own=False)
    for group in sorted(graph.groups):
        yield reach(graph, Selection(groups=(group,)), own=False)


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


def _project(folder: Path) -> tuple[LockedProject, Graph]:
    """The nearest project at or above a folder that has a lock."""
    start = folder.resolve()
    for root in (start, *start.parents):
        if (root / "uv.lock").is_file() and (root / "pyproject.toml").is_file():
            return _read(root)
    raise Failure(f"{folder}: no pyproject.toml with a uv.lock here or above; run `uv lock`")


def _read(root: Path) -> tuple[LockedProject, Graph]:
    """Reads only the files of the project: a listing of the whole repository would cost more than the answer."""
    disk = Disk(root)
    lock = _lock(Workspace(("uv.lock",), disk))
    local = {package.source.location for package in lock.packages if package.source.kind in ("editable", "virtual", "directory")}
    members = {
        f"{path}/pyproject.toml" for path in local if not path.startswith(("..", "/")) and (root / path / "pyproject.toml").is_file()
    }
    files = {path.removeprefix("./") for path in members} | {"pyproject.toml", "uv.lock"}
    for project in Workspace(files, disk).all(LOCKED_PROJECT):
        if isinstance(project, Unreadable):
            raise project
        if not project.folder and project.lock is not None:
            return project, Graph(project.lock)
    raise Failure(f"{root}: no project")


def _lock(workspace: Workspace) -> Lock:
    from policy_checks.readers.uv_lock import LOCK

    (lock,) = workspace.all(LOCK)
    if isinstance(lock, Unreadable):
        raise lock
    return lock


def _selection(graph: Graph, arguments: argparse.Namespace) -> Selection:
    """What the arguments select; raises Failure for a name that is not there."""
    extras, groups = [normalized(name) for name in arguments.extra], [normalized(name) for name in arguments.group]
    if arguments.environment:
        environment = locked_project.selection(_environment(arguments))
        extras, groups = [*environment.extras, *extras], [*environment.groups, *groups]
    for kind, names, known in (("extra", extras, graph.extras), ("group", groups, graph.groups)):
        for name in names:
            if name not in known:
                raise Failure(f"uv.lock has no {kind} `{name}`{_perhaps(name, known)}")
    return Selection(tuple(dict.fromkeys(extras)), tuple(dict.fromkeys(groups)))


def _environment(arguments: argparse.Namespace) -> Environment:
    from policy_checks import config, git

    root = git.top_level(arguments.project) or arguments.project.resolve()
    declared = config.load(root, file=arguments.config).options(Environments).environments
    if arguments.environment not in declared:
        raise Failure(
            f"no environment `{arguments.environment}` in [tool.policy-checks.environments]{_perhaps(arguments.environment, declared)}"
        )
    return declared[arguments.environment]


def _checked(graph: Graph, chosen: Selection) -> Selection:
    """The selection; raises Failure when it takes two sides of a declared conflict."""
    for sides in graph.lock.conflicts:
        taken = [side for side in sides if side.extra in chosen.extras or side.group in chosen.groups]
        if len(taken) > 1:
            names = " and ".join(f"{'extra' if side.extra else 'group'} `{side.extra or side.group}`" for side in taken)
            raise Failure(f"{names} conflict (tool.uv.conflicts): they cannot be selected together")
    return chosen


def _perhaps(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, list(known), 1)
    return f"; perhaps `{near[0]}`" if near else ""
