"""Objects of git in bulk, each kind through one `git cat-file` process."""

import os
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import IO

from policy_checks.git import COMMAND, ENVIRONMENT, GitError

MAX_COMMIT_BYTES = 10_000_000  # of one commit object; git itself sets no limit
_BUFFER = 1 << 20  # bytes read at once


class Batch:
    """One `git cat-file --batch` process that reads many objects; ends with its owner."""

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, "cat-file", "--batch"], cwd=root, env=os.environ | ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def read(self, object_id: str, limit: int) -> bytes:
        """An object's bytes; raises OSError when it is missing or larger than `limit` bytes."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None, "a pipe, see above"
        assert stdout is not None, "a pipe, see above"
        stdin.write(object_id.encode() + b"\n")
        stdin.flush()
        header = stdout.readline().split()
        if len(header) != 3:
            raise OSError(0, f"git has no object {object_id}")
        size = int(header[2])
        if size > limit:
            for start in range(0, size + 1, 1 << 20):
                stdout.read(min(1 << 20, size + 1 - start))
            raise OSError(0, f"{size} bytes, more than {limit}")
        data = stdout.read(size)
        if len(data) != size or stdout.read(1) != b"\n":  # a damaged object ends git in the middle of it
            raise OSError(0, f"git ended in the middle of object {object_id}")
        return data

    def __del__(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()


def commit_objects(root: Path, *commits: str) -> Generator[tuple[str, bytes], None, None]:
    """Every commit reachable from some commits and not from others (`^ID`), newest first, as (id, raw object).

    The commits are given as full ids, see `revisions`. Grafts and replacements are ignored: what is
    judged is what was signed. Raises GitError for an object that is missing or too large.
    """
    environment = os.environ | ENVIRONMENT | {"GIT_GRAFT_FILE": os.devnull}
    # Files, not pipes, for what is small but not read along the way: a full pipe would stop git for ever.
    with tempfile.TemporaryFile() as wanted, tempfile.TemporaryFile() as said:
        wanted.write("".join(f"{commit}\n" for commit in commits).encode())
        wanted.seek(0)
        with subprocess.Popen(
            [*COMMAND, "--no-replace-objects", "-c", "advice.graftFileDeprecated=false", "rev-list", "--stdin"],
            cwd=root, env=environment, stdin=wanted, stdout=subprocess.PIPE, stderr=said,
        ) as listing:  # fmt: skip
            assert listing.stdout is not None
            with subprocess.Popen(
                [*COMMAND, "--no-replace-objects", "cat-file", "--batch", "--buffer"],
                cwd=root, env=environment, stdin=listing.stdout, stdout=subprocess.PIPE, stderr=said, bufsize=_BUFFER,
            ) as batch:  # fmt: skip
                assert batch.stdout is not None
                listing.stdout.close()
                while header := batch.stdout.readline().split():
                    yield _object(header, batch.stdout)
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines()
    if listing.returncode != 0 or batch.returncode != 0:
        raise GitError(f"git rev-list: {lines[0] if lines else 'failed'}")


def _object(header: list[bytes], output: IO[bytes]) -> tuple[str, bytes]:
    object_id = header[0].decode()
    if len(header) != 3:
        raise GitError(f"git has no object {object_id}: history is damaged; `git fsck` tells more")
    size = int(header[2])
    if size > MAX_COMMIT_BYTES:
        raise GitError(f"commit {object_id} holds {size} bytes, more than {MAX_COMMIT_BYTES}")
    return object_id, output.read(size + 1)[:-1]  # a line feed follows
