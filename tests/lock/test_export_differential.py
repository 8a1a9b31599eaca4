"""What a selection reaches, compared with `uv export --frozen` of real uv.

uv also exports what only a platform that does not exist would install (`sys_platform == 'never'`): such a line is left
out of the comparison by its own marker, not by its name.
"""

import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_checks.lock import markers
from policy_checks.lock.closure import reach
from policy_checks.lock.graph import Graph, Selection
from policy_checks.readers import uv_lock
from policy_checks.readers.names import normalized
from policy_checks.source import SourceFile
from tests.real_uv import needs_uv, uv

SHARED = Path(__file__).parents[3] / "shared"
CASES = SHARED / "lock-cases/cases.tar.xz"
REAL = sorted((SHARED / "real/megatron-lm").glob("*/uv.lock"))
EXPORT = ("export", "--frozen", "--offline", "--no-hashes", "--no-header", "--no-annotate", "--no-emit-project", "--no-default-groups")
pytestmark = needs_uv


def differences(folder: Path) -> Iterator[str]:
    """One text for each selection of a project for which the two sets differ."""
    lock = uv_lock.parse(SourceFile("uv.lock", (folder / "uv.lock").read_bytes()))
    graph = Graph(lock)
    selections = [
        Selection(),
        *(Selection((extra,)) for extra in sorted(graph.extras)),
        *(Selection((), (group,)) for group in sorted(graph.groups)),
    ]
    if not lock.conflicts:
        selections.append(Selection(tuple(sorted(graph.extras)), tuple(sorted(graph.groups))))
    for selection in selections:
        chosen = [*(f"--extra={name}" for name in selection.extras), *(f"--group={name}" for name in selection.groups)]
        done = uv(folder, *EXPORT, *chosen)
        assert done.returncode == 0, f"{folder} {selection}: {done.stderr}"
        ours = {package.name for package in reach(graph, selection).packages if package.source.kind != "virtual"}
        versions = {
            f"{package.name}=={package.version}" for package in reach(graph, selection).packages if package.source.kind == "registry"
        }
        theirs, their_versions = exported(done.stdout, graph)
        if (ours, versions) != (theirs, their_versions):
            yield f"{folder} {selection}: only ours {ours - theirs}, only uv's {theirs - ours}, {versions ^ their_versions}"


def exported(text: str, graph: Graph) -> tuple[set[str], set[str]]:
    """Names, and name==version of what comes from an index; the project and a workspace's own members left out."""
    by_path = {package.source.location: package.name for package in graph.lock.packages}
    names, versions = set(), set()
    for line in filter(None, text.splitlines()):
        requirement, _, marker = line.partition(" ; ")
        if marker and markers.on_known_platforms(markers.parse(marker)).is_false:
            continue
        path = requirement.removeprefix("-e ").removeprefix("./")
        found = re.match("[A-Za-z0-9._-]+", requirement)
        name = by_path.get(path) or normalized(found[0] if found else path)
        names.add(name)
        if "==" in requirement:
            versions.add(requirement.strip())
    return names - {root.name for root in graph.roots}, versions


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
