"""Agreement with the recorded verdicts of real uv on some two thousand small projects."""

import json
import tarfile
from pathlib import Path

import pytest

from policy_checks.commands.disk_tree import DiskTree
from policy_checks.lock import freshness

CASES = Path(__file__).parents[3] / "shared" / "lock-cases" / "cases.tar.xz"
# uv was stopped by something outside of the files: its own version, the interpreter, the network.
OUTSIDE = ("Required uv version", "Request failed", "Python request", "interpreter", "Failed to fetch")


@pytest.mark.skipif(not CASES.exists(), reason="the recorded cases are not beside this checkout")
@pytest.mark.slow
def test_every_case(tmp_path: Path) -> None:
    with tarfile.open(CASES) as archive:
        archive.extractall(tmp_path, filter="data")
    disagreeing = []
    for line in (tmp_path / "verdicts.jsonl").read_text().splitlines():
        case = json.loads(line)
        if case["label"] == "error" and any(word in case["message"] for word in OUTSIDE):
            continue
        tree = DiskTree(tmp_path / case["dir"])
        ours = freshness.judge(tree, tree.project, "3.11").verdict
        if ours != {"error": "invalid"}.get(case["label"], case["label"]):
            disagreeing.append((case["id"], case["label"], str(ours)))
    assert disagreeing == []
