"""Commits whose signatures were found good, remembered by the keys that were believed and by the program.

A commit's id says everything about it, and a good signature stays good while the same keys are believed. What was not good is
verified anew: it may have been for want of a program or of a key.
"""

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

_LIMIT = 64  # files: so many sets of keys are remembered, the newest

_PROGRAM = Path(__file__).parent


def good(folder: Path, digest: str) -> frozenset[str]:
    """The ids of the commits that were found good by the same keys; none where nothing can be read."""
    try:
        text = _file(folder, digest).read_text("ascii")
    except (OSError, ValueError):
        return frozenset()
    return frozenset(re.findall(r"^[0-9a-f]{40,64}$", text, re.MULTILINE)) if text.endswith("\n") else frozenset()


def remember(folder: Path, digest: str, commits: Iterable[str]) -> None:
    """Keeps the ids with those that are kept already; where they cannot be kept the next run verifies anew."""
    commits = good(folder, digest).union(commits)
    path = _file(folder, digest)
    staging = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):  # a cache that cannot be written is no fault of a commit
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staging.write_text("".join(f"{commit}\n" for commit in sorted(commits)), "ascii")
        staging.replace(path)
        for old in sorted(path.parent.iterdir(), key=lambda file: file.stat().st_mtime_ns)[:-_LIMIT]:
            old.unlink()


def folder() -> Path | None:
    """The user's cache folder for this (XDG Base Directory); None where there is no home."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        home = os.environ.get("HOME") or os.environ.get("LOCALAPPDATA") or ""
        if not os.path.isabs(home):
            return None
        base = os.path.join(home, ".cache")
    return Path(base, "policy-checks", "good-signatures")


def _file(folder: Path, digest: str) -> Path:
    """The file for a set of keys and for this very program: name, size and time of each module that a verdict passes through."""
    import hashlib

    found = hashlib.blake2b(digest.encode(), digest_size=20)
    for module in sorted([*_PROGRAM.glob("*.py"), _PROGRAM.parent / "gpg.py"]):
        state = module.stat()
        found.update(f"\0{module.name}:{state.st_size}:{state.st_mtime_ns}".encode())
    return folder / found.hexdigest()
