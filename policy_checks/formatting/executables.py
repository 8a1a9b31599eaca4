"""Where the checked repository's tools are, and how a call of one is put together."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

MISSING = "is not installed: neither in the repository's environment nor on PATH"
_DIRECT = 100_000  # bytes of arguments; beyond it file names go through a file (the kernel's limit is 128 KiB and more)
_SCRIPTS, _ENDING = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")  # of a virtual environment

# Runs a console script as its own first line would, with two differences. Names of files may come
# from a file, so that no number of them is too many. And the cyclic garbage collector is told to
# run less often: syntax trees are hundreds of thousands of live objects, which it would walk again
# and again (of processor time pylint takes 16 s instead of 20, black 12 instead of 20 for 80,000 lines, with no more memory).
_LAUNCHER = """\
import gc, os, sys
gc.set_threshold(1_000_000, 10, 10)
listing, script = sys.argv[1:3]
sys.argv = sys.argv[2:]
if listing:
    sys.argv += [os.fsdecode(name) for name in open(listing, "rb").read().split(bytes(1))]
if not sys.path[0]:
    sys.path[0] = os.path.dirname(os.path.realpath(script))
exec(compile(open(script, "rb").read(), script, "exec"))
"""


def folders(root: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Where tools are looked for: the active environment, the repository's own, then PATH."""
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT"):
        if environment.get(name):
            yield root / environment[name] / _SCRIPTS
    yield root / ".venv" / _SCRIPTS
    # An entry that is not absolute would find programs in whatever folder is being checked.
    yield from (Path(entry) for entry in environment.get("PATH", "").split(os.pathsep) if os.path.isabs(entry))


def find(name: str, root: Path, environment: Mapping[str, str]) -> Path | None:
    """The tool's executable, None when it is nowhere."""
    for folder in folders(root, environment):
        candidate = folder / f"{name}{_ENDING}"
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    return None


def calls(executable: Path, arguments: Sequence[str], files: Sequence[str], scratch: Path) -> Iterator[tuple[list[str], Sequence[str]]]:
    """Command lines that together name all the files, each with its share of them.

    A Python script gets all files at once, if need be through a file in the folder `scratch`; any
    other program gets as many at a time as fit on a command line.
    """
    words = interpreter(executable)
    if not words:
        for part in _batches(files):
            yield [str(executable), *arguments, *map(_as_argument, part)], part
    elif files:
        direct = list(map(_as_argument, files))
        listing = ""
        if sum(len(os.fsencode(name)) + 1 for name in direct) >= _DIRECT:
            handle, listing = tempfile.mkstemp(prefix="files-", dir=scratch)
            with os.fdopen(handle, "wb") as file:
                file.write(b"\0".join(map(os.fsencode, direct)))
            direct = []
        yield [*words, "-c", _LAUNCHER, listing, str(executable), *arguments, *direct], files


def _batches(files: Sequence[str]) -> Iterator[Sequence[str]]:
    start = size = 0
    for index, name in enumerate(files):
        length = len(os.fsencode(name)) + 3  # "./" and the end
        if size and size + length > _DIRECT:
            yield files[start:index]
            start, size = index, 0
        size += length
    if files[start:]:
        yield files[start:]


def _as_argument(name: str) -> str:
    """A name that no tool takes for an option (`-x.py`) or for a file of arguments (`@x.py`)."""
    return f"./{name}" if name.startswith(("-", "@")) else name


def interpreter(executable: Path) -> list[str]:
    """The Python (with its options) that a console script's first line names; empty for anything else."""
    with executable.open("rb") as file:
        first = file.readline(4096)
    words = os.fsdecode(first.removeprefix(b"#!")).split() if first.startswith(b"#!") else []
    if not words or not os.path.basename(words[0]).startswith("python") or not os.access(words[0], os.X_OK):
        return []
    return words
