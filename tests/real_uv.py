"""Real uv, offline and without the user's settings, for tests that compare with it or try a fix on it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

# The one that ./autoformat.sh and ./tests/run set up counts as found.
_OURS = sorted(Path(__file__).parents[1].glob(".cache/uv-*/bin/uv"))
UV = os.environ.get("UV") or shutil.which("uv") or next(map(str, reversed(_OURS)), None)
needs_uv = pytest.mark.skipif(UV is None, reason="there is no uv: ./tests/run sets one up")


def uv(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Runs uv in a folder, with these variables set."""
    assert UV is not None
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_") and name != "VIRTUAL_ENV"}
    environment |= {"UV_CACHE_DIR": str(folder / ".uv-cache"), "UV_PYTHON_DOWNLOADS": "never", "UV_OFFLINE": "1", **settings}
    return subprocess.run([UV, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
