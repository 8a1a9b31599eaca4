"""What a selection reaches, compared with `uv export --frozen` of real uv.

uv also exports what only a platform that does not exist would install (`sys_platform == 'never'`): such a line is left
out of the comparison by its own marker, not by its name.
"""

import json
import re
import tarfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from policy_checks.environment import Environment
from policy_checks.lock import markers
from policy_checks.lock.closure import reach
from policy_checks.lock.graph import Graph, Selection
from policy_checks.lock.locked_project import LOCKED_PROJECT, LockedProject
from policy_checks.lock.scopes import conflicting
from policy_checks.readers.names import normalized
from policy_checks.workspace import on_disk
from tests.real_uv import needs_uv, uv

SHARED = Path(__file__).parents[3] / "shared"
CASES = SHARED / "lock-cases/cases.tar.xz"
REAL = sorted((SHARED / "real/megatron-lm").glob("*/uv.lock"))
EXPORT = ("export", "--frozen", "--offline", "--no-hashes", "--no-header", "--no-annotate", "--no-emit-project")
pytestmark = needs_uv


Held = dict[str, markers.Marker]  # a package, with its version where it comes from an index, and where it is installed


def differences(folder: Path) -> Iterator[str]:
    """One text for each selection of a project for which packages, versions or markers differ."""
    project = next(one for one in on_disk(folder).all(LOCKED_PROJECT) if isinstance(one, LockedProject) and not one.folder)
    graph = project.graph
    for selection, arguments in selections(project):
        done = uv(folder, *EXPORT, *arguments)
        assert done.returncode == 0, f"{folder} {arguments}: {done.stderr}"
        under = markers.from_requires_python(graph.lock.requires_python)
        own = {package.name for package in graph.chosen(selection)}
        ours, theirs = held(graph, selection), exported(done.stdout, graph, own)
        differ = [name for name in ours.keys() & theirs.keys() if not markers.equivalent(ours[name], theirs[name], under)]
        if ours.keys() != theirs.keys() or differ:
            yield f"{folder} {arguments}: only ours {ours.keys() - theirs}, only uv's {theirs.keys() - ours}, other markers {differ}"


def selections(project: LockedProject) -> Iterator[tuple[Selection, list[str]]]:
    """The project itself, each extra and group on its own, what goes together, the default groups, and each member, with uv's arguments."""
    graph, plain = project.graph, ["--no-default-groups"]
    extras, groups = tuple(sorted(graph.extras)), tuple(sorted(graph.groups))
    yield Selection(), plain
    for extra in extras:
        yield Selection((extra,)), [*plain, f"--extra={extra}"]
    for group in groups:
        yield Selection((), (group,)), [*plain, f"--group={group}"]
    for extra, group in product(extras, groups):
        selection = Selection((extra,), (group,))
        if not list(conflicting(graph, selection)):
            yield selection, [*plain, f"--extra={extra}", f"--group={group}"]
    if not graph.lock.conflicts:
        yield Selection(extras, groups), [*plain, "--all-extras", "--all-groups"]
    chosen = project.selection(Environment(default_groups=True))
    if not list(conflicting(graph, chosen)):
        yield chosen, []
    for name in graph.lock.manifest.members:
        yield Selection(members=(name,)), [*plain, f"--package={name}"]
        for extra in sorted(graph.extras_of((graph.members[name],))):
            yield Selection((extra,), members=(name,)), [*plain, f"--package={name}", f"--extra={extra}"]
        for group in sorted(graph.groups_of((graph.members[name],))):
            yield Selection((), (group,), (name,)), [*plain, f"--package={name}", f"--group={group}"]


def held(graph: Graph, selection: Selection) -> Held:
    """What we say that a selection reaches."""
    closure = reach(graph, selection)
    virtual = {package.number for package in graph.lock.packages if package.source.kind == "virtual"}
    found: Held = {}
    for package in closure.packages:
        if package.number not in virtual:
            # A package is installed wherever it or one of its extras is asked for.
            name = f"{package.name}=={package.version}" if package.source.kind == "registry" else package.name
            found[name] = markers.or_(found.get(name, markers.FALSE), closure.reached[package.number, ""])
    return found


def exported(text: str, graph: Graph, own: set[str]) -> Held:
    """What uv says, the projects that were asked for left out."""
    by_path = {package.source.location: package.name for package in graph.lock.packages}
    found: Held = {}
    for line in filter(None, text.splitlines()):
        requirement, _, written = line.partition(" ; ")
        where = markers.on_known_platforms(markers.parse(written)) if written else markers.TRUE
        if where.is_false:
            continue
        path = requirement.strip().removeprefix("-e ").removeprefix("./")
        plain = re.match("[A-Za-z0-9._-]+", requirement)
        name = requirement.strip() if "==" in requirement else by_path.get(path) or normalized(plain[0] if plain else path)
        if name not in own:
            found[name] = markers.or_(found.get(name, markers.FALSE), where)
    return found


@pytest.mark.parametrize("lock", REAL, ids=lambda path: path.parent.name)
def test_megatron(lock: Path, tmp_path: Path) -> None:
    for name in ("pyproject.toml", "uv.lock"):
        (tmp_path / name).write_bytes((lock.parent / name).read_bytes())
    assert list(differences(tmp_path)) == []


@pytest.mark.skipif(not CASES.is_file(), reason="the lock cases are not here")
def test_small_projects(tmp_path: Path) -> None:
    """The first fresh case of every base: conflicts, forks, workspaces, sources, environments, path dependencies."""
    found: list[str] = []
    for folder in unpacked(tmp_path):
        found += differences(folder)
    assert found == []


def unpacked(folder: Path) -> list[Path]:
    with tarfile.open(CASES) as archive:
        listed = archive.extractfile("verdicts.jsonl")
        assert listed is not None
        chosen: dict[str, str] = {}
        for verdict in map(json.loads, listed.read().splitlines()):
            base = verdict["dir"].split("/")[1]
            if verdict["label"] == "fresh" and "~" not in base:
                chosen.setdefault(base, verdict["dir"])
        wanted = tuple(f"{path}/" for path in chosen.values())
        archive.extractall(folder, [member for member in archive.getmembers() if member.name.startswith(wanted)], filter="data")
    return [folder / path for path in wanted]
