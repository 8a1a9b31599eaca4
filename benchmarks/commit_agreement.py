"""What is read of every commit of a history beside what git itself reads: sign-off trailers, and headers that hold a signature.

Usage: python benchmarks/commit_agreement.py REPOSITORY

Exit code 1 where one commit is read differently.
"""

import re
import subprocess
import sys
from pathlib import Path

from policy_checks import git, git_objects
from policy_checks.commits.commit import parse
from policy_checks.commits.trailers import trailers
from policy_checks.source import SourceFile

TRAILERS = "--format=%H%x1f%(trailers:key=Signed-off-by,valueonly,unfold,separator=%x1e)%x00"


def log(root: Path, *arguments: str) -> bytes:
    """What `git log` prints about the whole history."""
    return subprocess.run(["git", "-C", root, "log", *arguments, "HEAD"], capture_output=True, check=True).stdout


def main() -> None:
    """Compares, and prints counts and the commits that differ."""
    root = Path(sys.argv[1])
    told = (record.lstrip(b"\n").partition(b"\x1f") for record in log(root, TRAILERS).split(b"\0") if record.strip())
    signed_off = {name.decode(): [value for value in held.decode(errors="replace").split("\x1e") if value] for name, _, held in told}
    heads = re.split(rb"^commit ", log(root, "--format=raw"), flags=re.MULTILINE)[1:]
    signed = {head.split(None, 1)[0].decode(): b"\ngpgsig" in head for head in heads}

    commits = [parse(SourceFile(*found)) for found in git_objects.commit_objects(root, git.commit_id(root, "HEAD"))]
    ours = {one.file.path: [found.value for found in trailers(one.message) if found.key.lower() == "signed-off-by"] for one in commits}
    trailers_differ = [name for name in signed_off.keys() | ours.keys() if signed_off.get(name) != ours.get(name)]
    differ = [one.file.path for one in commits if (one.signature is not None) != signed[one.file.path]]
    print(f"{len(commits):,} commits, {sum(map(bool, ours.values())):,} with sign-offs: {len(trailers_differ)} read differently")
    print(f"{sum(signed.values()):,} with a signature: {len(differ)} read differently")
    print(*trailers_differ, *differ, sep="\n", end="")
    sys.exit(bool(trailers_differ or differ))


if __name__ == "__main__":
    main()
