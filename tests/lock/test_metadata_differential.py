"""Every edge of the graph, compared with `uv workspace metadata --frozen` of real uv: its target, its extras and where it holds.

Compared is where an edge holds and its package is installed by some selection: uv leaves one or the other open.
"""

import json
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import pytest

from policy_checks.lock import markers
from policy_checks.lock.closure import reach
from policy_checks.lock.graph import Arc, Graph, Selection
from policy_checks.readers import uv_lock
from policy_checks.readers.uv_lock import Package
from policy_checks.source import SourceFile
from tests.lock.test_export_differential import CASES, REAL, unpacked
from tests.real_uv import needs_uv, uv

pytestmark = needs_uv
Id = tuple[str, str | None, str]  # a package, its version (or its folder), and one of its extras or groups
Edges = dict[tuple[Id, Id], markers.Marker]


def differences(folder: Path) -> list[str]:
    """The edges that only one of the two has, or whose markers differ."""
    graph = Graph(uv_lock.parse(SourceFile("uv.lock", (folder / "uv.lock").read_bytes())))
    done = uv(folder, "workspace", "metadata", "--frozen", "--preview")
    assert done.returncode == 0, f"{folder}: {done.stderr}"
    ours, theirs = dict(own(graph)), dict(reported(json.loads(done.stdout)))
    under, installed = markers.from_requires_python(graph.lock.requires_python), where_installed(graph)

    def meant(edges: Edges, edge: tuple[Id, Id]) -> markers.Marker:
        where = markers.and_(edges[edge], installed.get(edge[0], markers.TRUE), graph.together, graph.supported)
        return markers.simplify(markers.on_known_platforms(where), under)

    differ = [edge for edge in ours.keys() & theirs.keys() if meant(ours, edge) is not meant(theirs, edge)]
    return [f"{folder.name}: {edge}" for edge in [*(ours.keys() ^ theirs.keys()), *differ]]


def where_installed(graph: Graph) -> dict[Id, markers.Marker]:
    """Where each package and each extra is reached by a selection of everything; the projects themselves are there anyway."""
    reached = reach(graph, Selection(everything=True)).reached
    found: dict[Id, markers.Marker] = {}
    for package in graph.lock.packages:
        for part in ("", *package.optional_dependencies) if package.name not in graph.members else ():
            identity = _named(package, part)
            found[identity] = markers.or_(found.get(identity, markers.FALSE), reached.get((package.number, part), markers.FALSE))
    return found


def own(graph: Graph) -> Iterator[tuple[tuple[Id, Id], markers.Marker]]:
    """The edges of the lock as we resolve them."""
    found: Edges = {}
    for package in graph.lock.packages:
        for part in ("", *package.optional_dependencies):
            _merge(found, _named(package, part), graph.leaving((package.number, part)))
        for group, edges in package.groups.items():
            arcs = tuple([Arc(None, None, graph.target(edge), edge.extras, edge.marker, edge) for edge in edges])
            _merge(found, _named(package, f":{group}"), arcs)
    yield from found.items()


def _merge(found: Edges, origin: Id, arcs: tuple[Arc, ...]) -> None:
    for arc in arcs:
        where = markers.parse(arc.marker) if arc.marker else markers.TRUE
        for extra in arc.extras or ("",):
            edge = origin, _named(arc.target, extra)
            found[edge] = markers.or_(found.get(edge, markers.FALSE), where)


def _named(package: Package, part: str) -> Id:
    return package.name, PurePath(package.source.location).name if package.source.kind == "directory" else package.version, part


def reported(metadata: dict[str, Any]) -> Iterator[tuple[tuple[Id, Id], markers.Marker]]:
    """The edges that uv reports; the one from an extra to its own package goes without saying.

    A workspace root that is no project has requirements in place of edges.
    """
    nodes = {name: node for name, node in metadata["resolution"].items() if "name" in node}
    found: Edges = {}
    for node in nodes.values():
        origin = _id(node)
        for dependency in node.get("dependencies", ()):
            target = _id(nodes[dependency["id"]])
            if origin[2] and not origin[2].startswith(":") and target == (*origin[:2], ""):
                continue
            where = markers.parse(dependency["marker"]) if "marker" in dependency else markers.TRUE
            found[origin, target] = markers.or_(found.get((origin, target), markers.FALSE), where)
    yield from found.items()


def _id(node: dict[str, Any]) -> Id:
    kind = node["kind"]
    part = "" if isinstance(kind, str) else kind.get("extra") or f":{kind['group']}"
    folder = node["source"].get("directory")
    return node["name"], PurePath(folder).name if folder else node.get("version"), part


@pytest.mark.parametrize("lock", REAL, ids=lambda path: path.parent.name)
def test_megatron(lock: Path, tmp_path: Path) -> None:
    for name in ("pyproject.toml", "uv.lock"):
        (tmp_path / name).write_bytes((lock.parent / name).read_bytes())
    assert differences(tmp_path) == []


@pytest.mark.skipif(not CASES.is_file(), reason="the lock cases are not here")
def test_small_projects(tmp_path: Path) -> None:
    assert [found for folder in unpacked(tmp_path) for found in differences(folder)] == []
