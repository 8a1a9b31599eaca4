"""A scratch tree in which fixers may write: copies of the files at hand, links to everything beside them.

A tool that works in it finds the configuration, the packages and the neighbours that it would
find in the repository, yet a killed run leaves nothing but a scratch folder. The tree lies below
the repository's root so that configuration files above the root are found too.
"""

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from zlib import crc32

PARENT = ".cache/policy-checks"
_IGNORED = ".gitignore"
_ABANDONED = 24 * 3600  # seconds after which a scratch folder is taken for one whose run was killed


@contextmanager
def scratch(root: Path) -> Iterator[Path]:
    """A folder of this run's own, gone afterwards; the system's temporary one where the repository cannot be written."""
    parent = root / PARENT
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _clear(parent)
        folder = Path(tempfile.mkdtemp(prefix="format-", dir=parent))
    except OSError:
        folder = Path(tempfile.mkdtemp(prefix="policy-checks-format-"))
    try:
        (folder / _IGNORED).write_text("*\n")
        yield folder
    finally:
        _remove(folder)
        for empty in (parent, parent.parent):
            try:
                empty.rmdir()
            except OSError:
                break  # something else is kept there


def _remove(folder: Path) -> None:
    """Removes a scratch folder, its `.gitignore` last: what a kill leaves of it is nothing to git."""
    for name in _names(folder):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif name != _IGNORED:
            with suppress(OSError):
                path.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def lay_out(root: Path, tree: Path, contents: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> None:
    """Fills an empty folder: the contents as files with the modes of the originals, symbolic links, and links to the originals for the rest."""
    own = {**contents, **(links or {})}
    folders = {str(parent) for path in own for parent in PurePosixPath(path).parents}
    # By way of one link for each folder: a target of less than 60 bytes takes no block of the disk, and is made ten times as fast.
    ways = tree.with_name(f"{tree.name}.links")
    ways.mkdir(parents=True)
    for number, folder in enumerate(sorted(folders)):
        (tree / folder).mkdir(parents=True, exist_ok=True)
        os.symlink(root / folder, ways / str(number))
        way = "../" * (len(PurePosixPath(folder).parts) + 1) + f"{ways.name}/{number}"
        for name in _names(root / folder):
            path = name if folder == "." else f"{folder}/{name}"
            if path not in own and path not in folders and path != ".cache":
                os.symlink(f"{way}/{name}", tree / path)
    restore(tree, contents)
    for path in contents:
        os.chmod(tree / path, _mode(root / path) | stat.S_IRUSR | stat.S_IWUSR)
    for path, target in (links or {}).items():
        os.symlink(target, tree / path)


def restore(tree: Path, contents: Mapping[str, bytes]) -> None:
    """Writes the contents, whatever has become of the files.

    A file's time stands for its contents, because mypy takes a file of the size and the time (in seconds) that it remembers for the same.
    """
    for path, data in contents.items():
        (tree / path).write_bytes(data)
        os.utime(tree / path, (crc32(data), crc32(data)))


def collect(tree: Path, contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same files as they are now."""
    return {path: (tree / path).read_bytes() for path in contents}


def _names(folder: Path) -> list[str]:
    """What is in a folder. The index may hold files of one that on disk is missing, a file or a link."""
    try:
        return [] if folder.is_symlink() else os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return 0o644


def _clear(parent: Path) -> None:
    """Removes what killed runs left behind."""
    for folder in parent.glob("format-*"):
        if time.time() - folder.lstat().st_mtime > _ABANDONED:
            _remove(folder)
