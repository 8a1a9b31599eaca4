"""Puts results in place: every file changes in one step or not at all."""

import errno
import os
import stat
import tempfile
from pathlib import Path


class Disturbed(Exception):
    """The file changed after it was read; what is in it now is somebody's work and stays."""


def replace(target: Path, before: bytes, after: bytes, scratch: Path) -> None:
    """Replaces a file that still holds `before` by one rename, keeping its mode and owner.

    The new file is made in `scratch`, so that a killed run leaves nothing beside the target.
    Raises Disturbed, and OSError where the folder cannot be written.
    """
    state = target.lstat()
    if not stat.S_ISREG(state.st_mode) or target.read_bytes() != before:
        raise Disturbed("changed while it was being formatted, and left as it is now; run again")
    try:
        _rename(target, after, state, scratch)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _rename(target, after, state, target.parent)  # a mount point inside the repository


def _rename(target: Path, data: bytes, state: os.stat_result, folder: Path) -> None:
    handle, name = tempfile.mkstemp(prefix=".policy-checks-", suffix=".tmp", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        made = os.lstat(name)
        if (made.st_uid, made.st_gid) != (state.st_uid, state.st_gid):
            os.chown(name, state.st_uid, state.st_gid)  # in a container, root works on a user's files
        os.chmod(name, stat.S_IMODE(state.st_mode))
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
