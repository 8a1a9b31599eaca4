"""`policy-checks init`: prepares a repository; it changes files of the repository and never git's configuration."""

import argparse
from pathlib import Path

from policy_checks import git
from policy_checks.failure import Failure

NAME = "uv-lock"
_PATTERN, _ATTRIBUTE = b"uv.lock", f"merge={NAME}".encode()
SETTING = f"git config merge.{NAME}.driver 'policy-checks lock merge-driver %O %A %B %P'"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("--merge-driver", action="store_true", help="let git merge uv.lock with `policy-checks lock merge-driver`")


def run(arguments: argparse.Namespace) -> int:
    """Prepares what was asked for; 0 also when there was nothing to do."""
    if not arguments.merge_driver:
        raise Failure("nothing was asked for; what can be prepared: --merge-driver")
    root = git.top_level(Path())
    if root is None:
        raise Failure("this is no git repository: run `git init` first")
    print(_attributes(root / ".gitattributes"))
    print(f"git starts no program that its own configuration does not name; run this once in every clone:\n  {SETTING}")
    return 0


def _attributes(file: Path) -> str:
    """Adds the line, unless the last one about uv.lock says so already; returns what was done."""
    if file.is_symlink():
        raise Failure(f"{file.name} is a symbolic link, which git does not follow: replace it by a file")
    try:
        data = file.read_bytes() if file.exists() else b""
        if is_set(data):
            return f"{file.name} has it already: {_PATTERN.decode()} {_ATTRIBUTE.decode()}"
        file.write_bytes(with_driver(data))
    except OSError as error:
        raise Failure(f"{file.name}: {error.strerror or error}") from None
    return f"{file.name}: added {_PATTERN.decode()} {_ATTRIBUTE.decode()} (commit it)"


def is_set(data: bytes) -> bool:
    """Whether the last line that decides on merges of uv.lock names the driver (later lines win, gitattributes(5))."""
    found = False
    for line in data.removeprefix(b"\xef\xbb\xbf").splitlines():
        pattern, *attributes = line.split() or [b""]
        for attribute in attributes if pattern == _PATTERN else ():
            if attribute.lstrip(b"-!").partition(b"=")[0] in (b"merge", b"binary"):
                found = attribute == _ATTRIBUTE
    return found


def with_driver(data: bytes) -> bytes:
    """A .gitattributes with the line at its end, in the line ends that the file has."""
    end = b"\r\n" if b"\r\n" in data else b"\n"
    separator = end if data and not data.endswith((b"\n", b"\r")) else b""
    return data + separator + _PATTERN + b" " + _ATTRIBUTE + end
